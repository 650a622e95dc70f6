//! Who wants to bind as what, and what they are told (SMPP 5.0 4.1.1; interworking.md A.3.4).

use std::fmt;
use std::sync::Arc;

use iwf_model::profile::SpokenVersion;
use iwf_model::{Alphabet, BindKind, CarrierId, Profile};
use rusmpp_core::{CommandId, CommandStatus};

use crate::fault::{Fault, Field};
use crate::pdu::bind::Bind;

/// What a peer speaks. The effective version of a session is the lower of its and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// v3.3 or earlier: gets no TLVs.
    V33,
    /// v3.4.
    V34,
    /// v5.0.
    V50,
}

impl Version {
    /// Reads interface_version as peers really set it: 0x35-0x4F speak v3.4, above 0x50 v5.0, and what
    /// is below 0x34 (0x00 and 0x03 are seen) v3.3.
    pub fn from_octet(interface_version: u8) -> Self {
        match interface_version {
            0x00..=0x33 => Self::V33,
            0x34..=0x4F => Self::V34,
            0x50..=0xFF => Self::V50,
        }
    }

    /// interface_version and sc_interface_version.
    pub fn octet(self) -> u8 {
        match self {
            Self::V33 => 0x33,
            Self::V34 => 0x34,
            Self::V50 => 0x50,
        }
    }

    /// The word used in logs and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V33 => "3.3",
            Self::V34 => "3.4",
            Self::V50 => "5.0",
        }
    }
}

impl From<SpokenVersion> for Version {
    fn from(version: SpokenVersion) -> Self {
        match version {
            SpokenVersion::V33 => Self::V33,
            SpokenVersion::V34 => Self::V34,
            SpokenVersion::V50 => Self::V50,
        }
    }
}

/// A password as it came. Shown by nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Box<[u8]>);

impl Password {
    /// The octets, for the one comparison they are for.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A peer wants to bind. Nothing of it has been checked but the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindRequest {
    /// As what.
    pub kind: BindKind,
    /// Who it says it is: 1-15 printable ASCII characters; case counts, and so does a blank at the end.
    pub system_id: String,
    /// How it proves it, 0-64 octets.
    pub password: Password,
    /// The effective version of the session.
    pub version: Version,
    /// What kind of system it says it is, for screens.
    pub system_type: String,
    /// The addresses it says it serves, for screens: never a pattern that we would match with.
    pub address_range: String,
}

impl BindRequest {
    /// Reads the body of a bind of that kind.
    pub fn read(kind: BindKind, body: &[u8]) -> Result<Self, Fault> {
        let bind = Bind::read(body)?;
        let system_id = std::str::from_utf8(bind.system_id).unwrap_or_default();
        if system_id.is_empty() || !system_id.bytes().all(|octet| (0x20..0x7F).contains(&octet)) {
            return Err(Fault::Invalid(Field::SystemId));
        }
        Ok(Self {
            kind,
            system_id: system_id.to_owned(),
            password: Password(bind.password.into()),
            version: Version::from_octet(bind.interface_version),
            system_type: bind.system_type.escape_ascii().to_string(),
            address_range: bind.address_range.escape_ascii().to_string(),
        })
    }
}

/// The kind of bind a command asks for.
pub fn kind(command_id: CommandId) -> Option<BindKind> {
    match command_id {
        CommandId::BindTransmitter => Some(BindKind::Transmitter),
        CommandId::BindReceiver => Some(BindKind::Receiver),
        CommandId::BindTransceiver => Some(BindKind::Transceiver),
        _ => None,
    }
}

/// What a carrier may do on the bind it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose bind it is.
    pub carrier: CarrierId,
    /// What its data_coding 0 means.
    pub alphabet: Alphabet,
    /// How many of its submits may be unanswered before we stop reading; 0 counts as 1.
    pub window: u16,
    /// How it speaks and wants to be spoken to.
    pub profile: Arc<Profile>,
}

/// Why a bind is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindRefusal {
    /// No such system_id, or not its password; which of the two is nobody's business.
    Credentials,
    /// The carrier is disabled.
    Disabled,
    /// It may not bind from that address.
    Address,
    /// On this connection another was called, or it is not to be called there any more.
    NotCalled,
    /// It may bind over TLS only.
    Clear,
    /// It must show another certificate than it did, or one at all.
    Certificate,
    /// It has as many binds as it may have.
    TooManyBinds,
    /// We are stopping.
    Stopping,
}

impl BindRefusal {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Credentials,
        Self::Disabled,
        Self::Address,
        Self::NotCalled,
        Self::Clear,
        Self::Certificate,
        Self::TooManyBinds,
        Self::Stopping,
    ];

    /// The status of the response: RBINDFAIL for all that is the peer's, RSYSERR for what is ours.
    pub fn status(self) -> CommandStatus {
        match self {
            Self::Stopping => CommandStatus::EsmeRsyserr,
            _ => CommandStatus::EsmeRbindfail,
        }
    }

    /// The word used in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "denied",
            Self::Disabled => "disabled",
            Self::Address => "address",
            Self::NotCalled => "not-called",
            Self::Clear => "clear",
            Self::Certificate => "certificate",
            Self::TooManyBinds => "too-many",
            Self::Stopping => "stopping",
        }
    }

    /// The same for people (additional_status_info_text): no more than the status tells.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::TooManyBinds => "too many binds",
            Self::Stopping => "this message centre is stopping",
            _ => "this bind is not allowed",
        }
    }

    /// Whether the answer waits a little, and counts as a failure, so that passwords can't be tried fast
    /// (interworking.md G, 8). All that is told in the same words is told after the same time.
    pub fn delayed(self) -> bool {
        !matches!(self, Self::TooManyBinds | Self::Stopping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_peers_really_set_them() {
        for (octet, version) in [
            (0x00, Version::V33),
            (0x03, Version::V33),
            (0x33, Version::V33),
            (0x34, Version::V34),
            (0x4F, Version::V34),
            (0x50, Version::V50),
            (0xFF, Version::V50),
        ] {
            assert_eq!(Version::from_octet(octet), version, "{octet:#x}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let body = b"carrier1\0secret1\0\0\x34\0\0\0";
        let request = BindRequest::read(BindKind::Transceiver, body).unwrap();
        assert_eq!(request.password.as_bytes(), b"secret1");
        assert!(!format!("{request:?}").contains("secret1"));
    }

    #[test]
    fn a_system_id_is_1_to_15_printable_characters() {
        for wrong in [&b"\0p\0\0\x34\0\0\0"[..], b"a\tb\0p\0\0\x34\0\0\0", b"\xE9\0p\0\0\x34\0\0\0"] {
            assert_eq!(BindRequest::read(BindKind::Receiver, wrong), Err(Fault::Invalid(Field::SystemId)));
        }
    }
}
