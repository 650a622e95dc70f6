//! From where a carrier may bind, and what it must show beside its password (interworking.md A.18, G 8 and 9).

use std::net::IpAddr;

use iwf_model::profile::{Access, CertificateRule};

use crate::bind::BindRefusal;

/// How a peer has come, as the one who drives the session knows it.
pub trait Caller {
    /// Its address.
    fn address(&self) -> IpAddr;
    /// Whether it came over TLS.
    fn is_tls(&self) -> bool;
    /// Whether it has shown the certificate that the rule means.
    fn has_shown(&self, rule: &CertificateRule) -> bool;
}

/// Whether a carrier may bind from there. What is told first is what is to be put right first.
pub fn check(access: &Access, caller: &impl Caller) -> Result<(), BindRefusal> {
    let networks = &access.networks;
    if !networks.is_empty() && !networks.iter().any(|network| network.contains(caller.address())) {
        return Err(BindRefusal::Address);
    }
    if access.tls_only && !caller.is_tls() {
        return Err(BindRefusal::Clear);
    }
    match &access.certificate {
        Some(rule) if !caller.has_shown(rule) => Err(BindRefusal::Certificate),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use iwf_model::Network;

    use super::*;

    struct Peer {
        address: [u8; 4],
        tls: bool,
        shown: Option<CertificateRule>,
    }

    impl Caller for Peer {
        fn address(&self) -> IpAddr {
            self.address.into()
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
        let peer = Peer { address: ELSEWHERE, tls: false, shown: None };
        assert_eq!(check(&Access::default(), &peer), Ok(()));
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
            assert_eq!(check(&access, &Peer { address, tls, shown }), expected);
        }
    }
}
