//! SMS-STATUS-REPORT: what became of a short message that a phone sent (3GPP TS 23.040 9.2.2.3).

use iwf_model::{Address, Message, ShortAsked, Tidings};

use super::digits;

/// TP-MTI, and TP-MMS: no more messages wait.
const STATUS_REPORT: u8 = 0x02 | 0x04;
/// TP-Status (TS 23.040 9.2.3.15): received by the recipient.
const RECEIVED: u8 = 0x00;
/// TP-Status: a permanent error, the service centre makes no more attempts.
const GIVEN_UP: u8 = 0x40;

/// The report that a notice stands for; its sender is the recipient of the text.
pub fn status_report(notice: &Message, asked: ShortAsked, tells: Tidings) -> Vec<u8> {
    let mut tpdu = vec![STATUS_REPORT, asked.reference];
    let source: &Address = &notice.submission.source;
    digits::write_tp(&mut tpdu, source, asked.is_international);
    tpdu.extend(digits::time_stamp(asked.submitted));
    tpdu.extend(digits::time_stamp(notice.accepted_at));
    tpdu.push(match tells {
        Tidings::Delivered | Tidings::Displayed => RECEIVED,
        Tidings::Failed => GIVEN_UP,
    });
    tpdu
}
