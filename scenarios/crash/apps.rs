//! An app that writes to another one and asks to be told of each text, while the node is killed.
//!
//! It comes over TCP, so that nothing of it is sent twice: of each text there is one at most.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use iwf_sim::phone::{Notice, Phone, PhoneOptions, Transport, Wishes};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Who asks, and who answers.
pub(crate) const USERS: [&str; 2] = ["4915200000", "4915200001"];
/// Texts that wait for their answers at a time.
const WINDOW: usize = 4;
/// Before what failed is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// The two apps.
pub(crate) struct Apps {
    asker: Arc<Phone>,
    seen: Arc<Mutex<Seen>>,
    full: Arc<AtomicBool>,
    slots: JoinSet<()>,
    /// Dropped, it would be away.
    _answerer: Phone,
}

/// What was promised, and what came: Call-IDs by text.
#[derive(Default)]
struct Seen {
    acknowledged: Vec<String>,
    shown: HashMap<String, Vec<String>>,
    told: HashMap<String, Vec<String>>,
    faults: Vec<String>,
}

impl Apps {
    pub(crate) async fn start(udp: SocketAddr, tcp: SocketAddr) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let [asks, answers] = USERS;
        let mut options = PhoneOptions::new(asks, "secret", tcp);
        options.transport = Transport::Tcp;
        let (asker, mut notices) = Phone::start(options).await.expect("a port is free");
        let (answerer, mut texts) =
            Phone::start(PhoneOptions::new(answers, "secret", udp)).await.expect("a port is free");
        asker.register().await.expect("the node runs");
        answerer.register().await.expect("the node runs");
        let (told, shown) = (Arc::clone(&seen), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Some(text) = notices.recv().await {
                let mut seen = lock(&told);
                match Notice::read(&text) {
                    Some(notice) if notice.status == "delivered" => {
                        seen.told.entry(notice.of).or_default().push(text.call_id);
                    }
                    _ => seen.faults.push(format!("the asking app got {text:?}")),
                }
            }
        });
        tokio::spawn(async move {
            while let Some(text) = texts.recv().await {
                lock(&shown).shown.entry(text.body).or_default().push(text.call_id);
            }
        });
        let (asker, full, slots) = (Arc::new(asker), Arc::<AtomicBool>::default(), JoinSet::new());
        let mut apps = Self { asker, seen, full, slots, _answerer: answerer };
        apps.work();
        apps
    }

    fn work(&mut self) {
        let next = Arc::<AtomicUsize>::default();
        for _ in 0..WINDOW {
            let (asker, seen) = (Arc::clone(&self.asker), Arc::clone(&self.seen));
            let (full, next) = (Arc::clone(&self.full), Arc::clone(&next));
            self.slots.spawn(async move {
                while !full.load(Ordering::Relaxed) {
                    let name = format!("n{}", next.fetch_add(1, Ordering::Relaxed));
                    let dispositions = "positive-delivery, negative-delivery".to_owned();
                    let wishes = Wishes { name: name.clone(), dispositions, validity: None };
                    match asker.ask(USERS[1], &name, &wishes).await {
                        Ok(202) => lock(&seen).acknowledged.push(name),
                        Ok(_) => sleep(PAUSE).await,
                        // The connection went down with the node. Nothing is asked before it is registered over another:
                        // more notices than the node keeps for who is away would not be kept.
                        Err(_) => {
                            sleep(PAUSE).await;
                            while asker.register().await.is_err() && !full.load(Ordering::Relaxed) {
                                sleep(PAUSE).await;
                            }
                        }
                    }
                }
            });
        }
    }

    /// No more texts.
    pub(crate) async fn stop_asking(&mut self) {
        self.full.store(true, Ordering::Relaxed);
        while let Some(ended) = self.slots.join_next().await {
            ended.expect("no app panics");
        }
        self.asker.register().await.expect("the node runs");
    }

    /// How many of the acknowledged texts were not told of yet.
    pub(crate) fn missing(&self) -> usize {
        let seen = lock(&self.seen);
        seen.acknowledged.iter().filter(|name| !seen.told.contains_key(*name)).count()
    }

    /// How many texts were acknowledged, how many notices came again under their name, and all that must not be.
    pub(crate) fn check(&self) -> (usize, usize, Vec<String>) {
        let mut seen = lock(&self.seen);
        let mut faults = std::mem::take(&mut seen.faults);
        for name in &seen.acknowledged {
            for (what, came) in [("shown", &seen.shown), ("told", &seen.told)] {
                if !came.contains_key(name) {
                    faults.push(format!("{name} of an app was acknowledged and not {what}"));
                }
            }
        }
        // A repeat of what a kill left in doubt has the Call-ID of the first.
        let mut again = 0;
        for (name, calls) in seen.shown.iter().chain(&seen.told) {
            again += calls.len() - 1;
            if calls.iter().any(|call| *call != calls[0]) {
                faults.push(format!("{name} of an app came twice: {calls:?}"));
            }
        }
        (seen.acknowledged.len(), again, faults)
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().expect("no one panics while writing")
}
