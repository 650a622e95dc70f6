//! Receipts as vendors really write them (SMPP 3.4 appendix B; SMPP 5.0 4.3.5.1; interworking.md A.17): the cases of
//! `corpus/receipts/`, each of which a client is told and answers.

use std::collections::BTreeMap;

use iwf_model::{FinalState, Timestamp, UpstreamNews};
use iwf_smpp::CommandStatus;
use serde::Deserialize;

use crate::centre::Centre;
use crate::corpus;
use crate::peer::{Submit, tlv};

/// One receipt, and what is to be read of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default = "final_receipt")]
    esm_class: u8,
    #[serde(default)]
    data_coding: u8,
    /// Two octets a letter.
    #[serde(default)]
    wide: bool,
    /// In message_payload.
    #[serde(default)]
    payload: bool,
    text: String,
    #[serde(default)]
    tlvs: String,
    id: String,
    /// One of ours, or "under-way".
    state: String,
    #[serde(default)]
    error: u32,
    done: Option<String>,
}

fn final_receipt() -> u8 {
    4
}

impl Case {
    fn deliver_sm(&self) -> Vec<u8> {
        let octets = self.text.bytes();
        let octets: Vec<u8> =
            if self.wide { octets.flat_map(|octet| [0, octet]).collect() } else { octets.collect() };
        let tlvs = self.tlvs.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect();
        let told = Submit {
            source: (1, 1, b"111222333".to_vec()),
            destination: (5, 0, b"ACME".to_vec()),
            esm_class: self.esm_class,
            data_coding: self.data_coding,
            ..Submit::default()
        };
        match self.payload {
            true => Submit { short_message: Vec::new(), tlvs: tlv(0x0424, &octets), ..told }.deliver_sm(5),
            false => Submit { short_message: octets, tlvs, ..told }.deliver_sm(5),
        }
    }

    fn tells(&self) -> UpstreamNews {
        let state = FinalState::ALL.into_iter().find(|state| state.as_str() == self.state);
        match state {
            Some(state) => UpstreamNews::Ended(state),
            None => {
                assert_eq!(self.state, "under-way", "{}", self.about);
                UpstreamNews::UnderWay
            }
        }
    }
}

/// `2026-11-21 09:30:05`
fn moment(text: &str) -> Timestamp {
    let fields: Vec<u8> =
        text[2..].split(|c: char| !c.is_ascii_digit()).map(|field| field.parse().unwrap()).collect();
    let [year, month, day, hour, minute, second] = fields[..] else { panic!("{text}") };
    Timestamp::from_civil((2000 + i32::from(year), month, day), (hour, minute, second)).unwrap()
}

fn cases() -> BTreeMap<String, Case> {
    let path = corpus::folder().join("receipts/texts.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn receipts_are_read_as_vendors_write_them() {
    let cases = cases();
    assert!(cases.len() >= 35, "{}", cases.len());
    for (name, case) in cases {
        let mut centre = Centre::transceiver();
        centre.sends(&case.deliver_sm());
        assert_eq!(centre.one().status, CommandStatus::EsmeRok, "{name}: {}", case.about);
        let [told] = centre.upstream.as_slice() else { panic!("{name}: {:?}", centre.submissions) };
        assert_eq!((&*told.name, told.error), (case.id.as_str(), case.error), "{name}");
        assert_eq!(told.tells, case.tells(), "{name}");
        assert_eq!(told.done_at, case.done.as_deref().map(moment), "{name}");
    }
}

#[test]
fn what_a_user_wrote_is_no_receipt_whatever_it_says() {
    for esm_class in [0x00, 0x03, 0x10, 0x40] {
        let mut centre = Centre::transceiver();
        let header: &[u8] = if esm_class == 0x40 { &[5, 0, 3, 7, 1, 1] } else { &[] };
        let text = [header, b"id:778899 stat:DELIVRD err:000"].concat();
        centre.sends(&Submit { esm_class, short_message: text, ..Submit::default() }.deliver_sm(5));
        assert!(centre.upstream.is_empty(), "{esm_class:#x}");
        assert_eq!(centre.submissions[0].text, "id:778899 stat:DELIVRD err:000");
    }
}
