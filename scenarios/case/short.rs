//! What phones of IMS do: they take and send short messages (3GPP TS 24.341).

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::once;

/// A text that comes to an IMS phone, and what the phone reports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortGets {
    pub(crate) phone: String,
    pub(crate) text: String,
    /// So many times over, as one text.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
    pub(crate) from: String,
    /// In how many short messages it comes.
    #[serde(default = "once")]
    pub(crate) segments: usize,
    /// What the phone says of each of them.
    #[serde(default, deserialize_with = "report")]
    pub(crate) report: Report,
    /// The report does not say by its Call-ID what it is about.
    #[serde(default)]
    pub(crate) nameless: bool,
    /// It has the Call-ID and the reference of the one before.
    #[serde(default)]
    pub(crate) again: bool,
    /// It may take so many seconds to come.
    #[serde(default = "patience")]
    pub(crate) within: u64,
}

/// A text that an IMS phone sends, and what it hears of each part of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortSends {
    pub(crate) phone: String,
    pub(crate) to: String,
    pub(crate) text: String,
    /// So many times over, as one text.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
    /// It asks for a status report of each part.
    #[serde(default)]
    pub(crate) report: bool,
    /// RP-Cause of the RP-ERROR that it hears; RP-ACK when absent.
    #[serde(default)]
    pub(crate) error: Option<u8>,
}

/// Status reports that come to an IMS phone about what it sent last.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortHears {
    pub(crate) phone: String,
    /// Whom it had written to.
    pub(crate) to: String,
    /// TP-Status.
    #[serde(default)]
    pub(crate) status: u8,
    /// Of how many short messages.
    #[serde(default = "once")]
    pub(crate) segments: usize,
}

/// What a phone says of a short message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Report {
    /// RP-ACK.
    #[default]
    Ack,
    /// RP-ERROR with this cause.
    Error(u8),
    /// Nothing.
    Silence,
}

fn patience() -> u64 {
    15
}

/// `"ack"`, `"error 22"` or `"silence"`.
fn report<'de, D: Deserializer<'de>>(from: D) -> Result<Report, D::Error> {
    let text = String::deserialize(from)?;
    match text.split_once(' ') {
        None if text == "ack" => Ok(Report::Ack),
        None if text == "silence" => Ok(Report::Silence),
        Some(("error", cause)) => cause.parse().map(Report::Error).map_err(D::Error::custom),
        _ => Err(D::Error::custom(format!("\"{text}\" is no report of a phone"))),
    }
}
