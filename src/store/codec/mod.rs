//! How what no query looks at is kept: octets in one column, each kind with a version in front.
//!
//! A layout never changes; a new one gets a new version, and the old one stays readable.

mod awaited;
mod binding;
mod lines;
mod message;
mod octets;
mod options;
mod progress;
mod receipt;
mod record;
mod settings;
mod steps;
mod upstream;

pub(crate) use awaited::{AwaitedRow, decode_awaited, encode_awaited};
pub(crate) use binding::{decode_binding, encode_binding};
pub(crate) use message::{MessageRow, decode_message, encode_message};
pub(crate) use progress::{decode_progress, encode_progress};
pub(crate) use receipt::{
    ReceiptProgress, ReceiptRow, decode_receipt, encode_receipt, encode_receipt_progress,
};
pub(crate) use record::{RecordRow, decode_record, encode_record};
pub(crate) use settings::{decode_settings, encode_settings};
pub(crate) use steps::{decode_steps, encode_step, encode_steps};
pub(crate) use upstream::{HandedRow, decode_handed, decode_unmatched, encode_handed, encode_unmatched};
