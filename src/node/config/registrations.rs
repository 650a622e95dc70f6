//! The rules of what apps are granted beyond RFC 3261.

use std::time::Duration;

use iwf_sip::Uri;
use iwf_sip::message::Scheme;

use super::check::{Check, MONTH};
use super::raw::RawSip;

impl Check<'_> {
    /// Over UDP behind a NAT: never more than others get, and never less than anybody may ask for.
    pub(super) fn behind_nat(&mut self, raw: &RawSip) -> Duration {
        let key = "sip.max_expires_behind_nat_seconds";
        let seconds = |seconds: i64| Duration::from_secs(seconds.max(1).unsigned_abs());
        let granted = self.seconds(key, raw.max_expires_behind_nat_seconds, 1..=MONTH);
        granted.max(seconds(raw.min_expires_seconds)).min(seconds(raw.max_expires_seconds))
    }

    /// Not longer than a silent connection is kept, by far.
    pub(super) fn flow_timer(&mut self, seconds: i64) -> Option<Duration> {
        let timer = self.seconds("sip.flow_timer_seconds", seconds, 0..=3600);
        (!timer.is_zero()).then_some(timer)
    }

    pub(super) fn service_route(&mut self, texts: &[String]) -> Vec<String> {
        let is_proxy = |text: &str| {
            let uri = Uri::parse(text);
            uri.is_ok_and(|uri| matches!(uri.scheme(), Scheme::Sip | Scheme::Sips) && !uri.host().is_empty())
        };
        for text in texts {
            if !is_proxy(text) || text.contains(['<', '>', ',']) {
                self.fault(
                    "sip.service_route",
                    format!("\"{text}\" is not a URI such as sip:edge.example.com;lr"),
                );
            }
        }
        texts.to_vec()
    }
}
