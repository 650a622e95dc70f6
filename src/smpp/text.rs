//! Texts to a carrier as deliver_sm or data_sm, or as submit_sm to a message centre (SMPP 5.0 4.2.1, 4.3.1, 4.3.2;
//! interworking.md B.3, B.6, D.2): one PDU, or several that the other end joins.

pub(crate) mod under_way;

use bytes::BytesMut;
use iwf_model::connection::{Submits, ValidityForm};
use iwf_model::profile::{LongTexts, TextPdu};
use iwf_model::text::segment::{Plan, Reference, SegmentError, segment};
use iwf_model::text::udh::{Place, UserDataHeader};
use iwf_model::text::{Alphabet, Encoding};
use iwf_model::{
    Address, Carrier, EnvironmentId, Message, MessageId, Number, PartKind, PassedTlv, ReceiptRequest,
    Timestamp, Trace,
};
use rusmpp_core::{CommandId, CommandStatus};

use crate::bind::Version;
use crate::coding::UDHI;
use crate::pdu::tlv::tag;
use crate::pdu::writer::{Writer, digits};
use crate::{time, trace};

/// The most parts that any header can number.
const MAX_PARTS: usize = 255;
/// The most octets that a TLV takes.
const MAX_PAYLOAD: usize = u16::MAX as usize;
/// Numbers of up to so many digits are short codes.
const SHORT_CODE: usize = 8;
/// Type of number 5: the address is a name.
const ALPHANUMERIC: u8 = 5;
/// data_coding of UTF-16, big endian.
const UCS2: u8 = 8;
/// data_coding that names a message class beside GSM 7-bit or UCS-2 (3GPP TS 23.038 4, general group).
const CLASS_GSM7: u8 = 0x10;
/// See [`CLASS_GSM7`].
const CLASS_UCS2: u8 = 0x18;
/// registered_delivery bits 1-0: a receipt for every end.
const RECEIPT: u8 = 0x01;

/// A text that was put into an encoding and cut, ready to be written part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingText {
    message: MessageId,
    command_id: CommandId,
    /// service_type and both addresses, as they stand in each PDU.
    head: BytesMut,
    esm_class: u8,
    priority: u8,
    data_coding: u8,
    /// What each PDU carries, user data header included.
    parts: Vec<Vec<u8>>,
    /// In message_payload, which has room for what short_message has not.
    in_payload: bool,
    /// The parts are numbered by sar_ TLVs.
    sar_reference: Option<u16>,
    passed: Vec<PassedTlv>,
    /// What is asked of a message centre, or of a carrier that acknowledges; nothing is of another.
    asked: Asked,
    /// Which way it has come, for environments of ours.
    trace: Option<Box<Trace>>,
}

/// What is asked for beyond a text to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Asked {
    /// registered_delivery
    registered: u8,
    /// validity_period
    validity: Option<[u8; 16]>,
    /// The name by which the other end may tell of the text, if it gives it none itself (receipted_message_id).
    named: bool,
}

impl OutgoingText {
    /// Puts a text into the form that the carrier's profile asks for and that its bind can take. A v3.3 peer
    /// knows neither TLVs nor data_sm, so it gets deliver_sm, and parts with a user data header.
    ///
    /// # Errors
    /// When the text has more parts than can be numbered, or is longer than message_payload may be.
    pub fn new(
        message: &Message,
        carrier: &Carrier,
        (version, here): (Version, EnvironmentId),
    ) -> Result<Self, SegmentError> {
        let mut text = Self::build(message, carrier, version, None)?;
        if carrier.profile.sending.acknowledges {
            text.asked.registered = registered_delivery(&message.submission.receipt, true);
            text.asked.named = version > Version::V33;
        }
        if carrier.profile.reading.environment && version > Version::V33 {
            let come = message.submission.options().trace.as_deref();
            text.trace = Some(Box::new(come.cloned().unwrap_or_default().onward(here)));
        }
        Ok(text)
    }

    /// The same for a message centre: as submit_sm, or data_sm where the profile says so, with what is asked of it.
    ///
    /// # Errors
    /// As for [`OutgoingText::new`].
    pub fn submitted(
        message: &Message,
        carrier: &Carrier,
        terms: (Version, EnvironmentId),
        submits: &Submits,
        now: Timestamp,
    ) -> Result<Self, SegmentError> {
        let mut text = Self::new(message, carrier, terms)?;
        text.asked = Asked {
            registered: registered_delivery(&message.submission.receipt, submits.receipts),
            named: false,
            validity: match submits.validity {
                ValidityForm::Relative => Some(time::relative_field(message.expires_at.since(now))),
                ValidityForm::Absolute => Some(time::absolute(message.expires_at)),
                ValidityForm::None => None,
            },
        };
        text.command_id = submitted(text.command_id);
        Ok(text)
    }

    /// Whether the other end tells later what became of the text.
    pub(crate) fn is_registered(&self) -> bool {
        self.asked.registered & RECEIPT != 0
    }

    /// The same text without the field that a message centre minds (interworking.md D.5); `None` when it has no such
    /// field.
    pub(crate) fn without(&self, status: CommandStatus) -> Option<Self> {
        use CommandStatus as S;
        let mut other = self.clone();
        match status {
            S::EsmeRinvexpiry => other.asked.validity = None,
            S::EsmeRinvprtflg => other.priority = 0,
            S::EsmeRinvregdlvflg => other.asked.registered &= RECEIPT,
            S::EsmeRinvtlvstream
            | S::EsmeRtlvnotallwd
            | S::EsmeRinvtlvlen
            | S::EsmeRmissingtlv
            | S::EsmeRinvtlvval => other.drop_tlvs(),
            _ => {}
        }
        (self.asked != Asked::default() && other != *self).then_some(other)
    }

    fn drop_tlvs(&mut self) {
        self.passed.clear();
        self.trace = None;
    }

    /// The same text for a peer that does not take its data_coding (ESME_RINVDCS; interworking.md D.5): without the
    /// message class if it has one; else in UTF-16, or what was UTF-16 in the carrier's own alphabet, if that loses
    /// nothing. It has another reference: the peer may hold parts of the first form. `None` when there is no other form.
    pub fn otherwise(&self, message: &Message, carrier: &Carrier, version: Version) -> Option<Self> {
        let mut other = Self::build(message, carrier, version, Some(self.data_coding)).ok()?;
        (other.command_id, other.asked, other.trace) = (self.command_id, self.asked, self.trace.clone());
        (other.data_coding != self.data_coding).then_some(other)
    }

    fn build(
        message: &Message,
        carrier: &Carrier,
        version: Version,
        refused: Option<u8>,
    ) -> Result<Self, SegmentError> {
        let sending = &carrier.profile.sending;
        let (form, pdu) = match version {
            Version::V33 => (without_tlvs(sending.long_texts), TextPdu::DeliverSm),
            _ => (sending.long_texts, sending.pdu),
        };
        let submission = &message.submission;
        let options = submission.options();
        let plan = plan(&submission.text, carrier, form);
        let cut = segment(&submission.text, &refused.map_or(plan, |coding| otherwise(plan, coding)))?;
        let (encoding, several) = (cut.encoding, cut.parts.len() > 1);
        let whole = several && form == LongTexts::Payload;
        let parts = if whole { vec![payload(cut.parts)?] } else { cut.parts };
        let reference = message.id.text_reference();
        let reference = if refused.is_some() { !reference } else { reference };
        let headers = Headers { form, encoding, total: parts.len(), reference };
        let parts: Vec<Vec<u8>> =
            (1..=u8::MAX).zip(parts).map(|(number, part)| headers.before(number, part)).collect();
        let has_header = headers.octets() > 0;
        let may_pass =
            |tlv: &&PassedTlv| version > Version::V33 && carrier.profile.reading.tlvs.contains(&tlv.tag);
        Ok(Self {
            message: message.id,
            command_id: if pdu == TextPdu::DataSm { CommandId::DataSm } else { CommandId::DeliverSm },
            head: head(message, carrier),
            esm_class: if has_header { UDHI } else { 0 },
            priority: options.priority.min(3),
            data_coding: data_coding(encoding, carrier, options.class.filter(|_| refused.is_none())),
            sar_reference: (several && form == LongTexts::Sar).then_some(headers.reference),
            in_payload: whole || pdu == TextPdu::DataSm,
            parts,
            passed: options.tlvs.iter().filter(may_pass).cloned().collect(),
            asked: Asked::default(),
            trace: None,
        })
    }

    /// The message.
    pub fn message(&self) -> MessageId {
        self.message
    }

    /// How many PDUs it takes, one at least.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Appends the part of that place, from 0. No schedule, and to a carrier no validity and nothing registered: what
    /// becomes of it here is the carrier's business (D.2).
    pub fn write(&self, out: &mut BytesMut, place: usize, sequence: u32) {
        let Some(part) = self.parts.get(place) else { return };
        let mut pdu = Writer::begin(out, self.command_id, CommandStatus::EsmeRok, sequence);
        pdu.octets(&self.head).u8(self.esm_class);
        if self.command_id == CommandId::DataSm {
            pdu.octets(&[self.asked.registered, self.data_coding]);
        } else {
            // protocol_id, priority_flag; no schedule; registered_delivery, replace_if_present_flag.
            pdu.octets(&[0, self.priority]).u8(0);
            if let Some(validity) = &self.asked.validity {
                pdu.octets(validity);
            }
            pdu.u8(0).octets(&[self.asked.registered, 0, self.data_coding, 0]);
            let short = if self.in_payload { &[][..] } else { part };
            pdu.u8(short.len() as u8).octets(short);
        }
        if let Some(reference) = self.sar_reference {
            pdu.tlv(tag::SAR_MSG_REF_NUM, &reference.to_be_bytes());
            pdu.tlv(tag::SAR_TOTAL_SEGMENTS, &[self.parts.len() as u8]);
            pdu.tlv(tag::SAR_SEGMENT_SEQNUM, &[place as u8 + 1]);
        }
        if self.in_payload {
            pdu.tlv(tag::MESSAGE_PAYLOAD, part);
        }
        for PassedTlv { tag, value } in &self.passed {
            pdu.tlv(*tag, value);
        }
        if self.asked.named {
            pdu.tlv(tag::RECEIPTED_MESSAGE_ID, &[&digits(self.message)[..], &[0]].concat());
        }
        if let Some(trace) = &self.trace {
            trace::write(&mut pdu, trace);
        }
        pdu.finish();
    }
}

/// registered_delivery (SMPP 5.0 4.7.21): the end of every message is asked for, whoever wants to hear of it, because
/// it stands in the record; bits 3-2 where its origin wants to hear that it was read, or answered.
fn registered_delivery(wanted: &ReceiptRequest, ends_are_told: bool) -> u8 {
    let receipt = if ends_are_told { RECEIPT } else { 0 };
    receipt | u8::from(wanted.read) << 2 | u8::from(wanted.reply) << 3
}

/// What carries a text to a message centre.
fn submitted(delivered: CommandId) -> CommandId {
    if delivered == CommandId::DataSm { CommandId::DataSm } else { CommandId::SubmitSm }
}

fn without_tlvs(form: LongTexts) -> LongTexts {
    match form {
        LongTexts::Udh8 | LongTexts::Udh16 => form,
        LongTexts::Sar | LongTexts::Payload => LongTexts::Udh8,
    }
}

/// What the text may become. Shift tables need a user data header, which does not go together with sar_ TLVs
/// (SMPP 5.0 4.8.4.48) nor with a text that the carrier is to cut itself.
fn plan<'a>(text: &str, carrier: &'a Carrier, form: LongTexts) -> Plan<'a> {
    let sending = &carrier.profile.sending;
    let with_header = matches!(form, LongTexts::Udh8 | LongTexts::Udh16);
    let languages = if with_header { sending.languages.as_slice() } else { &[] };
    Plan {
        gsm7: carrier.alphabet == Alphabet::Gsm7,
        locking: languages,
        single: languages,
        latin1: sending.latin1 || default_is_latin1(text, carrier),
        ucs2: true,
        lossless: sending.transliterates,
        reference: match form {
            LongTexts::Udh8 => Reference::Concat8,
            LongTexts::Udh16 => Reference::Concat16,
            LongTexts::Sar | LongTexts::Payload => Reference::Sar,
        },
        max_parts: if form == LongTexts::Payload { usize::MAX } else { MAX_PARTS },
    }
}

/// What is left when the peer refused this data_coding. A message class is left out in any case, which may be all
/// that it minded.
fn otherwise(plan: Plan<'_>, refused: u8) -> Plan<'_> {
    match refused {
        CLASS_GSM7..=0x1B => plan,
        UCS2 => Plan { ucs2: false, lossless: true, ..plan },
        _ => Plan { gsm7: false, latin1: false, ..plan },
    }
}

/// Whether Latin-1 octets of this text are what data_coding 0 means with the carrier: ASCII is the same in all
/// alphabets that begin with it.
fn default_is_latin1(text: &str, carrier: &Carrier) -> bool {
    match carrier.alphabet {
        Alphabet::Latin1 => true,
        Alphabet::Ascii | Alphabet::Utf8 | Alphabet::Iso8859_5 | Alphabet::Iso8859_8 => text.is_ascii(),
        Alphabet::Gsm7 | Alphabet::Utf16 | Alphabet::Utf16Le => false,
    }
}

/// Latin-1 is said to be so where the profile has it, and is the carrier's own default otherwise.
fn data_coding(encoding: Encoding, carrier: &Carrier, class: Option<u8>) -> u8 {
    match (encoding.alphabet, class) {
        (Alphabet::Gsm7, Some(class)) => CLASS_GSM7 | class & 3,
        (Alphabet::Utf16, Some(class)) => CLASS_UCS2 | class & 3,
        (Alphabet::Utf16, None) => UCS2,
        (Alphabet::Latin1, _) if carrier.profile.sending.latin1 => 3,
        _ => 0,
    }
}

/// The parts as one again.
fn payload(parts: Vec<Vec<u8>>) -> Result<Vec<u8>, SegmentError> {
    let count = parts.len();
    let whole = parts.concat();
    if whole.len() > MAX_PAYLOAD {
        return Err(SegmentError::TooLong { parts: count, max: MAX_PARTS });
    }
    Ok(whole)
}

/// What stands before the parts of one text.
struct Headers {
    form: LongTexts,
    encoding: Encoding,
    total: usize,
    reference: u16,
}

impl Headers {
    /// Octets of the user data header, its length octet included.
    fn octets(&self) -> usize {
        self.before(1, Vec::new()).len()
    }

    /// The part with its user data header (3GPP TS 23.040 9.2.3.24), if it needs one.
    fn before(&self, number: u8, part: Vec<u8>) -> Vec<u8> {
        let kind = match self.form {
            LongTexts::Udh8 => Some(PartKind::Udh8),
            LongTexts::Udh16 => Some(PartKind::Udh16),
            LongTexts::Sar | LongTexts::Payload => None,
        };
        let (reference, total) = (self.reference, self.total as u8);
        let place = kind.filter(|_| total > 1).map(|kind| Place { kind, reference, total, number });
        let Encoding { locking, single, .. } = self.encoding;
        let header = UserDataHeader { part: place, locking, single, for_application: false };
        let mut octets = header.to_octets();
        if octets.is_empty() {
            return part;
        }
        octets.extend(part);
        octets
    }
}

/// service_type and both addresses.
fn head(message: &Message, carrier: &Carrier) -> BytesMut {
    let mut head = BytesMut::new();
    let sending = &carrier.profile.sending;
    let mut text = |octets: &[u8]| {
        head.extend_from_slice(octets);
        head.extend_from_slice(&[0]);
    };
    text(sending.service_type.as_bytes());
    let numbered = |number: &Number| {
        let short = number.as_str().len() <= SHORT_CODE;
        let (ton, npi) = if short { sending.short_code } else { sending.number };
        [&[ton, npi], number.as_str().as_bytes()].concat()
    };
    text(&match &message.submission.source {
        Address::Number(number) => numbered(number),
        Address::Name(name) => [&[ALPHANUMERIC, 0], latin1(name.as_str()).as_slice()].concat(),
        Address::Absent => vec![0, 0],
    });
    text(&numbered(&message.submission.destination));
    head
}

/// A name in the octets of an address; the names we are given in SMPP were Latin-1.
fn latin1(name: &str) -> Vec<u8> {
    name.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests;
