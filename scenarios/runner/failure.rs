//! Why a step failed.

use std::time::Duration;

use iwf_sim::carrier::CarrierError;
use iwf_sim::node::NodeError;
use iwf_sim::phone::PhoneError;
use iwf_sim::vendor::VendorError;

/// What was expected and what came instead, as a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    #[error(transparent)]
    Vendor(#[from] VendorError),
    #[error("{0}")]
    Described(String),
    #[error("no node is running")]
    NoNode,
    #[error("the case has no {0} \"{1}\"")]
    Unknown(&'static str, String),
    #[error("nothing came within {0:?}")]
    Nothing(Duration),
    #[error("{what} is {found}, expected {expected}")]
    Differs { what: &'static str, found: String, expected: String },
    #[error("unexpected: {0}")]
    Unexpected(String),
}

/// Fails unless the two are equal.
pub(super) fn equal(what: &'static str, found: &str, expected: &str) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::Differs { what, found: format!("{found:?}"), expected: format!("{expected:?}") })
}
