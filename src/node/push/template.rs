//! The texts of a push: URL, headers and body with `{{name}}` where something of the wake belongs.

use std::fmt::Write as _;

/// What a push is about: what the app registered, and for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Values {
    /// `pn-prid`.
    pub(crate) prid: String,
    /// `pn-param`.
    pub(crate) param: String,
    /// `pn-provider`.
    pub(crate) provider: String,
    /// The address of record of the app.
    pub(crate) account: String,
    /// Who the text is from, and the text; empty unless the configuration wants them to leave the house.
    pub(crate) sender: String,
    pub(crate) text: String,
}

/// A text with places to be filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    Token,
    Param,
    Topic,
    Provider,
    Account,
    Sender,
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Place(Variable),
}

/// How what is filled in is written, so that it can't end what it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Within a string of JSON (RFC 8259 7).
    Json,
    /// Within a segment of a URL's path (RFC 3986 3.3).
    Url,
    /// Within a header field: visible ASCII, all else is left out.
    Header,
}

const NAMES: [(&str, Variable); 7] = [
    ("token", Variable::Token),
    ("param", Variable::Param),
    ("topic", Variable::Topic),
    ("provider", Variable::Provider),
    ("account", Variable::Account),
    ("sender", Variable::Sender),
    ("text", Variable::Text),
];

impl Template {
    /// Reads a template; says what is wrong with it. `with_text` allows `{{sender}}` and `{{text}}`.
    pub(crate) fn parse(text: &str, with_text: bool) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((plain, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("a \"{{\" has no \"}}\"")?;
            let known = NAMES.iter().find(|(known, _)| *known == name);
            let (_, variable) = known.ok_or_else(|| {
                let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                format!("{{{{{name}}}}} is none of {}", names.join(", "))
            })?;
            if !with_text && matches!(variable, Variable::Sender | Variable::Text) {
                return Err(format!("{{{{{name}}}}} needs with_text = true"));
            }
            pieces.extend([Piece::Plain(plain.to_owned()), Piece::Place(*variable)]);
            rest = after;
        }
        pieces.push(Piece::Plain(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text with everything in its place.
    pub(crate) fn fill(&self, values: &Values, escape: Escape) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => filled.push_str(plain),
                Piece::Place(variable) => escape.write(&mut filled, values.of(*variable)),
            }
        }
        filled
    }
}

impl Values {
    fn of(&self, variable: Variable) -> &str {
        match variable {
            Variable::Token => token(&self.prid),
            Variable::Param => &self.param,
            Variable::Topic => topic(&self.param),
            Variable::Provider => &self.provider,
            Variable::Account => &self.account,
            Variable::Sender => &self.sender,
            Variable::Text => &self.text,
        }
    }
}

/// Of several tokens in one `pn-prid`, as Linphone has them for APNs (`A:remote&B:voip`), the one for alerts.
fn token(prid: &str) -> &str {
    let remote = prid.split('&').find_map(|one| one.strip_suffix(":remote"));
    let first = || prid.split('&').next().and_then(|one| one.split(':').next());
    match remote {
        Some(token) => token,
        // Tokens of FCM have colons of their own.
        None if prid.contains('&') || prid.ends_with(":voip") => first().unwrap_or(prid),
        None => prid,
    }
}

/// The topic in the `pn-param` of APNs, "Team ID.Topic" (RFC 8599 10.1), without the services that Linphone adds.
fn topic(param: &str) -> &str {
    let topic = param.split_once('.').map_or(param, |(_, topic)| topic);
    let services = [".voip&remote", ".remote&voip", ".remote"];
    services.into_iter().find_map(|services| topic.strip_suffix(services)).unwrap_or(topic)
}

impl Escape {
    fn write(self, out: &mut String, value: &str) {
        match self {
            Self::Json => {
                let quoted = serde_json::to_string(value).unwrap_or_default();
                out.push_str(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(""));
            }
            Self::Url => {
                for octet in value.bytes() {
                    if octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet) {
                        out.push(char::from(octet));
                    } else {
                        let _ = write!(out, "%{octet:02X}");
                    }
                }
            }
            Self::Header => out.extend(value.chars().filter(|c| c.is_ascii_graphic() || *c == ' ')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            prid: "to\"k/en".into(),
            param: "ABCD1234.org.example.app.voip&remote".into(),
            provider: "apns".into(),
            account: "sip:1@h".into(),
            sender: String::new(),
            text: String::new(),
        }
    }

    #[test]
    fn what_is_filled_in_stays_where_it_is_put() {
        let template = Template::parse("{\"a\":{\"t\":\"{{token}}\"}}", false).unwrap();
        assert_eq!(template.fill(&values(), Escape::Json), "{\"a\":{\"t\":\"to\\\"k/en\"}}");
        let url = Template::parse("https://h/3/device/{{token}}", false).unwrap();
        assert_eq!(url.fill(&values(), Escape::Url), "https://h/3/device/to%22k%2Fen");
        let header = Template::parse("{{topic}}\u{0}", false).unwrap();
        let evil = Values { param: "T.a\r\nX: y".into(), ..values() };
        assert_eq!(header.fill(&evil, Escape::Header), "aX: y\u{0}");
    }

    #[test]
    fn a_template_with_unknown_places_is_refused() {
        assert!(Template::parse("{{tokn}}", true).unwrap_err().contains("none of token, param"));
        assert!(Template::parse("{{token", true).is_err());
        assert!(Template::parse("{{text}}", false).unwrap_err().contains("with_text"));
        assert!(Template::parse("{{text}}{{sender}}", true).is_ok());
    }

    #[test]
    fn tokens_and_topics_of_linphone_are_taken_apart() {
        assert_eq!(token("00fc13:remote&ff02:voip"), "00fc13");
        assert_eq!(token("ff02:voip&00fc13:remote"), "00fc13");
        assert_eq!(token("ff02:voip"), "ff02");
        assert_eq!(token("cX9_f:APA91bF"), "cX9_f:APA91bF", "FCM");
        assert_eq!(topic("ABCD1234.org.linphone.phone.remote&voip"), "org.linphone.phone");
        assert_eq!(topic("ABCD1234.org.example.app"), "org.example.app");
        assert_eq!(topic("project"), "project");
    }
}
