//! bind_transmitter, bind_receiver, bind_transceiver and outbind (SMPP 5.0 4.1.1).

use bytes::BytesMut;
use iwf_model::profile::Outbind;
use rusmpp_core::{CommandId, CommandStatus};

use crate::fault::{Fault, Field};
use crate::pdu::field::Reader;
use crate::pdu::writer::Writer;

/// The body of a bind request, as octets of the PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct Bind<'a> {
    pub system_id: &'a [u8],
    pub password: &'a [u8],
    pub system_type: &'a [u8],
    pub interface_version: u8,
    pub addr_ton: u8,
    pub addr_npi: u8,
    pub address_range: &'a [u8],
}

impl<'a> Bind<'a> {
    /// The longest password we read, with its NUL: the specification allows 9, peers use more.
    pub const MAX_PASSWORD: usize = 65;

    /// Reads a body. What follows address_range is ignored.
    pub fn read(body: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        Ok(Self {
            system_id: reader.c_string(16, Field::SystemId)?,
            password: reader.c_string(Self::MAX_PASSWORD, Field::Password)?,
            system_type: reader.c_string(13, Field::SystemType)?,
            interface_version: reader.u8(Field::InterfaceVersion)?,
            addr_ton: reader.u8(Field::AddrTon)?,
            addr_npi: reader.u8(Field::AddrNpi)?,
            address_range: reader.c_string(41, Field::AddressRange)?,
        })
    }
}

/// Appends a bind of that kind. What does not fit is cut: of the system_id 15 octets are sent, of the password
/// [`Bind::MAX_PASSWORD`] less one, for many message centres take more than the specification has.
pub fn write(out: &mut BytesMut, command_id: CommandId, bind: &Bind<'_>, sequence: u32) {
    Writer::begin(out, command_id, CommandStatus::EsmeRok, sequence)
        .c_string(bind.system_id, 16)
        .c_string(bind.password, Bind::MAX_PASSWORD)
        .c_string(bind.system_type, 13)
        .octets(&[bind.interface_version, bind.addr_ton, bind.addr_npi])
        .c_string(bind.address_range, 41)
        .finish();
}

/// Appends an outbind: the peer is asked to bind to us.
pub fn write_outbind(out: &mut BytesMut, outbind: &Outbind, sequence: u32) {
    Writer::begin(out, CommandId::Outbind, CommandStatus::EsmeRok, sequence)
        .c_string(outbind.system_id.as_bytes(), 16)
        .c_string(outbind.password.as_bytes(), 9)
        .finish();
}
