//! The rules of push: who wakes apps, and how it is asked.

use std::path::PathBuf;

use hyper::Uri;
use hyper::header::HeaderName;

use super::check::Check;
use super::checked::{PushConfig, PushKind};
use super::raw::RawPush;
use crate::push::Template;

const KINDS: [(&str, PushKind); 3] =
    [("webhook", PushKind::Webhook), ("fcm", PushKind::Fcm), ("apns", PushKind::Apns)];

/// What is sent where the configuration says nothing: URL, headers, body.
struct Usual {
    url: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    body_with_text: &'static str,
}

impl PushKind {
    fn usual(self) -> Usual {
        match self {
            Self::Webhook => Usual {
                url: "",
                headers: &[],
                body: r#"{"provider":"{{provider}}","token":"{{token}}","param":"{{param}}","account":"{{account}}"}"#,
                body_with_text: r#"{"provider":"{{provider}}","token":"{{token}}","param":"{{param}}","account":"{{account}}","sender":"{{sender}}","text":"{{text}}"}"#,
            },
            Self::Fcm => Usual {
                url: "https://fcm.googleapis.com/v1/projects/{{param}}/messages:send",
                headers: &[],
                body: r#"{"message":{"token":"{{token}}","android":{"priority":"high"},"data":{"account":"{{account}}"}}}"#,
                body_with_text: r#"{"message":{"token":"{{token}}","android":{"priority":"high"},"data":{"account":"{{account}}","sender":"{{sender}}","text":"{{text}}"}}}"#,
            },
            Self::Apns => Usual {
                url: "https://api.push.apple.com/3/device/{{token}}",
                headers: &[("apns-topic", "{{topic}}"), ("apns-push-type", "alert"), ("apns-priority", "10")],
                body: r#"{"aps":{"alert":{"loc-key":"IM_MSG"},"sound":"default","mutable-content":1,"content-available":1}}"#,
                body_with_text: r#"{"aps":{"alert":{"title":"{{sender}}","body":"{{text}}"},"sound":"default","mutable-content":1,"content-available":1}}"#,
            },
        }
    }
}

impl Check<'_> {
    pub(super) fn push(&mut self, raw: &[RawPush]) -> Vec<PushConfig> {
        let configs: Vec<PushConfig> = raw
            .iter()
            .enumerate()
            .map(|(place, raw)| self.provider(&format!("push[{place}]"), raw))
            .collect();
        for (place, config) in configs.iter().enumerate() {
            let twice = configs.iter().take(place).any(|other| other.provider == config.provider);
            if twice {
                self.fault(
                    &format!("push[{place}].provider"),
                    format!("\"{}\" stands here twice", config.provider),
                );
            }
        }
        configs
    }

    fn provider(&mut self, table: &str, raw: &RawPush) -> PushConfig {
        let key = |name: &str| format!("{table}.{name}");
        let kind = self.choice(&key("kind"), &raw.kind, &KINDS);
        let is_token = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if raw.provider.is_empty() || !raw.provider.chars().all(is_token) {
            self.fault(&key("provider"), "must be what apps say in pn-provider, such as \"fcm\"");
        }
        let usual = kind.usual();
        let or = |text: &str, usual: &str| if text.is_empty() { usual.to_owned() } else { text.to_owned() };
        let body = if raw.with_text { usual.body_with_text } else { usual.body };
        let url = or(&raw.url, usual.url);
        // What is filled in is escaped: any name will do for the check.
        let filled = url.replace("{{", "").replace("}}", "").parse::<Uri>();
        if !filled.is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https"))) {
            self.fault(&key("url"), format!("\"{url}\" is not a URL such as https://push.example.com/wake"));
        }
        let mut headers = Vec::new();
        let usual_headers =
            usual.headers.iter().filter(|(name, _)| !raw.headers.contains_key(*name)).copied();
        for (name, value) in raw.headers.iter().map(|(name, value)| (&**name, &**value)).chain(usual_headers)
        {
            match name.parse::<HeaderName>() {
                Ok(_) => {
                    headers.push((name.to_owned(), self.template(&key("headers"), value, raw.with_text)))
                }
                Err(_) => {
                    self.fault(&key("headers"), format!("\"{name}\" is not the name of a header field"))
                }
            }
        }
        let file = |path: &str| (!path.is_empty()).then(|| PathBuf::from(path));
        PushConfig {
            provider: raw.provider.to_ascii_lowercase(),
            kind,
            url: self.template(&key("url"), &url, false),
            headers,
            body: self.template(&key("body"), &or(&raw.body, body), raw.with_text),
            token_file: file(&raw.token_file),
            server_ca: file(&raw.server_ca),
            with_text: raw.with_text,
            timeout: self.seconds(&key("timeout_seconds"), raw.timeout_seconds, 1..=15),
            concurrency: self.count(&key("concurrency"), raw.concurrency, 1..=1000),
        }
    }

    fn template(&mut self, key: &str, text: &str, with_text: bool) -> Template {
        match Template::parse(text, with_text) {
            Ok(template) => template,
            Err(what) => {
                self.fault(key, what);
                Template::default()
            }
        }
    }
}
