//! What is told over SMPP, and what is understood of it: the SMPP half of the interworking table.

use std::time::Duration;

use iwf_model::connection::Submits;
use iwf_model::{Cause, Outcome, Refusal};
use rusmpp_core::CommandStatus;

use crate::bind::Version;
use crate::event::ReceiptAnswer;

/// The status that refuses a submission (interworking.md A.6, D.4).
pub fn refusal_status(refusal: Refusal) -> CommandStatus {
    match refusal {
        Refusal::UnknownDestination => CommandStatus::EsmeRinvdstadr,
        Refusal::DestinationBarred | Refusal::OriginDisabled | Refusal::Loop => {
            CommandStatus::EsmeRsubmitfail
        }
        Refusal::Throttled => CommandStatus::EsmeRthrottled,
        Refusal::QueueFull => CommandStatus::EsmeRmsgqful,
        Refusal::StoreUnavailable | Refusal::Stopping => CommandStatus::EsmeRsyserr,
        Refusal::AlreadyExpired => CommandStatus::EsmeRinvexpiry,
    }
}

/// The same in words that a peer of this version knows: v5.0 added 0x100 and above (interworking.md A.6).
pub fn for_version(status: CommandStatus, version: Version) -> CommandStatus {
    use CommandStatus as S;
    if version >= Version::V50 {
        return status;
    }
    match status {
        S::EsmeRdeliveryfailure if version < Version::V34 => S::EsmeRsubmitfail,
        S::EsmeRsertypunauth | S::EsmeRsertypdenied => S::EsmeRinvsertyp,
        S::EsmeRprohibited | S::EsmeRinvdcs => S::EsmeRsubmitfail,
        S::EsmeRsertypunavail => S::EsmeRsyserr,
        S::EsmeRinvsrcaddrsubunit | S::EsmeRinvdstaddrsubunit => S::EsmeRinvtlvval,
        other => other,
    }
}

/// delivery_failure_reason: why a transaction failed (SMPP 5.0 4.8.4.19; interworking.md D.3): 0 the recipient can't be
/// reached now, 1 it is no recipient, 2 the network will never, 3 the network can't now.
pub fn failure_reason(cause: Cause) -> u8 {
    match cause {
        Cause::Delivered
        // No transaction ends so.
        | Cause::Taken
        | Cause::Offline
        | Cause::Asleep
        | Cause::NoAnswer
        | Cause::ContactGone
        | Cause::Unavailable
        | Cause::Busy
        | Cause::NoRoom => 0,
        Cause::UnknownUser | Cause::Unsupported | Cause::FormatRefused => 1,
        Cause::Refused
        | Cause::TooLarge
        | Cause::Loop
        | Cause::BadRequest
        | Cause::Cancelled
        | Cause::Purged
        | Cause::Replaced
        | Cause::PartsMissing
        | Cause::Unconfirmed
        | Cause::Undelivered => 2,
        Cause::PeerUnavailable | Cause::NotSent | Cause::NotTrusted | Cause::Expired => 3,
    }
}

/// network_error_code: the code last heard, or our own error; `None` when there is neither. Its type is 8, the
/// message centre's own.
pub fn network_error_code(code: u32, error: u16) -> Option<[u8; 3]> {
    const MC_SPECIFIC: u8 = 8;
    let code = if code == 0 { u32::from(error) } else { code };
    let [high, low] = u16::try_from(code).unwrap_or(u16::MAX).to_be_bytes();
    (code != 0).then_some([MC_SPECIFIC, high, low])
}

/// What a deliver_sm_resp, or a generic_nack in its place, says about a receipt (interworking.md A.6,
/// A.19 no. 32): what the peer calls temporary, and what nobody has defined, is worth another try.
pub fn receipt_answer(status: CommandStatus) -> ReceiptAnswer {
    use CommandStatus as S;
    match status {
        S::EsmeRok => ReceiptAnswer::Taken,
        S::EsmeRthrottled
        | S::EsmeRmsgqful
        | S::EsmeRsyserr
        | S::EsmeRxTAppn
        | S::EsmeRunknownerr
        | S::EsmeRsertypunavail
        | S::EsmeRinvbndsts
        | S::Other(_) => ReceiptAnswer::Later,
        _ => ReceiptAnswer::Refused,
    }
}

/// The status that refuses what a message centre gave us (interworking.md A.6, "client role"): a number that is not ours
/// is no longer worth trying, what an admin does not want is about this message alone.
pub fn delivery_refusal(refusal: Refusal) -> CommandStatus {
    match refusal {
        Refusal::UnknownDestination => CommandStatus::EsmeRxPAppn,
        Refusal::DestinationBarred | Refusal::OriginDisabled | Refusal::AlreadyExpired | Refusal::Loop => {
            CommandStatus::EsmeRxRAppn
        }
        Refusal::Throttled => CommandStatus::EsmeRthrottled,
        Refusal::QueueFull => CommandStatus::EsmeRmsgqful,
        Refusal::StoreUnavailable | Refusal::Stopping => CommandStatus::EsmeRxTAppn,
    }
}

/// What an answer to deliver_sm or data_sm says about a text (interworking.md A.6, D.5).
pub fn text_outcome(status: CommandStatus) -> Outcome {
    use CommandStatus as S;
    let cause = match status {
        S::EsmeRok => Cause::Delivered,
        S::EsmeRinvdstadr | S::EsmeRinvdstton | S::EsmeRinvdstnpi | S::EsmeRxPAppn => Cause::UnknownUser,
        S::EsmeRxRAppn
        | S::EsmeRprohibited
        | S::EsmeRsubmitfail
        | S::EsmeRsertypunauth
        | S::EsmeRsertypdenied
        | S::EsmeRinvsrcadr
        | S::EsmeRinvsrcton
        | S::EsmeRinvsrcnpi
        | S::Other(0x400..=0x4FF) => Cause::Refused,
        S::EsmeRinvmsglen => Cause::TooLarge,
        S::EsmeRinvdcs => Cause::FormatRefused,
        S::EsmeRdeliveryfailure => Cause::Unavailable,
        // What may be tried again as a receipt may be as a text.
        status => match receipt_answer(status) {
            ReceiptAnswer::Taken | ReceiptAnswer::Later | ReceiptAnswer::Lost => Cause::PeerUnavailable,
            ReceiptAnswer::Refused => Cause::BadRequest,
        },
    };
    // A full queue empties in minutes, not in seconds (A.13).
    let retry_after = (status == S::EsmeRmsgqful).then(|| Duration::from_secs(60));
    Outcome { retry_after, ..Outcome::new(cause, status.into()) }
}

/// What an answer to submit_sm or data_sm says about a text (interworking.md D.5): `reason` is its
/// delivery_failure_reason, `vendor` what the vendor's own statuses mean with this connection.
pub fn submit_outcome(status: CommandStatus, reason: Option<u8>, submits: &Submits) -> Outcome {
    use CommandStatus as S;
    let own = |code| submits.vendor_errors.iter().find(|error| error.status == code).map(|error| error.cause);
    let cause = match (status, reason) {
        (S::EsmeRok, _) if submits.receipts => Some(Cause::Taken),
        (S::EsmeRdeliveryfailure, Some(1)) => Some(Cause::UnknownUser),
        (S::EsmeRdeliveryfailure, Some(2)) => Some(Cause::Refused),
        (S::Other(code @ 0x400..=0x4FF), _) => own(code),
        _ => None,
    };
    let outcome = text_outcome(status);
    Outcome { cause: cause.unwrap_or(outcome.cause), ..outcome }
}

/// What a generic_nack says: "no error" in one is an error all the same.
pub(crate) fn nacked(status: CommandStatus) -> CommandStatus {
    if status == CommandStatus::EsmeRok { CommandStatus::EsmeRunknownerr } else { status }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_tried_again_is_refused_for_a_time_and_the_rest_for_good() {
        for refusal in Refusal::ALL {
            let status = refusal_status(refusal);
            let temporary = receipt_answer(status) == ReceiptAnswer::Later;
            assert_eq!(temporary, refusal.retry_after().is_some(), "{refusal:?} {status:?}");
        }
    }

    #[test]
    fn a_transaction_that_failed_for_a_time_says_so() {
        for cause in Cause::ALL.into_iter().filter(|cause| *cause != Cause::Delivered) {
            let for_a_time = matches!(failure_reason(cause), 0 | 3);
            let temporary = cause.class() == iwf_model::Class::Temporary || cause == Cause::Expired;
            if cause == Cause::Taken {
                continue;
            }
            assert_eq!(for_a_time, temporary, "{cause:?}");
        }
        assert_eq!(network_error_code(480, 27), Some([8, 1, 0xE0]));
        assert_eq!(network_error_code(0, 27), Some([8, 0, 27]));
        assert_eq!(network_error_code(0, 0), None);
    }

    #[test]
    fn a_peer_of_v3_4_gets_no_status_of_v5_0() {
        for code in 0x100..=0x106_u32 {
            let status = for_version(CommandStatus::from(code), Version::V34);
            assert!(u32::from(status) < 0x100, "{code:#x} became {status:?}");
            assert_eq!(for_version(CommandStatus::from(code), Version::V50), CommandStatus::from(code));
        }
    }
}
