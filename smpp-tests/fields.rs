//! The mandatory fields of submit_sm and data_sm, below, at and above their limits (SMPP 5.0 4.2.1.1, 4.2.1.2,
//! 4.2.2.1, 4.2.2.2, 4.7.14, 4.7.26; A.4, A.6).

use iwf_model::BindKind;
use iwf_smpp::{CommandId, CommandStatus as S};

use crate::peer::{Peer, Submit, pdu};

const V34: u8 = 0x34;
const V50: u8 = 0x50;

fn digits(count: usize) -> Vec<u8> {
    vec![b'1'; count]
}

#[test]
fn a_plain_submit_is_answered_with_an_id_of_18_digits() {
    let mut peer = Peer::transceiver();
    peer.sends(&Submit::default().submit_sm(7));
    let answer = peer.answer();
    assert_eq!(answer.short(), (CommandId::SubmitSmResp, S::EsmeRok, 7));
    assert_eq!(answer.body(), b"100000000000000001\0");
}

#[test]
fn service_type_has_at_most_5_characters() {
    for (count, status) in [(0, S::EsmeRok), (5, S::EsmeRok), (6, S::EsmeRinvsertyp)] {
        let submit = Submit { service_type: vec![b'C'; count], ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{count}");
    }
}

#[test]
fn source_addr_has_at_most_20_characters() {
    for (count, status) in [(0, S::EsmeRok), (1, S::EsmeRok), (20, S::EsmeRok), (21, S::EsmeRinvsrcadr)] {
        let submit = Submit { source: (1, 1, digits(count)), ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{count}");
        let submit = Submit { source: (5, 0, vec![b'A'; count]), ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{count} letters");
    }
}

#[test]
fn destination_addr_has_1_to_20_digits() {
    for (addr, status) in [
        (digits(0), S::EsmeRinvdstadr),
        (digits(1), S::EsmeRok),
        (digits(20), S::EsmeRok),
        (digits(21), S::EsmeRinvdstadr),
        (b"+".to_vec(), S::EsmeRinvdstadr),
        (b"12x".to_vec(), S::EsmeRinvdstadr),
        (b"12\xE9".to_vec(), S::EsmeRinvdstadr),
    ] {
        let submit = Submit { destination: (1, 1, addr.clone()), ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{}", addr.escape_ascii());
    }
}

/// A.12, A.19 no. 1-3: only letters as a destination are refused; reserved values count as unknown.
#[test]
fn any_type_of_number_and_plan_is_taken_but_letters_as_destination() {
    for ton in 0..=255 {
        let destination = Submit { destination: (ton, 1, digits(9)), ..Submit::default() };
        let expected = if ton == 5 { S::EsmeRinvdstton } else { S::EsmeRok };
        assert_eq!(destination.verdict(V34), expected, "{ton}");
        let source = Submit { source: (ton, ton, digits(9)), ..Submit::default() };
        assert_eq!(source.verdict(V34), S::EsmeRok, "{ton}");
    }
}

#[test]
fn addresses_of_real_peers_are_understood_and_echoed_as_written() {
    let submit = Submit {
        source: (1, 1, b"Caf\xE9 Bar".to_vec()),
        destination: (1, 1, b"+964111222333".to_vec()),
        ..Submit::default()
    };
    let submission = submit.taken();
    assert_eq!(submission.source.to_string(), "Café Bar");
    assert_eq!(submission.destination.as_str(), "964111222333");
    assert_eq!(*submission.source_as_submitted.addr, *b"Caf\xE9 Bar");
    assert_eq!(*submission.destination_as_submitted.addr, *b"+964111222333");
}

/// A.9: every mode, acknowledgements of readers (which are texts), reply path; no receipt.
#[test]
fn esm_class_carries_every_mode_and_no_receipt() {
    for esm_class in 0..=0x3F_u8 {
        let is_text = matches!(esm_class & 0x3C, 0 | 8 | 0x10);
        let expected = if is_text { S::EsmeRok } else { S::EsmeRinvesmclass };
        assert_eq!(Submit { esm_class, ..Submit::default() }.verdict(V34), expected, "{esm_class:#x}");
        let replying = Submit { esm_class: esm_class | 0x80, ..Submit::default() };
        assert_eq!(replying.verdict(V34), expected, "{esm_class:#x}");
    }
}

#[test]
fn protocol_id_passes_but_for_what_nobody_would_read() {
    for (protocol_id, status) in [
        (0, S::EsmeRok),
        (0x3F, S::EsmeRok),
        (0x40, S::EsmeRsubmitfail),
        (0x41, S::EsmeRok),
        (0x7F, S::EsmeRsubmitfail),
        (0xFF, S::EsmeRok),
    ] {
        assert_eq!(Submit { protocol_id, ..Submit::default() }.verdict(V34), status, "{protocol_id:#x}");
    }
}

/// A.19 no. 35.
#[test]
fn priority_flag_beyond_3_is_taken_as_3() {
    for priority_flag in [0, 3, 4, 9, 255] {
        assert_eq!(Submit { priority_flag, ..Submit::default() }.verdict(V34), S::EsmeRok);
    }
}

/// A.11.
#[test]
fn schedule_delivery_time_is_at_most_two_weeks_ahead() {
    for (time, status) in [
        (&b""[..], S::EsmeRok),
        (b"000000000000000R", S::EsmeRok),
        (b"261121093000000+", S::EsmeRok),
        (b"261121092501000+", S::EsmeRok),
        (b"261121103000004+", S::EsmeRok),
        (b"261121092459000+", S::EsmeRinvsched),
        (b"261121093006000+", S::EsmeRok),
        (b"000000010000000R", S::EsmeRok),
        (b"000014000000000R", S::EsmeRok),
        (b"000014000001000R", S::EsmeRinvsched),
        (b"0", S::EsmeRinvsched),
        (b"2611210930000000+", S::EsmeRinvsched),
    ] {
        let submit = Submit { schedule_delivery_time: time.to_vec(), ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{}", time.escape_ascii());
    }
}

/// A.11, A.19 no. 25.
#[test]
fn validity_period_is_forgiven_its_shape_but_not_its_sense() {
    for (time, status) in [
        (&b""[..], S::EsmeRok),
        (b"000000000500000R", S::EsmeRok),
        (b"000000000000000R", S::EsmeRok),
        (b"00000000000000R", S::EsmeRok),
        (b"990000000000000R", S::EsmeRok),
        (b"261121094000", S::EsmeRok),
        (b"261121094000000+", S::EsmeRok),
        (b"261121092900000+", S::EsmeRok),
        (b"261121092859000+", S::EsmeRinvexpiry),
        (b"261321094000000+", S::EsmeRinvexpiry),
        (b"261121094000049+", S::EsmeRinvexpiry),
        (b"26112109", S::EsmeRinvexpiry),
        (b"forever", S::EsmeRinvexpiry),
        (b"2611210940000000+", S::EsmeRinvexpiry),
    ] {
        let submit = Submit { validity_period: time.to_vec(), ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{}", time.escape_ascii());
    }
}

#[test]
fn registered_delivery_is_never_wrong() {
    for registered_delivery in 0..=255 {
        assert_eq!(Submit { registered_delivery, ..Submit::default() }.verdict(V34), S::EsmeRok);
    }
}

#[test]
fn a_message_replaces_another_and_nothing_is_canned() {
    for (flag, canned, status) in [
        (0, 0, S::EsmeRok),
        (1, 0, S::EsmeRok),
        (2, 0, S::EsmeRinvrepflag),
        (255, 0, S::EsmeRinvrepflag),
        (0, 1, S::EsmeRinvdftmsgid),
        (0, 255, S::EsmeRinvdftmsgid),
    ] {
        let submit = Submit { replace_if_present_flag: flag, sm_default_msg_id: canned, ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{flag} {canned}");
    }
}

#[test]
fn short_message_has_1_to_255_octets() {
    for (count, status) in [(0, S::EsmeRinvmsglen), (1, S::EsmeRok), (160, S::EsmeRok), (255, S::EsmeRok)] {
        let submit = Submit { short_message: vec![b'a'; count], ..Submit::default() };
        assert_eq!(submit.verdict(V34), status, "{count}");
    }
}

#[test]
fn sm_length_beyond_the_pdu_is_a_wrong_length() {
    let mut octets = Submit::default().submit_sm(7);
    let sm_length = octets.len() - 6;
    assert_eq!(octets[sm_length], 5);
    octets[sm_length] = 6;
    let mut peer = Peer::transceiver();
    peer.sends(&octets);
    assert_eq!(peer.answer().short(), (CommandId::SubmitSmResp, S::EsmeRinvmsglen, 7));
}

#[test]
fn a_submit_that_ends_early_is_answered_wherever_it_ends() {
    let whole = &Submit::default().submit_sm(7)[16..];
    let mut peer = Peer::transceiver();
    for end in 0..whole.len() {
        peer.sends(&pdu(CommandId::SubmitSm, 9, &whole[..end]));
        let expected = if end >= whole.len() - 5 { S::EsmeRinvmsglen } else { S::EsmeRinvcmdlen };
        assert_eq!(peer.answer().short(), (CommandId::SubmitSmResp, expected, 9), "{end}");
    }
    assert_eq!((peer.closed, peer.submissions.len()), (None, 0));
}

/// A.4: the addresses of a data_sm have up to 64 characters, of which we can route 20.
#[test]
fn data_sm_has_longer_addresses_and_no_times() {
    for (count, status) in
        [(20, S::EsmeRok), (21, S::EsmeRinvdstadr), (64, S::EsmeRinvdstadr), (65, S::EsmeRinvdstadr)]
    {
        let mut peer = Peer::transceiver();
        peer.sends(&Submit { destination: (1, 1, digits(count)), ..Submit::default() }.data_sm(7));
        assert_eq!(peer.answer().short(), (CommandId::DataSmResp, status, 7), "{count}");
    }
}

#[test]
fn a_data_sm_is_answered_with_an_id_and_its_text_is_that_of_the_payload() {
    let mut peer = Peer::bound(BindKind::Transmitter, V50);
    peer.sends(&Submit { registered_delivery: 1, ..Submit::default() }.data_sm(8));
    let answer = peer.answer();
    assert_eq!(answer.short(), (CommandId::DataSmResp, S::EsmeRok, 8));
    assert_eq!(answer.body(), b"100000000000000001\0\x04\x28\0\x01\0", "and congestion_state 0");
    assert_eq!(peer.submissions[0].text, "hello");
    assert!(peer.submissions[0].receipt.success);
}

/// A.5: peers count from 0, beyond 31 bits, or not at all; the number is echoed.
#[test]
fn any_sequence_number_is_echoed() {
    let mut peer = Peer::transceiver();
    for sequence in [0, 1, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] {
        peer.sends(&Submit::default().submit_sm(sequence));
        assert_eq!(peer.answer().short(), (CommandId::SubmitSmResp, S::EsmeRok, sequence));
    }
}

/// A.2: a request with a status is a request.
#[test]
fn the_status_of_a_request_is_ignored() {
    let mut octets = Submit::default().submit_sm(7);
    octets[11] = 0x45;
    let mut peer = Peer::transceiver();
    peer.sends(&octets);
    assert_eq!(peer.answer().status, S::EsmeRok);
}
