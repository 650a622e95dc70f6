//! The links of a case.

use std::net::SocketAddr;
use std::time::Duration;

use iwf_sim::link::{Condition, Link};

use super::failure::Failure;
use crate::case::{LinkEntry, Slows, Which};

/// All links, and where each of them leads.
#[derive(Default)]
pub(super) struct Links {
    all: Vec<(LinkEntry, Link)>,
}

impl Links {
    /// Starts one more, and tells where its near end is.
    pub(super) async fn start(&mut self, entry: &LinkEntry) -> Result<SocketAddr, Failure> {
        let link = Link::start().await?;
        let address = link.address();
        self.all.push((entry.clone(), link));
        Ok(address)
    }

    /// Fails when a link leads to none of these.
    pub(super) fn lead_somewhere(&self, names: &[&str]) -> Result<(), Failure> {
        let lost = self.all.iter().find(|(entry, _)| !names.contains(&entry.to.as_str()));
        lost.map_or(Ok(()), |(entry, _)| Err(Failure::Unknown("end of a link", entry.to.clone())))
    }

    /// The system of that name is there.
    pub(super) fn lead(&self, name: &str, address: SocketAddr) {
        for (_, link) in self.all.iter().filter(|(entry, _)| entry.to == name) {
            link.lead_to(address);
        }
    }

    pub(super) fn set(&self, which: &Which, condition: Condition) -> Result<(), Failure> {
        let found = self.all.iter().find(|(entry, _)| entry.name == which.link);
        let (_, link) = found.ok_or_else(|| Failure::Unknown("link", which.link.clone()))?;
        link.set(condition);
        Ok(())
    }

    pub(super) fn slows(&self, step: &Slows) -> Result<(), Failure> {
        let which = Which { link: step.link.clone() };
        self.set(&which, Condition::Slow(Duration::from_millis(step.by_ms)))
    }
}
