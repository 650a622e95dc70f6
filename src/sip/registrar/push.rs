//! Push (RFC 8599): which app a Contact says is to be woken, and through whom.

use crate::message::{Contacts, NameAddr, Uri, unescape};

/// How an app is woken: what its Contact URI says (RFC 8599 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushTarget {
    /// `pn-provider`: who wakes it, in lower case.
    pub provider: String,
    /// `pn-prid`: what the provider knows it by. A secret between the app and its provider.
    pub prid: String,
    /// `pn-param`: what else its provider wants to hear; empty if there is none.
    pub param: String,
}

/// How the app behind a Contact URI is woken, if its provider is among `providers`.
pub fn push_target(contact: &str, providers: &[String]) -> Option<PushTarget> {
    let uri = Uri::parse(contact).ok()?;
    let value = |name: &str| uri.params().value(name).map(|text| unescape(text).into_owned());
    let provider = value("pn-provider")?.to_ascii_lowercase();
    let prid = value("pn-prid").filter(|prid| !prid.is_empty())?;
    let target = PushTarget { provider, prid, param: value("pn-param").unwrap_or_default() };
    providers.iter().any(|known| known.eq_ignore_ascii_case(&target.provider)).then_some(target)
}

/// A Contact URI for people: without what wakes its app, which is nobody's business.
pub fn without_push(contact: &str) -> String {
    let mut parts = contact.split(';');
    let start = parts.next().unwrap_or_default().to_owned();
    let shown = parts.filter(|param| !param.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("pn-")));
    shown.fold(start, |shown, param| shown + ";" + param)
}

/// What an app asks of push when it registers (RFC 8599 4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushAsked<'a> {
    /// Nothing.
    Nothing,
    /// Which providers there are: `pn-provider` without a value.
    Which,
    /// To be woken through a provider that there is.
    Known(&'a str),
    /// Through one that there is not.
    Unknown,
}

/// What the contacts of a REGISTER ask. Without any provider nothing is understood of push, and nothing refused: the
/// app is served as one that stays awake.
pub(crate) fn push_asked<'a>(
    contacts: &Contacts<'_>,
    expires: Option<u32>,
    providers: &'a [String],
) -> PushAsked<'a> {
    let entries = match contacts {
        Contacts::Entries(entries) if !providers.is_empty() => entries.as_slice(),
        Contacts::Entries(_) | Contacts::None | Contacts::Star => &[],
    };
    let lasting = entries.iter().filter(|contact| contact.expires().or(expires) != Some(0));
    let named = lasting.filter_map(|contact| contact.uri().params().get("pn-provider"));
    named.map(|param| asked(param.value, providers)).next_back().unwrap_or(PushAsked::Nothing)
}

fn asked<'a>(provider: Option<&str>, providers: &'a [String]) -> PushAsked<'a> {
    let Some(provider) = provider else { return PushAsked::Which };
    let known = providers.iter().find(|known| known.eq_ignore_ascii_case(provider));
    known.map_or(PushAsked::Unknown, |known| PushAsked::Known(known))
}

/// Whether a Contact is that of an app that can be woken.
pub(super) fn is_woken(contact: &NameAddr<'_>, providers: &[String]) -> bool {
    !providers.is_empty() && push_target(contact.uri().as_str(), providers).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contact_says_through_whom_an_app_is_woken() {
        let providers = ["fcm".to_owned(), "apns".to_owned()];
        let target = |contact: &str| push_target(contact, &providers);
        let found = target("sip:1@h;pn-provider=FCM;pn-param=proj;pn-prid=a%3Ab%2Fc;transport=tls").unwrap();
        assert_eq!((&*found.provider, &*found.prid, &*found.param), ("fcm", "a:b/c", "proj"));
        assert_eq!(target("sip:1@h;pn-provider=apns;pn-prid=x").unwrap().param, "");
        for contact in
            ["sip:1@h", "sip:1@h;pn-provider=fcm", "sip:1@h;pn-provider=x;pn-prid=y", "sip:1@h;pn-prid=y"]
        {
            assert_eq!(target(contact), None, "{contact}");
        }
        assert_eq!(without_push("sip:1@h;pn-prid=a;transport=tls;PN-param=c;ob"), "sip:1@h;transport=tls;ob");
    }
}
