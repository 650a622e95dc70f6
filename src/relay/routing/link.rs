//! Which connections of a route may be used.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use iwf_model::route::Subject;
use iwf_model::{Carrier, Connection, ConnectionId, LinkState, Origin, Route};

/// The connections of one revision.
#[derive(Debug, Default)]
pub(super) struct Links {
    by_id: BTreeMap<ConnectionId, Arc<Connection>>,
    by_name: HashMap<String, Linked>,
}

/// A connection and who is at its other end.
#[derive(Debug)]
pub(super) struct Linked {
    pub(super) connection: Arc<Connection>,
    pub(super) carrier: Option<Arc<Carrier>>,
}

/// Why a message can't take a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// There is no connection of that name.
    Unknown,
    /// The carrier at its other end is disabled, or not there.
    CarrierDisabled,
    /// The message came from the carrier at its other end.
    CameFromThere,
    /// It neither binds as a transmitter nor uses the receivers of its carrier.
    TakesNoTexts,
    /// It is isolated.
    Isolated,
    /// It is stopped.
    Stopped,
}

impl LeftOut {
    /// Whether a message that waits for it would wait in vain. What is stopped or isolated may be started again.
    pub fn is_lasting(self) -> bool {
        !matches!(self, Self::Isolated | Self::Stopped)
    }
}

impl Links {
    pub(super) fn new<'a>(
        carriers: impl Iterator<Item = &'a Arc<Carrier>>,
        connections: Vec<Connection>,
    ) -> Self {
        let carriers: HashMap<&str, _> = carriers.map(|carrier| (carrier.name.as_str(), carrier)).collect();
        let mut links = Self::default();
        for connection in connections.into_iter().map(Arc::new) {
            let carrier = carriers.get(&*connection.link.carrier).copied().cloned();
            let linked = Linked { connection: Arc::clone(&connection), carrier };
            links.by_name.insert(connection.name.clone(), linked);
            links.by_id.insert(connection.id, connection);
        }
        links
    }

    pub(super) fn by_id(&self, id: ConnectionId) -> Option<&Arc<Connection>> {
        self.by_id.get(&id)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Linked> {
        self.by_name.get(name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.by_id.values()
    }

    /// The connections that a route names, in the order in which this message tries them, each once.
    pub(super) fn of<'a>(
        &'a self,
        route: &'a Route,
        subject: &Subject<'_>,
    ) -> impl Iterator<Item = (&'a str, Result<&'a Linked, LeftOut>)> {
        let (share, origin) = (share(subject), subject.origin);
        let tiers = route.rule.via.iter().flat_map(move |tier| tier.ordered(share));
        let mut seen: Vec<&str> = Vec::new();
        let names = tiers.map(|choice| &*choice.connection).filter(move |name| {
            let is_new = !seen.contains(name);
            seen.push(name);
            is_new
        });
        names.map(move |name| (name, self.usable(name, (route.rule.hairpin, origin))))
    }

    fn usable(&self, name: &str, (hairpin, origin): (bool, Origin)) -> Result<&Linked, LeftOut> {
        let link = self.named(name).ok_or(LeftOut::Unknown)?;
        let carrier = link.carrier.as_ref().filter(|carrier| carrier.enabled);
        let carrier = carrier.ok_or(LeftOut::CarrierDisabled)?;
        if origin == Origin::Carrier(carrier.id) && !hairpin {
            return Err(LeftOut::CameFromThere);
        }
        match link.connection.link.state {
            LinkState::Started if link.connection.link.takes_texts() => Ok(link),
            LinkState::Started => Err(LeftOut::TakesNoTexts),
            LinkState::Isolated => Err(LeftOut::Isolated),
            LinkState::Stopped => Err(LeftOut::Stopped),
        }
    }
}

/// Where among those that share a load a message goes: the same for all from one sender to one number, so that they stay
/// in order. The upper bits, because the lower ones choose the lane over a connection.
fn share(subject: &Subject<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (subject.source, subject.destination).hash(&mut hasher);
    hasher.finish() >> 32
}
