//! query_sm, cancel_sm and replace_sm (SMPP 5.0 4.5).

use super::message::{RawAddress, destination, source};
use crate::fault::{Fault, Field};
use crate::pdu::field::Reader;
use crate::pdu::tlv::Tlvs;

/// The body of a query_sm, as octets of the PDU. What follows it is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct QuerySm<'a> {
    pub message_id: &'a [u8],
    pub source: RawAddress<'a>,
}

/// The body of a cancel_sm, as octets of the PDU. What follows it is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct CancelSm<'a> {
    pub service_type: &'a [u8],
    pub message_id: &'a [u8],
    pub source: RawAddress<'a>,
    pub destination: RawAddress<'a>,
}

/// The body of a replace_sm, as octets of the PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct ReplaceSm<'a> {
    pub message_id: &'a [u8],
    pub source: RawAddress<'a>,
    pub schedule_delivery_time: &'a [u8],
    pub validity_period: &'a [u8],
    pub registered_delivery: u8,
    pub sm_default_msg_id: u8,
    pub short_message: &'a [u8],
    pub tlvs: Tlvs<'a>,
}

/// The longest message_id, with its NUL.
const ID: usize = 65;

impl<'a> QuerySm<'a> {
    /// Reads a body.
    pub fn read(body: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        Ok(Self { message_id: reader.c_string(ID, Field::MessageId)?, source: source(&mut reader, 21)? })
    }
}

impl<'a> CancelSm<'a> {
    /// Reads a body.
    pub fn read(body: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        Ok(Self {
            service_type: reader.c_string(6, Field::ServiceType)?,
            message_id: reader.c_string(ID, Field::MessageId)?,
            source: source(&mut reader, 21)?,
            destination: destination(&mut reader, 21)?,
        })
    }
}

impl<'a> ReplaceSm<'a> {
    /// Reads a body. Times are taken as in a submit_sm.
    pub fn read(body: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        Ok(Self {
            message_id: reader.c_string(ID, Field::MessageId)?,
            source: source(&mut reader, 21)?,
            schedule_delivery_time: reader.c_string(17, Field::ScheduleDeliveryTime)?,
            validity_period: reader.c_string(17, Field::ValidityPeriod)?,
            registered_delivery: reader.u8(Field::RegisteredDelivery)?,
            sm_default_msg_id: reader.u8(Field::SmDefaultMsgId)?,
            short_message: {
                let length = reader.u8(Field::SmLength)?;
                reader.octets(usize::from(length), Field::ShortMessage)?
            },
            tlvs: Tlvs::parse(reader.rest())?,
        })
    }
}
