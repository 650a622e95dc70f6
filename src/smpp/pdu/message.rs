//! submit_sm, deliver_sm, data_sm and submit_multi (SMPP 5.0 4.2.1-3, 4.3.1): one shape for all.

use crate::fault::{Fault, Field};
use crate::pdu::field::Reader;
use crate::pdu::tlv::Tlvs;

/// An address field triple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawAddress<'a> {
    /// Type of number (SMPP 5.0 4.7.1).
    pub ton: u8,
    /// Numbering plan indicator (SMPP 5.0 4.7.2).
    pub npi: u8,
    /// The octets without their NUL.
    pub addr: &'a [u8],
}

/// One of those a submit_multi goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MultiAddress<'a> {
    /// dest_flag 1: an address.
    Sme(RawAddress<'a>),
    /// dest_flag 2: the name of a distribution list.
    List(&'a [u8]),
}

/// The body of a message PDU, as octets of the PDU. A data_sm has NULL in the fields it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct MessagePdu<'a> {
    pub service_type: &'a [u8],
    pub source: RawAddress<'a>,
    pub destination: RawAddress<'a>,
    pub esm_class: u8,
    pub protocol_id: u8,
    pub priority_flag: u8,
    pub schedule_delivery_time: &'a [u8],
    pub validity_period: &'a [u8],
    pub registered_delivery: u8,
    pub replace_if_present_flag: u8,
    pub data_coding: u8,
    pub sm_default_msg_id: u8,
    pub short_message: &'a [u8],
    pub tlvs: Tlvs<'a>,
}

impl<'a> MessagePdu<'a> {
    /// Reads the body of a submit_sm or deliver_sm. Times of any length up to their limit are taken:
    /// what they mean is decided where they are used.
    pub fn read_sm(body: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        let service_type = reader.c_string(6, Field::ServiceType)?;
        let source = source(&mut reader, 21)?;
        let destination = destination(&mut reader, 21)?;
        Self::read_tail(reader, service_type, source, destination)
    }

    /// Reads the body of a submit_multi (SMPP 5.0 4.2.3): the fields that all its messages share, and to whom they
    /// go. `destination` has no address.
    pub fn read_multi(body: &'a [u8]) -> Result<(Self, Vec<MultiAddress<'a>>), Fault> {
        let mut reader = Reader::new(body);
        let service_type = reader.c_string(6, Field::ServiceType)?;
        let source = source(&mut reader, 21)?;
        let count = reader.u8(Field::NumberOfDests)?;
        if count == 0 {
            return Err(Fault::Invalid(Field::NumberOfDests));
        }
        let mut destinations = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            destinations.push(match reader.u8(Field::DestFlag)? {
                1 => MultiAddress::Sme(destination(&mut reader, 21)?),
                2 => MultiAddress::List(reader.c_string(21, Field::DlName)?),
                _ => return Err(Fault::Invalid(Field::DestFlag)),
            });
        }
        let nobody = RawAddress { ton: 0, npi: 0, addr: &[] };
        Ok((Self::read_tail(reader, service_type, source, nobody)?, destinations))
    }

    /// What stands behind the addresses.
    fn read_tail(
        mut reader: Reader<'a>,
        service_type: &'a [u8],
        source: RawAddress<'a>,
        destination: RawAddress<'a>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            service_type,
            source,
            destination,
            esm_class: reader.u8(Field::EsmClass)?,
            protocol_id: reader.u8(Field::ProtocolId)?,
            priority_flag: reader.u8(Field::PriorityFlag)?,
            schedule_delivery_time: reader.c_string(17, Field::ScheduleDeliveryTime)?,
            validity_period: reader.c_string(17, Field::ValidityPeriod)?,
            registered_delivery: reader.u8(Field::RegisteredDelivery)?,
            replace_if_present_flag: reader.u8(Field::ReplaceIfPresentFlag)?,
            data_coding: reader.u8(Field::DataCoding)?,
            sm_default_msg_id: reader.u8(Field::SmDefaultMsgId)?,
            short_message: {
                let length = reader.u8(Field::SmLength)?;
                reader.octets(usize::from(length), Field::ShortMessage)?
            },
            tlvs: Tlvs::parse(reader.rest())?,
        })
    }

    /// Reads the body of a data_sm: longer addresses, no times, the text in message_payload alone.
    pub fn read_data_sm(body: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        let service_type = reader.c_string(6, Field::ServiceType)?;
        let source = source(&mut reader, 65)?;
        let destination = destination(&mut reader, 65)?;
        Ok(Self {
            service_type,
            source,
            destination,
            esm_class: reader.u8(Field::EsmClass)?,
            registered_delivery: reader.u8(Field::RegisteredDelivery)?,
            data_coding: reader.u8(Field::DataCoding)?,
            tlvs: Tlvs::parse(reader.rest())?,
            protocol_id: 0,
            priority_flag: 0,
            schedule_delivery_time: &[],
            validity_period: &[],
            replace_if_present_flag: 0,
            sm_default_msg_id: 0,
            short_message: &[],
        })
    }
}

pub(super) fn source<'a>(reader: &mut Reader<'a>, max: usize) -> Result<RawAddress<'a>, Fault> {
    Ok(RawAddress {
        ton: reader.u8(Field::SourceAddrTon)?,
        npi: reader.u8(Field::SourceAddrNpi)?,
        addr: reader.c_string(max, Field::SourceAddr)?,
    })
}

pub(super) fn destination<'a>(reader: &mut Reader<'a>, max: usize) -> Result<RawAddress<'a>, Fault> {
    Ok(RawAddress {
        ton: reader.u8(Field::DestAddrTon)?,
        npi: reader.u8(Field::DestAddrNpi)?,
        addr: reader.c_string(max, Field::DestinationAddr)?,
    })
}
