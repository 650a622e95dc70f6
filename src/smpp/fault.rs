//! What is wrong with a PDU: every fault names the field, and thereby the status that answers it.

use rusmpp_core::CommandStatus;

use crate::pdu::tlv::tag;

/// A mandatory field (SMPP 5.0 4.7), by the name the specification gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub enum Field {
    SystemId,
    Password,
    SystemType,
    InterfaceVersion,
    AddrTon,
    AddrNpi,
    AddressRange,
    ServiceType,
    SourceAddrTon,
    SourceAddrNpi,
    SourceAddr,
    DestAddrTon,
    DestAddrNpi,
    DestinationAddr,
    EsmClass,
    ProtocolId,
    PriorityFlag,
    ScheduleDeliveryTime,
    ValidityPeriod,
    RegisteredDelivery,
    ReplaceIfPresentFlag,
    DataCoding,
    SmDefaultMsgId,
    SmLength,
    ShortMessage,
    MessageId,
    NumberOfDests,
    DestFlag,
    DlName,
}

impl Field {
    /// The specification's name of it.
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// The status that says "this field is wrong" (SMPP 5.0 4.7.6; interworking.md A.4). Where the
    /// specification has none, the general failure of the operation.
    pub fn status(self) -> CommandStatus {
        self.entry().1
    }

    fn entry(self) -> (&'static str, CommandStatus) {
        use CommandStatus as S;
        match self {
            Self::SystemId => ("system_id", S::EsmeRinvsysid),
            Self::Password => ("password", S::EsmeRinvpaswd),
            Self::SystemType => ("system_type", S::EsmeRinvsystyp),
            Self::InterfaceVersion => ("interface_version", S::EsmeRbindfail),
            Self::AddrTon => ("addr_ton", S::EsmeRbindfail),
            Self::AddrNpi => ("addr_npi", S::EsmeRbindfail),
            Self::AddressRange => ("address_range", S::EsmeRbindfail),
            Self::ServiceType => ("service_type", S::EsmeRinvsertyp),
            Self::SourceAddrTon => ("source_addr_ton", S::EsmeRinvsrcton),
            Self::SourceAddrNpi => ("source_addr_npi", S::EsmeRinvsrcnpi),
            Self::SourceAddr => ("source_addr", S::EsmeRinvsrcadr),
            Self::DestAddrTon => ("dest_addr_ton", S::EsmeRinvdstton),
            Self::DestAddrNpi => ("dest_addr_npi", S::EsmeRinvdstnpi),
            Self::DestinationAddr => ("destination_addr", S::EsmeRinvdstadr),
            Self::EsmClass => ("esm_class", S::EsmeRinvesmclass),
            Self::ProtocolId => ("protocol_id", S::EsmeRsubmitfail),
            Self::PriorityFlag => ("priority_flag", S::EsmeRinvprtflg),
            Self::ScheduleDeliveryTime => ("schedule_delivery_time", S::EsmeRinvsched),
            Self::ValidityPeriod => ("validity_period", S::EsmeRinvexpiry),
            Self::RegisteredDelivery => ("registered_delivery", S::EsmeRinvregdlvflg),
            Self::ReplaceIfPresentFlag => ("replace_if_present_flag", S::EsmeRinvrepflag),
            Self::DataCoding => ("data_coding", S::EsmeRinvdcs),
            Self::SmDefaultMsgId => ("sm_default_msg_id", S::EsmeRinvdftmsgid),
            Self::SmLength => ("sm_length", S::EsmeRinvmsglen),
            Self::ShortMessage => ("short_message", S::EsmeRinvmsglen),
            Self::MessageId => ("message_id", S::EsmeRinvmsgid),
            Self::NumberOfDests => ("number_of_dests", S::EsmeRinvnumdests),
            Self::DestFlag => ("dest_flag", S::EsmeRinvdestflag),
            Self::DlName => ("dl_name", S::EsmeRinvdlname),
        }
    }
}

/// Why a PDU whose header was read can't be taken. It is answered and the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The PDU ends inside this mandatory field, or before it.
    #[error("the PDU ends before the end of {}", .0.as_str())]
    Truncated(Field),
    /// The field is too long, has no NUL within its limit, or holds a value that can't be.
    #[error("{} is wrong", .0.as_str())]
    Invalid(Field),
    /// 1-3 octets follow the last TLV, or a TLV runs past the PDU.
    #[error("the TLVs do not end with the PDU")]
    TlvStream,
    /// The TLV of this tag has a length it can't have.
    #[error("TLV {0:#06x} has the wrong length")]
    TlvLength(u16),
    /// The TLV of this tag has a value it can't have.
    #[error("TLV {0:#06x} has a wrong value")]
    TlvValue(u16),
    /// The TLV of this tag is needed.
    #[error("TLV {0:#06x} is missing")]
    TlvMissing(u16),
    /// The TLV of this tag asks for something we do not offer.
    #[error("TLV {0:#06x} is not allowed")]
    TlvNotAllowed(u16),
    /// replace_if_present_flag 1 with what can't replace: a part, or a message that is not stored and forwarded, or
    /// one to many.
    #[error("such a message can't replace another")]
    ReplaceNotOffered,
    /// The content is meant for a SIM or an application, not for a reader.
    #[error("the content is not meant for a reader")]
    NotForReaders,
}

impl Fault {
    /// The status that answers it, in the words of v5.0; `outcome::for_version` translates for older
    /// peers (interworking.md A.6).
    pub fn status(self) -> CommandStatus {
        use CommandStatus as S;
        match self {
            Self::Truncated(_) => S::EsmeRinvcmdlen,
            Self::Invalid(field) => field.status(),
            Self::TlvStream => S::EsmeRinvtlvstream,
            Self::TlvLength(_) => S::EsmeRinvtlvlen,
            Self::TlvValue(tag::NUMBER_OF_MESSAGES) => S::EsmeRinvnummsgs,
            Self::TlvValue(_) => S::EsmeRinvtlvval,
            Self::TlvMissing(_) => S::EsmeRmissingtlv,
            Self::TlvNotAllowed(_) => S::EsmeRtlvnotallwd,
            Self::ReplaceNotOffered => S::EsmeRinvsubrep,
            Self::NotForReaders => S::EsmeRsubmitfail,
        }
    }
}
