//! alert_notification (SMPP 5.0 4.1.3).

use bytes::BytesMut;
use iwf_model::Party;
use rusmpp_core::{CommandId, CommandStatus};

use crate::pdu::tlv::tag;
use crate::pdu::writer::Writer;

/// ms_availability_status 0: available.
const AVAILABLE: u8 = 0;

/// Appends an alert_notification: `source` can be reached again, `esme` asked to hear of it.
pub fn write(out: &mut BytesMut, source: &Party, esme: &Party, sequence: u32) {
    let mut pdu = Writer::begin(out, CommandId::AlertNotification, CommandStatus::EsmeRok, sequence);
    pdu.address(source, 65).address(esme, 65).tlv(tag::MS_AVAILABILITY_STATUS, &[AVAILABLE]).finish();
}
