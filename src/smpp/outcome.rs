//! What is told over SMPP, and what is understood of it: the SMPP half of the interworking table.

use iwf_model::Refusal;
use rusmpp_core::CommandStatus;

use crate::bind::Version;
use crate::event::ReceiptAnswer;

/// The status that refuses a submission (interworking.md A.6, D.4).
pub fn refusal_status(refusal: Refusal) -> CommandStatus {
    match refusal {
        Refusal::UnknownDestination => CommandStatus::EsmeRinvdstadr,
        Refusal::DestinationBarred | Refusal::OriginDisabled => CommandStatus::EsmeRsubmitfail,
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
        S::EsmeRsertypunauth | S::EsmeRsertypdenied => S::EsmeRinvsertyp,
        S::EsmeRprohibited | S::EsmeRinvdcs => S::EsmeRsubmitfail,
        S::EsmeRsertypunavail => S::EsmeRsyserr,
        S::EsmeRinvsrcaddrsubunit | S::EsmeRinvdstaddrsubunit => S::EsmeRinvtlvval,
        other => other,
    }
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
    fn a_peer_of_v3_4_gets_no_status_of_v5_0() {
        for code in 0x100..=0x106_u32 {
            let status = for_version(CommandStatus::from(code), Version::V34);
            assert!(u32::from(status) < 0x100, "{code:#x} became {status:?}");
            assert_eq!(for_version(CommandStatus::from(code), Version::V50), CommandStatus::from(code));
        }
    }
}
