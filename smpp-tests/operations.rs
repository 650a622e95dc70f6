//! query_sm, cancel_sm, replace_sm: SMPP 5.0 4.5, A.4.

use iwf_model::{BindKind, Denial, FinalState, MessageState, Standing, Timestamp, Which};
use iwf_smpp::{CommandId, CommandStatus as S};

use crate::peer::{Peer, id, pdu};

const ENDED: Standing = Standing {
    state: MessageState::Final(FinalState::Expired),
    ended_at: Some(Timestamp::from_micros(1_795_253_399_000_000)),
    error: 27,
};

fn query(written: &[u8]) -> Vec<u8> {
    pdu(CommandId::QuerySm, 5, &[written, b"\0\x05\0ACME\0"].concat())
}

#[test]
fn a_query_is_answered_with_the_id_as_it_was_asked() {
    for written in [&b"100000000000000001"[..], b"16345785d8a0001", b"016345785D8A0001"] {
        let mut peer = Peer::transceiver();
        peer.standing = Ok(ENDED);
        peer.sends(&query(written));
        let answer = peer.answer();
        assert_eq!(answer.short(), (CommandId::QuerySmResp, S::EsmeRok, 5));
        assert_eq!(answer.body(), [written, b"\x00261121092959000+\0\x03\x1b"].concat());
        assert_eq!((peer.queries[0].message, peer.queries[0].source.to_string()), (id(1), "ACME".to_owned()));
    }
}

#[test]
fn what_has_not_ended_has_no_final_date_and_scheduled_is_a_word_of_v5() {
    for (version, state) in [(0x34, 1), (0x50, 0)] {
        let mut peer = Peer::bound(BindKind::Transceiver, version);
        peer.standing = Ok(Standing { state: MessageState::Scheduled, ended_at: None, error: 0 });
        peer.sends(&query(b"100000000000000001"));
        assert_eq!(peer.answer().body(), [&b"100000000000000001\0\0"[..], &[state, 0]].concat());
    }
}

#[test]
fn what_can_not_be_done_is_denied_in_the_words_of_the_operation() {
    let requests = [
        (query(b"100000000000000001"), CommandId::QuerySmResp, S::EsmeRqueryfail),
        (
            pdu(CommandId::CancelSm, 5, b"\x00100000000000000001\0\x05\0ACME\0\0\0\0"),
            CommandId::CancelSmResp,
            S::EsmeRcancelfail,
        ),
        (
            pdu(CommandId::ReplaceSm, 5, b"100000000000000001\0\x05\0ACME\0\0\0\0\0\x02hi"),
            CommandId::ReplaceSmResp,
            S::EsmeRreplacefail,
        ),
    ];
    for (request, response, too_late) in requests {
        for (denial, status) in [
            (Denial::Unknown, S::EsmeRinvmsgid),
            (Denial::TooLate, too_late),
            (Denial::Throttled, S::EsmeRthrottled),
            (Denial::Unavailable, S::EsmeRsyserr),
        ] {
            let mut peer = Peer::transceiver();
            peer.standing = Err(denial);
            peer.sends(&request);
            assert_eq!(peer.answer().short(), (response, status, 5));
        }
    }
}

#[test]
fn a_cancel_and_a_replace_that_were_done_are_answered_by_a_header() {
    let mut peer = Peer::transceiver();
    peer.standing = Ok(ENDED);
    peer.sends(&pdu(CommandId::CancelSm, 5, b"CMT\0\0\x05\0ACME\0\x01\x01111\0"));
    peer.sends(&pdu(CommandId::ReplaceSm, 6, b"100000000000000001\0\x05\0ACME\0\0\0\x01\0\x03new"));
    let answers = peer.answers();
    assert!(answers.iter().all(|answer| answer.status == S::EsmeRok && answer.body().is_empty()));
    let all = Which::All { destination: "111".parse().unwrap(), service_type: "CMT".to_owned() };
    assert_eq!(peer.cancels[0].which, all);
    assert_eq!((peer.replaces[0].message, peer.replaces[0].text.as_str()), (id(1), "new"));
}
