//! What a file wants becomes entries that can't be wrong, or a list of all that is wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use iwf_model::{AccountState, Alphabet, Carrier, Challenge, Number, Profile};

use super::raw::{RawAccount, RawCarrier};
use super::remote;
use super::settings::{RawSettings, read};
use crate::config::{Document, Fault, unknown_name};
use crate::credentials::{MAX_SIP_PASSWORD, MAX_SMPP_PASSWORD, SPECIFIED_SMPP_PASSWORD};

/// The binds that a carrier may have at a time.
pub(crate) const MAX_BINDS: RangeInclusive<i64> = 1..=1000;
/// Its submits per second; 0 is no limit.
pub(crate) const RATE: RangeInclusive<i64> = 0..=1_000_000;
/// Its unanswered submits of a bind.
pub(crate) const WINDOW: RangeInclusive<i64> = 1..=10_000;

/// The word for the digest of the installation.
pub(crate) const DEFAULT_DIGEST: &str = "default";

/// A password on its way to its hash. Prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(pub(super) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(...)")
    }
}

/// A carrier as the file wants it. Without a password the one that is there stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CarrierEntry {
    pub(super) name: String,
    pub(super) system_id: String,
    pub(super) password: Option<Password>,
    pub(super) enabled: bool,
    pub(super) max_binds: u16,
    pub(super) rate: u32,
    pub(super) window: u16,
    pub(super) alphabet: Alphabet,
    pub(super) profile: Profile,
    /// Where it stands, such as `carrier[0]`; empty for the command line.
    pub(super) key: String,
}

/// An account as the file wants it. Without a password the one that is there stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountEntry {
    pub(super) username: String,
    pub(super) password: Option<Password>,
    pub(super) dids: Vec<Number>,
    pub(super) state: AccountState,
    /// Which digest its apps are asked for; `None`: the one of the installation.
    pub(super) digest: Option<Challenge>,
    /// Its apps come over TLS or not at all.
    pub(super) tls_only: bool,
    /// Where it stands, such as `account[0]`; empty for the command line.
    pub(super) key: String,
}

/// Whether an account can have this name: it is the user part of its address of record.
pub(super) fn is_username(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/".contains(c);
    !name.is_empty() && name.len() <= 64 && name.chars().all(fits)
}

/// Gathers the faults. Each method gives a usable value even for a wrong one, so that the checks go on.
pub(super) struct Check<'a> {
    pub(super) document: &'a Document,
    /// Where password files are; `None`: whoever wrote this may not have files read.
    pub(super) directory: Option<&'a Path>,
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Check<'_> {
    pub(super) fn carrier(&mut self, raw: &RawCarrier, key: String) -> CarrierEntry {
        let printable = |text: &str| !text.chars().any(char::is_control) && text.trim() == text;
        if raw.name.is_empty() || raw.name.len() > 64 || !printable(&raw.name) {
            self.fault(&key, "name", "is needed: 1 to 64 printable characters");
        }
        let id = &raw.system_id;
        if id.len() > 15 || !id.bytes().all(|b| b.is_ascii_graphic()) {
            self.fault(&key, "system_id", "has 1 to 15 printable ASCII characters without blanks");
        } else if id.is_empty() && (raw.password.is_some() || raw.password_file.is_some()) {
            self.fault(
                &key,
                "system_id",
                "is needed beside a password: a carrier without it does not bind to us",
            );
        }
        let password =
            self.password(&key, raw.password.as_ref(), raw.password_file.as_ref(), MAX_SMPP_PASSWORD);
        if password.as_ref().is_some_and(|password| password.0.len() > SPECIFIED_SMPP_PASSWORD) {
            let what = "warning: SMPP gives a password 8 octets; a longer one works here, but some carriers' systems cut it";
            self.warnings.push(self.document.fault(&under(&key, "password"), what));
        }
        let max_binds = raw.max_binds.unwrap_or(Carrier::DEFAULT_MAX_BINDS.into());
        let window = raw.window.unwrap_or(Carrier::DEFAULT_WINDOW.into());
        CarrierEntry {
            name: raw.name.clone(),
            system_id: raw.system_id.clone(),
            password,
            enabled: raw.enabled.unwrap_or(true),
            max_binds: self.number(&key, "max_binds", max_binds, MAX_BINDS),
            rate: self.number(&key, "rate", raw.rate.unwrap_or(0), RATE),
            window: self.number(&key, "window", window, WINDOW),
            alphabet: self.alphabet(&key, raw.alphabet.as_deref()),
            profile: self.profile(&key, &raw.profile),
            key,
        }
    }

    pub(super) fn account(&mut self, raw: &RawAccount, key: String) -> AccountEntry {
        if !is_username(&raw.username) {
            self.fault(
                &key,
                "username",
                "is needed: 1 to 64 characters that the user part of a SIP URI may have (no blanks, no \"@\", no \":\")",
            );
        }
        let mut dids = Vec::with_capacity(raw.dids.len());
        for (index, text) in raw.dids.iter().enumerate() {
            match text.parse::<Number>() {
                Ok(number) => dids.push(number),
                Err(error) => self.fault(&key, &format!("dids[{index}]"), &format!("\"{text}\": {error}")),
            }
        }
        let state = raw.state.as_deref().unwrap_or(AccountState::Active.as_str());
        let parsed = AccountState::parse(state);
        if parsed.is_none() {
            self.fault(&key, "state", &unknown_name("state", state, &["active", "suspended"]));
        }
        let password =
            self.password(&key, raw.password.as_ref(), raw.password_file.as_ref(), MAX_SIP_PASSWORD);
        AccountEntry {
            username: raw.username.clone(),
            password,
            dids,
            state: parsed.unwrap_or_default(),
            digest: self.digest(&key, raw.digest.as_deref()),
            tls_only: raw.tls_only.unwrap_or(false),
            key,
        }
    }

    /// Says which values stand twice.
    pub(super) fn once(&mut self, kind: &str, values: impl Iterator<Item = (String, String)>) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in values.filter(|(_, value)| !value.is_empty()) {
            if let Some(first) = seen.get(&value) {
                let what = format!("the {kind} \"{value}\" stands at {first} already");
                self.faults.push(self.document.fault(&key, what));
            } else {
                seen.insert(value, key);
            }
        }
    }

    fn password(
        &mut self,
        key: &str,
        password: Option<&String>,
        file: Option<&String>,
        most: usize,
    ) -> Option<Password> {
        let (name, text) = match (password, file) {
            (None, None) => return None,
            (Some(_), Some(_)) => {
                self.fault(key, "password_file", "stands beside password; give one of the two");
                return None;
            }
            (Some(text), None) => ("password", text.clone()),
            (None, Some(file)) => ("password_file", self.password_file(key, file)?),
        };
        if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
            self.fault(key, name, &format!("a password has 1 to {most} octets and no control characters"));
        }
        Some(Password(text))
    }

    pub(super) fn password_file(&mut self, key: &str, file: &str) -> Option<String> {
        let Some(directory) = self.directory else {
            self.fault(key, "password_file", "is read by `iwf import` alone; give the password");
            return None;
        };
        let read = remote::read(&directory.join(file));
        read.map_err(|what| self.fault(key, "password_file", &what)).ok()
    }

    fn alphabet(&mut self, key: &str, word: Option<&str>) -> Alphabet {
        let Some(word) = word else { return Alphabet::default() };
        let found = Alphabet::parse(word);
        if found.is_none() {
            let names = Alphabet::ALL.map(Alphabet::as_str);
            self.fault(key, "alphabet", &unknown_name("alphabet", word, &names));
        }
        found.unwrap_or_default()
    }

    /// "default" is the one of the installation, as is none.
    fn digest(&mut self, key: &str, word: Option<&str>) -> Option<Challenge> {
        let word = word.filter(|word| *word != DEFAULT_DIGEST)?;
        let found = Challenge::parse(word);
        if found.is_none() {
            let names: Vec<&str> =
                Challenge::ALL.into_iter().map(Challenge::as_str).chain([DEFAULT_DIGEST]).collect();
            self.fault(key, "digest", &unknown_name("digest", word, &names));
        }
        found
    }

    fn profile(&mut self, key: &str, raw: &RawSettings) -> Profile {
        let (profile, faults) = read(raw);
        for (setting, what) in faults {
            self.fault(key, &format!("profile.{setting}"), &what);
        }
        profile
    }

    fn number<T: TryFrom<i64> + Default>(
        &mut self,
        key: &str,
        name: &str,
        value: i64,
        allowed: RangeInclusive<i64>,
    ) -> T {
        if !allowed.contains(&value) {
            let what = format!("{value} is not between {} and {}", allowed.start(), allowed.end());
            self.fault(key, name, &what);
        }
        T::try_from(value).unwrap_or_default()
    }

    pub(super) fn fault(&mut self, key: &str, name: &str, what: &str) {
        self.faults.push(self.document.fault(&under(key, name), what));
    }
}

/// The path of a key in a table of the file, or the bare name for the command line.
pub(super) fn under(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}
