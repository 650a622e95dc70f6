use super::*;
use crate::settings::Settings;

/// A text for each setting that is not its default.
const OTHER: [(&str, &str); 31] = [
    ("networks", "192.0.2.0/24, 2001:db8::/32"),
    ("certificate", "name:carrier.example"),
    ("tls_only", "true"),
    ("version", "3.4"),
    ("packed", "true"),
    ("recognise", "false"),
    ("strict", "true"),
    ("missing_parts", "fail"),
    ("part_wait", "60"),
    ("tlvs", "0x1400, 0x1401"),
    ("error_body", "true"),
    ("id_in_response", "hex"),
    ("id_in_receipt", "HEX"),
    ("receipt_pdu", "data_sm"),
    ("receipt_form", "text"),
    ("receipt_seconds", "true"),
    ("receipt_zone", "-03:30"),
    ("intermediate", "true"),
    ("number_plan", "49 0 00"),
    ("environment", "true"),
    ("numbers", "222%, 2233[1-4]_"),
    ("text_pdu", "data_sm"),
    ("long_texts", "payload"),
    ("languages", "turkish, urdu"),
    ("latin1", "true"),
    ("transliterate", "false"),
    ("number_ton_npi", "0/1"),
    ("short_ton_npi", "6/9"),
    ("acknowledges", "true"),
    ("service_type", "CMT"),
    ("outbind", "192.0.2.7:2775 iwf secret"),
];

#[test]
fn every_setting_is_read_shown_and_brought_back_to_its_default() {
    assert_eq!(
        OTHER.map(|(key, _)| key).to_vec(),
        Profile::settings().iter().map(|setting| setting.key).collect::<Vec<_>>()
    );
    let mut profile = Profile::default();
    for (key, text) in OTHER {
        profile.set(key, text).unwrap();
    }
    assert_eq!(profile.differences(), OTHER.map(|(key, text)| (key, text.to_owned())));
    for (key, _) in OTHER {
        profile.set(key, "").unwrap();
    }
    assert_eq!(profile, Profile::default());
    assert_eq!(profile.differences(), []);
}

#[test]
fn a_default_that_is_written_out_is_the_default() {
    let default = Profile::default();
    for setting in Profile::settings() {
        let text = setting.show(&default);
        let mut profile = Profile::default();
        assert_eq!(profile.set(setting.key, &text), Ok(()), "{}", setting.key);
        assert_eq!(profile, default, "{}", setting.key);
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_reason_and_changes_nothing() {
    let mut profile = Profile::default();
    for (key, text) in [
        ("colour", "red"),
        ("networks", "192.0.2.9/24"),
        ("certificate", "sha256:12"),
        ("certificate", "name:two words"),
        ("part_wait", "0"),
        ("tlvs", "0x0424"),
        ("receipt_zone", "05:30"),
        ("numbers", "2%2"),
        ("languages", "klingon"),
        ("number_ton_npi", "7/1"),
        ("service_type", "TOOLONG"),
        ("outbind", "carrier.example:2775 iwf"),
        ("strict", "maybe"),
    ] {
        let error = profile.set(key, text).expect_err(key).to_string();
        assert!(error.contains(key), "{error}");
    }
    assert_eq!(profile, Profile::default());
}

#[test]
fn a_digest_is_read_as_tools_print_it() {
    let plain = "ab".repeat(32);
    let colons = vec!["AB"; 32].join(":");
    let mut profile = Profile::default();
    for text in [plain.as_str(), colons.as_str()] {
        profile.set("certificate", &format!("sha256:{text}")).unwrap();
        assert_eq!(profile.access.certificate, Some(CertificateRule::Sha256([0xAB; 32])));
    }
}
