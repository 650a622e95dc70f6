//! Where a carrier departs from its profile, and what to set.

use iwf_model::{Alphabet, Carrier};
use rusmpp_core::CommandStatus;

use super::{Habit, Habits};
use crate::pdu::tlv::tag;

/// Says in plain sentences where what was seen does not fit the profile, what it leads to, and what to set.
/// Nothing when all fits.
pub fn findings(habits: &Habits, carrier: &Carrier) -> Vec<String> {
    let mut said = Vec::new();
    alphabets(habits, carrier, &mut said);
    parts(habits, &mut said);
    receipts(habits, carrier, &mut said);
    tlvs(habits, carrier, &mut said);
    refusals(habits, carrier, &mut said);
    said
}

fn alphabets(habits: &Habits, carrier: &Carrier, said: &mut Vec<String>) {
    let plain = habits.of(Habit::DataCoding(0));
    let gsm = carrier.alphabet == Alphabet::Gsm7;
    let (utf8, packed, high) = (
        habits.of(Habit::DefaultIsUtf8),
        habits.of(Habit::DefaultIsPacked),
        habits.of(Habit::DefaultHasHighOctets),
    );
    if gsm && utf8 > 0 && utf8 >= packed.max(high) {
        said.push(format!(
            "{utf8} of {plain} texts under data_coding 0 are UTF-8, the profile says gsm7, so their letters beyond ASCII arrive wrong: set --alphabet utf8"
        ));
    } else if gsm && !carrier.profile.reading.packed && packed > high {
        said.push(format!(
            "{packed} of {plain} texts under data_coding 0 are packed septets, so they arrive as garbage: set --profile packed=true"
        ));
    } else if gsm && high > 0 {
        said.push(format!(
            "{high} of {plain} texts under data_coding 0 have octets from 0x80, which gsm7 has not: ask which alphabet it is, latin1 most likely, and set --alphabet"
        ));
    }
    let odd = habits.of(Habit::Ucs2IsLittleEndian) + habits.of(Habit::Ucs2IsUtf8);
    if odd > 0 {
        let all = habits.of(Habit::DataCoding(8));
        let effect = match carrier.profile.reading.sniffs {
            true => "they are recognised and read right",
            false => "they arrive as garbage: set --profile recognise=true",
        };
        said.push(format!("{odd} of {all} texts under data_coding 8 are little endian or UTF-8; {effect}"));
    }
    let nul = habits.of(Habit::EndsWithNul);
    if gsm && nul > 0 {
        said.push(format!(
            "{nul} texts end with a NUL, which in gsm7 is an \"@\": if it shows at the end of texts, its data_coding 0 is not gsm7: set --alphabet ascii or latin1"
        ));
    }
}

fn parts(habits: &Habits, said: &mut Vec<String>) {
    let (header, sar) = (habits.of(Habit::HasHeader), habits.of(Habit::HasSar));
    if header > 0 && sar > 0 {
        said.push(format!(
            "long texts come with user data headers ({header}) and with sar_ TLVs ({sar}); where one has both the header counts"
        ));
    }
}

fn receipts(habits: &Habits, carrier: &Carrier, said: &mut Vec<String>) {
    let wishes = habits.iter().filter_map(|(habit, count)| match habit {
        Habit::Registered(value) if value & 0x10 != 0 => Some(count),
        _ => None,
    });
    let intermediate: u64 = wishes.sum();
    if intermediate > 0 && !carrier.profile.answers.intermediate {
        said.push(format!(
            "{intermediate} submits ask for intermediate notifications, which this carrier does not get: if it wants them, set --profile intermediate=true"
        ));
    }
    let lost = habits.of(Habit::ReceiptLost);
    if lost > 0 {
        said.push(format!(
            "{lost} receipts had no answer: it does not acknowledge them in time, or its connections break"
        ));
    }
    for (habit, count) in habits.iter() {
        if let Habit::ReceiptRefused(status) = habit {
            let status = CommandStatus::from(status);
            said.push(format!(
                "{count} receipts were answered with {status:?}: it may expect another form: see receipt_pdu, receipt_form and id_in_receipt"
            ));
        }
    }
}

fn tlvs(habits: &Habits, carrier: &Carrier, said: &mut Vec<String>) {
    for (habit, count) in habits.iter() {
        if let Habit::Tlv(tag @ 0x1400..=0x3FFF) = habit
            && !carrier.profile.reading.tlvs.contains(&tag)
        {
            said.push(format!(
                "{count} submits have the vendor TLV {tag:#06x}, which is dropped: to carry it along, set --profile tlvs={tag:#06x}"
            ));
        }
    }
    let ports = habits.of(Habit::Tlv(tag::DEST_PORT));
    if ports > 0 {
        said.push(format!("{ports} submits name a destination port: data for applications is refused"));
    }
}

fn refusals(habits: &Habits, carrier: &Carrier, said: &mut Vec<String>) {
    for (habit, count) in habits.iter() {
        let Habit::Refused(status) = habit else { continue };
        let status = CommandStatus::from(status);
        let why = match status {
            CommandStatus::EsmeRthrottled => {
                format!("it sends faster than the agreed rate of {}/s", carrier.rate)
            }
            CommandStatus::EsmeRmsgqful => "too much waits, for it or for a destination".to_owned(),
            CommandStatus::EsmeRinvdstadr => "its destinations are nobody's here, or no numbers".to_owned(),
            CommandStatus::EsmeRinvbndsts => "it sends what its kind of bind does not allow".to_owned(),
            CommandStatus::EsmeRinvsrcadr => "its senders can't be read".to_owned(),
            _ if carrier.profile.reading.strict => {
                "the profile is strict: --profile strict=false takes what is evident".to_owned()
            }
            _ => continue,
        };
        said.push(format!("{count} requests were answered with {status:?}: {why}"));
    }
}
