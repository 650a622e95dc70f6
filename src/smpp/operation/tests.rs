use std::time::Duration;

use iwf_model::{Address, CarrierId, FinalState, MessageId, Profile, ReceiptRequest, Settings};

use super::*;
use crate::event::ReceiptAnswer;
use crate::outcome;
use crate::testing;

const ID: &str = "123456789012345678";

fn terms(profile: &Profile) -> Terms<'_> {
    Terms { carrier: CarrierId(7), alphabet: Alphabet::Gsm7, version: Version::V34, profile }
}

fn id() -> MessageId {
    ID.parse().unwrap()
}

fn source() -> Address {
    Address::Number("4915112345".parse().unwrap())
}

#[test]
fn a_query_names_a_message_and_its_sender() {
    let profile = Profile::default();
    let read = |body: &[u8]| query(&QuerySm::read(body)?, &terms(&profile));
    let asked = Query { origin: Origin::Carrier(CarrierId(7)), message: id(), source: source() };
    assert_eq!(read(b"123456789012345678\0\x01\x01+4915112345\0"), Ok(asked.clone()));
    assert_eq!(read(b"1B69B4BA630F34E\0\x01\x014915112345\0"), Ok(asked));
    assert_eq!(read(b"1\0\x01\x014915112345\0"), Err(UNKNOWN_ID));
    assert_eq!(read(b"123456789012345678\0\x01"), Err(Fault::Truncated(Field::SourceAddrNpi)));
}

#[test]
fn the_sender_is_read_by_the_number_plan_as_that_of_the_message_was() {
    let mut profile = Profile::default();
    profile.set("number_plan", "49 0 00").unwrap();
    let read = query(&QuerySm::read(b"123456789012345678\0\x02\x0115112345\0").unwrap(), &terms(&profile));
    assert_eq!(read.unwrap().source, source());
}

#[test]
fn a_cancel_is_about_one_message_or_all_between_two_parties() {
    let profile = Profile::default();
    let read = |body: &[u8]| cancel(&CancelSm::read(body)?, &terms(&profile)).map(|cancel| cancel.which);
    assert_eq!(read(b"CMT\x00123456789012345678\0\x01\x014915112345\0\0\0\0"), Ok(Which::One(id())));
    let all = Which::All { destination: "111".parse().unwrap(), service_type: "CMT".to_owned() };
    assert_eq!(read(b"CMT\0\0\x01\x014915112345\0\x01\x01111\0"), Ok(all));
    let nobody = Err(Fault::Invalid(Field::DestinationAddr));
    assert_eq!(read(b"\0\0\x01\x014915112345\0\x01\x01\0"), nobody);
    assert_eq!(read(b"\0nonsense\0\x01\x014915112345\0\0\0\0"), Err(UNKNOWN_ID));
}

fn replaced(schedule: &[u8], validity: &[u8], octets: &[u8]) -> Result<Replace, Fault> {
    let profile = Profile::default();
    let mut body = [ID.as_bytes(), b"\0\x01\x014915112345\0", schedule, b"\0", validity, b"\0"].concat();
    body.extend([1, 0, octets.len() as u8]);
    body.extend(octets);
    replace(&ReplaceSm::read(&body)?, &terms(&profile), testing::now().utc)
}

#[test]
fn a_replace_leaves_what_it_does_not_name() {
    let read = replaced(b"", b"", b"new").unwrap();
    assert_eq!((read.message, read.source, read.text.as_str()), (id(), source(), "new"));
    assert_eq!((read.validity, read.schedule, read.receipt), (None, None, ReceiptRequest::ANY));
    let read = replaced(b"000000010000000R", b"000000020000000R", b"new").unwrap();
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    assert_eq!(read.schedule, Some(Schedule::At(testing::now().utc.after(hours(1)))));
    assert_eq!(read.validity, Some(Validity::For(hours(2))));
    assert_eq!(replaced(b"000000000000000R", b"", b"new").unwrap().schedule, Some(Schedule::Now));
}

#[test]
fn a_replace_is_checked_as_a_submit() {
    let wrong = |schedule, validity, text| replaced(schedule, validity, text).unwrap_err();
    assert_eq!(wrong(b"soon", b"", b"new"), Fault::Invalid(Field::ScheduleDeliveryTime));
    assert_eq!(wrong(b"", b"soon", b"new"), Fault::Invalid(Field::ValidityPeriod));
    let hour = b"000000010000000R";
    assert_eq!(wrong(hour, hour, b"new"), Fault::Invalid(Field::ValidityPeriod));
    assert_eq!(wrong(b"", b"", b""), Fault::Invalid(Field::SmLength));
}

#[test]
fn the_new_text_is_in_the_alphabet_its_octets_are_in() {
    let text = |octets: &[u8]| replaced(b"", b"", octets).unwrap().text;
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    for new in [
        "\u{645}\u{631}\u{62D}\u{628}\u{627} 12",
        "\u{41F}\u{440}\u{438}",
        "plain",
        "\u{4F60}\u{597D}\u{FF0C}\u{4E16}\u{754C}",
    ] {
        assert_eq!(text(&utf16(new)), new);
    }
    assert_eq!(text(b"plain text"), "plain text");
    assert_eq!(text(b"\x05t\x05"), "\u{E9}t\u{E9}");
    assert_eq!(text(b"\x00b"), "@b");
}

#[test]
fn what_may_be_asked_again_is_denied_for_a_time() {
    for denial in Denial::ALL {
        for request in [CommandId::QuerySm, CommandId::CancelSm, CommandId::ReplaceSm] {
            let status = denial_status(request, denial);
            let temporary = outcome::receipt_answer(status) == ReceiptAnswer::Later;
            assert_eq!(temporary, denial.retry_after().is_some(), "{denial:?} {status:?}");
        }
    }
}

#[test]
fn scheduled_is_a_word_of_v5_0() {
    assert_eq!(state(MessageState::Scheduled, Version::V34), 1);
    assert_eq!(state(MessageState::Scheduled, Version::V50), 0);
    assert_eq!(state(MessageState::Final(FinalState::Rejected), Version::V34), 8);
}
