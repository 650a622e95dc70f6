//! Receipts: what became of a message, that it has to wait, or that it was read (SMPP 5.0 4.3.1; 3.4 appendix B;
//! interworking.md A.17).

use bytes::BytesMut;
use iwf_model::profile::{Answers, ReceiptForm, TextPdu};
use iwf_model::{FinalState, MessageId, MessageState, Notification, Party, Receipt, Timestamp};
use rusmpp_core::{CommandId, CommandStatus};

use crate::bind::Version;
use crate::id::WrittenId;
use crate::pdu::tlv::tag;
use crate::pdu::writer::Writer;
use crate::time::ReceiptDate;
use crate::{operation, outcome};

/// esm_class of a final receipt.
const DELIVERY_RECEIPT: u8 = 0x04;
/// esm_class of an SME delivery acknowledgement: the recipient has read it (SMPP 3.4 2.11, 5.2.12).
const DELIVERY_ACKNOWLEDGEMENT: u8 = 0x08;
/// esm_class of an intermediate notification.
const INTERMEDIATE: u8 = 0x20;

/// Which end of the session tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The message centre: deliver_sm.
    MessageCentre,
    /// The one that is bound to a message centre: submit_sm. It has acknowledgements alone.
    Esme,
    /// The same of two environments of ours, each of which is a message centre too: it has receipts as well (SMPP 5.0
    /// 4.7.12, "MC to MC").
    Environment,
}

/// How a peer wants to be told.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Which end we are.
    pub role: Role,
    /// What it speaks.
    pub version: Version,
    /// What its carrier's profile says.
    pub answers: &'a Answers,
}

impl<'a> Style<'a> {
    /// What that end says to a peer of that version.
    pub fn new(role: Role, version: Version, answers: &'a Answers) -> Self {
        Self { role, version, answers }
    }

    /// Which PDU carries what is told.
    pub fn command_id(self) -> CommandId {
        match (self.answers.receipt_pdu, self.role) {
            (TextPdu::DataSm, _) if self.version >= Version::V34 => CommandId::DataSm,
            (_, Role::MessageCentre) => CommandId::DeliverSm,
            (_, Role::Esme | Role::Environment) => CommandId::SubmitSm,
        }
    }
}

/// Appends a receipt, or an acknowledgement in the form of one. Its source is the message's destination and its destination the message's source, both
/// exactly as submitted, for peers match on them. Text is plain ASCII under data_coding 0, in letters that every
/// alphabet shares. A peer of v3.3 gets the text alone, in a deliver_sm: it knows neither TLVs nor data_sm.
pub fn write(out: &mut BytesMut, receipt: &Receipt, style: Style<'_>, sequence: u32) {
    let esm_class = match style.role {
        Role::MessageCentre | Role::Environment if receipt.acknowledges.is_none() => DELIVERY_RECEIPT,
        _ => DELIVERY_ACKNOWLEDGEMENT,
    };
    let report = Report {
        esm_class,
        told_as: receipt.told_as,
        source: &receipt.source,
        destination: &receipt.destination,
        state: MessageState::Final(receipt.state),
        error: receipt.error,
        code: receipt.code,
        submitted_at: receipt.submitted_at,
        at: receipt.done_at,
        reference: receipt.reference,
        service_type: &receipt.service_type,
    };
    report.write(out, style, sequence);
}

/// Appends an intermediate notification, in the form of a receipt.
pub fn write_notification(out: &mut BytesMut, told: &Notification, style: Style<'_>, sequence: u32) {
    let report = Report {
        esm_class: INTERMEDIATE,
        told_as: told.told_as,
        source: &told.source,
        destination: &told.destination,
        state: MessageState::Enroute,
        error: told.error,
        code: told.code,
        submitted_at: told.submitted_at,
        at: told.at,
        reference: told.reference,
        service_type: &told.service_type,
    };
    report.write(out, style, sequence);
}

/// What all of them say.
struct Report<'a> {
    esm_class: u8,
    told_as: MessageId,
    source: &'a Party,
    destination: &'a Party,
    state: MessageState,
    error: u16,
    code: u32,
    submitted_at: Timestamp,
    at: Timestamp,
    reference: Option<u16>,
    service_type: &'a str,
}

impl Report<'_> {
    fn write(&self, out: &mut BytesMut, style: Style<'_>, sequence: u32) {
        let id = WrittenId::new(self.told_as, style.answers.id_in_receipt);
        let old = style.version < Version::V34;
        let form = if old { ReceiptForm::Text } else { style.answers.receipt_form };
        let text = if form == ReceiptForm::Tlvs { Vec::new() } else { self.text(&id, style.answers) };
        let command_id = style.command_id();
        let mut pdu = Writer::begin(out, command_id, CommandStatus::EsmeRok, sequence);
        match command_id {
            CommandId::DataSm => {
                pdu.c_string(self.service_type.as_bytes(), 6)
                    .address(self.destination, 65)
                    .address(self.source, 65);
                // Nothing registered, nothing coded.
                pdu.octets(&[self.esm_class, 0, 0]);
                // A data_sm has its text nowhere else, and is wrong without one (SMPP 5.0 4.2.2).
                pdu.tlv(tag::MESSAGE_PAYLOAD, &text);
            }
            _ => {
                pdu.c_string(self.service_type.as_bytes(), 6)
                    .address(self.destination, 21)
                    .address(self.source, 21);
                // esm_class, protocol_id, priority_flag; no schedule, no validity; nothing registered, replaced,
                // coded or canned.
                pdu.octets(&[self.esm_class, 0, 0]).octets(&[0, 0]).octets(&[0, 0, 0, 0]);
                pdu.u8(text.len() as u8).octets(&text);
            }
        }
        self.tlvs(&mut pdu, &id, form, style.version);
        pdu.finish();
    }

    fn tlvs(&self, pdu: &mut Writer<'_>, id: &WrittenId, form: ReceiptForm, version: Version) {
        if form == ReceiptForm::Text {
            return;
        }
        let mut written = [0; 19];
        let id = id.as_bytes();
        written[..id.len()].copy_from_slice(id);
        pdu.tlv(tag::RECEIPTED_MESSAGE_ID, &written[..=id.len()]);
        pdu.tlv(tag::MESSAGE_STATE, &[operation::state(self.state, version)]);
        if self.state != MessageState::Final(FinalState::Delivered)
            && let Some(code) = outcome::network_error_code(self.code, self.error)
        {
            pdu.tlv(tag::NETWORK_ERROR_CODE, &code);
        }
        if let Some(reference) = self.reference {
            pdu.tlv(tag::USER_MESSAGE_REFERENCE, &reference.to_be_bytes());
        }
    }

    /// `id:… sub:001 dlvrd:00N submit date:… done date:… stat:… err:… text:`; the text of the message is
    /// nobody's business on the way back.
    fn text(&self, id: &WrittenId, answers: &Answers) -> Vec<u8> {
        let delivered: &[u8] =
            if self.state == MessageState::Final(FinalState::Delivered) { b"001" } else { b"000" };
        let error = self.error.min(999);
        let error = [error / 100, error / 10 % 10, error % 10].map(|digit| b'0' + digit as u8);
        let date = |moment| ReceiptDate::new(moment, answers.receipt_zone_minutes, answers.receipt_seconds);
        let mut text = Vec::with_capacity(128);
        for piece in [
            &b"id:"[..],
            id.as_bytes(),
            b" sub:001 dlvrd:",
            delivered,
            b" submit date:",
            date(self.submitted_at).as_bytes(),
            b" done date:",
            date(self.at).as_bytes(),
            b" stat:",
            stat(self.state),
            b" err:",
            &error,
            b" text:",
        ] {
            text.extend_from_slice(piece);
        }
        text
    }
}

/// The seven letters of a state (SMPP 3.4 appendix B).
fn stat(state: MessageState) -> &'static [u8] {
    match state {
        MessageState::Scheduled | MessageState::Enroute => b"ENROUTE",
        MessageState::Final(FinalState::Delivered) => b"DELIVRD",
        MessageState::Final(FinalState::Expired) => b"EXPIRED",
        MessageState::Final(FinalState::Deleted) => b"DELETED",
        MessageState::Final(FinalState::Undeliverable) => b"UNDELIV",
        MessageState::Final(FinalState::Unknown) => b"UNKNOWN",
        MessageState::Final(FinalState::Rejected) => b"REJECTD",
    }
}
