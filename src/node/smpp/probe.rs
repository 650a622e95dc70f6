//! What the carriers that are bound really do, for `iwf carrier probe`.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use iwf_model::{BindKind, Carrier, Timestamp};
use iwf_smpp::{Habits, SharedHabits, Version};
use serde::{Deserialize, Serialize};

/// One bind, as the probe tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// Transmitter, receiver or transceiver.
    pub(crate) kind: BindKind,
    /// What both ends speak.
    pub(crate) version: Version,
    /// Where it comes from.
    pub(crate) peer: SocketAddr,
    /// Which TLS it uses, if any.
    pub(crate) tls: Option<&'static str>,
    /// Since when.
    pub(crate) since: Timestamp,
    /// What it was seen to do.
    pub(crate) habits: SharedHabits,
}

/// The binds of one carrier, and what those that ended were seen to do.
#[derive(Debug, Default)]
pub(crate) struct Cards(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    open: Vec<(u64, Card)>,
    ended: u64,
    seen: Habits,
}

impl Cards {
    /// A bind began; the number gives it back.
    pub(crate) fn put(&self, card: Card) -> u64 {
        let mut inner = self.lock();
        inner.next += 1;
        let number = inner.next;
        inner.open.push((number, card));
        number
    }

    /// A bind ended.
    pub(crate) fn remove(&self, number: u64) {
        let mut inner = self.lock();
        if let Some(place) = inner.open.iter().position(|(known, _)| *known == number) {
            let (_, card) = inner.open.swap_remove(place);
            inner.seen.merge(&read(&card.habits));
            inner.ended += 1;
        }
    }

    /// Those that are open, each with its number.
    pub(crate) fn open(&self) -> Vec<(u64, Bind)> {
        self.lock().open.iter().map(|(number, card)| (*number, Bind::of(card))).collect()
    }

    /// What is known of the carrier.
    pub(crate) fn report(&self, carrier: &Carrier) -> Report {
        let inner = self.lock();
        let mut habits = inner.seen.clone();
        inner.open.iter().for_each(|(_, card)| habits.merge(&read(&card.habits)));
        let mut binds: Vec<Bind> = inner.open.iter().map(|(_, card)| Bind::of(card)).collect();
        binds.sort_by(|a, b| a.since.cmp(&b.since));
        let (submits, looked_at) = habits.submits();
        Report {
            carrier: carrier.name.clone(),
            binds,
            binds_ended: inner.ended,
            submits,
            looked_at,
            habits: habits.iter().map(|(habit, count)| Seen { habit: habit.to_string(), count }).collect(),
            findings: iwf_smpp::habits::findings(&habits, carrier),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(habits: &SharedHabits) -> Habits {
    habits.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The answer to `GET /v1/carriers/NAME/probe`. It holds no texts and no numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The name of the carrier.
    pub(crate) carrier: String,
    /// Its binds now.
    pub(crate) binds: Vec<Bind>,
    /// How many binds ended since the node started.
    pub(crate) binds_ended: u64,
    /// How many submits came since then; of a busy bind to the nearest 64.
    pub(crate) submits: u64,
    /// How many of them were looked at.
    pub(crate) looked_at: u64,
    /// What was seen.
    pub(crate) habits: Vec<Seen>,
    /// Where that departs from the profile.
    pub(crate) findings: Vec<String>,
}

/// One bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bind {
    pub(crate) kind: String,
    pub(crate) version: String,
    pub(crate) peer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<String>,
    pub(crate) since: String,
}

impl Bind {
    fn of(card: &Card) -> Self {
        Self {
            kind: card.kind.as_str().to_owned(),
            version: card.version.as_str().to_owned(),
            peer: card.peer.to_string(),
            tls: card.tls.map(str::to_owned),
            since: card.since.to_string(),
        }
    }
}

/// One habit and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) habit: String,
    pub(crate) count: u64,
}
