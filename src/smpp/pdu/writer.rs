//! The only place that writes SMPP: PDUs are appended to one output buffer.

use bytes::{BufMut, BytesMut};
use iwf_model::{MessageId, Party};
use rusmpp_core::{CommandId, CommandStatus};

use crate::pdu::Header;

/// Writes one PDU: `begin`, the fields in their order, `finish`.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut BytesMut,
    start: usize,
}

impl<'a> Writer<'a> {
    /// Writes the header of a PDU at the end of `out`.
    pub fn begin(
        out: &'a mut BytesMut,
        command_id: CommandId,
        status: CommandStatus,
        sequence_number: u32,
    ) -> Self {
        let start = out.len();
        put_header(out, Header::OCTETS, command_id, status, sequence_number);
        Self { out, start }
    }

    /// An integer of one octet.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.out.put_u8(value);
        self
    }

    /// Octets as they are.
    pub fn octets(&mut self, octets: &[u8]) -> &mut Self {
        self.out.put_slice(octets);
        self
    }

    /// A C-octet string; `max` counts its NUL. What does not fit, or follows a NUL, is left out: the
    /// field stays readable whatever it was given.
    pub fn c_string(&mut self, text: &[u8], max: usize) -> &mut Self {
        let text = text.split(|octet| *octet == 0).next().unwrap_or_default();
        self.out.put_slice(text.get(..max.saturating_sub(1)).unwrap_or(text));
        self.out.put_u8(0);
        self
    }

    /// Type of number, numbering plan and address; `max` as for a C-octet string.
    pub fn address(&mut self, party: &Party, max: usize) -> &mut Self {
        self.u8(party.ton).u8(party.npi).c_string(&party.addr, max)
    }

    /// A TLV. A value beyond 65,535 octets is cut.
    pub fn tlv(&mut self, tag: u16, value: &[u8]) -> &mut Self {
        let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
        self.out.put_u16(tag);
        self.out.put_u16(value.len() as u16);
        self.out.put_slice(value);
        self
    }

    /// Sets command_length.
    pub fn finish(&mut self) {
        let length = (self.out.len() - self.start) as u32;
        if let Some(head) = self.out.get_mut(self.start..).and_then(|pdu| pdu.first_chunk_mut::<4>()) {
            *head = length.to_be_bytes();
        }
    }
}

/// A PDU that is a header alone: enquire_link, unbind, their responses, generic_nack, and every
/// response that carries an error (SMPP 5.0 3.2.1.3: no body then).
pub fn put_header_only(out: &mut BytesMut, command_id: CommandId, status: CommandStatus, sequence: u32) {
    put_header(out, Header::OCTETS, command_id, status, sequence);
}

/// The 18 decimal digits of an id.
pub fn digits(id: MessageId) -> [u8; 18] {
    let mut value = id.as_u64();
    let mut digits = [b'0'; 18];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    digits
}

fn put_header(out: &mut BytesMut, length: usize, id: CommandId, status: CommandStatus, sequence: u32) {
    let mut head = [0; Header::OCTETS];
    let fields = [length as u32, id.into(), status.into(), sequence];
    for (place, field) in head.chunks_exact_mut(4).zip(fields) {
        place.copy_from_slice(&field.to_be_bytes());
    }
    out.put_slice(&head);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pdus_are_appended_one_after_the_other_with_their_lengths() {
        let mut out = BytesMut::new();
        put_header_only(&mut out, CommandId::EnquireLinkResp, CommandStatus::EsmeRok, 7);
        let mut writer = Writer::begin(&mut out, CommandId::BindReceiverResp, CommandStatus::EsmeRok, 8);
        writer.c_string(b"iwf", 16).tlv(0x0210, &[0x34]).finish();
        assert_eq!(out[..16], [0, 0, 0, 16, 0x80, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(out[16..32], [0, 0, 0, 25, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8]);
        assert_eq!(out[32..], *b"iwf\0\x02\x10\0\x01\x34");
    }

    #[test]
    fn a_c_string_never_outgrows_its_field() {
        let mut out = BytesMut::new();
        let mut writer = Writer::begin(&mut out, CommandId::DeliverSm, CommandStatus::EsmeRok, 1);
        writer.c_string(b"12345", 4).c_string(b"a\0b", 10).c_string(b"", 1).finish();
        assert_eq!(out[16..], *b"123\0a\0\0");
    }

    #[test]
    fn an_id_is_written_as_its_18_digits() {
        let id = MessageId::from_u64(123_456_789_012_345_678).unwrap();
        assert_eq!(digits(id), *b"123456789012345678");
    }
}
