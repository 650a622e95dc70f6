//! One bind through all its tries.

use std::sync::Arc;
use std::time::Duration;

use iwf_relay::{Rebind, TryEnd};
use tokio::sync::watch;
use tokio::time::sleep;

use super::board::Card;
use super::link::{Link, LinkEnd};
use super::plan::{Key, Plan};
use super::{Shared, dial};
use crate::clock;
use crate::ids::Random;
use crate::net::stopped;

/// The plans of a bind. When nobody holds their other end any more the bind is not to be there.
pub(super) type Plans = watch::Receiver<Arc<Plan>>;

/// A bind that is to be there.
pub(super) struct Line {
    plans: Plans,
    shared: Arc<Shared>,
    card: Card,
    rebind: Rebind,
    random: Random,
}

/// What a wait ended with.
enum Woken<T> {
    /// What was waited for.
    By(T),
    /// The provisioning has changed.
    Changed,
    /// The bind is not to be there any more.
    Over,
}

impl Line {
    pub(super) fn new((connection, kind, number): Key, plans: Plans, shared: Arc<Shared>) -> Self {
        let board = &shared.core.connections.of(connection).board;
        let card = board.enter(kind, number, clock::utc());
        Self { plans, shared, card, rebind: Rebind::default(), random: Random::default() }
    }

    /// Makes the bind, again and again, as long as it is to be there.
    pub(super) async fn run(mut self) {
        let mut pause = Duration::ZERO;
        loop {
            let plan = Arc::clone(&self.plans.borrow_and_update());
            match self.wait(sleep(pause)).await {
                Woken::By(()) => {}
                Woken::Changed => {
                    pause = Duration::ZERO;
                    continue;
                }
                Woken::Over => return,
            }
            self.card.calls(clock::utc());
            let shared = Arc::clone(&self.shared);
            let end = match self.wait(dial::connect(&plan.connection.link.call, &shared)).await {
                Woken::By(Ok((stream, peer))) => {
                    let link = Link::new((stream, peer), plan, &self.card, shared);
                    link.run(&mut self.plans).await
                }
                Woken::By(Err(error)) => LinkEnd::Failed(TryEnd::Failed, error.to_string()),
                Woken::Changed => LinkEnd::Left,
                Woken::Over => return,
            };
            pause = match end {
                LinkEnd::Left => Duration::ZERO,
                LinkEnd::Failed(end, why) => self.failed(end, why),
            };
        }
    }

    /// Notes why a try ended, and says how long to wait for the next.
    fn failed(&mut self, end: TryEnd, why: String) -> Duration {
        let pause = self.rebind.after(end, self.random.u64() as u32);
        let plan = self.plans.borrow();
        let (connection, kind, seconds) = (&plan.connection.name, plan.kind.as_str(), pause.as_secs_f64());
        if self.card.fails(&why, clock::utc()) {
            tracing::warn!(connection, kind, seconds, why, "not bound; the next try follows");
        } else {
            tracing::debug!(connection, kind, seconds, why, "not bound for the same reason as before");
        }
        pause
    }

    async fn wait<T>(&mut self, what: impl Future<Output = T>) -> Woken<T> {
        let mut stopping = self.shared.stopping.clone();
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => Woken::Over,
            changed = self.plans.changed() => if changed.is_ok() { Woken::Changed } else { Woken::Over },
            result = what => Woken::By(result),
        }
    }
}
