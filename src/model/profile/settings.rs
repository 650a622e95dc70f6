//! Every setting of a profile: its key, what may stand there and what it means. Help texts, files, the
//! command line and the store all go by this list.

use super::Profile;
use crate::settings::{Setting, Settings, setting};

impl Settings for Profile {
    fn settings() -> &'static [Setting<Self>] {
        SETTINGS
    }
}

/// Every setting, in the order in which they are shown.
static SETTINGS: &[Setting<Profile>] = &[
    setting!(
        "networks" = access.networks,
        "192.0.2.0/24, 2001:db8::/32",
        "from where it may bind; empty: from anywhere"
    ),
    setting!(
        "certificate" = access.certificate,
        "name:HOST or sha256:DIGEST",
        "the client certificate it must show; empty: none"
    ),
    setting!("tls_only" = access.tls_only, "true or false", "it may bind over TLS only"),
    setting!(
        "version" = reading.version,
        "3.3, 3.4 or 5.0",
        "the SMPP version it speaks; empty: as its bind says"
    ),
    setting!(
        "packed" = reading.packed,
        "true or false",
        "its GSM 7-bit texts are packed, eight letters in seven octets"
    ),
    setting!(
        "recognise" = reading.sniffs,
        "true or false",
        "under data_coding 8, UTF-8 and little endian are recognised and read as what they are"
    ),
    setting!(
        "strict" = reading.strict,
        "true or false",
        "fields that break the specification are refused where their meaning would be evident"
    ),
    setting!(
        "missing_parts" = reading.missing_parts,
        "deliver or fail",
        "when parts of a long text do not come: deliver the others with a mark, or fail them all"
    ),
    setting!(
        "part_wait" = reading.part_wait,
        "1 to 3600",
        "seconds to wait for the next part of a long text; in all five times that"
    ),
    setting!("tlvs" = reading.tlvs, "0x1400, 0x1401", "vendor TLVs that are carried along with a message"),
    setting!(
        "error_body" = answers.error_body,
        "true or false",
        "an error in answer to a submit has an empty message_id"
    ),
    setting!(
        "id_in_response" = answers.id_in_response,
        "decimal, hex or HEX",
        "how message ids are written in answers"
    ),
    setting!(
        "id_in_receipt" = answers.id_in_receipt,
        "decimal, hex or HEX",
        "how message ids are written in receipts"
    ),
    setting!("receipt_pdu" = answers.receipt_pdu, "deliver_sm or data_sm", "which PDU carries receipts"),
    setting!(
        "receipt_form" = answers.receipt_form,
        "both, text or tlvs",
        "whether a receipt has its text, its TLVs or both"
    ),
    setting!(
        "receipt_seconds" = answers.receipt_seconds,
        "true or false",
        "the dates in receipts have seconds"
    ),
    setting!(
        "receipt_zone" = answers.receipt_zone_minutes,
        "+00:00 to +14:00, -12:00",
        "the time zone of the dates in receipts"
    ),
    setting!(
        "intermediate" = answers.intermediate,
        "true or false",
        "it gets the intermediate notifications it asks for"
    ),
    setting!(
        "number_plan" = reading.plan,
        "49 0 00",
        "its country code, trunk prefix and international prefix; empty: numbers are taken as they come"
    ),
    setting!(
        "environment" = reading.environment,
        "true or false",
        "it is an environment of ours: it is told, and believed, which way a message has come"
    ),
    setting!("numbers" = sending.numbers, "222%, 2233[1-4]_", "texts to these numbers go to its receivers"),
    setting!("text_pdu" = sending.pdu, "deliver_sm or data_sm", "which PDU carries texts to it"),
    setting!(
        "long_texts" = sending.long_texts,
        "udh8, udh16, sar or payload",
        "how texts to it that do not fit one PDU are sent"
    ),
    setting!("languages" = sending.languages, "turkish, portuguese", "national tables that it can read"),
    setting!("latin1" = sending.latin1, "true or false", "it reads Latin-1 under data_coding 3"),
    setting!(
        "transliterate" = sending.transliterates,
        "true or false",
        "typographic quotes, dashes and blanks are written plainly if that saves a text from UCS2"
    ),
    setting!("number_ton_npi" = sending.number, "1/1", "type of number and numbering plan of numbers to it"),
    setting!(
        "short_ton_npi" = sending.short_code,
        "3/0",
        "type of number and numbering plan of short codes to it"
    ),
    setting!(
        "acknowledges" = sending.acknowledges,
        "true or false",
        "it says itself what became of the texts that its receivers take"
    ),
    setting!("service_type" = sending.service_type, "up to 5 letters", "service_type of texts to it"),
    setting!(
        "outbind" = sending.outbind,
        "ADDRESS:PORT SYSTEM_ID PASSWORD",
        "where it may be called to bind to us, and what we say there; empty: it is not called"
    ),
];
