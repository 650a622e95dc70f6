//! The rules about who is answered and believed over SIP: strangers, emergency numbers, trunks.

use iwf_model::{Network, Number};
use iwf_sip::uas::{StrangerPolicy, Trunk};

use super::check::Check;
use super::raw::{RawSip, RawTrunk};

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

    pub(super) fn trunks(&mut self, raw: &[RawTrunk]) -> Vec<Trunk> {
        let mut trunks: Vec<Trunk> = Vec::with_capacity(raw.len());
        for (index, one) in raw.iter().enumerate() {
            let key = format!("sip.trunk[{index}]");
            if one.name.is_empty() || trunks.iter().any(|trunk| trunk.name == one.name) {
                self.fault(&format!("{key}.name"), "is needed, and each trunk has a name of its own");
            }
            let networks = self.networks(&key, &one.networks);
            if one.networks.is_empty() {
                self.fault(&format!("{key}.networks"), "is needed: where the trunk sends from");
            }
            if !one.accounts && one.carrier.is_empty() {
                let what = "give accounts = true (it has authenticated our apps) or carrier = \"NAME\" (whose messages it \
                            brings): else nothing comes in by it";
                self.fault(&key, what);
            }
            let carrier = (!one.carrier.is_empty()).then(|| one.carrier.clone());
            trunks.push(Trunk { name: one.name.clone(), networks, accounts: one.accounts, carrier });
        }
        trunks
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
