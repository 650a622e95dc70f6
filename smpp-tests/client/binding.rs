//! The bind and its answer.

use std::time::Duration;

use iwf_model::BindKind;
use iwf_smpp::keepalive::TimerReason;
use iwf_smpp::state::State;
use iwf_smpp::{ClientConfig, CloseReason, CommandId, CommandStatus, Rejection, Version};
use rusmpp_core::pdus::owned::Pdu;
use rusmpp_core::values::InterfaceVersion;

use crate::centre::{Centre, config};
use crate::peer::{pdu, response, tlv};

#[test]
fn each_kind_of_bind_has_its_command_and_says_who_we_are() {
    for (kind, id, state) in [
        (BindKind::Transmitter, CommandId::BindTransmitter, State::BoundTx),
        (BindKind::Receiver, CommandId::BindReceiver, State::BoundRx),
        (BindKind::Transceiver, CommandId::BindTransceiver, State::BoundTrx),
    ] {
        let mut centre = Centre::connected(config(kind));
        assert_eq!(centre.client.state(), State::Open);
        let bind = centre.one();
        assert_eq!((bind.id, bind.status), (id, CommandStatus::EsmeRok));
        assert_eq!(bind.body(), b"iwf\0secret1\0VMA\0\x34\0\0\0");
        centre.answers(&bind, CommandStatus::EsmeRok, b"smsc\0");
        assert_eq!(centre.bound, Some(("smsc".to_owned(), Version::V34)));
        assert_eq!(centre.client.state(), state);
        assert!(centre.lives());
    }
}

#[test]
fn a_bind_is_read_by_rusmpp_core() {
    let mut centre =
        Centre::connected(ClientConfig { version: Version::V50, ..config(BindKind::Transceiver) });
    let bind = centre.one();
    let Some(Pdu::BindTransceiver(read)) = bind.command.pdu() else { panic!("{bind:?}") };
    assert_eq!((read.system_id.as_str(), read.password.as_str()), ("iwf", "secret1"));
    assert_eq!(read.interface_version, InterfaceVersion::Smpp5_0);
}

#[test]
fn the_older_version_of_the_two_is_spoken() {
    let with = |octet: u8| [&b"smsc\0"[..], &tlv(0x0210, &[octet])].concat();
    for (ours, body, spoken) in [
        (Version::V34, b"smsc\0".to_vec(), Version::V34),
        (Version::V34, Vec::new(), Version::V34),
        (Version::V34, b"no NUL".to_vec(), Version::V34),
        (Version::V34, with(0x50), Version::V34),
        (Version::V50, with(0x34), Version::V34),
        (Version::V50, with(0x50), Version::V50),
        (Version::V50, with(0x33), Version::V33),
        (Version::V33, with(0x34), Version::V33),
    ] {
        let mut centre = Centre::connected(ClientConfig { version: ours, ..config(BindKind::Transceiver) });
        let bind = centre.one();
        centre.answers(&bind, CommandStatus::EsmeRok, &body);
        assert_eq!(centre.bound.as_ref().map(|(_, version)| *version), Some(spoken), "{ours:?} {body:?}");
    }
}

#[test]
fn a_refused_bind_is_told_with_its_reason_and_is_the_end() {
    use CommandStatus as S;
    for (status, rejection, lasting) in [
        (S::EsmeRbindfail, Rejection::Credentials, true),
        (S::EsmeRinvpaswd, Rejection::Credentials, true),
        (S::EsmeRinvsysid, Rejection::Credentials, true),
        (S::EsmeRalybnd, Rejection::AlreadyBound, false),
        (S::EsmeRsyserr, Rejection::Unavailable(8), false),
        (S::EsmeRthrottled, Rejection::Unavailable(0x58), false),
        (S::EsmeRinvcmdid, Rejection::Unknown, true),
        (S::Other(0x0401), Rejection::Other(0x0401), true),
    ] {
        for body in [&b""[..], b"\0"] {
            let mut centre = Centre::connected(config(BindKind::Transceiver));
            let bind = centre.one();
            centre.answers(&bind, status, body);
            assert_eq!(centre.closed, Some(CloseReason::Rejected(rejection)), "{status:?}");
            assert_eq!(rejection.is_lasting(), lasting);
            assert!(centre.bound.is_none() && centre.written().is_empty());
        }
    }
}

#[test]
fn generic_nack_to_a_bind_refuses_it() {
    for (status, rejection) in [
        (CommandStatus::EsmeRinvcmdid, Rejection::Unknown),
        (CommandStatus::EsmeRok, Rejection::Unavailable(0xFF)),
    ] {
        let mut centre = Centre::connected(config(BindKind::Transceiver));
        let bind = centre.one();
        centre.sends(&response(CommandId::GenericNack, status, bind.sequence, &[]));
        assert_eq!(centre.closed, Some(CloseReason::Rejected(rejection)));
    }
}

#[test]
fn a_bind_that_is_not_answered_ends_after_ten_seconds() {
    let mut centre = Centre::connected(config(BindKind::Transceiver));
    centre.written();
    centre.sends(&pdu(CommandId::EnquireLink, 9, &[]));
    assert_eq!(centre.one().id, CommandId::EnquireLinkResp, "a link may be asked before");
    centre.lives_through(Duration::from_secs(9));
    assert_eq!(centre.closed, None);
    centre.lives_through(Duration::from_secs(1));
    assert_eq!(centre.closed, Some(CloseReason::Timeout(TimerReason::BindResp)));
}

#[test]
fn an_answer_under_another_number_is_no_answer() {
    let mut centre = Centre::connected(config(BindKind::Transceiver));
    let bind = centre.one();
    centre.sends(&pdu(CommandId::BindTransceiverResp, bind.sequence + 1, b"smsc\0"));
    assert!(centre.bound.is_none() && centre.closed.is_none());
    centre.sends(&pdu(CommandId::SubmitSmResp, bind.sequence, b"1\0"));
    assert_eq!(centre.closed, Some(CloseReason::Confused), "whether we are bound can't be known");
}

#[test]
fn nothing_is_given_before_the_bind_holds() {
    let mut centre = Centre::connected(config(BindKind::Transceiver));
    let bind = centre.one();
    assert!(!centre.gives(1, "hello"));
    centre.sends(&crate::peer::Submit::default().deliver_sm(5));
    assert_eq!(centre.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRinvbndsts, 5));
    centre.answers(&bind, CommandStatus::EsmeRok, b"");
    assert!(centre.gives(1, "hello"));
    assert_eq!(centre.one().id, CommandId::SubmitSm);
}

#[test]
fn a_receiver_submits_nothing_and_a_transmitter_is_delivered_nothing() {
    let mut receiver = Centre::bound(config(BindKind::Receiver));
    assert!(!receiver.gives(1, "hello"));
    receiver.sends(&crate::peer::Submit::default().deliver_sm(5));
    assert_eq!(receiver.one().status, CommandStatus::EsmeRok);
    let mut transmitter = Centre::bound(config(BindKind::Transmitter));
    assert!(transmitter.gives(1, "hello"));
    transmitter.written();
    transmitter.sends(&crate::peer::Submit::default().deliver_sm(5));
    assert_eq!(transmitter.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRinvbndsts, 5));
}
