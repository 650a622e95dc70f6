//! The rules about who is answered and believed over SIP: strangers, emergency numbers, trunks.

use iwf_model::profile::CertificateRule;
use iwf_model::{Network, Number};
use iwf_sip::uas::{StrangerPolicy, Trunk};

use super::check::Check;
use super::raw::{RawSip, RawTls, RawTrunk};

/// A shorter word stands in the names of honest phones.
const SHORTEST_SCANNER: usize = 4;

impl Check<'_> {
    pub(super) fn strangers(&mut self, raw: &RawSip) -> StrangerPolicy {
        for (index, word) in raw.scanners.iter().enumerate() {
            if word.len() < SHORTEST_SCANNER || word.len() > 64 {
                let what = format!("\"{word}\" has to have {SHORTEST_SCANNER} to 64 characters");
                self.fault(&format!("sip.scanners[{index}]"), what);
            }
        }
        let per_second = self.count("sip.strangers_per_second", raw.strangers_per_second, 1..=1_000_000);
        StrangerPolicy {
            scanners: raw.scanners.clone(),
            per_second: u32::try_from(per_second).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn emergency(&mut self, texts: &[String]) -> Vec<Number> {
        let mut numbers = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match text.parse::<Number>() {
                Ok(number) => numbers.push(number),
                Err(error) => self.fault(&format!("sip.emergency[{index}]"), format!("\"{text}\": {error}")),
            }
        }
        numbers
    }

    pub(super) fn trunks(&mut self, raw: &[RawTrunk], tls: &RawTls) -> Vec<Trunk> {
        let asks = !tls.listen.is_empty() && !tls.client_ca.is_empty();
        let mut trunks: Vec<Trunk> = Vec::with_capacity(raw.len());
        for (index, one) in raw.iter().enumerate() {
            let key = format!("sip.trunk[{index}]");
            if one.name.is_empty() || trunks.iter().any(|trunk| trunk.name == one.name) {
                self.fault(&format!("{key}.name"), "is needed, and each trunk has a name of its own");
            }
            let networks = self.networks(&key, &one.networks);
            let certificate = self.certificate_rule(&format!("{key}.certificate"), &one.certificate, asks);
            if one.networks.is_empty() && one.certificate.is_empty() {
                let what = "is needed: where the trunk sends from; or give the certificate that it shows";
                self.fault(&format!("{key}.networks"), what);
            }
            if !one.accounts && one.carrier.is_empty() {
                let what = "give accounts = true (it has authenticated our apps) or carrier = \"NAME\" (whose messages it \
                            brings): else nothing comes in by it";
                self.fault(&key, what);
            }
            let carrier = (!one.carrier.is_empty()).then(|| one.carrier.clone());
            let (name, accounts) = (one.name.clone(), one.accounts);
            trunks.push(Trunk { name, networks, certificate, accounts, carrier });
        }
        trunks
    }

    /// A rule for a certificate, which nobody is asked for unless `asks`.
    fn certificate_rule(&mut self, key: &str, text: &str, asks: bool) -> Option<CertificateRule> {
        if text.is_empty() {
            return None;
        }
        let rule = text.parse();
        match &rule {
            Err(error) => self.fault(key, format!("\"{text}\": {error}")),
            Ok(_) if asks => {}
            Ok(_) => {
                self.fault(key, "needs sip.tls.listen and sip.tls.client_ca: else nobody is asked for one");
            }
        }
        rule.ok()
    }

    fn networks(&mut self, key: &str, texts: &[String]) -> Vec<Network> {
        let mut networks = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match Network::parse(text) {
                Ok(network) => networks.push(network),
                Err(error) => self.fault(&format!("{key}.networks[{index}]"), format!("\"{text}\": {error}")),
            }
        }
        networks
    }
}
