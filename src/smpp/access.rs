//! From where a carrier may bind, and what it must show beside its password (interworking.md A.18, G 8 and 9).

use std::net::IpAddr;

use iwf_model::profile::{Access, CertificateRule};
use iwf_model::{Carrier, CarrierId};

use crate::bind::BindRefusal;

/// How a peer has come, as the one who drives the session knows it.
pub trait Caller {
    /// Its address.
    fn address(&self) -> IpAddr;
    /// The carrier that we called to bind, if the connection is ours (outbind).
    fn called(&self) -> Option<CarrierId>;
    /// Whether it came over TLS.
    fn is_tls(&self) -> bool;
    /// Whether it has shown the certificate that the rule means.
    fn has_shown(&self, rule: &CertificateRule) -> bool;
}

/// Whether a carrier may bind from there. What is told first is what is to be put right first. One that was called
/// is where we called it: its networks are not asked for, but nobody else may bind there.
pub fn check(carrier: &Carrier, caller: &impl Caller) -> Result<(), BindRefusal> {
    let access = &carrier.profile.access;
    match caller.called() {
        Some(called) => {
            let outbind = carrier.profile.sending.outbind.as_ref();
            let there = outbind.is_some_and(|outbind| outbind.address.ip() == caller.address());
            if called != carrier.id || !there {
                return Err(BindRefusal::NotCalled);
            }
        }
        None => {
            let networks = &access.networks;
            let here = |network: &iwf_model::Network| network.contains(caller.address());
            if !networks.is_empty() && !networks.iter().any(here) {
                return Err(BindRefusal::Address);
            }
        }
    }
    if access.tls_only && !caller.is_tls() {
        return Err(BindRefusal::Clear);
    }
    match &access.certificate {
        Some(rule) if !caller.has_shown(rule) => Err(BindRefusal::Certificate),
        _ => Ok(()),
    }
}

/// Whether a carrier that is called, in the clear, could bind then.
pub fn may_be_called(access: &Access) -> Result<(), BindRefusal> {
    match access {
        Access { tls_only: true, .. } => Err(BindRefusal::Clear),
        Access { certificate: Some(_), .. } => Err(BindRefusal::Certificate),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use iwf_model::{Alphabet, Network, Profile};

    use super::*;
    use iwf_model::Settings;

    struct Peer {
        address: [u8; 4],
        tls: bool,
        shown: Option<CertificateRule>,
        called: Option<CarrierId>,
    }

    fn carrier(access: Access, outbind: &str) -> Carrier {
        let mut profile = Profile { access, ..Profile::default() };
        profile.set("outbind", outbind).unwrap();
        Carrier {
            id: CarrierId(1),
            name: "Carrier1".into(),
            system_id: "carrier1".into(),
            password_hash: String::new(),
            enabled: true,
            max_binds: 2,
            rate: 0,
            window: 10,
            alphabet: Alphabet::Gsm7,
            profile,
        }
    }

    impl Caller for Peer {
        fn address(&self) -> IpAddr {
            self.address.into()
        }

        fn called(&self) -> Option<CarrierId> {
            self.called
        }

        fn is_tls(&self) -> bool {
            self.tls
        }

        fn has_shown(&self, rule: &CertificateRule) -> bool {
            self.shown.as_ref() == Some(rule)
        }
    }

    const HERE: [u8; 4] = [192, 0, 2, 7];
    const ELSEWHERE: [u8; 4] = [203, 0, 113, 7];

    #[test]
    fn who_may_bind_from_anywhere_needs_nothing_but_a_password() {
        let peer = Peer { address: ELSEWHERE, tls: false, shown: None, called: None };
        assert_eq!(check(&carrier(Access::default(), ""), &peer), Ok(()));
    }

    #[test]
    fn each_demand_is_named_when_it_is_not_met() {
        let rule = CertificateRule::Name("carrier1.example".into());
        let access = Access {
            networks: vec![Network::parse("2001:db8::/32").unwrap(), Network::parse("192.0.2.0/24").unwrap()],
            certificate: Some(rule.clone()),
            tls_only: true,
        };
        for (address, tls, shown, expected) in [
            (HERE, true, Some(rule.clone()), Ok(())),
            (ELSEWHERE, true, Some(rule.clone()), Err(BindRefusal::Address)),
            (HERE, false, None, Err(BindRefusal::Clear)),
            (HERE, true, None, Err(BindRefusal::Certificate)),
            (HERE, true, Some(CertificateRule::Sha256([1; 32])), Err(BindRefusal::Certificate)),
        ] {
            let peer = Peer { address, tls, shown, called: None };
            assert_eq!(check(&carrier(access.clone(), ""), &peer), expected);
        }
    }

    #[test]
    fn who_was_called_binds_from_there_whatever_its_networks_and_nobody_else_does() {
        let access = Access { networks: vec![Network::parse("192.0.2.0/24").unwrap()], ..Access::default() };
        let call =
            |called| Peer { address: ELSEWHERE, tls: false, shown: None, called: Some(CarrierId(called)) };
        let called = carrier(access.clone(), "203.0.113.7:2775 iwf secret");
        assert_eq!(check(&called, &call(1)), Ok(()));
        assert_eq!(check(&called, &call(2)), Err(BindRefusal::NotCalled));
        let moved = carrier(access.clone(), "203.0.113.8:2775 iwf secret");
        assert_eq!(check(&moved, &call(1)), Err(BindRefusal::NotCalled));
        assert_eq!(check(&carrier(access, ""), &call(1)), Err(BindRefusal::NotCalled));
    }

    #[test]
    fn being_called_replaces_neither_tls_nor_a_certificate() {
        let peer = Peer { address: HERE, tls: false, shown: None, called: Some(CarrierId(1)) };
        let rule = CertificateRule::Name("carrier1.example".into());
        for (tls_only, certificate, expected) in [
            (false, None, Ok(())),
            (true, None, Err(BindRefusal::Clear)),
            (false, Some(rule), Err(BindRefusal::Certificate)),
        ] {
            let access = Access { networks: Vec::new(), certificate, tls_only };
            assert_eq!(may_be_called(&access), expected);
            assert_eq!(check(&carrier(access, "192.0.2.7:2775 iwf secret"), &peer), expected);
        }
    }
}
