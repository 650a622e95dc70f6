//! Carriers that submit as fast as their window allows, and come back whenever they are cut off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use iwf_sim::carrier::{Cancelled, Carrier, CarrierError, CarrierOptions, Operations};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::ledger::Ledger;
use crate::long::{Left, Text, piece, submission};

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

/// Who sends.
const SENDER: &str = "4915112345678";
/// One text of so many has a schedule, this many seconds ahead.
const SCHEDULED: usize = 20;
const AHEAD: u32 = 6;
/// One of so many is taken back: some of those with a schedule.
const CANCELLED: usize = 60;

impl Load {
    pub(crate) fn start(server: SocketAddr, carriers: usize, window: usize, ledger: &Arc<Ledger>) -> Self {
        let signs = Arc::new(Signs::default());
        let carriers = (0..carriers)
            .map(|number| {
                let options = CarrierOptions::new(&format!("c{number}"), "secret");
                let (signs, ledger) = (Arc::clone(&signs), Arc::clone(ledger));
                let left = Arc::<Left>::default();
                tokio::spawn(async move {
                    while !signs.over.load(Ordering::Relaxed) {
                        let bound = Carrier::bind(server, &options).await;
                        let operations = Operations::bind(server, &options).await;
                        if let (Ok(bound), Ok(operations)) = (bound, operations) {
                            work(bound, operations, window, (&signs, &ledger, &left)).await;
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
async fn work(
    (carrier, mut receipts): Bound,
    operations: Operations,
    window: usize,
    (signs, ledger, left): (&Arc<Signs>, &Arc<Ledger>, &Arc<Left>),
) {
    let mut slots = JoinSet::new();
    let operations = Arc::new(Mutex::new(operations));
    for _ in 0..window {
        let shared = (Arc::clone(signs), Arc::clone(ledger), Arc::clone(left));
        let submits = submit(carrier.clone(), Arc::clone(&operations), shared);
        slots.spawn(submits);
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
async fn submit(
    carrier: Carrier,
    operations: Arc<Mutex<Operations>>,
    (signs, ledger, left): (Arc<Signs>, Arc<Ledger>, Arc<Left>),
) {
    while let Some(mut text) = next(&signs, &left) {
        while let Some(part) = text.parts.last().copied() {
            let (number, piece) = (text.number, piece(text.number, part));
            let mut submission = submission(SENDER, &crate::username(number % crate::PHONES), number, part);
            submission.schedule = number.is_multiple_of(SCHEDULED).then_some(AHEAD);
            match carrier.submit(&submission).await {
                Ok(accepted) => {
                    ledger.acknowledged(accepted.id.clone(), piece);
                    if number.is_multiple_of(CANCELLED) {
                        cancel(&operations, accepted.id, &ledger).await;
                    }
                    text.parts.pop();
                }
                Err(CarrierError::Refused(_)) => {
                    ledger.refused();
                    sleep(PAUSE).await;
                    if !text.is_long() {
                        break;
                    }
                }
                Err(_) => {
                    ledger.unanswered(text.is_long().then_some(piece));
                    if text.is_long() {
                        left.put(text);
                    }
                    return;
                }
            }
        }
    }
}

/// What a cut connection left of long texts comes first, and is finished also when no new texts are wanted.
fn next(signs: &Signs, left: &Left) -> Option<Text> {
    let new = || {
        let wanted = !signs.full.load(Ordering::Relaxed);
        wanted.then(|| Text::new(signs.next.fetch_add(1, Ordering::Relaxed)))
    };
    left.take().or_else(new)
}

/// Takes a text back that waits for its time. Without an answer it may have been taken back or not.
async fn cancel(operations: &Mutex<Operations>, id: String, ledger: &Ledger) {
    ledger.asked_to_cancel(id.clone());
    let cancelled = Cancelled { id: id.clone(), from: SENDER.to_owned(), ..Cancelled::default() };
    if operations.lock().await.cancel(&cancelled).await.is_ok() {
        ledger.cancelled(id);
    }
}
