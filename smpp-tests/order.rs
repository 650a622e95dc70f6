//! Of several faults the first one is told: header, state, fields that do not fit, TLV stream, TLVs, fields that
//! make no sense, in the order of the fields (A.6, "decode order"; SMPP 5.0 2.8.2, 4.7.6, 2.9).

use iwf_model::BindKind;
use iwf_smpp::{CommandId, CommandStatus as S};

use crate::peer::{Peer, Submit, tlv};

/// Something wrong with a submit_sm.
struct Flaw {
    /// What it spoils: two flaws of one place can't be had at once.
    place: &'static str,
    spoils: fn(&mut Submit),
    status: S,
}

const fn flaw(place: &'static str, spoils: fn(&mut Submit), status: S) -> Flaw {
    Flaw { place, spoils, status }
}

/// From what is told first to what is told last.
const FLAWS: [Flaw; 22] = [
    flaw("service_type", |submit| submit.service_type = b"ABCDEF".to_vec(), S::EsmeRinvsertyp),
    flaw("source", |submit| submit.source.2 = vec![b'1'; 21], S::EsmeRinvsrcadr),
    flaw("destination", |submit| submit.destination.2 = vec![b'1'; 21], S::EsmeRinvdstadr),
    flaw("schedule", |submit| submit.schedule_delivery_time = vec![b'0'; 17], S::EsmeRinvsched),
    flaw("validity", |submit| submit.validity_period = vec![b'0'; 17], S::EsmeRinvexpiry),
    flaw("stream", |submit| submit.tlvs.push(0), S::EsmeRinvtlvstream),
    flaw("qos_time_to_live", |submit| submit.tlvs.extend(tlv(0x0017, &[1])), S::EsmeRinvtlvlen),
    flaw("reference", |submit| submit.tlvs.extend(tlv(0x0204, &[1])), S::EsmeRinvtlvlen),
    flaw("sar", |submit| submit.tlvs.extend(part_0()), S::EsmeRinvtlvval),
    flaw("number_of_messages", |submit| submit.tlvs.extend(tlv(0x0304, &[100])), S::EsmeRinvnummsgs),
    flaw("ussd", |submit| submit.tlvs.extend(tlv(0x0501, &[2])), S::EsmeRtlvnotallwd),
    flaw("source", |submit| submit.source.2 = b"\r\n".to_vec(), S::EsmeRinvsrcadr),
    flaw("destination", |submit| submit.destination.0 = 5, S::EsmeRinvdstton),
    flaw("destination", |submit| submit.destination.2 = b"12x".to_vec(), S::EsmeRinvdstadr),
    flaw("esm_class", |submit| submit.esm_class = 0x04, S::EsmeRinvesmclass),
    flaw("protocol_id", |submit| submit.protocol_id = 0x40, S::EsmeRsubmitfail),
    flaw("schedule", |submit| submit.schedule_delivery_time = b"noon".to_vec(), S::EsmeRinvsched),
    flaw("validity", |submit| submit.validity_period = b"soon".to_vec(), S::EsmeRinvexpiry),
    flaw("replace", |submit| submit.replace_if_present_flag = 2, S::EsmeRinvrepflag),
    flaw("canned", |submit| submit.sm_default_msg_id = 1, S::EsmeRinvdftmsgid),
    flaw("data_coding", |submit| submit.data_coding = 4, S::EsmeRinvdcs),
    flaw("text", |submit| submit.short_message = Vec::new(), S::EsmeRinvmsglen),
];

fn part_0() -> Vec<u8> {
    [tlv(0x020C, &[0, 1]), tlv(0x020E, &[2]), tlv(0x020F, &[0])].concat()
}

#[test]
fn each_flaw_alone_has_its_status() {
    for flaw in &FLAWS {
        let mut submit = Submit::default();
        (flaw.spoils)(&mut submit);
        assert_eq!(submit.verdict(0x50), flaw.status, "{}", flaw.place);
    }
}

#[test]
fn of_two_flaws_the_first_is_told() {
    for (at, first) in FLAWS.iter().enumerate() {
        for second in FLAWS[at + 1..].iter().filter(|second| second.place != first.place) {
            let mut submit = Submit::default();
            (second.spoils)(&mut submit);
            // An octet too many comes last, whatever comes before it.
            (first.spoils)(&mut submit);
            assert_eq!(submit.verdict(0x50), first.status, "{} and {}", first.place, second.place);
        }
    }
}

#[test]
fn the_state_is_told_before_any_flaw() {
    for flaw in &FLAWS {
        let mut submit = Submit::default();
        (flaw.spoils)(&mut submit);
        let mut peer = Peer::bound(BindKind::Receiver, 0x50);
        peer.sends(&submit.submit_sm(7));
        assert_eq!(peer.answer().short(), (CommandId::SubmitSmResp, S::EsmeRinvbndsts, 7), "{}", flaw.place);
    }
}

#[test]
fn the_length_is_told_before_the_state_and_the_state_before_the_body() {
    let mut octets = Submit::default().submit_sm(7);
    octets[..4].copy_from_slice(&[0, 0, 0, 15]);
    let mut peer = Peer::connected();
    peer.sends(&octets);
    assert_eq!(peer.answer().short(), (CommandId::GenericNack, S::EsmeRinvcmdlen, 7));
}

/// A flooded window is answered before anything is read.
#[test]
fn the_window_is_told_before_any_flaw() {
    for flaw in &FLAWS {
        let mut peer = Peer::transceiver();
        peer.accepting = false;
        for sequence in 10..210 {
            peer.sends(&Submit::default().submit_sm(sequence));
        }
        let mut submit = Submit::default();
        (flaw.spoils)(&mut submit);
        peer.sends(&submit.submit_sm(7));
        assert_eq!(peer.answer().short(), (CommandId::SubmitSmResp, S::EsmeRthrottled, 7), "{}", flaw.place);
    }
}
