//! SMS-DELIVER: a text on its way to a phone, as one TPDU or several (3GPP TS 23.040 9.2.2.1, 9.2.3).

use iwf_model::text::segment::{Plan, Reference, SegmentError, segment};
use iwf_model::text::udh::{Place, UserDataHeader};
use iwf_model::text::{Encoding, septets};
use iwf_model::{Alphabet, Message, PartKind};

use super::digits;

/// What a text becomes. A phone writes every alphabet that it shows, so no shift tables and no transliteration.
const PLAN: Plan<'static> = Plan {
    gsm7: true,
    locking: &[],
    single: &[],
    latin1: false,
    ucs2: true,
    lossless: false,
    reference: Reference::Concat16,
    max_parts: u8::MAX as usize,
};

/// TP-MMS: no more messages wait for the phone.
const NO_MORE: u8 = 0x04;
/// TP-UDHI: the user data begins with a header.
const HEADER: u8 = 0x40;
/// TP-PID of the "replace short message" types 1 to 7 (TS 23.040 9.2.3.9).
const REPLACE: u8 = 0x40;

/// The TPDUs that carry a message, in their order. The same each time that they are made, so that a phone can put
/// together what came in several attempts.
///
/// # Errors
/// When the text has more parts than can be numbered.
pub fn deliver(message: &Message) -> Result<Vec<Vec<u8>>, SegmentError> {
    let submission = &message.submission;
    let (options, cut) = (submission.options(), segment(&submission.text, &PLAN)?);
    let Encoding { alphabet, locking, single } = cut.encoding;
    let total = cut.parts.len();
    let tpdu = |(number, part): (u8, Vec<u8>)| {
        let place = Place {
            kind: PartKind::Udh16,
            reference: message.id.text_reference(),
            total: total as u8,
            number,
        };
        let part_of = (total > 1).then_some(place);
        let header = UserDataHeader { part: part_of, locking, single, for_application: false }.to_octets();
        let more = usize::from(number) < total;
        let mut tpdu = vec![if more { 0 } else { NO_MORE } | if header.is_empty() { 0 } else { HEADER }];
        digits::write_tp(&mut tpdu, &submission.source, submission.source_is_international());
        tpdu.push(options.replace_type.map_or(0, |kind| REPLACE | kind & 0x07));
        tpdu.push(coding(alphabet, options.class));
        tpdu.extend(digits::time_stamp(message.accepted_at));
        write_user_data(&mut tpdu, alphabet, &header, &part);
        tpdu
    };
    Ok((1..=u8::MAX).zip(cut.parts).map(tpdu).collect())
}

/// TP-DCS (TS 23.038 4): the general group, which names a class only where there is one.
fn coding(alphabet: Alphabet, class: Option<u8>) -> u8 {
    let letters = if alphabet == Alphabet::Utf16 { 0x08 } else { 0x00 };
    letters | class.map_or(0, |class| 0x10 | class & 3)
}

/// TP-UDL and TP-UD: the length counts septets in GSM 7-bit, those that the header fills among them.
fn write_user_data(tpdu: &mut Vec<u8>, alphabet: Alphabet, header: &[u8], part: &[u8]) {
    if alphabet == Alphabet::Gsm7 {
        let before = (header.len() * 8).div_ceil(7);
        tpdu.push((before + part.len()).min(usize::from(u8::MAX)) as u8);
        tpdu.extend_from_slice(header);
        tpdu.extend(septets::pack(
            part,
            if header.is_empty() { 0 } else { septets::fill_bits(header.len()) },
        ));
    } else {
        tpdu.push((header.len() + part.len()).min(usize::from(u8::MAX)) as u8);
        tpdu.extend_from_slice(header);
        tpdu.extend_from_slice(part);
    }
}
