//! What the history tells of a change: settings before and after, passwords left out.

use iwf_model::settings::HIDDEN;
use iwf_model::{Account, Carrier, Challenge, Number, Profile, Setting, Settings};

use crate::codec::encode_settings;
use crate::history::{CHANGED, Kind, PROFILE};

/// One change of one thing.
pub(super) struct Told {
    pub(super) kind: Kind,
    pub(super) thing: i64,
    pub(super) name: String,
    pub(super) was: Option<String>,
    pub(super) became: Option<String>,
}

/// One setting: as it is, and as it is shown.
pub(super) struct Line {
    key: String,
    exact: String,
    shown: String,
}

impl Line {
    fn new(key: &str, text: impl Into<String>) -> Self {
        let exact: String = text.into();
        Self { key: key.to_owned(), shown: exact.clone(), exact }
    }

    fn password(exact: String) -> Option<Self> {
        let shown = HIDDEN.to_owned();
        (!exact.is_empty()).then(|| Self { key: "password".to_owned(), exact, shown })
    }

    /// A setting that is not at its default.
    pub(super) fn of<S: Settings>(setting: &Setting<S>, whole: &S, prefix: &str) -> Option<Self> {
        let exact = setting.show(whole);
        let differs = exact != setting.show(&S::default());
        differs.then(|| Self { key: format!("{prefix}{}", setting.key), shown: setting.shown(whole), exact })
    }
}

impl Told {
    pub(super) fn new(
        kind: Kind,
        thing: i64,
        name: String,
        before: Option<Vec<Line>>,
        after: Option<Vec<Line>>,
    ) -> Self {
        let was = before.as_ref().map(|lines| lines.iter().map(|line| (&*line.key, line.shown.clone())));
        let was = was.map(|lines| encode_settings(&lines.collect::<Vec<_>>()));
        let became = after.as_ref().map(|lines| {
            let lines = lines.iter().map(|line| (&*line.key, line.beside(before.as_deref().unwrap_or(&[]))));
            encode_settings(&lines.collect::<Vec<_>>())
        });
        Self { kind, thing, name, was, became }
    }
}

impl Line {
    /// As it is shown behind these: a password that is another one is said to be.
    fn beside(&self, before: &[Self]) -> String {
        let before = before.iter().find(|before| before.key == self.key);
        let hidden = before.is_some_and(|before| before.shown == self.shown && before.exact != self.exact);
        if hidden { format!("{}{CHANGED}", self.shown) } else { self.shown.clone() }
    }
}

pub(super) fn carrier(carrier: &Carrier) -> Vec<Line> {
    let system_id = (!carrier.system_id.is_empty()).then(|| Line::new("system_id", &carrier.system_id));
    let fields = [
        Line::new("enabled", carrier.enabled.to_string()),
        Line::new("max_binds", carrier.max_binds.to_string()),
        Line::new("rate", carrier.rate.to_string()),
        Line::new("window", carrier.window.to_string()),
        Line::new("alphabet", carrier.alphabet.as_str()),
    ];
    let password = Line::password(carrier.password_hash.clone());
    let profile = Profile::settings();
    let profile = profile.iter().filter_map(|setting| Line::of(setting, &carrier.profile, PROFILE));
    system_id.into_iter().chain(password).chain(fields).chain(profile).collect()
}

pub(super) fn account(account: &Account) -> Vec<Line> {
    let Account { ha1_md5, ha1_sha256, ha1_sha512_256, .. } = account;
    let exact = format!("{ha1_md5} {ha1_sha256} {}", ha1_sha512_256.as_deref().unwrap_or_default());
    let dids: Vec<String> = account.dids.iter().map(Number::to_string).collect();
    let fields = [
        Line::new("realm", &account.realm),
        Line::new("state", account.state.as_str()),
        Line::new("tls_only", account.tls_only.to_string()),
        Line::new("dids", dids.join(", ")),
    ];
    let digest = account.digest.map(|digest| Line::new("digest", Challenge::as_str(digest)));
    Line::password(exact).into_iter().chain(fields).chain(digest).collect()
}
