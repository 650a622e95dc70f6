//! In which form a text goes to a device: as it is, or in CPIM (RFC 3862) with a wish to hear when it is read.
//!
//! Plain is the rule, because many apps refuse CPIM. CPIM goes only where it is good for something: to a device that
//! says it reads it, with a text whose origin wants to hear of its reader.

use std::fmt;

use iwf_model::{Address, Binding, Cause, Class, Message};

use super::Sender;
use crate::date::Rfc3339;
use crate::message::Params;

/// The body of a MESSAGE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// text/plain.
    Plain,
    /// message/cpim around text/plain, with imdn.Disposition-Notification.
    Cpim,
}

/// Contact parameters of apps that read CPIM and answer with notifications: linphone's, and that of OMA's SIMPLE IM.
const READERS: [&str; 2] = ["+org.linphone.specs", "+g.oma.sip-im"];

impl Form {
    /// The form for a device; `is_refused`: it has refused CPIM.
    pub fn of(message: &Message, binding: &Binding, is_refused: bool) -> Self {
        // Nobody is told what an anonymous sender's text became (RFC 5438 section 8.3).
        let wanted = wants_reader(message) && message.submission.source != Address::Absent;
        if wanted && !is_refused && reads_cpim(binding) { Self::Cpim } else { Self::Plain }
    }

    /// Whether a device that answered so may take the same text in plain form: at once, and from now on
    /// (interworking.md D.3).
    pub fn falls_back(self, cause: Cause) -> bool {
        self == Self::Cpim && cause.class() == Class::OtherForm
    }
}

fn wants_reader(message: &Message) -> bool {
    message.submission.receipt.read || message.parts.iter().any(|part| part.submission.receipt.read)
}

pub(super) fn reads_cpim(binding: &Binding) -> bool {
    !binding.params.is_empty()
        && Params::parse(&binding.params)
            .is_ok_and(|params| READERS.iter().any(|reader| params.get(reader).is_some()))
}

/// A text in CPIM: message headers, MIME headers, the text (interworking.md C.12).
pub(super) struct Wrapped<'a> {
    pub(super) from: Sender<'a>,
    pub(super) to: &'a str,
}

impl fmt::Display for Wrapped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to, message) = (&self.from, self.to, self.from.message);
        let (id, text) = (message.id, &message.submission.text);
        write!(f, "From: {from}\r\nTo: <{to}>\r\nDateTime: {}\r\n", Rfc3339(message.accepted_at))?;
        write!(f, "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {id}\r\n")?;
        f.write_str(
            "imdn.Disposition-Notification: display\r\n\r\nContent-Type: text/plain;charset=UTF-8\r\n",
        )?;
        write!(f, "Content-Length: {}\r\n\r\n{text}", text.len())
    }
}
