//! data_coding and the user data header: SMPP 5.0 4.7.7, 4.7.12; A.8, B.7. "Emoji, Arabic and '@' arrive as they were sent."

use iwf_smpp::CommandStatus as S;

use crate::peer::Submit;

fn text(data_coding: u8, octets: &[u8]) -> String {
    Submit { data_coding, short_message: octets.to_vec(), ..Submit::default() }.taken().text
}

fn verdict(data_coding: u8, interface_version: u8) -> S {
    Submit { data_coding, ..Submit::default() }.verdict(interface_version)
}

#[test]
fn texts_arrive_as_they_were_sent() {
    for (data_coding, octets, expected) in [
        (0x00, &b"Your code is 123-456"[..], "Your code is 123-456"),
        (0x00, &[0x00, b'a', 0x11, 0x02, 0x1B, 0x65, 0x00], "@a_$€@"),
        (0x01, b"plain @ $ _", "plain @ $ _"),
        (0x03, b"Caf\xE9 \x80", "Café €"),
        (0x08, &[0x06, 0x45, 0x06, 0x31, 0xD8, 0x3D, 0xDE, 0x00], "مر😀"),
        (0x08, &[0xFE, 0xFF, 0x00, b'a'], "a"),
        (0x08, &[0x00, b'a', 0x00], "a"),
        (0x10, &[0x00], "@"),
        (0x18, &[0x06, 0x45], "م"),
        (0xC8, &[0x00], "@"),
        (0xE8, &[0x06, 0x45], "م"),
        (0xF0, &[0x00], "@"),
        (0xF8, &[0x00], "@"),
    ] {
        assert_eq!(text(data_coding, octets), expected, "{data_coding:#04x}");
    }
}

/// A.19 no. 11: a NUL appended to ASCII and Latin-1 is no text; in GSM 7-bit it is an '@'.
#[test]
fn a_nul_at_the_end_is_text_only_where_it_is_a_letter() {
    assert_eq!(text(0x01, b"hi\0"), "hi");
    assert_eq!(text(0x03, b"hi\0"), "hi");
    assert_eq!(text(0x00, b"hi\0"), "hi@");
}

#[test]
fn what_is_not_text_is_refused_in_the_words_of_the_version() {
    for data_coding in [0x02, 0x04, 0x05, 0x09, 0x0A, 0x0D, 0x0E, 0x15, 0x20, 0xF4, 0xFC] {
        assert_eq!(verdict(data_coding, 0x50), S::EsmeRinvdcs, "{data_coding:#04x}");
        assert_eq!(verdict(data_coding, 0x34), S::EsmeRsubmitfail, "{data_coding:#04x}");
        assert_eq!(verdict(data_coding, 0x00), S::EsmeRsubmitfail, "{data_coding:#04x}");
    }
}

fn with_header(header: &[u8], text: &[u8]) -> Submit {
    Submit { esm_class: 0x40, short_message: [header, text].concat(), ..Submit::default() }
}

#[test]
fn the_header_of_a_part_is_taken_off() {
    let octets = |submission: &iwf_model::Submission| {
        submission.options().part.as_ref().map(|part| part.octets.to_vec())
    };
    for header in [&[5, 0, 3, 0x42, 2, 1][..], &[6, 8, 4, 1, 0x42, 2, 1]] {
        let submission = with_header(header, b"one part").taken();
        assert_eq!((octets(&submission), submission.text.as_str()), (Some(b"one part".to_vec()), ""));
    }
    let single = with_header(&[5, 0, 3, 0, 0, 9], b"a text").taken();
    assert_eq!((octets(&single), single.text.as_str()), (None, "a text"), "no place that can be");
    let most = with_header(&[&[5, 0, 3, 0x42, 2, 1][..], &[b'a'; 153]].concat(), b"").taken();
    assert_eq!(octets(&most).map(|octets| octets.len()), Some(153), "159 octets are 140 when packed");
}

#[test]
fn a_header_that_is_longer_than_its_message_is_a_wrong_length() {
    assert_eq!(with_header(&[255, 0, 3, 1, 2, 1], b"abcd").verdict(0x34), S::EsmeRinvmsglen);
    assert_eq!(with_header(&[], b"").verdict(0x34), S::EsmeRinvmsglen);
}

#[test]
fn a_header_that_names_another_reader_than_a_person_is_refused() {
    assert_eq!(with_header(&[6, 5, 4, 0x0B, 0x84, 0, 0], b"wap").verdict(0x34), S::EsmeRsubmitfail);
    assert_eq!(with_header(&[2, 0x70, 0], b"sim").verdict(0x34), S::EsmeRsubmitfail);
}

/// D.7: a text that looks like a receipt is a text.
#[test]
fn a_text_that_looks_like_a_receipt_is_a_text() {
    let forged = b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:";
    assert_eq!(text(0x01, forged).as_bytes(), forged);
}
