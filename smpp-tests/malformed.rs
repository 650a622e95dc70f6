//! The PDUs of the folder `pdus`, each with its verdict in `pdus/expected.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use iwf_model::BindKind;
use iwf_smpp::CommandStatus;
use serde::Deserialize;

use crate::peer::Peer;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    state: State,
    answer: Option<String>,
    #[serde(default)]
    status: u32,
    session: End,
    clause: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Open,
    Receiver,
    Transceiver,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Stays,
    Closes,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("pdus")
}

fn verdicts() -> BTreeMap<String, Verdict> {
    let text = std::fs::read_to_string(folder().join("expected.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// Hexadecimal octets; `#` begins a remark.
pub(crate) fn octets(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(folder().join(name).with_extension("hex")).unwrap();
    let digits = text.lines().flat_map(|line| line.split('#').next().unwrap_or("").split_whitespace());
    digits.map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect()
}

fn session(state: State) -> Peer {
    match state {
        State::Open => Peer::connected(),
        State::Receiver => Peer::bound(BindKind::Receiver, 0x34),
        State::Transceiver => Peer::bound(BindKind::Transceiver, 0x34),
    }
}

/// `CommandId::SubmitSmResp` is written `submit_sm_resp`.
fn name(id: iwf_smpp::CommandId) -> String {
    let mut name = String::new();
    for letter in format!("{id:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[test]
fn every_pdu_of_the_folder_gets_its_verdict() {
    for (file, verdict) in verdicts() {
        let octets = octets(&file);
        let mut peer = session(verdict.state);
        peer.sends(&octets);
        let answers = peer.answers();
        let told: Vec<_> = answers.iter().map(|answer| (name(answer.id), answer.status)).collect();
        let expected: Vec<_> =
            verdict.answer.iter().map(|id| (id.clone(), CommandStatus::from(verdict.status))).collect();
        assert_eq!(told, expected, "{file}: {}", verdict.clause);
        for answer in &answers {
            assert_eq!(answer.octets[12..16], octets[12..16], "{file}: the sequence number");
            if answer.status != CommandStatus::EsmeRok {
                assert_eq!(answer.octets.len(), 16, "{file}: an error has no body");
            }
        }
        assert_eq!(peer.lives(), verdict.session == End::Stays, "{file}: {}", verdict.clause);
    }
}

#[test]
fn every_file_has_a_verdict_and_every_verdict_a_file() {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, verdicts().into_keys().collect::<Vec<_>>());
}

/// "Never drop a bind for a PDU that can be answered": all of them, one after the other, on one bind.
#[test]
fn one_bind_survives_all_that_can_be_answered() {
    let mut peer = Peer::transceiver();
    for (file, verdict) in verdicts() {
        if verdict.session == End::Stays && matches!(verdict.state, State::Transceiver) {
            peer.sends(&octets(&file));
            assert!(peer.lives(), "{file}");
        }
    }
    assert!(peer.session.state().is_bound());
}
