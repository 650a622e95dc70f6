//! A connection: an SMPP link to somebody else's system. We bind to it, or it binds to us.

mod price;
mod settings;
mod value;

use std::time::Duration;

use crate::id::ConnectionId;
use crate::outcome::Cause;
use crate::profile::SpokenVersion;
use crate::settings::{Count, Label, Title};

pub use self::price::Price;

/// A connection as the admin provisioned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its key in the store.
    pub id: ConnectionId,
    /// The name that routes and people use, unique.
    pub name: String,
    /// What it is.
    pub link: Link,
}

/// What a connection is: where it leads, how, and whether it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The name of the carrier at its other end: whose profile says how texts are written, and to whom counts what comes
    /// over it.
    pub carrier: Title,
    /// Whether it is used.
    pub state: LinkState,
    /// Texts may go to the receivers that the carrier has bound to us, by deliver_sm.
    pub receivers: bool,
    /// Where we bind; without an address we do not.
    pub call: Call,
    /// How submits are written.
    pub submits: Submits,
    /// What each part of a message over it costs us.
    pub price: Option<Price>,
}

/// Whether a connection is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LinkState {
    /// It is.
    #[default]
    Started,
    /// It is bound and hears what became of its texts, and is given no new ones.
    Isolated,
    /// It is not bound.
    Stopped,
}

/// Where and how we bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Host, or address, and port.
    pub address: Option<Endpoint>,
    /// Whether TLS is spoken, and whose certificate is believed.
    pub tls: Trust,
    /// The name that the certificate must have, where it is not the host's.
    pub server_name: Label<253>,
    /// What we bind as; SMPP has room for 15 octets.
    pub system_id: Label<15>,
    /// Our password there, sent and so kept as it is. The specification has 8 octets, many have more.
    pub password: Label<64>,
    /// system_type, where it is asked for.
    pub system_type: Label<12>,
    /// Which binds are made.
    pub bind: CallKind,
    /// How many of each.
    pub binds: Count<1, 32>,
    /// The version that we say we speak.
    pub version: SpokenVersion,
    /// How many submits may be unanswered on a bind.
    pub window: Count<1, 2000>,
    /// The most submits per second over all binds; 0 is no limit.
    pub rate: Count<0, 100_000>,
    /// After so many seconds of silence we ask whether the other end is there.
    pub enquire_link: Count<5, 3600>,
}

/// A host, or an address, and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A DNS name, or an address without brackets.
    pub host: Box<str>,
    /// The port.
    pub port: u16,
}

/// Whether TLS is spoken, and whose certificate is believed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Trust {
    /// In the clear.
    #[default]
    Plain,
    /// A certificate that the installation trusts, for the name of the host.
    Authorities,
    /// The one certificate with this SHA-256 digest, whatever it says.
    Pinned([u8; 32]),
}

/// Which binds are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CallKind {
    /// Transceivers.
    #[default]
    Transceiver,
    /// Transmitters: nothing comes over them but answers.
    Transmitter,
    /// Receivers: texts and receipts come, nothing goes.
    Receiver,
    /// A transmitter and a receiver.
    Pair,
}

/// How submits over a connection are written, and what is understood of their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submits {
    /// It tells what became of a message that it took. If not, an acknowledged message is delivered.
    pub receipts: bool,
    /// How validity_period is written.
    pub validity: ValidityForm,
    /// What statuses of the vendor's own mean (0x400-0x4FF); others are refusals.
    pub vendor_errors: Vec<VendorError>,
}

/// How validity_period is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ValidityForm {
    /// As a span from now.
    #[default]
    Relative,
    /// As a moment.
    Absolute,
    /// Not at all.
    None,
}

/// What a status of a vendor's own means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VendorError {
    /// command_status.
    pub status: u32,
    /// What it means.
    pub cause: Cause,
}

impl Link {
    /// How long a message that was taken may be without its receipt after its validity (interworking.md A.17).
    pub const UNCONFIRMED: Duration = Duration::from_secs(24 * 3600);

    /// Whether we bind.
    pub fn calls(&self) -> bool {
        self.call.address.is_some() && self.state != LinkState::Stopped
    }

    /// Whether it is given new texts.
    pub fn takes_texts(&self) -> bool {
        let transmits = self.call.address.is_some() && self.call.bind != CallKind::Receiver;
        self.state == LinkState::Started && (transmits || self.receivers)
    }
}

impl Default for Link {
    fn default() -> Self {
        Self {
            carrier: Title::default(),
            state: LinkState::Started,
            receivers: false,
            call: Call::default(),
            submits: Submits::default(),
            price: None,
        }
    }
}

impl Default for Call {
    fn default() -> Self {
        Self {
            address: None,
            tls: Trust::Plain,
            server_name: Label::default(),
            system_id: Label::default(),
            password: Label::default(),
            system_type: Label::default(),
            bind: CallKind::Transceiver,
            binds: Count::near(1),
            version: SpokenVersion::V34,
            window: Count::near(10),
            rate: Count::near(0),
            enquire_link: Count::near(30),
        }
    }
}

impl Default for Submits {
    fn default() -> Self {
        Self { receipts: true, validity: ValidityForm::Relative, vendor_errors: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_setting_reads_back_what_it_shows() {
        let texts = [
            ("carrier", "Vendor One"),
            ("state", "isolated"),
            ("address", "[2001:db8::7]:2775"),
            ("tls", &format!("sha256:{}", "ab".repeat(32))),
            ("server_name", "smpp.example.com"),
            ("system_id", "iwf"),
            ("password", "longerthan8"),
            ("system_type", "VMA"),
            ("bind", "pair"),
            ("binds", "3"),
            ("version", "5.0"),
            ("window", "50"),
            ("rate", "100"),
            ("enquire_link", "60"),
            ("receivers", "true"),
            ("receipts", "false"),
            ("validity", "absolute"),
            ("vendor_errors", "0x401=peer-unavailable, 0x402=unknown-user"),
            ("price", "0.0075 EUR"),
        ];
        let mut link = Link::default();
        texts.iter().for_each(|(key, text)| link.set(key, text).unwrap());
        let mut shown: Vec<_> = link.differences();
        let mut expected: Vec<_> = texts.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        shown.sort();
        expected.sort();
        assert_eq!(shown, expected);
        assert_eq!(shown.len(), Link::settings().len(), "a setting is not tried here");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (key, text) in [
            ("address", "host"),
            ("address", "host:0"),
            ("address", "2001:db8::7:2775"),
            ("address", "a b:2775"),
            ("tls", "yes"),
            ("vendor_errors", "0x300=offline"),
            ("vendor_errors", "0x401=delivered"),
            ("price", "1"),
            ("price", "0.0000001 EUR"),
            ("price", "-1 EUR"),
            ("binds", "0"),
        ] {
            assert!(Link::default().set(key, text).is_err(), "{key} {text}");
        }
        let error = Link::default().set("password", &"x".repeat(65)).unwrap_err().to_string();
        assert!(!error.contains("xxx"), "{error}");
    }
}
