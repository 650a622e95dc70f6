//! What a carrier really does on its binds: counted while it works, compared with its profile when asked.
//!
//! Every submit is looked at first, then one in 64: what a carrier does once it does all day, and a busy
//! bind must not pay for being watched. All refusals are counted, ours and its own.

mod findings;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iwf_model::text::{decode, septets, sniff_ucs2};
use iwf_model::{Alphabet, ReceiptAnswer};
use rusmpp_core::{CommandId, CommandStatus};

use crate::coding::UDHI;
use crate::pdu::message::{MessagePdu, RawAddress};
use crate::pdu::tlv::tag;

pub use findings::findings;

/// So many submits of a session are all looked at.
const ALL_OF: u64 = 1_000;
/// After them one in so many.
const EVERY: u64 = 64;
/// So many different habits are kept; a carrier has some dozen.
const MOST: usize = 512;

/// What was seen of one carrier, or on one of its binds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habits {
    submits: u64,
    looked_at: u64,
    counts: BTreeMap<Habit, u64>,
}

/// One thing that a carrier does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Habit {
    /// A text under this data_coding.
    DataCoding(u8),
    /// A text under data_coding 0 with octets from 0x80 that are UTF-8.
    DefaultIsUtf8,
    /// A text under data_coding 0 with octets from 0x80 that are a text when they are unpacked.
    DefaultIsPacked,
    /// A text under data_coding 0 with octets from 0x80 that are neither.
    DefaultHasHighOctets,
    /// A text under data_coding 8 that is little endian.
    Ucs2IsLittleEndian,
    /// A text under data_coding 8 that is UTF-8.
    Ucs2IsUtf8,
    /// A text with a NUL at its end.
    EndsWithNul,
    /// A text with a user data header.
    HasHeader,
    /// A text with sar_ TLVs.
    HasSar,
    /// A text in message_payload.
    HasPayload,
    /// A sender of this type of number and numbering plan.
    Source(u8, u8),
    /// A sender in letters whose type of number is not 5.
    NameWithoutTon,
    /// A recipient of this type of number and numbering plan.
    Destination(u8, u8),
    /// A recipient with '+' or 00 in front.
    DestinationPrefix,
    /// esm_class bits 1-0.
    Mode(u8),
    /// registered_delivery.
    Registered(u8),
    /// A priority_flag beyond 3.
    PriorityBeyond,
    /// A schedule_delivery_time.
    Schedules,
    /// A validity_period.
    Limits,
    /// protocol_id, other than 0.
    Protocol(u8),
    /// A TLV that is none of those that carry the text.
    Tlv(u16),
    /// A PDU that was answered with this command_status.
    Refused(u32),
    /// A receipt was answered with this command_status.
    ReceiptRefused(u32),
    /// A receipt had no answer.
    ReceiptLost,
}

/// What a session and whoever asks share.
pub type SharedHabits = Arc<Mutex<Habits>>;

/// Watches one session.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    submits: u64,
    habits: SharedHabits,
}

impl Watcher {
    /// What is seen.
    pub(crate) fn habits(&self) -> SharedHabits {
        Arc::clone(&self.habits)
    }

    /// A submit came.
    pub(crate) fn submit(&mut self, command_id: CommandId, body: &[u8]) {
        self.submits += 1;
        if self.submits <= ALL_OF || self.submits.is_multiple_of(EVERY) {
            let mut habits = self.lock();
            habits.submits = self.submits;
            habits.observe(command_id, body);
        }
    }

    /// A PDU is answered with an error.
    pub(crate) fn refused(&self, status: CommandStatus) {
        self.lock().refused(status);
    }

    /// What became of a receipt. That it is taken is the rule and says nothing.
    pub(crate) fn receipt(&self, answer: ReceiptAnswer, status: u32) {
        if answer != ReceiptAnswer::Taken {
            self.lock().receipt(answer, status);
        }
    }

    /// Nobody else holds it but for the moment in which somebody asks.
    fn lock(&self) -> MutexGuard<'_, Habits> {
        self.habits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Habits {
    /// Looks at the body of a submit_sm or data_sm; one that can't be read tells nothing.
    fn observe(&mut self, command_id: CommandId, body: &[u8]) {
        let read = match command_id {
            CommandId::DataSm => MessagePdu::read_data_sm(body),
            _ => MessagePdu::read_sm(body),
        };
        if let Ok(pdu) = read {
            self.looked_at += 1;
            self.fields(&pdu);
            self.addresses(pdu.source, pdu.destination);
            self.text(&pdu);
        }
    }

    /// A PDU was answered with an error.
    fn refused(&mut self, status: CommandStatus) {
        self.count(Habit::Refused(status.into()));
    }

    /// What became of a receipt.
    fn receipt(&mut self, answer: ReceiptAnswer, status: u32) {
        self.count(match answer {
            ReceiptAnswer::Lost => Habit::ReceiptLost,
            _ => Habit::ReceiptRefused(status),
        });
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.submits += other.submits;
        self.looked_at += other.looked_at;
        for (habit, count) in &other.counts {
            self.add(*habit, *count);
        }
    }

    /// How many submits came, and how many of them were looked at.
    pub fn submits(&self) -> (u64, u64) {
        (self.submits, self.looked_at)
    }

    /// Each habit with how often it was seen.
    pub fn iter(&self) -> impl Iterator<Item = (Habit, u64)> {
        self.counts.iter().map(|(habit, count)| (*habit, *count))
    }

    /// How often it was seen.
    pub fn of(&self, habit: Habit) -> u64 {
        self.counts.get(&habit).copied().unwrap_or(0)
    }

    fn count(&mut self, habit: Habit) {
        self.add(habit, 1);
    }

    fn add(&mut self, habit: Habit, more: u64) {
        if let Some(count) = self.counts.get_mut(&habit) {
            *count += more;
        } else if self.counts.len() < MOST {
            self.counts.insert(habit, more);
        }
    }

    fn count_if(&mut self, seen: bool, habit: Habit) {
        if seen {
            self.count(habit);
        }
    }

    fn fields(&mut self, pdu: &MessagePdu<'_>) {
        self.count(Habit::DataCoding(pdu.data_coding));
        self.count(Habit::Mode(pdu.esm_class & 3));
        self.count(Habit::Registered(pdu.registered_delivery));
        self.count_if(pdu.priority_flag > 3, Habit::PriorityBeyond);
        self.count_if(!pdu.schedule_delivery_time.is_empty(), Habit::Schedules);
        self.count_if(!pdu.validity_period.is_empty(), Habit::Limits);
        self.count_if(pdu.protocol_id != 0, Habit::Protocol(pdu.protocol_id));
        for (tag, _) in pdu.tlvs.iter() {
            match tag {
                tag::MESSAGE_PAYLOAD => self.count(Habit::HasPayload),
                tag::SAR_SEGMENT_SEQNUM => self.count(Habit::HasSar),
                tag::SAR_MSG_REF_NUM | tag::SAR_TOTAL_SEGMENTS => {}
                tag => self.count(Habit::Tlv(tag)),
            }
        }
    }

    fn addresses(&mut self, source: RawAddress<'_>, destination: RawAddress<'_>) {
        self.count(Habit::Source(source.ton, source.npi));
        let is_name = source.addr.iter().any(|octet| !octet.is_ascii_digit() && *octet != b'+');
        self.count_if(is_name && source.ton != 5, Habit::NameWithoutTon);
        self.count(Habit::Destination(destination.ton, destination.npi));
        let prefixed = matches!(destination.addr, [b'+', ..] | [b'0', b'0', ..]);
        self.count_if(prefixed, Habit::DestinationPrefix);
    }

    fn text(&mut self, pdu: &MessagePdu<'_>) {
        if pdu.esm_class & UDHI != 0 {
            // Behind a header the text may be a fragment, of which nothing is known for sure.
            return self.count(Habit::HasHeader);
        }
        let octets = pdu.tlvs.find(tag::MESSAGE_PAYLOAD).unwrap_or(pdu.short_message);
        self.count_if(octets.ends_with(&[0]) && pdu.data_coding != 8, Habit::EndsWithNul);
        match pdu.data_coding {
            0 if octets.iter().any(|octet| *octet >= 0x80) => self.count(default_alphabet(octets)),
            8 => match sniff_ucs2(octets) {
                Alphabet::Utf16Le => self.count(Habit::Ucs2IsLittleEndian),
                Alphabet::Utf8 => self.count(Habit::Ucs2IsUtf8),
                _ => {}
            },
            _ => {}
        }
    }
}

/// What octets from 0x80 under data_coding 0 are, where GSM 7-bit has none.
fn default_alphabet(octets: &[u8]) -> Habit {
    if std::str::from_utf8(octets).is_ok() {
        return Habit::DefaultIsUtf8;
    }
    let unpacked = decode(Alphabet::Gsm7, &septets::unpack(octets, 0, None));
    let plain = |c: &char| c.is_ascii_alphanumeric() || " .,:;!?'-/\n\r".contains(*c);
    let (all, readable) = (unpacked.chars().count(), unpacked.chars().filter(plain).count());
    // Random octets unpack to letters, digits and blanks in half of the cases.
    if readable * 10 >= all * 9 { Habit::DefaultIsPacked } else { Habit::DefaultHasHighOctets }
}

impl fmt::Display for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataCoding(value) => write!(f, "data_coding {value:#04x}"),
            Self::DefaultIsUtf8 => f.write_str("data_coding 0 with UTF-8"),
            Self::DefaultIsPacked => f.write_str("data_coding 0 with packed septets"),
            Self::DefaultHasHighOctets => f.write_str("data_coding 0 with octets from 0x80"),
            Self::Ucs2IsLittleEndian => f.write_str("data_coding 8 with little endian"),
            Self::Ucs2IsUtf8 => f.write_str("data_coding 8 with UTF-8"),
            Self::EndsWithNul => f.write_str("a NUL at the end of the text"),
            Self::HasHeader => f.write_str("a user data header"),
            Self::HasSar => f.write_str("sar_ TLVs"),
            Self::HasPayload => f.write_str("message_payload"),
            Self::Source(ton, npi) => write!(f, "source_addr_ton/npi {ton}/{npi}"),
            Self::NameWithoutTon => f.write_str("a sender in letters without source_addr_ton 5"),
            Self::Destination(ton, npi) => write!(f, "dest_addr_ton/npi {ton}/{npi}"),
            Self::DestinationPrefix => f.write_str("a destination_addr with + or 00 in front"),
            Self::Mode(0) => f.write_str("esm_class: default mode"),
            Self::Mode(1) => f.write_str("esm_class: datagram"),
            Self::Mode(2) => f.write_str("esm_class: transaction"),
            Self::Mode(_) => f.write_str("esm_class: store and forward"),
            Self::Registered(value) => write!(f, "registered_delivery {value:#04x}"),
            Self::PriorityBeyond => f.write_str("priority_flag beyond 3"),
            Self::Schedules => f.write_str("schedule_delivery_time"),
            Self::Limits => f.write_str("validity_period"),
            Self::Protocol(value) => write!(f, "protocol_id {value:#04x}"),
            Self::Tlv(tag) => write!(f, "TLV {tag:#06x}"),
            Self::Refused(status) => write!(f, "answered with {:?}", CommandStatus::from(*status)),
            Self::ReceiptRefused(status) => {
                write!(f, "receipts answered with {:?}", CommandStatus::from(*status))
            }
            Self::ReceiptLost => f.write_str("receipts without an answer"),
        }
    }
}

#[cfg(test)]
mod tests;
