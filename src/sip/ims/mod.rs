//! Short messages of IMS phones: RPDUs as the bodies of MESSAGEs (3GPP TS 24.341, 24.011, 23.040; interworking.md
//! C.13). Such a phone says `+g.3gpp.smsip` in the Contact of its REGISTER and reads nothing but this.
//!
//! Either side sends its RPDU in a MESSAGE of its own: an RP-DATA is answered by the SIP response, which proves
//! that it was carried, and later by a MESSAGE with an RP-ACK or RP-ERROR, which proves what became of it.

pub mod cause;
pub mod deliver;
mod digits;
pub mod exchange;
pub mod reply;
pub mod rpdu;
pub mod status;
pub mod submit;
#[cfg(test)]
mod tests;

use crate::message::Params;
pub use rpdu::{FromNetwork, FromPhone, Unreadable};

/// The media type of an RPDU (TS 24.341 5.3.1.2).
pub const MEDIA_TYPE: &str = "application/vnd.3gpp.sms";

/// The feature tag of a phone that takes RPDUs (TS 24.341 5.3.2.2), as a Contact parameter.
pub const FEATURE: &str = "+g.3gpp.smsip";

/// Which of the phones of a user are meant (TS 24.341 5.3.2.4; RFC 3841 9.2).
pub(crate) const ACCEPT_CONTACT: &str = "*;+g.3gpp.smsip;require;explicit";

/// Who we are to the phones of a domain: what they answer goes there.
pub(crate) fn service_centre(domain: &str) -> String {
    format!("sip:smsc@{domain}")
}

/// Whether the parameters of a registered Contact name the feature.
pub fn is_offered_by(contact_params: &str) -> bool {
    Params::parse(contact_params).is_ok_and(|params| params.get(FEATURE).is_some())
}
