//! The relay protocol data units (3GPP TS 24.011 7.3, 8.2).

use iwf_model::{Number, Timestamp};

use super::cause::RpCause;
use super::digits;

/// What a phone sends. The message reference pairs a unit with its report; 0 to 255, so it comes back soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromPhone<'a> {
    /// RP-DATA: a short message for somebody.
    Data {
        /// RP-Message Reference.
        reference: u8,
        /// The service centre that it is for, if the phone says one.
        centre: Option<Number>,
        /// RP-User Data: an SMS-SUBMIT.
        tpdu: &'a [u8],
    },
    /// RP-ACK: what it was sent has arrived.
    Ack {
        /// That of the RP-DATA.
        reference: u8,
    },
    /// RP-ERROR: it does not take what it was sent.
    Error {
        /// That of the RP-DATA.
        reference: u8,
        /// Why.
        cause: RpCause,
    },
    /// RP-SMMA: it has room for messages again.
    MemoryAvailable {
        /// RP-Message Reference.
        reference: u8,
    },
}

/// What a phone is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromNetwork<'a> {
    /// RP-DATA: a short message.
    Data {
        /// RP-Message Reference.
        reference: u8,
        /// The service centre that it comes from; one that has no number of its own writes zeros.
        centre: Option<Number>,
        /// RP-User Data: an SMS-DELIVER or an SMS-STATUS-REPORT; at most 232 octets.
        tpdu: &'a [u8],
    },
    /// RP-ACK: its message is accepted, or its memory noted.
    Ack {
        /// That of the RP-DATA or RP-SMMA.
        reference: u8,
        /// When the SMS-SUBMIT came that it answers: an SMS-SUBMIT-REPORT says so.
        submitted: Option<Timestamp>,
    },
    /// RP-ERROR: its message is not taken.
    Error {
        /// That of the RP-DATA.
        reference: u8,
        /// Why.
        cause: RpCause,
        /// When the SMS-SUBMIT came that it answers: an SMS-SUBMIT-REPORT says so.
        submitted: Option<Timestamp>,
    },
}

/// Why octets from a phone are no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They end too early, or go on behind their end.
    #[error("the unit has a wrong length")]
    Length,
    /// The message type is none that a phone sends.
    #[error("the unit is none that a phone sends")]
    Type,
    /// An address or a number in it can not be.
    #[error("an address in the unit can not be")]
    Address,
    /// The TPDU is no SMS-SUBMIT, or one in a coding that we don't read.
    #[error("the short message can not be read")]
    Message,
}

impl Unreadable {
    /// What the phone is told in an RP-ERROR (TS 24.011 8.2.5.4).
    pub fn cause(self) -> RpCause {
        match self {
            Self::Length => RpCause(96),
            Self::Type => RpCause(97),
            Self::Address => RpCause(95),
            Self::Message => RpCause(69),
        }
    }
}

/// Information element identifier of RP-User Data where it is optional (TS 24.011 8.2.5.3).
const USER_DATA: u8 = 0x41;
/// TP-MTI of an SMS-SUBMIT-REPORT.
const SUBMIT_REPORT: u8 = 0x01;

impl<'a> FromPhone<'a> {
    /// Reads a unit; its message type has the spare bits of the first octet zero or not (TS 24.011 8.2.2).
    pub fn read(octets: &'a [u8]) -> Result<Self, Unreadable> {
        let [kind, reference, rest @ ..] = octets else { return Err(Unreadable::Length) };
        let reference = *reference;
        match kind & 0x07 {
            0 => {
                // From a phone the originator is empty (TS 24.011 8.2.5.1); what stands there says nothing.
                let (_originator, rest) = counted(rest)?;
                let (centre, rest) = counted(rest)?;
                let (tpdu, rest) = counted(rest)?;
                if !rest.is_empty() || tpdu.is_empty() {
                    return Err(Unreadable::Length);
                }
                Ok(Self::Data { reference, centre: digits::read_rp(centre), tpdu })
            }
            2 => optional_user_data(rest).map(|()| Self::Ack { reference }),
            4 => {
                let (cause, rest) = counted(rest)?;
                let cause = RpCause(cause.first().ok_or(Unreadable::Length)? & 0x7F);
                optional_user_data(rest).map(|()| Self::Error { reference, cause })
            }
            6 if rest.is_empty() => Ok(Self::MemoryAvailable { reference }),
            6 => Err(Unreadable::Length),
            _ => Err(Unreadable::Type),
        }
    }

    /// Whether octets that may be no unit otherwise are of a kind that is answered: RP-DATA or RP-SMMA.
    pub fn asks_for_answer(octets: &[u8]) -> bool {
        matches!(octets, [kind, _reference, ..] if matches!(kind & 0x07, 0 | 6))
    }

    /// The reference of octets that may be no unit otherwise, for the RP-ERROR that answers them.
    pub fn reference_of(octets: &[u8]) -> u8 {
        octets.get(1).copied().unwrap_or_default()
    }
}

/// A value with its length before it, and what follows it.
fn counted(octets: &[u8]) -> Result<(&[u8], &[u8]), Unreadable> {
    let (length, rest) = octets.split_first().ok_or(Unreadable::Length)?;
    rest.split_at_checked(usize::from(*length)).ok_or(Unreadable::Length)
}

/// A delivery report may stand behind an RP-ACK or RP-ERROR; what we want to know stands before it.
fn optional_user_data(octets: &[u8]) -> Result<(), Unreadable> {
    match octets {
        [] => Ok(()),
        [USER_DATA, rest @ ..] => match counted(rest)? {
            (_, []) => Ok(()),
            _ => Err(Unreadable::Length),
        },
        _ => Err(Unreadable::Length),
    }
}

impl FromNetwork<'_> {
    /// The unit as the body of a MESSAGE.
    pub fn to_octets(self) -> Vec<u8> {
        match self {
            Self::Data { reference, centre, tpdu } => {
                let mut octets = vec![1, reference];
                digits::write_rp(&mut octets, centre);
                octets.push(0);
                octets.push(tpdu.len().min(usize::from(u8::MAX)) as u8);
                octets.extend_from_slice(tpdu);
                octets
            }
            Self::Ack { reference, submitted } => {
                let mut octets = vec![3, reference];
                write_submit_report(&mut octets, None, submitted);
                octets
            }
            Self::Error { reference, cause, submitted } => {
                let mut octets = vec![5, reference, 1, cause.0 & 0x7F];
                write_submit_report(&mut octets, Some(cause.failure()), submitted);
                octets
            }
        }
    }
}

/// SMS-SUBMIT-REPORT (TS 23.040 9.2.2.2a): with TP-Failure-Cause behind an RP-ERROR, without any of the optional fields.
fn write_submit_report(octets: &mut Vec<u8>, failure: Option<u8>, submitted: Option<Timestamp>) {
    let Some(submitted) = submitted else { return };
    octets.extend([USER_DATA, 9 + u8::from(failure.is_some()), SUBMIT_REPORT]);
    octets.extend(failure);
    octets.push(0);
    octets.extend(digits::time_stamp(submitted));
}
