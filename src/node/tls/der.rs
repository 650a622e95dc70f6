//! As much of X.509 as is asked of it, and webpki does not tell: the common name of a subject, and when a
//! certificate ends. What is read here was verified before, or is our own.

use iwf_model::Timestamp;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0] EXPLICIT`, the version of a certificate.
const VERSION: u8 = 0xA0;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// The types of a DirectoryString that are read as UTF-8: UTF8String, PrintableString, IA5String.
const STRINGS: [u8; 3] = [0x0C, 0x13, 0x16];
/// id-at-commonName, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The last common name of a subject: a sequence of sets of pairs of type and value (RFC 5280 4.1.2.4).
pub(super) fn common_name(mut subject: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some((SET, mut set, rest)) = element(subject) {
        subject = rest;
        while let Some((SEQUENCE, pair, rest)) = element(set) {
            set = rest;
            let Some((OBJECT_IDENTIFIER, COMMON_NAME, value)) = element(pair) else { continue };
            let Some((tag, text, _)) = element(value) else { continue };
            let text = STRINGS.contains(&tag).then(|| std::str::from_utf8(text).ok()).flatten();
            found = text.map(str::to_owned).or(found);
        }
    }
    found
}

/// notAfter of a certificate (RFC 5280 4.1.2.5).
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (SEQUENCE, certificate, _) = element(certificate)? else { return None };
    let (SEQUENCE, signed, _) = element(certificate)? else { return None };
    let rest = match element(signed)? {
        (VERSION, _, rest) => rest,
        _ => signed,
    };
    let (INTEGER, _serial_number, rest) = element(rest)? else { return None };
    let (SEQUENCE, _signature, rest) = element(rest)? else { return None };
    let (SEQUENCE, _issuer, rest) = element(rest)? else { return None };
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (_, _not_before, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    time(tag, text)
}

/// `YYMMDDHHMMSSZ` from 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = text.strip_suffix(b"Z").filter(|text| text.iter().all(u8::is_ascii_digit))?;
    let pairs: Vec<u8> = text.chunks_exact(2).map(|pair| (pair[0] - b'0') * 10 + (pair[1] - b'0')).collect();
    let (year, rest) = match (tag, pairs.as_slice()) {
        (UTC_TIME, [year, rest @ ..]) => (i32::from(*year) + if *year < 50 { 2000 } else { 1900 }, rest),
        (GENERALIZED_TIME, [century, year, rest @ ..]) => {
            (i32::from(*century) * 100 + i32::from(*year), rest)
        }
        _ => return None,
    };
    let [month, day, hour, minute, second] = rest.try_into().ok()?;
    Timestamp::from_civil((year, month, day), (hour, minute, second))
}

/// The first element of some DER: its tag, its value, and what follows it.
fn element(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, octets) = octets.split_first()?;
    let (first, octets) = octets.split_first()?;
    let (length, octets) = match first {
        0..=0x7F => (usize::from(*first), octets),
        0x81 => octets.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => octets
            .split_first_chunk()
            .map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    let (value, rest) = octets.split_at_checked(length)?;
    Some((*tag, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_is_found_among_other_attributes() {
        // C=NL, CN=tata.example
        let mut subject = vec![0x31, 0x0B, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, b'N', b'L'];
        subject.extend([0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x0C]);
        subject.extend(b"tata.example");
        assert_eq!(common_name(&subject).as_deref(), Some("tata.example"));
    }

    #[test]
    fn times_are_read_in_both_forms() {
        let at = |date, time| Timestamp::from_civil(date, time);
        for (tag, text, expected) in [
            (UTC_TIME, &b"491231235959Z"[..], at((2049, 12, 31), (23, 59, 59))),
            (UTC_TIME, b"500101000000Z", at((1950, 1, 1), (0, 0, 0))),
            (GENERALIZED_TIME, b"20500101000000Z", at((2050, 1, 1), (0, 0, 0))),
            (GENERALIZED_TIME, b"20501301000000Z", None),
            (UTC_TIME, b"4912312359Z", None),
            (UTC_TIME, b"491231235959+0100", None),
        ] {
            assert_eq!(time(tag, text), expected);
        }
    }

    #[test]
    fn the_end_of_a_certificate_is_found_and_none_in_what_is_cut() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 5, 6);
        let certificate = params.self_signed(&key).unwrap();
        let der = certificate.der();
        assert_eq!(not_after(der), Timestamp::from_civil((2031, 5, 6), (0, 0, 0)));
        assert!((0..der.len()).all(|end| not_after(&der[..end]).is_none()));
    }

    #[test]
    fn a_subject_that_is_cut_anywhere_has_no_name_and_does_no_harm() {
        let mut subject = vec![0x31, 0x81, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x0C];
        subject.extend(b"tata.example");
        assert!(common_name(&subject).is_some());
        for end in 0..subject.len() {
            assert_eq!(common_name(&subject[..end]), None, "{end}");
        }
        assert_eq!(common_name(&[0x31, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
    }
}
