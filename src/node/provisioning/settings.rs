//! Settings as files and the command line write them: by key.

use std::collections::BTreeMap;

use iwf_model::{Setting, Settings};
use toml::Value;

use crate::config::unknown_name;

/// Settings by key, as TOML has them.
pub(crate) type RawSettings = BTreeMap<String, Value>;

/// Reads the settings; each fault comes with its key.
pub(super) fn read<S: Settings>(raw: &RawSettings) -> (S, Vec<(String, String)>) {
    let (mut whole, mut faults) = (S::default(), Vec::new());
    for (key, value) in raw {
        if Setting::<S>::named(key).is_none() {
            let keys: Vec<&str> = S::settings().iter().map(|setting| setting.key).collect();
            faults.push((key.clone(), unknown_name("setting", key, &keys)));
        } else if let Some(text) = text(value) {
            if let Err(error) = whole.set(key, &text) {
                faults.push((key.clone(), error.to_string()));
            }
        } else {
            faults.push((key.clone(), "is a text, a number, true, false or a list of texts".to_owned()));
        }
    }
    (whole, faults)
}

/// A value as the text that settings are written in.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            items.map(|items| items.join(", "))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

/// The settings that differ from the defaults, for eyes: without passwords.
pub(crate) fn shown<S: Settings>(whole: &S) -> impl Iterator<Item = (&'static str, String)> {
    let set = whole.differences().into_iter().filter_map(|(key, _)| Setting::<S>::named(key));
    set.map(|setting| (setting.key, setting.shown(whole)))
}

#[cfg(test)]
mod tests {
    use iwf_model::{Link, Profile, Rule};

    use super::*;

    /// `docs/carrier-profile.md`, printed from the list of settings.
    fn manual() -> String {
        let mut page = String::from(
            "# The profile of a carrier\n\nHow one carrier speaks and wants to be spoken to. The defaults fit a carrier that follows the specification;\nwhat differs is set by key: on the command line `iwf carrier set NAME --profile KEY=VALUE` (no value: the default\nagain), in a provisioning file under `[carrier.profile]`. `iwf carrier show NAME` shows all of it, and\n`iwf carrier probe NAME` what a bound carrier really does. What a bind is read and\nanswered by (`version` to `strict`, `tlvs`, `error_body` to `intermediate`) holds for binds that are made after a\nchange; all else at once, and a bind that is no longer allowed is ended.\n\nThis page is printed from the list in `src/model/profile/settings.rs`; a test compares the two\n(`IWF_WRITE_DOCS=1 cargo test -p iwf-node manual` writes it anew).\n\n| key | is | default | meaning |\n|---|---|---|---|\n",
        );
        page += &table::<Profile>();
        page
    }

    fn table<S: Settings>() -> String {
        let default = S::default();
        let rows = S::settings().iter().map(|setting| {
            let value = setting.show(&default);
            let value = if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") };
            // A bar ends a cell.
            let values = setting.values.replace('|', "\\|");
            format!("| `{}` | {values} | {value} | {} |\n", setting.key, setting.help.replace('|', "\\|"))
        });
        rows.collect()
    }

    /// `docs/routing-settings.md`, printed from the lists of settings.
    fn routing_manual() -> String {
        let head = "| key | is | default | meaning |\n|---|---|---|---|\n";
        format!(
            "# The settings of connections and routes\n\n[routing.md](routing.md) tells what they are for. They are set by key: in a provisioning file under `[[connection]]` and\n`[[route]]`, on the command line by options (`iwf connection set NAME --enquire-link 60`; an empty value brings the\ndefault back), and over the admin API. `iwf connection show NAME` and `iwf route show NAME` show all of them.\n\nThis page is printed from the lists in `src/model/connection/settings.rs` and `src/model/route/settings.rs`; a test\ncompares them (`IWF_WRITE_DOCS=1 cargo test -p iwf-node manual` writes it anew).\n\n## Connections\n\n{head}{}\n## Routes\n\n{head}{}",
            table::<Link>(),
            table::<Rule>()
        )
    }

    #[test]
    fn the_manual_says_what_can_be_set() {
        for (page, manual) in [("carrier-profile.md", manual()), ("routing-settings.md", routing_manual())] {
            let path = format!("{}/../../docs/{page}", env!("CARGO_MANIFEST_DIR"));
            if std::env::var_os("IWF_WRITE_DOCS").is_some() {
                std::fs::write(&path, &manual).unwrap();
            }
            assert_eq!(std::fs::read_to_string(path).unwrap(), manual, "run with IWF_WRITE_DOCS=1");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut with_password = Profile::default();
        with_password.set("outbind", "192.0.2.7:2775 iwf secret").unwrap();
        let mut without = Profile::default();
        without.set("outbind", "192.0.2.7:2775 iwf").unwrap();
        let setting = Setting::<Profile>::named("outbind").unwrap();
        assert_eq!(setting.shown(&with_password), "192.0.2.7:2775 iwf ***");
        assert_eq!(setting.shown(&without), "192.0.2.7:2775 iwf");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut profile = Profile::default();
        profile.set("networks", "192.0.2.0/24, 2001:db8::/32").unwrap();
        profile.set("packed", "true").unwrap();
        let written = profile.differences().into_iter();
        let written = written.map(|(key, text)| (key.to_owned(), Value::String(text))).collect();
        assert_eq!(read::<Profile>(&written), (profile, vec![]));
    }
}
