//! rusmpp-core as the other opinion: what it encodes, we read to the same fields. (What we write, it
//! decodes in every test that uses `Peer::answers`.)

use iwf_model::{Party, ReceiptRequest};
use iwf_smpp::pdu::Header;
use iwf_smpp::pdu::bind::Bind;
use iwf_smpp::pdu::message::MessagePdu;
use iwf_smpp::{CommandId, CommandStatus};
use rusmpp_core::command::owned::Command;
use rusmpp_core::encode::{Length, owned::Encode};
use rusmpp_core::pdus::owned::{BindTransceiver, DataSm, DeliverSm, Pdu, SubmitSm};
use rusmpp_core::tlvs::owned::MessageSubmissionRequestTlvValue as Tlv;
use rusmpp_core::types::owned::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp_core::values::owned::{MessagePayload, ServiceType};
use rusmpp_core::values::{
    DataCoding, EsmClass, InterfaceVersion, Npi, PriorityFlag, RegisteredDelivery, ReplaceIfPresentFlag, Ton,
    UserMessageReference,
};

use crate::peer::Peer;

fn encoded(pdu: impl Into<Pdu>) -> Vec<u8> {
    let command = Command::new(CommandStatus::EsmeRok, 0x0102_0304, pdu);
    let mut octets = bytes::BytesMut::new();
    octets.extend_from_slice(&(command.length() as u32 + 4).to_be_bytes());
    command.encode(&mut octets);
    octets.to_vec()
}

fn c<const MAX: usize>(text: &[u8]) -> COctetString<1, MAX> {
    COctetString::from_vec([text, &[0]].concat()).unwrap()
}

fn submit_sm() -> SubmitSm {
    SubmitSm::builder()
        .service_type(ServiceType::new(rusmpp_core::values::GenericServiceType::CellularMessaging.into()))
        .source_addr_ton(Ton::Alphanumeric)
        .source_addr_npi(Npi::Unknown)
        .source_addr(c(b"ACME"))
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(c(b"111222333"))
        .esm_class(EsmClass::from(0x03))
        .protocol_id(9)
        .priority_flag(PriorityFlag::from(2))
        .schedule_delivery_time(EmptyOrFullCOctetString::empty())
        .validity_period(EmptyOrFullCOctetString::from_vec(b"000000000500000R\0".to_vec()).unwrap())
        .registered_delivery(RegisteredDelivery::from(1))
        .replace_if_present_flag(ReplaceIfPresentFlag::from(0))
        .data_coding(DataCoding::from(8))
        .sm_default_msg_id(0)
        .short_message(OctetString::from_slice(&[0x06, 0x45]).unwrap())
        .push_tlv(Tlv::UserMessageReference(UserMessageReference::new(0xBEEF)))
        .build()
}

#[test]
fn a_submit_sm_of_rusmpp_core_is_read_field_by_field() {
    let octets = encoded(submit_sm());
    let (header, body) = Header::split(&octets).unwrap();
    assert_eq!(header.command_length as usize, octets.len());
    assert_eq!((header.command_id, header.sequence_number), (CommandId::SubmitSm, 0x0102_0304));
    let read = MessagePdu::read_sm(body).unwrap();
    assert_eq!((read.service_type, read.short_message), (&b"CMT"[..], &[0x06, 0x45][..]));
    assert_eq!((read.source.ton, read.source.npi, read.source.addr), (5, 0, &b"ACME"[..]));
    let destination = read.destination;
    assert_eq!((destination.ton, destination.npi, destination.addr), (1, 1, &b"111222333"[..]));
    assert_eq!((read.esm_class, read.protocol_id, read.priority_flag), (3, 9, 2));
    assert_eq!(read.schedule_delivery_time, b"");
    assert_eq!(read.validity_period, b"000000000500000R");
    assert_eq!((read.registered_delivery, read.replace_if_present_flag), (1, 0));
    assert_eq!((read.data_coding, read.sm_default_msg_id), (8, 0));
    assert_eq!(read.tlvs.u16(0x0204), Ok(Some(0xBEEF)));
}

#[test]
fn a_session_understands_it() {
    let mut peer = Peer::transceiver();
    peer.sends(&encoded(submit_sm()));
    let answer = peer.answer();
    assert_eq!(answer.short(), (CommandId::SubmitSmResp, CommandStatus::EsmeRok, 0x0102_0304));
    let Some(Pdu::SubmitSmResp(response)) = answer.command.pdu() else { panic!("{answer:?}") };
    assert_eq!(response.message_id().as_str(), "100000000000000001");
    let submission = peer.submissions.remove(0);
    assert_eq!((submission.text.as_str(), submission.reference), ("م", Some(0xBEEF)));
    assert_eq!(submission.receipt, ReceiptRequest::ANY);
    assert_eq!(submission.source_as_submitted, Party { ton: 5, npi: 0, addr: b"ACME"[..].into() });
}

#[test]
fn a_data_sm_of_rusmpp_core_is_understood() {
    let data_sm = DataSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(c(b"4915112345"))
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(c(b"111222333"))
        .push_tlv(Tlv::MessagePayload(MessagePayload::new(AnyOctetString::from_slice(b"hello"))))
        .build();
    let mut peer = Peer::transceiver();
    peer.sends(&encoded(data_sm));
    assert_eq!(peer.answer().short(), (CommandId::DataSmResp, CommandStatus::EsmeRok, 0x0102_0304));
    assert_eq!(peer.submissions[0].text, "hello");
}

#[test]
fn a_deliver_sm_of_rusmpp_core_is_read_as_the_client_side_will() {
    let deliver = DeliverSm::builder()
        .source_addr(c(b"111222333"))
        .destination_addr(c(b"ACME"))
        .esm_class(EsmClass::from(4))
        .short_message(OctetString::from_slice(b"id:1").unwrap())
        .build();
    let octets = encoded(deliver);
    let read = MessagePdu::read_sm(&octets[16..]).unwrap();
    assert_eq!((read.esm_class, read.source.addr, read.short_message), (4, &b"111222333"[..], &b"id:1"[..]));
}

#[test]
fn a_bind_of_rusmpp_core_is_read_field_by_field() {
    let bind = BindTransceiver::builder()
        .system_id(c(b"carrier1"))
        .password(c(b"secret1"))
        .system_type(c(b"VMS"))
        .interface_version(InterfaceVersion::Smpp5_0)
        .addr_ton(Ton::International)
        .addr_npi(Npi::Isdn)
        .address_range(c(b"^1234"))
        .build();
    let octets = encoded(bind);
    let read = Bind::read(&octets[16..]).unwrap();
    assert_eq!((read.system_id, read.password), (&b"carrier1"[..], &b"secret1"[..]));
    assert_eq!((read.system_type, read.address_range), (&b"VMS"[..], &b"^1234"[..]));
    assert_eq!((read.interface_version, read.addr_ton, read.addr_npi), (0x50, 1, 1));
    let mut peer = Peer::connected();
    peer.sends(&octets);
    let answer = peer.answer();
    let Some(Pdu::BindTransceiverResp(response)) = answer.command.pdu() else { panic!("{answer:?}") };
    assert_eq!(response.system_id.as_str(), "iwf");
}
