//! Takes what is told, in batches, one after the other: each sees what the one before it wrote.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use iwf_model::{
    CarrierId, Denial, FinalState, Handed, MessageId, Refusal, Timestamp, Unmatched, UpstreamNews,
    UpstreamReceipt,
};
use iwf_relay::upstream::{self, Verdict};
use iwf_store::{Store, StoreError, Write};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::held::Held;
use super::{Answer, Ending, Told, Upstream};
use crate::clock;
use crate::desk::Desk as Operations;
use crate::net::stopped;
use crate::telemetry::{Metrics, UpstreamResult};

/// Taken in one batch.
const BATCH: usize = 500;
/// How often what belongs to nothing is looked at again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often what is kept is tidied up, in looks.
const TIDY: u32 = 60;

/// The one who takes what is told.
pub(crate) struct Desk {
    store: Arc<dyn Store>,
    operations: Operations,
    metrics: Arc<Metrics>,
    upstream: Upstream,
    told: mpsc::Receiver<Told>,
}

/// One thing that was told; it has been kept before if nobody waits for an answer.
struct Item {
    unmatched: Unmatched,
    reply: Option<Answer>,
}

/// What is known of the submits that a batch may be about.
#[derive(Default)]
struct Known {
    by_carrier: HashMap<CarrierId, Vec<(String, Handed)>>,
    /// All submits of texts that took several.
    texts: BTreeMap<MessageId, Vec<(String, Handed)>>,
}

/// What a batch comes to.
#[derive(Default)]
struct Done {
    writes: Vec<Write>,
    /// Answered when the writes are durable.
    replies: Vec<Answer>,
    /// Messages that were read.
    read: Vec<MessageId>,
    /// Answered when these messages have ended.
    endings: Vec<(Ending, Option<Answer>)>,
}

impl Desk {
    /// Takes what comes out of `told`; messages end at `operations`.
    pub(crate) fn new(
        (store, operations, metrics): (Arc<dyn Store>, Operations, Arc<Metrics>),
        (upstream, told): (Upstream, mpsc::Receiver<Told>),
    ) -> Self {
        Self { store, operations, metrics, upstream, told }
    }

    /// Takes until the node stops.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut held = Held::load(&*self.store, clock::utc()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "receipts that belong to nothing could not be read");
            Held::default()
        });
        let mut every = interval(AGAIN);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (taken, mut looks, mut batch) = (Arc::clone(&self.upstream.taken), 0_u32, Vec::new());
        loop {
            tokio::select! {
                count = self.told.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                }
                () = taken.notified() => {}
                _ = every.tick() => {
                    looks += 1;
                    if looks % TIDY == 0 && let Err(error) = held.tidy(&*self.store, clock::utc()).await {
                        tracing::error!(%error, "receipts that belong to nothing could not be tidied up");
                    }
                }
                () = stopped(&mut stopping) => return,
            }
            self.take(std::mem::take(&mut batch), &mut held, clock::utc()).await;
        }
    }

    async fn take(&self, batch: Vec<Told>, held: &mut Held, now: Timestamp) {
        let mut items: Vec<Item> =
            held.hopeful(now).into_iter().map(|it| Item { unmatched: it, reply: None }).collect();
        for Told { carrier, connection, receipt, done } in batch {
            let unmatched = Unmatched { id: 0, carrier, connection, receipt: *receipt, at: now };
            items.push(Item { unmatched, reply: Some(done) });
        }
        if items.is_empty() {
            return;
        }
        let mut known = match self.look_up(&items).await {
            Ok(known) => known,
            Err(error) => {
                tracing::error!(%error, "what others took could not be looked up");
                return items.into_iter().for_each(|item| item.refuse(held));
            }
        };
        let mut done = Done::default();
        items.into_iter().for_each(|item| self.judge(item, &mut known, held, &mut done, now));
        self.finish(done).await;
    }

    async fn look_up(&self, items: &[Item]) -> Result<Known, StoreError> {
        let mut names: HashMap<CarrierId, Vec<String>> = HashMap::new();
        for item in items {
            let keys = upstream::keys(&item.unmatched.receipt.name);
            names.entry(item.unmatched.carrier).or_default().extend(keys);
        }
        let mut known = Known::default();
        for (carrier, names) in names {
            let handed = self.store.handed(carrier, names).await?;
            for (_, it) in handed.iter().filter(|(_, it)| it.parts > 1) {
                let Some(first) = it.messages.first() else { continue };
                if !known.texts.contains_key(first) {
                    known.texts.insert(*first, self.store.handed_of(*first).await?);
                }
            }
            known.by_carrier.insert(carrier, handed);
        }
        Ok(known)
    }

    fn judge(&self, item: Item, known: &mut Known, held: &mut Held, done: &mut Done, now: Timestamp) {
        let Some((name, handed)) = known.pick(&item.unmatched).cloned() else {
            return self.keep(item, held, done, now);
        };
        let Item { unmatched, reply } = item;
        // It is forgotten with what follows from it: it was acknowledged, and nobody tells it again.
        let forget = (unmatched.id != 0).then(|| {
            held.found();
            Write::ForgetUnmatched(unmatched.id)
        });
        let receipt = &unmatched.receipt;
        let (result, state) = match upstream::verdict(receipt.tells, &handed, known.text_of(&handed)) {
            Verdict::Nothing => (nothing(receipt.tells, &handed), None),
            Verdict::Noted(state) => (UpstreamResult::Part, Some((state, false))),
            Verdict::Ended(state) => (UpstreamResult::Ended, Some((state, true))),
        };
        self.metrics.upstream_receipts.of(result).increment(1);
        let Some((state, is_end)) = state else {
            let first = handed.messages.first().filter(|_| receipt.tells == UpstreamNews::Read);
            done.read.extend(first);
            done.writes.extend(forget);
            return done.replies.extend(reply);
        };
        known.note(&name, &handed, state);
        let handed = Handed { state: Some(state), ..handed };
        let messages = handed.messages.clone();
        let write = Write::Hand { name, handed: Box::new(handed), forget: upstream::forgotten_before(now) };
        if !is_end {
            done.writes.extend([write].into_iter().chain(forget));
            return done.replies.extend(reply);
        }
        let detail = story(receipt, state);
        let outcome = upstream::outcome(state, receipt.error);
        done.endings.push((
            Ending { messages, outcome, detail, writes: [write].into_iter().chain(forget).collect() },
            reply,
        ));
    }

    /// It belongs to nothing we know. It is acknowledged all the same, when it is kept.
    fn keep(&self, item: Item, held: &mut Held, done: &mut Done, now: Timestamp) {
        let Item { mut unmatched, reply } = item;
        let Some(reply) = reply else {
            return held.put_back(unmatched);
        };
        self.metrics.upstream_receipts.of(UpstreamResult::Unmatched).increment(1);
        unmatched.id = held.next_id(now);
        done.writes.push(Write::KeepUnmatched(Box::new(unmatched.clone())));
        done.replies.push(reply);
        held.keep(unmatched);
    }

    async fn finish(&self, done: Done) {
        let Done { writes, replies, read, endings } = done;
        let commit = self.store.write(writes);
        for message in read {
            self.operations.read(message).await;
        }
        let mut ended = Vec::with_capacity(endings.len());
        for (ending, reply) in endings {
            ended.push((self.operations.end(ending).await, reply));
        }
        let written = commit.await.map_err(|error| {
            tracing::error!(%error, "what others told could not be written");
            Refusal::StoreUnavailable
        });
        // Whoever told it may have gone.
        replies.into_iter().for_each(|reply| _ = reply.send(written));
        for (ended, reply) in ended {
            let ended =
                ended.await.unwrap_or(Err(Denial::Unavailable)).map_err(|_| Refusal::StoreUnavailable);
            reply.into_iter().for_each(|reply| _ = reply.send(ended));
        }
    }
}

impl Item {
    /// It can't be looked up now: whoever told it tells it again.
    fn refuse(self, held: &mut Held) {
        match self.reply {
            Some(reply) => drop(reply.send(Err(Refusal::StoreUnavailable))),
            None => held.put_back(self.unmatched),
        }
    }
}

impl Known {
    fn pick(&self, unmatched: &Unmatched) -> Option<&(String, Handed)> {
        let keys = upstream::keys(&unmatched.receipt.name);
        let handed = self.by_carrier.get(&unmatched.carrier)?;
        let meant: Vec<(String, Handed)> =
            handed.iter().filter(|(key, _)| keys.contains(key)).cloned().collect();
        let picked = upstream::pick(&unmatched.receipt, &meant)?;
        handed.iter().find(|it| *it == picked)
    }

    fn text_of(&self, handed: &Handed) -> &[(String, Handed)] {
        let all = handed.messages.first().and_then(|first| self.texts.get(first));
        all.map_or(&[], Vec::as_slice)
    }

    /// What the next one of this batch is to know.
    fn note(&mut self, name: &str, handed: &Handed, state: FinalState) {
        let texts = handed.messages.first().and_then(|first| self.texts.get_mut(first));
        let own = self.by_carrier.get_mut(&handed.carrier);
        for (key, it) in texts.into_iter().chain(own).flatten() {
            if key == name && it.part == handed.part && it.messages == handed.messages {
                it.state = Some(state);
            }
        }
    }
}

/// What a receipt is that changes nothing.
fn nothing(tells: UpstreamNews, handed: &Handed) -> UpstreamResult {
    match (tells, handed.state) {
        (UpstreamNews::Ended(state), Some(known)) if state == known => UpstreamResult::Repeated,
        (UpstreamNews::Ended(_), _) => UpstreamResult::Late,
        (UpstreamNews::UnderWay, _) => UpstreamResult::UnderWay,
        (UpstreamNews::Read, _) => UpstreamResult::Read,
    }
}

/// What was told, for the story of the message.
fn story(receipt: &UpstreamReceipt, state: FinalState) -> String {
    let (name, state) = (receipt.name.escape_debug(), state.as_str());
    match receipt.error {
        0 => format!("{name} {state}"),
        error => format!("{name} {state}, error {error}"),
    }
}
