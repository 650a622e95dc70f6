//! Settings: what differs from the defaults, each under a key, each a text that people write and are shown.
//!
//! Files, the command line, the API and the store go by the same list of them, so that a setting is said once.

mod values;

pub use self::values::{Count, Label, Title};

/// One setting of a `T`.
pub struct Setting<T: 'static> {
    /// Its name in files, on the command line and in the store.
    pub key: &'static str,
    /// What may stand there.
    pub values: &'static str,
    /// What it means.
    pub help: &'static str,
    pub(crate) read: fn(&mut T, &str) -> Result<(), String>,
    pub(crate) show: fn(&T) -> String,
    pub(crate) reset: fn(&mut T, &T),
}

/// What is made of settings.
pub trait Settings: Default + 'static {
    /// Every setting, in the order in which they are shown.
    fn settings() -> &'static [Setting<Self>];

    /// Sets one setting from its text; an empty text brings back its default.
    fn set(&mut self, key: &str, text: &str) -> Result<(), BadSetting> {
        let setting = Setting::<Self>::named(key).ok_or_else(|| BadSetting::unknown(key))?;
        if text.is_empty() {
            (setting.reset)(self, &Self::default());
            return Ok(());
        }
        (setting.read)(self, text).map_err(|what| BadSetting::wrong(setting, text, &what))
    }

    /// The settings that are not at their default, with the texts that [`Settings::set`] reads back.
    fn differences(&self) -> Vec<(&'static str, String)> {
        let default = Self::default();
        let shown =
            Self::settings().iter().map(|setting| (setting.key, setting.show(self), setting.show(&default)));
        shown.filter(|(_, text, default)| text != default).map(|(key, text, _)| (key, text)).collect()
    }
}

impl<T: Settings> Setting<T> {
    /// The setting of that key.
    pub fn named(key: &str) -> Option<&'static Self> {
        T::settings().iter().find(|setting| setting.key == key)
    }

    /// Its text there; empty where nothing is set.
    pub fn show(&self, of: &T) -> String {
        (self.show)(of)
    }

    /// The same for eyes: [`HIDDEN`] stands for a password in it.
    pub fn shown(&self, of: &T) -> String {
        let text = self.show(of);
        if !has_password(self.key) || text.is_empty() {
            return text;
        }
        // The password is all of it, or the last of three words.
        match text.splitn(3, ' ').collect::<Vec<_>>()[..] {
            [first, second, _] => format!("{first} {second} {HIDDEN}"),
            [_, _] => text,
            _ => HIDDEN.to_owned(),
        }
    }
}

/// What stands for a password where people read it.
pub const HIDDEN: &str = "***";

/// Whether there is a password in the setting of that key.
pub fn has_password(key: &str) -> bool {
    matches!(key, "password" | "outbind")
}

/// Why a setting can't be what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(String);

impl BadSetting {
    fn unknown(key: &str) -> Self {
        Self(format!("there is no setting \"{key}\""))
    }

    fn wrong<T>(setting: &Setting<T>, text: &str, what: &str) -> Self {
        // What was written may be a password.
        let shown = if has_password(setting.key) { HIDDEN } else { text };
        Self(format!("{} can't be \"{shown}\": {what}; it is {}", setting.key, setting.values))
    }
}

/// A value as a text and back.
pub(crate) trait Value: Sized {
    fn read(text: &str) -> Result<Self, String>;
    fn show(&self) -> String;
}

pub(crate) fn wrong<T>(what: impl std::fmt::Display) -> Result<T, String> {
    Err(what.to_string())
}

/// A setting that is a field.
macro_rules! setting {
    ($key:literal = $($field:ident).+, $values:literal, $help:literal) => {
        Setting {
            key: $key,
            values: $values,
            help: $help,
            read: |whole, text| {
                whole.$($field).+ = $crate::settings::Value::read(text)?;
                Ok(())
            },
            show: |whole| $crate::settings::Value::show(&whole.$($field).+),
            reset: |whole, default| whole.$($field).+.clone_from(&default.$($field).+),
        }
    };
}

/// Enumerations whose values have words.
macro_rules! words {
    ($($type:ident { $($word:literal = $variant:ident),+ })+) => {$(
        impl $crate::settings::Value for $type {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => $crate::settings::wrong("no such word"),
                }
            }

            fn show(&self) -> String {
                match self {
                    $(Self::$variant => $word,)+
                }
                .to_owned()
            }
        }
    )+};
}

pub(crate) use {setting, words};
