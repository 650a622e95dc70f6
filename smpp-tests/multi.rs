//! submit_multi: SMPP 5.0 4.2.3.

use iwf_model::{BindKind, Refusal};
use iwf_smpp::{CommandId, CommandStatus as S};

use crate::peer::{Answer, Peer, address, pdu};

/// A submit_multi to these, each with its dest_flag before it.
fn submit_multi(sequence: u32, destinations: &[&[u8]]) -> Vec<u8> {
    let mut body = b"\0\x05\0ACME\0".to_vec();
    body.push(destinations.len() as u8);
    body.extend(destinations.concat());
    body.extend(b"\0\0\0\0\0\x01\0\0\0\x02hi");
    pdu(CommandId::SubmitMulti, sequence, &body)
}

fn sme(addr: &[u8]) -> Vec<u8> {
    [&[1][..], &address(&(1, 1, addr.to_vec()))].concat()
}

fn answered(peer: &mut Peer, destinations: &[&[u8]]) -> Answer {
    peer.sends(&submit_multi(7, destinations));
    let answer = peer.answer();
    assert_eq!((answer.id, answer.sequence), (CommandId::SubmitMultiResp, 7));
    answer
}

#[test]
fn each_recipient_gets_a_message_of_its_own_and_the_first_id_answers_for_all() {
    let mut peer = Peer::transceiver();
    let answer = answered(&mut peer, &[&sme(b"111"), &sme(b"+222")]);
    assert_eq!(answer.status, S::EsmeRok);
    assert_eq!(answer.body(), b"100000000000000001\0\0");
    let to: Vec<_> = peer.submissions.iter().map(|one| one.destination.to_string()).collect();
    assert_eq!(to, ["111", "222"]);
    assert_eq!(*peer.submissions[1].destination_as_submitted.addr, *b"+222");
    assert!(peer.submissions.iter().all(|one| one.text == "hi" && one.receipt.success));
}

#[test]
fn whoever_gets_nothing_is_in_the_list_with_the_reason() {
    let mut peer = Peer::transceiver();
    peer.admission = |submission| match submission.destination.as_str() {
        "222" => Err(Refusal::UnknownDestination),
        _ => Ok(()),
    };
    let answer = answered(&mut peer, &[&sme(b"12x"), b"\x02friends\0", &sme(b"111"), &sme(b"222")]);
    assert_eq!(answer.status, S::EsmeRok);
    let body = [
        &b"100000000000000001\0\x03"[..],
        b"\x01\x0112x\0\0\0\0\x0B",
        b"\0\0friends\0\0\0\0\x34",
        b"\x01\x01222\0\0\0\0\x0B",
    ];
    assert_eq!(answer.body(), body.concat());
    assert_eq!(peer.submissions.len(), 2);
}

#[test]
fn if_nobody_gets_it_the_answer_is_the_reason_they_share() {
    let verdict = |refusal: fn(&iwf_model::Submission) -> Result<(), Refusal>| {
        let mut peer = Peer::transceiver();
        peer.admission = refusal;
        let answer = answered(&mut peer, &[&sme(b"111"), &sme(b"222")]);
        assert_eq!(answer.body(), b"");
        answer.status
    };
    assert_eq!(verdict(|_| Err(Refusal::Throttled)), S::EsmeRthrottled);
    let mixed = verdict(|submission| match submission.destination.as_str() {
        "111" => Err(Refusal::Throttled),
        _ => Err(Refusal::UnknownDestination),
    });
    assert_eq!(mixed, S::EsmeRsubmitfail);
    let mut peer = Peer::transceiver();
    assert_eq!(answered(&mut peer, &[b"\x02friends\0"]).status, S::EsmeRinvdlname);
    assert_eq!(peer.submissions, []);
}

#[test]
fn it_goes_to_1_to_255() {
    let all: Vec<_> = (0..255).map(|number: u32| sme(number.to_string().as_bytes())).collect();
    let all: Vec<_> = all.iter().map(Vec::as_slice).collect();
    let mut peer = Peer::transceiver();
    assert_eq!(answered(&mut peer, &all).status, S::EsmeRok);
    assert_eq!(peer.submissions.len(), 255);
    assert_eq!(answered(&mut peer, &[]).status, S::EsmeRinvnumdests);
    assert_eq!(answered(&mut peer, &[b"\x03111\0"]).status, S::EsmeRinvdestflag);
}

#[test]
fn it_counts_as_one_in_the_window_and_waits_for_its_bind() {
    let mut peer = Peer::bound(BindKind::Receiver, 0x34);
    assert_eq!(answered(&mut peer, &[&sme(b"111")]).status, S::EsmeRinvbndsts);
    let mut stranger = Peer::connected();
    assert_eq!(answered(&mut stranger, &[&sme(b"111")]).status, S::EsmeRinvbndsts);
}
