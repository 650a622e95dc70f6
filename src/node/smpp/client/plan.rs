//! Which binds are to be there, as the provisioning has it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iwf_model::connection::{Call, CallKind};
use iwf_model::{BindKind, Carrier, Connection, ConnectionId, EnvironmentId, LinkState};
use iwf_relay::Directory;
use iwf_smpp::{ClientConfig, Secret, Timers};

/// One bind that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) connection: Arc<Connection>,
    /// Who is at the other end.
    pub(super) carrier: Arc<Carrier>,
    pub(super) kind: BindKind,
    /// Its part of the rate of its connection: PDUs in a thousand seconds.
    pub(super) rate: Option<u64>,
}

/// Names a bind: its connection, its kind and its number among those of its kind, from 1.
pub(super) type Key = (ConnectionId, &'static str, u32);

/// Every bind that is to be there.
pub(super) fn plans(directory: &Directory) -> BTreeMap<Key, Arc<Plan>> {
    let mut plans = BTreeMap::new();
    for connection in directory.connections().filter(|connection| connection.link.calls()) {
        let Some(carrier) = directory.carrier_of(connection) else { continue };
        let call = &connection.link.call;
        let kinds: &[BindKind] = match call.bind {
            CallKind::Transceiver => &[BindKind::Transceiver],
            CallKind::Transmitter => &[BindKind::Transmitter],
            CallKind::Receiver => &[BindKind::Receiver],
            CallKind::Pair => &[BindKind::Transmitter, BindKind::Receiver],
        };
        let agreed = u64::from(call.rate.get()) * 1000 / u64::from(call.binds.get());
        for (kind, number) in kinds.iter().flat_map(|kind| (1..=call.binds.get()).map(|n| (*kind, n))) {
            let (connection, carrier) = (Arc::clone(connection), Arc::clone(carrier));
            let key = (connection.id, kind.as_str(), number);
            let rate = (call.rate.get() > 0).then_some(agreed);
            plans.insert(key, Arc::new(Plan { connection, carrier, kind, rate }));
        }
    }
    plans
}

impl Plan {
    /// Whether new texts may go over the bind.
    pub(super) fn takes_texts(&self) -> bool {
        self.connection.link.state == LinkState::Started && self.kind.transmits()
    }

    /// Whether a bind that was made by `other` serves for this: what differs needs no new one.
    pub(super) fn is_bound_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.connection.link, &other.connection.link);
        // The rate and the number of binds are followed as they are.
        let call = |call: &Call| Call { rate: theirs.call.rate, binds: theirs.call.binds, ..call.clone() };
        let (us, them) = (&self.carrier, &other.carrier);
        call(&ours.call) == theirs.call
            && ours.submits == theirs.submits
            && (us.id, us.alphabet, &us.profile) == (them.id, them.alphabet, &them.profile)
    }

    /// What the session of the bind is told.
    pub(super) fn session(&self, environment: EnvironmentId, timers: &Timers) -> ClientConfig {
        let link = &self.connection.link;
        let call = &link.call;
        let enquire_link = Duration::from_secs(call.enquire_link.get().into());
        let window = u16::try_from(call.window.get()).unwrap_or(u16::MAX);
        ClientConfig {
            kind: self.kind,
            system_id: (*call.system_id).into(),
            password: Secret::new(&call.password),
            system_type: (*call.system_type).into(),
            version: call.version.into(),
            carrier: Arc::clone(&self.carrier),
            submits: link.submits.clone(),
            environment,
            window,
            receive_window: self.carrier.window,
            max_output: 1 << 20,
            timers: Timers {
                enquire_link,
                // Who is asked seldom may be silent for long.
                inactivity: timers.inactivity.max(enquire_link * 3),
                ..*timers
            },
        }
    }
}
