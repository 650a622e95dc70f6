//! The parameters of Via by which neighbours tell each other how much to hold back (RFC 7339 4).

use std::fmt;
use std::time::Duration;

use iwf_model::Timestamp;

use crate::message::{Params, Via};

/// What the top Via of our requests says to peers that are proxies (RFC 7339 4.1, 4.2).
pub(crate) const OFFER: &str = ";oc;oc-algo=\"loss\"";

/// The only algorithm that everybody knows (RFC 7339 7).
const LOSS: &str = "loss";
/// How long a peer holds back without hearing more: the default of RFC 7339 4.3.
const VALIDITY: Duration = Duration::from_millis(500);

/// What we tell a peer to hold back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Feedback {
    percent: u8,
    /// When it came into force: the sequence, by which a peer knows the newer of two (RFC 7339 4.4).
    since: Timestamp,
}

impl Feedback {
    pub(super) fn set(&mut self, percent: u8, now: Timestamp) {
        if self.percent != percent {
            *self = Self { percent, since: now };
        }
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.since.as_micros();
        let (seconds, millis) = (micros / 1_000_000, micros / 1000 % 1000);
        write!(f, ";oc={};oc-algo=\"{LOSS}\"", self.percent)?;
        write!(f, ";oc-validity={};oc-seq={seconds}.{millis:03}", VALIDITY.as_millis())
    }
}

/// Whether a parameter of a Via is one of these.
pub(crate) fn is_ours(name: &str) -> bool {
    ["oc", "oc-algo", "oc-validity", "oc-seq"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the peer that sent this Via holds back when it is asked to, by the algorithm that we use.
pub(crate) fn is_offered(via: Via<'_>) -> bool {
    let params = via.params();
    params.get("oc").is_some_and(|oc| oc.value.is_none())
        && params.get("oc-algo").is_some_and(|algorithms| names_loss(&algorithms.unquoted()))
}

fn names_loss(algorithms: &str) -> bool {
    algorithms.split(',').any(|algorithm| algorithm.trim().eq_ignore_ascii_case(LOSS))
}

/// What a peer asks us to hold back, from the top Via of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    /// 0-100.
    pub(super) percent: u8,
    pub(super) validity: Duration,
    /// Larger in a newer one.
    pub(super) sequence: (u64, u32),
}

impl Request {
    /// `None` without one, or if it is not by the algorithm that we offered, or broken: that one changes nothing.
    pub(super) fn parse(params: Params<'_>) -> Option<Self> {
        let percent: u8 = params.value("oc")?.parse().ok().filter(|percent| *percent <= 100)?;
        if !names_loss(&params.get("oc-algo")?.unquoted()) {
            return None;
        }
        let validity = match params.value("oc-validity") {
            None => VALIDITY,
            Some(millis) => Duration::from_millis(millis.parse::<u32>().ok()?.into()),
        };
        let sequence = match params.value("oc-seq") {
            None => (0, 0),
            Some(text) => {
                let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
                (seconds.parse().ok()?, format!("{fraction:0<5}").parse().ok()?)
            }
        };
        Some(Self { percent, validity, sequence })
    }
}
