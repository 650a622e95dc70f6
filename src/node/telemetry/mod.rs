//! What can be seen from outside: metrics and logs.
//!
//! - `metrics`: every metric, declared once
//! - `connections`: those of each connection, by its name
//! - `labels`: the words that metrics are divided by
//! - `instrument`: cached handles
//! - `log`: how lines are written
//!
//! Neither ever holds the text of a message or a password.

mod connections;
mod instrument;
mod labels;
mod log;
#[cfg(test)]
mod manual;
mod metrics;

pub(crate) use connections::of_connections;
pub(crate) use labels::{
    BindResult, Connected, Handshake, NoticeResult, OutbindResult, ReadResult, ReceiptResult, Reload, Shed,
    Side, SipTurned, SubmitResult, Turned, UpstreamResult,
};
pub(crate) use log::init;
pub(crate) use metrics::Metrics;
