//! What sessions tell, as metrics.

use iwf_model::ReceiptAnswer;
use iwf_smpp::{Anomaly, CommandId};

use crate::telemetry::{BindResult, Metrics, ReceiptResult, SubmitResult};

/// Counts what became of a receipt that was told.
pub(super) fn receipt(metrics: &Metrics, answer: ReceiptAnswer) {
    let result = match answer {
        ReceiptAnswer::Taken => ReceiptResult::Acknowledged,
        ReceiptAnswer::Later => ReceiptResult::Postponed,
        ReceiptAnswer::Refused => ReceiptResult::Dropped,
        ReceiptAnswer::Lost => ReceiptResult::InDoubt,
    };
    metrics.receipts.of(result).increment(1);
}

/// Counts what should not happen.
pub(super) fn anomaly(metrics: &Metrics, anomaly: Anomaly) {
    match anomaly {
        Anomaly::BadPdu { command_id, .. } => {
            metrics.smpp_malformed.increment(1);
            match command_id {
                CommandId::SubmitSm | CommandId::DataSm => {
                    metrics.submits.of(SubmitResult::Invalid).increment(1)
                }
                CommandId::BindTransmitter | CommandId::BindReceiver | CommandId::BindTransceiver => {
                    metrics.bind_requests.of(BindResult::Invalid).increment(1);
                }
                _ => {}
            }
        }
        Anomaly::UnknownCommand(_) => metrics.smpp_malformed.increment(1),
        _ => {}
    }
}
