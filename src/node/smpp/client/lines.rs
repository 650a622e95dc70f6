//! Keeps a task for each bind that is to be there, and tells it what changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Shared;
use super::line::Line;
use super::plan::{Key, Plan, plans};
use crate::net::stopped;

/// Keeps our binds until the node stops, then waits for them to end.
pub(crate) async fn run(shared: Arc<Shared>) {
    let (mut stopping, mut revision) = (shared.stopping.clone(), shared.revision.clone());
    let mut lines: BTreeMap<Key, watch::Sender<Arc<Plan>>> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    loop {
        follow(&mut lines, &shared, &mut tasks);
        tokio::select! {
            changed = revision.changed() => if changed.is_err() { break },
            Some(_) = tasks.join_next() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Takes up what is provisioned. A bind that is not to be there any more hears so by the end of its plans.
fn follow(
    lines: &mut BTreeMap<Key, watch::Sender<Arc<Plan>>>,
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
) {
    let planned = plans(&shared.core.directory.load());
    lines.retain(|key, _| planned.contains_key(key));
    for (key, plan) in planned {
        match lines.get(&key) {
            Some(line) => {
                line.send_if_modified(|known| {
                    let changed = *known != plan;
                    *known = plan;
                    changed
                });
            }
            None => {
                let (sender, plans) = watch::channel(plan);
                lines.insert(key, sender);
                tasks.spawn(Line::new(key, plans, Arc::clone(shared)).run());
            }
        }
    }
}
