//! Every cell of table 2-1, SMPP 5.0 2.4, 2.3.7 (A.3.1), and what is answered in the empty ones (A.3.3).

use std::time::Duration;

use iwf_model::{BindKind, Party};
use iwf_smpp::state::{Sender, State, may_send};
use iwf_smpp::{CommandId, CommandStatus};
use rusmpp_core::session::SessionState;

use crate::peer::{Peer, Submit, pdu};

const COMMANDS: [CommandId; 34] = [
    CommandId::BindReceiver,
    CommandId::BindTransmitter,
    CommandId::QuerySm,
    CommandId::SubmitSm,
    CommandId::DeliverSm,
    CommandId::Unbind,
    CommandId::ReplaceSm,
    CommandId::CancelSm,
    CommandId::BindTransceiver,
    CommandId::Outbind,
    CommandId::EnquireLink,
    CommandId::SubmitMulti,
    CommandId::AlertNotification,
    CommandId::DataSm,
    CommandId::BroadcastSm,
    CommandId::QueryBroadcastSm,
    CommandId::CancelBroadcastSm,
    CommandId::GenericNack,
    CommandId::BindReceiverResp,
    CommandId::BindTransmitterResp,
    CommandId::QuerySmResp,
    CommandId::SubmitSmResp,
    CommandId::DeliverSmResp,
    CommandId::UnbindResp,
    CommandId::ReplaceSmResp,
    CommandId::CancelSmResp,
    CommandId::BindTransceiverResp,
    CommandId::EnquireLinkResp,
    CommandId::SubmitMultiResp,
    CommandId::DataSmResp,
    CommandId::BroadcastSmResp,
    CommandId::QueryBroadcastSmResp,
    CommandId::CancelBroadcastSmResp,
    CommandId::Other(0x0A),
];

/// Every state, with a session in it.
fn sessions() -> Vec<(State, Peer)> {
    let mut unbound = Peer::transceiver();
    unbound.sends(&pdu(CommandId::Unbind, 2, &[]));
    unbound.answers();
    let mut outbound = Peer::called();
    outbound.answers();
    vec![
        (State::Open, Peer::connected()),
        (State::Outbound, outbound),
        (State::BoundTx, Peer::bound(BindKind::Transmitter, 0x34)),
        (State::BoundRx, Peer::bound(BindKind::Receiver, 0x34)),
        (State::BoundTrx, Peer::bound(BindKind::Transceiver, 0x34)),
        (State::Unbound, unbound),
    ]
}

/// A PDU of that command with a body that is right where one is needed.
fn request(id: CommandId) -> Vec<u8> {
    match id {
        CommandId::BindTransmitter | CommandId::BindReceiver | CommandId::BindTransceiver => {
            pdu(id, 5, b"carrier1\0secret1\0\0\x34\0\0\0")
        }
        CommandId::QuerySm => pdu(id, 5, b"100000000000000001\0\x05\0ACME\0"),
        CommandId::CancelSm => pdu(id, 5, b"\x00100000000000000001\0\x05\0ACME\0\0\0\0"),
        CommandId::ReplaceSm => pdu(id, 5, b"100000000000000001\0\x05\0ACME\0\0\0\0\0\x02hi"),
        CommandId::SubmitMulti => pdu(id, 5, b"\0\x05\0ACME\0\x01\x01\x01\x01111\0\0\0\0\0\0\0\0\0\0\x02hi"),
        CommandId::SubmitSm => Submit::default().submit_sm(5),
        CommandId::DataSm => Submit::default().data_sm(5),
        _ => pdu(id, 5, &[]),
    }
}

#[test]
fn the_table_is_that_of_the_specification_as_rusmpp_core_has_it() {
    for state in State::ALL {
        let theirs = match state {
            State::Open => SessionState::Open,
            State::Outbound => SessionState::Outbound,
            State::BoundTx => SessionState::BoundTx,
            State::BoundRx => SessionState::BoundRx,
            State::BoundTrx => SessionState::BoundTrx,
            State::Unbound => SessionState::Unbound,
        };
        for id in COMMANDS {
            let esme = (may_send(state, Sender::Esme, id), theirs.can_send_as_esme(id));
            let mc = (may_send(state, Sender::Mc, id), theirs.can_send_as_mc(id));
            assert_eq!((esme.0, mc.0), (esme.1, mc.1), "{state:?} {id:?}");
        }
    }
}

#[test]
fn a_session_is_in_the_state_the_specification_names() {
    for (state, peer) in sessions() {
        assert_eq!(peer.session.state(), state);
    }
}

#[test]
fn every_request_is_answered_in_every_state_and_ends_no_session() {
    for id in COMMANDS.into_iter().filter(|id| !id.is_response()) {
        for (state, mut peer) in sessions() {
            peer.sends(&request(id));
            let answer = peer.answer();
            assert_eq!(answer.sequence, 5, "{state:?} {id:?}");
            let expected = expected(state, id);
            assert_eq!((answer.id, answer.status), expected, "{state:?} {id:?}");
            assert_eq!(peer.closed, None, "{state:?} {id:?}");
        }
    }
}

fn expected(state: State, id: CommandId) -> (CommandId, CommandStatus) {
    use CommandStatus as S;
    let is_bind =
        matches!(id, CommandId::BindTransmitter | CommandId::BindReceiver | CommandId::BindTransceiver);
    let status = match id {
        CommandId::Outbind | CommandId::AlertNotification | CommandId::Other(_) => {
            return (CommandId::GenericNack, S::EsmeRinvcmdid);
        }
        _ if is_bind && state.is_bound() => S::EsmeRalybnd,
        _ if !may_send(state, Sender::Esme, id) => S::EsmeRinvbndsts,
        // Nobody has such a message.
        CommandId::QuerySm | CommandId::CancelSm | CommandId::ReplaceSm => S::EsmeRinvmsgid,
        CommandId::BroadcastSm | CommandId::QueryBroadcastSm | CommandId::CancelBroadcastSm => {
            return (CommandId::GenericNack, S::EsmeRinvcmdid);
        }
        _ => S::EsmeRok,
    };
    (id.matching_response(), status)
}

#[test]
fn a_peer_of_v5_hears_that_broadcasts_are_prohibited() {
    for id in [CommandId::BroadcastSm, CommandId::QueryBroadcastSm, CommandId::CancelBroadcastSm] {
        let mut peer = Peer::bound(BindKind::Transceiver, 0x50);
        peer.sends(&pdu(id, 5, &[]));
        assert_eq!(peer.answer().short(), (id.matching_response(), CommandStatus::EsmeRprohibited, 5));
    }
}

#[test]
fn no_response_is_ever_answered() {
    for id in COMMANDS.into_iter().filter(|id| id.is_response()) {
        for (state, mut peer) in sessions() {
            peer.sends(&pdu(id, 5, &[]));
            assert_eq!(peer.answers(), [], "{state:?} {id:?}");
            assert_eq!((peer.closed, peer.anomalies.len()), (None, 1), "{state:?} {id:?}");
        }
    }
}

/// The other direction: a message centre sends of itself what the table gives it, and each of it where it may.
#[test]
fn we_send_what_a_message_centre_may_in_every_state() {
    use CommandId::{AlertNotification, DeliverSm, EnquireLink, Unbind};
    for (state, mut peer) in sessions() {
        peer.sends_receipt(1);
        peer.session.send_alert(&Party::default(), &Party::default(), peer.now);
        peer.lives_through(Duration::from_secs(if state.is_bound() { 30 } else { 1 }));
        peer.session.unbind(peer.now);
        peer.lives_through(Duration::from_secs(5));
        let sent: Vec<_> = peer.answers().into_iter().map(|request| request.id).collect();
        let expected: &[CommandId] = match state {
            State::BoundRx | State::BoundTrx => &[DeliverSm, AlertNotification, EnquireLink, Unbind],
            State::BoundTx => &[EnquireLink, Unbind],
            State::Open | State::Outbound | State::Unbound => &[],
        };
        assert_eq!(sent, expected, "{state:?}");
        assert!(sent.into_iter().all(|id| may_send(state, Sender::Mc, id)));
    }
}

#[test]
fn a_second_bind_leaves_the_first_as_it_is() {
    let mut peer = Peer::bound(BindKind::Transmitter, 0x34);
    peer.binds(BindKind::Receiver, 0x34);
    assert_eq!(peer.answer().short(), (CommandId::BindReceiverResp, CommandStatus::EsmeRalybnd, 1));
    assert_eq!(peer.session.state(), State::BoundTx);
    peer.sends(&Submit::default().submit_sm(2));
    assert_eq!(peer.answer().status, CommandStatus::EsmeRok);
}

#[test]
fn vendor_commands_are_unknown_commands() {
    for id in [0, 0x0A, 0x0C, 0x1FF, 0x0001_0200, 0x0100_0001, 0x7FFF_FFFF] {
        let mut peer = Peer::transceiver();
        peer.sends(&pdu(CommandId::from(id), 9, b"whatever"));
        assert_eq!(peer.answer().short(), (CommandId::GenericNack, CommandStatus::EsmeRinvcmdid, 9));
        assert!(peer.lives());
    }
}
