//! Calls carriers that are to be called (outbind): while something waits for one and nobody of it is bound to take it,
//! its address is connected to and asked to bind. From there on the connection is as any other.
//!
//! Only what an admin provisioned is called, each carrier by one task at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use iwf_model::profile::Outbind;
use iwf_model::{Carrier, CarrierId, Now, Recipient};
use iwf_relay::Redial;
use iwf_smpp::access;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::{Connection, Shared};
use super::listener::prepare;
use crate::clock;
use crate::net::stopped;
use crate::stream::Stream;
use crate::telemetry::OutbindResult;

/// How often is looked who is to be called.
const LOOK: Duration = Duration::from_secs(1);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// A carrier that is to be called.
struct Callee {
    outbind: Outbind,
    redial: Redial,
    /// Its calls can't lead to a bind, and that was said.
    barred: bool,
}

/// Calls until the node stops, then waits for the connections to end.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut stopping = shared.stopping.clone();
    let mut callees: HashMap<CarrierId, Callee> = HashMap::new();
    let mut calls: JoinSet<(CarrierId, bool)> = JoinSet::new();
    let mut every = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = every.tick() => {
                follow(&mut callees, &shared);
                for (carrier, outbind) in due(&mut callees, &shared, clock::now()) {
                    let shared = Arc::clone(&shared);
                    calls.spawn(async move { (carrier, call(carrier, &outbind, &shared).await) });
                }
            }
            Some(ended) = calls.join_next() => {
                if let Ok((carrier, bound)) = ended
                    && let Some(callee) = callees.get_mut(&carrier)
                {
                    callee.redial.ended(bound, clock::now().instant);
                }
            }
            () = stopped(&mut stopping) => break,
        }
    }
    while calls.join_next().await.is_some() {}
}

/// Takes up what is provisioned. Whoever is being called is followed when that has ended.
fn follow(callees: &mut HashMap<CarrierId, Callee>, shared: &Shared) {
    let directory = shared.core.directory.load();
    callees.retain(|id, callee| {
        let provisioned = directory.carrier(*id).and_then(|carrier| outbind_of(carrier));
        callee.redial.is_calling() || provisioned == Some(&callee.outbind)
    });
    for carrier in directory.carriers() {
        let Some(outbind) = outbind_of(carrier) else { continue };
        let callee = callees.entry(carrier.id).or_insert_with(|| Callee {
            outbind: outbind.clone(),
            redial: Redial::default(),
            barred: false,
        });
        let bar = access::may_be_called(&carrier.profile.access).err();
        if let Some(reason) = bar.filter(|_| !callee.barred) {
            let (carrier, reason) = (&carrier.name, reason.as_str());
            tracing::warn!(%carrier, reason, "not called: it is called in the clear, and may not bind so");
        }
        callee.barred = bar.is_some();
    }
}

/// Begins the calls that are due.
fn due(callees: &mut HashMap<CarrierId, Callee>, shared: &Shared, now: Now) -> Vec<(CarrierId, Outbind)> {
    let core = &shared.core;
    let waits = |id: CarrierId| {
        let texts = core.load.of(Recipient::Carrier(id)) > 0;
        core.receipts.of(id).wants_receiver(texts, now.utc)
    };
    let mut due = Vec::new();
    for (id, callee) in callees {
        if !callee.barred && waits(*id) && callee.redial.begin(now.instant) {
            due.push((*id, callee.outbind.clone()));
        }
    }
    due
}

fn outbind_of(carrier: &Carrier) -> Option<&Outbind> {
    carrier.profile.sending.outbind.as_ref().filter(|_| carrier.enabled)
}

/// One call, and the session that comes of it; true when the carrier bound to receive.
async fn call(carrier: CarrierId, outbind: &Outbind, shared: &Arc<Shared>) -> bool {
    let (metrics, peer) = (&shared.core.metrics, outbind.address);
    let visit = match shared.door.enter(peer) {
        Ok(visit) => visit,
        Err(limit) => {
            metrics.smpp_connections_refused.of(limit).increment(1);
            shared.door.complain(peer.ip(), &limit.as_str());
            return false;
        }
    };
    let mut stopping = shared.stopping.clone();
    let connected = tokio::select! {
        connected = timeout(CONNECT, TcpStream::connect(peer)) => connected,
        () = stopped(&mut stopping) => return false,
    };
    let socket = match connected.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
        Ok(socket) => socket,
        Err(error) => {
            metrics.outbinds.of(OutbindResult::Unreachable).increment(1);
            tracing::warn!(%peer, carrier = carrier.0, %error, "carrier can't be called");
            return false;
        }
    };
    prepare(&socket);
    let connection = Connection::called((carrier, outbind), Stream::plain(socket), visit, Arc::clone(shared));
    let bound = connection.run().await;
    if !bound {
        metrics.outbinds.of(OutbindResult::Unbound).increment(1);
        tracing::warn!(%peer, carrier = carrier.0, "carrier was called and did not bind to receive");
    }
    bound
}
