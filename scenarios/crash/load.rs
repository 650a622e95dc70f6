//! Carriers that submit as fast as their window allows, and come back whenever they are cut off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use iwf_sim::carrier::{Carrier, CarrierError, CarrierOptions, Submission};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::ledger::Ledger;

/// The carriers at work.
pub(crate) struct Load {
    signs: Arc<Signs>,
    carriers: Vec<JoinHandle<()>>,
}

/// What the carriers are told.
#[derive(Default)]
struct Signs {
    full: AtomicBool,
    over: AtomicBool,
    /// The number of the next text.
    next: AtomicUsize,
}

/// Before a carrier tries again what was refused: a bind while no node runs, a text beyond a limit.
const PAUSE: Duration = Duration::from_millis(20);

impl Load {
    pub(crate) fn start(server: SocketAddr, carriers: usize, window: usize, ledger: &Arc<Ledger>) -> Self {
        let signs = Arc::new(Signs::default());
        let carriers = (0..carriers)
            .map(|number| {
                let options = CarrierOptions::new(&format!("c{number}"), "secret");
                let (signs, ledger) = (Arc::clone(&signs), Arc::clone(ledger));
                tokio::spawn(async move {
                    while !signs.over.load(Ordering::Relaxed) {
                        if let Ok(bound) = Carrier::bind(server, &options).await {
                            work(bound, window, &signs, &ledger).await;
                        }
                        sleep(PAUSE).await;
                    }
                })
            })
            .collect();
        Self { signs, carriers }
    }

    /// No more submissions; receipts are still taken.
    pub(crate) fn stop_submitting(&self) {
        self.signs.full.store(true, Ordering::Relaxed);
    }

    /// Unbinds all.
    pub(crate) async fn end(self) {
        self.signs.over.store(true, Ordering::Relaxed);
        for carrier in self.carriers {
            carrier.await.expect("no carrier panics");
        }
    }
}

type Bound = (Carrier, tokio::sync::mpsc::Receiver<iwf_sim::carrier::Receipt>);

/// Uses one bind until it ends.
async fn work((carrier, mut receipts): Bound, window: usize, signs: &Arc<Signs>, ledger: &Arc<Ledger>) {
    let mut slots = JoinSet::new();
    for _ in 0..window {
        slots.spawn(submit(carrier.clone(), Arc::clone(signs), Arc::clone(ledger)));
    }
    while !signs.over.load(Ordering::Relaxed) {
        match timeout(PAUSE, receipts.recv()).await {
            Ok(Some(receipt)) => ledger.told(receipt.id, receipt.stat),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    slots.join_all().await;
    // The connection is gone, or the other side hears of it.
    let _ = carrier.unbind().await;
    while let Some(receipt) = receipts.recv().await {
        ledger.told(receipt.id, receipt.stat);
    }
}

/// One slot of the window: the next text as soon as the last one was answered.
async fn submit(carrier: Carrier, signs: Arc<Signs>, ledger: Arc<Ledger>) {
    while !signs.full.load(Ordering::Relaxed) {
        let number = signs.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("text {number}");
        let to = crate::username(number % crate::PHONES);
        match carrier.submit(&Submission::new("4915112345678", &to, &text)).await {
            Ok(accepted) => ledger.acknowledged(accepted.id, text),
            Err(CarrierError::Refused(_)) => {
                ledger.refused();
                sleep(PAUSE).await;
            }
            Err(_) => {
                ledger.unanswered();
                return;
            }
        }
    }
}
