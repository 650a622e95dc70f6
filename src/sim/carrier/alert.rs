//! That a recipient can be reached again.

use rusmpp::pdus::AlertNotification;
use rusmpp::tlvs::TlvValue;

/// An alert_notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Who can be reached.
    pub source: String,
    /// Who asked to hear of it.
    pub esme: String,
    /// ms_availability_status, 0 available.
    pub status: Option<u8>,
}

impl Alert {
    pub(super) fn read(pdu: &AlertNotification) -> Self {
        let status = match pdu.ms_availability_status_tlv().and_then(|tlv| tlv.value()) {
            Some(TlvValue::MsAvailabilityStatus(status)) => Some(u8::from(*status)),
            _ => None,
        };
        Self { source: pdu.source_addr.as_str().to_owned(), esme: pdu.esme_addr.as_str().to_owned(), status }
    }
}
