//! Trunks: peers whose word about who sent a request is taken (RFC 3325), because of where they are.

use std::net::IpAddr;
use std::sync::Arc;

use iwf_model::profile::CertificateRule;
use iwf_model::{Account, AccountState, Address, CarrierId, Name as DisplayName, Network, Number, Party};

use crate::directory::{Directory, user_of};
use crate::message::{Name, Request, Scheme, Status, Uri};

/// A peer whose P-Asserted-Identity is believed. That of everybody else is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// What people call it.
    pub name: String,
    /// Where it sends from; empty: it is known by its certificate alone.
    pub networks: Vec<Network>,
    /// It comes over TLS and shows this certificate.
    pub certificate: Option<CertificateRule>,
    /// It has authenticated our own apps: what it says comes from one of our accounts does.
    pub accounts: bool,
    /// The carrier whose messages it brings, by its name: senders that are none of ours.
    pub carrier: Option<String>,
}

/// A trunk that has proved itself by a certificate, for all requests of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenTrunk(pub(super) usize);

/// Who sent a request.
#[derive(Debug)]
pub(super) enum Sender {
    /// One of our accounts.
    Account {
        account: Arc<Account>,
        /// The number that a trunk named.
        number: Option<Number>,
    },
    /// Somebody of a carrier's.
    Carrier { carrier: CarrierId, source: Address, as_submitted: Party },
}

impl Trunk {
    /// Whether it is this trunk that sends from an address, by what it has shown of itself.
    pub(super) fn is_at(&self, address: IpAddr, has_shown: impl Fn(&CertificateRule) -> bool) -> bool {
        let sends_from_there = self.networks.iter().any(|network| network.contains(address));
        match &self.certificate {
            Some(rule) => (sends_from_there || self.networks.is_empty()) && has_shown(rule),
            None => sends_from_there,
        }
    }

    /// Who the request is from by the word of the trunk; `None`: it says nothing. One that is not the trunk's to
    /// speak for is refused.
    ///
    /// A number is the same number whatever the domain beside it; a name is ours only in a domain that `serves` knows.
    pub(super) fn sender(
        &self,
        request: &Request,
        directory: &dyn Directory,
        serves: impl Fn(&str) -> bool,
    ) -> Option<Result<Sender, Status>> {
        let asserted: Vec<_> = request.addresses(Name::PAssertedIdentity).flatten().take(2).collect();
        let mut uris = asserted.iter().map(|address| address.uri());
        let first = uris.clone().next()?;
        let ours = uris.find_map(|uri| {
            let named = number(&uri).is_some() || uri.scheme() == Scheme::Tel || serves(uri.host());
            let account = directory.account(&identity(&uri)).filter(|_| named)?;
            let own = number(&uri).filter(|number| account.dids.contains(number));
            Some((own.or(account.dids.first().copied()), account))
        });
        Some(match (ours, &self.carrier) {
            (Some((number, account)), _) if self.accounts => match account.state {
                AccountState::Active => Ok(Sender::Account { account, number }),
                AccountState::Suspended => Err(Status::new(403, "Account Suspended")),
            },
            (None, Some(name)) => match directory.carrier(name) {
                Some(carrier) => Ok(stranger(carrier, asserted.iter().map(|address| address.uri()), &first)),
                None => Err(Status::new(403, "Carrier Not Provisioned")),
            },
            (Some(_), _) | (None, None) => Err(Status::new(403, "Identity Not Yours")),
        })
    }
}

/// A sender that is none of ours: its number if it has one, else its name.
fn stranger<'a>(carrier: CarrierId, mut uris: impl Iterator<Item = Uri<'a>>, first: &Uri<'a>) -> Sender {
    let found = uris.find_map(|uri| Some((number(&uri)?, uri.user()?.starts_with('+'))));
    let (source, as_submitted) = match found {
        Some((number, international)) => {
            let (ton, npi) = if international { (1, 1) } else { (0, 1) };
            let addr = number.as_str().as_bytes().into();
            (Address::Number(number), Party { ton, npi, addr })
        }
        None => {
            let name = DisplayName::parse(&user_of(first)).map(Address::Name);
            (name.unwrap_or(Address::Absent), Party::default())
        }
    };
    Sender::Carrier { carrier, source, as_submitted }
}

/// Who a URI names, for the directory: the digits of a number, else the user.
fn identity(uri: &Uri<'_>) -> String {
    number(uri).map_or_else(|| user_of(uri), |number| number.to_string())
}

/// The number in a URI: digits, with the visual separators of RFC 3966 5.1.1 left out.
pub(super) fn number(uri: &Uri<'_>) -> Option<Number> {
    let digits: String = user_of(uri).chars().filter(|c| !"-.()".contains(*c)).collect();
    Number::parse(digits.as_bytes()).ok()
}
