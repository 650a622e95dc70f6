//! A delivery receipt as the carrier understands it: the text of SMPP 3.4 appendix B and the TLVs.

use std::time::Instant;

use rusmpp::tlvs::TlvValue;

use super::text::Carried;

/// What a PDU told of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// `id:` of the text.
    pub id: String,
    /// `stat:`, such as DELIVRD.
    pub stat: String,
    /// `err:`, three characters.
    pub err: String,
    /// `sub:` and `dlvrd:`.
    pub counts: (String, String),
    /// The TLV receipted_message_id.
    pub receipted_message_id: Option<String>,
    /// The TLV message_state.
    pub message_state: Option<u8>,
    /// The TLV network_error_code: type and code.
    pub network_error: Option<(u8, u16)>,
    /// esm_class as it came.
    pub esm_class: u8,
    /// The source address: the recipient of the message.
    pub source: String,
    /// The destination address: the sender of the message.
    pub destination: String,
    /// The text as a whole.
    pub text: String,
    /// When it came.
    pub at: Instant,
}

impl Receipt {
    pub(crate) fn read(pdu: &Carried) -> Self {
        let text = String::from_utf8_lossy(pdu.short_message).into_owned();
        let mut receipt = Self {
            id: field(&text, "id"),
            stat: field(&text, "stat"),
            err: field(&text, "err"),
            counts: (field(&text, "sub"), field(&text, "dlvrd")),
            receipted_message_id: None,
            message_state: None,
            network_error: None,
            esm_class: pdu.esm_class,
            source: pdu.source.to_owned(),
            destination: pdu.destination.to_owned(),
            text,
            at: Instant::now(),
        };
        for tlv in pdu.tlvs {
            match tlv.value() {
                Some(TlvValue::ReceiptedMessageId(id)) => {
                    receipt.receipted_message_id = Some(id.as_str().to_owned());
                }
                Some(TlvValue::MessageState(state)) => receipt.message_state = Some((*state).into()),
                Some(TlvValue::NetworkErrorCode(code)) => {
                    receipt.network_error = Some((code.network_type.into(), code.error_code));
                }
                _ => {}
            }
        }
        receipt
    }
}

/// The word after `name:`, which starts the text or follows a blank; names are matched in any case.
fn field(text: &str, name: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let key = format!("{name}:");
    let start = lower
        .match_indices(&key)
        .find(|(at, _)| *at == 0 || lower.as_bytes().get(at - 1) == Some(&b' '))
        .map(|(at, _)| at + key.len());
    let rest = start.and_then(|start| text.get(start..)).unwrap_or("");
    rest.split_whitespace().next().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_appendix_b_are_found() {
        let text = "id:100000000000000001 sub:001 dlvrd:001 submit date:2611210601 \
                    done date:2611210602 stat:DELIVRD err:000 text:id:7 stat:X";
        let read = |name| field(text, name);
        assert_eq!((read("id").as_str(), read("sub").as_str()), ("100000000000000001", "001"));
        assert_eq!((read("stat").as_str(), read("err").as_str()), ("DELIVRD", "000"));
        assert_eq!(read("nothing"), "");
    }
}
