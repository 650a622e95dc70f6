//! The bind and its answer (SMPP 5.0 4.1.1; interworking.md A.3.4).

use std::time::Instant;

use iwf_model::{BindKind, Now};
use rusmpp_core::{CommandId, CommandStatus};

use super::{Client, ClientEvent, Phase, Rejection};
use crate::bind::Version;
use crate::event::{Anomaly, CloseReason};
use crate::keepalive::Keepalive;
use crate::outcome;
use crate::pdu::bind::Bind;
use crate::pdu::field::Reader;
use crate::pdu::tlv::{Tlvs, tag};
use crate::pdu::{Header, bind};
use crate::upstream::printable;

impl Client {
    /// Writes the bind.
    pub(super) fn bind(&mut self, until: Instant) {
        let sequence = self.sequence.advance();
        let config = &self.config;
        let fields = Bind {
            system_id: config.system_id.as_bytes(),
            password: config.password.as_bytes(),
            system_type: config.system_type.as_bytes(),
            interface_version: config.version.octet(),
            addr_ton: 0,
            addr_npi: 0,
            address_range: &[],
        };
        bind::write(&mut self.output, command_id(config.kind), &fields, sequence);
        self.phase = Phase::Binding { sequence, until };
    }

    /// What answers the bind: its response, or generic_nack of one that does not know it.
    pub(super) fn handle_bind_answer(&mut self, header: &Header, body: &[u8], now: Now) {
        let status = match header.command_id {
            CommandId::GenericNack => outcome::nacked(header.command_status),
            id if id == command_id(self.config.kind).matching_response() => header.command_status,
            // It answered something else: whether we are bound can't be known.
            other => {
                self.note(Anomaly::MismatchedResponse(other));
                return self.close(CloseReason::Confused);
            }
        };
        if status != CommandStatus::EsmeRok {
            return self.close(CloseReason::Rejected(Rejection::of(status)));
        }
        let (system_id, said) = read(body);
        // Many message centres of v3.4 do not say what they speak, and speak it (A.3.4).
        self.version = said.map_or(self.config.version, |said| said.min(self.config.version));
        self.phase = Phase::Bound;
        self.keepalive = Keepalive::new(now.instant);
        self.events.push_back(ClientEvent::Bound { system_id, version: self.version });
    }
}

fn command_id(kind: BindKind) -> CommandId {
    match kind {
        BindKind::Transmitter => CommandId::BindTransmitter,
        BindKind::Receiver => CommandId::BindReceiver,
        BindKind::Transceiver => CommandId::BindTransceiver,
    }
}

/// system_id and sc_interface_version; a body that is missing or not to be read says neither.
fn read(body: &[u8]) -> (String, Option<Version>) {
    use crate::fault::Field;
    let mut reader = Reader::new(body);
    let system_id = reader.c_string(body.len().max(1), Field::SystemId).unwrap_or_default();
    let tlvs = Tlvs::parse(reader.rest()).unwrap_or_default();
    let version = tlvs.u8(tag::SC_INTERFACE_VERSION).ok().flatten();
    (printable(system_id, 64).into(), version.map(Version::from_octet))
}
