//! Receipts on their way to carriers: an outbox for each carrier, from which its binds take.

use std::sync::{Arc, Mutex};

use dashmap::DashMap;
use iwf_model::{CarrierId, MessageId, PendingReceipt, Receipt, ReceiptAnswer, Step, StepKind, Timestamp};
use iwf_relay::{Outbox, Settled};
use iwf_store::{Store, Write};
use tokio::sync::Notify;

/// Receipts kept in memory for each carrier; more stay in the store until there is room.
const MOST_IN_MEMORY: usize = 100_000;
/// Receipts read from the store at a time.
const PAGE: u32 = 1_000;

/// All outboxes.
pub(crate) struct Receipts {
    boxes: DashMap<CarrierId, Arc<CarrierBox>>,
    store: Arc<dyn Store>,
}

/// The outbox of one carrier.
pub(crate) struct CarrierBox {
    outbox: Mutex<Outbox>,
    /// Wakes the binds that may take receipts.
    pub(crate) news: Notify,
}

impl Receipts {
    /// Empty outboxes over a store.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { boxes: DashMap::new(), store }
    }

    /// The outbox of a carrier.
    pub(crate) fn of(&self, carrier: CarrierId) -> Arc<CarrierBox> {
        let new =
            || Arc::new(CarrierBox { outbox: Mutex::new(Outbox::new(MOST_IN_MEMORY)), news: Notify::new() });
        Arc::clone(&self.boxes.entry(carrier).or_insert_with(new))
    }

    /// Adds receipts that are durable, and wakes the binds of their carriers.
    pub(crate) fn put(&self, receipts: impl IntoIterator<Item = PendingReceipt>, now: Timestamp) {
        let mut last: Option<(CarrierId, Arc<CarrierBox>)> = None;
        for receipt in receipts {
            let carrier = receipt.receipt.carrier;
            let known = last.as_ref().filter(|(id, _)| *id == carrier);
            let carrier_box = known.map_or_else(|| self.of(carrier), |(_, found)| Arc::clone(found));
            carrier_box.lock().push(receipt, now);
            if let Some((_, previous)) = last.replace((carrier, carrier_box)).filter(|(id, _)| *id != carrier)
            {
                previous.news.notify_waiters();
            }
        }
        if let Some((_, carrier_box)) = last {
            carrier_box.news.notify_waiters();
        }
    }

    /// Reads the receipts that waited when the last run ended.
    pub(crate) async fn load(&self, now: Timestamp) -> Result<(), iwf_store::StoreError> {
        let mut after = None;
        loop {
            let page = self.store.receipts(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.receipt.message);
            self.put(page, now);
        }
    }

    /// Reads more receipts of a carrier whose outbox had left some in the store.
    pub(crate) async fn refill(
        &self,
        carrier: CarrierId,
        now: Timestamp,
    ) -> Result<(), iwf_store::StoreError> {
        let carrier_box = self.of(carrier);
        let mut after = None;
        while carrier_box.lock().has_room() {
            let page = self.store.receipts(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.receipt.message);
            let own = page.into_iter().filter(|receipt| receipt.receipt.carrier == carrier);
            own.for_each(|receipt| carrier_box.lock().push(receipt, now));
        }
        carrier_box.news.notify_waiters();
        Ok(())
    }

    /// Gives up receipts that no receiver took in time, of removed carriers too, and makes room for those that are
    /// in the store alone.
    pub(crate) async fn expire(&self, now: Timestamp) {
        let boxes: Vec<_> =
            self.boxes.iter().map(|entry| (*entry.key(), Arc::clone(entry.value()))).collect();
        for (carrier, carrier_box) in boxes {
            let step = || Step {
                at: now,
                kind: StepKind::ReceiptDropped,
                detail: String::from("nobody took it in time"),
            };
            let expired = carrier_box.lock().expire(now);
            let closed =
                expired.into_iter().map(|message| Write::CloseReceipt { message, steps: vec![step()] });
            let writes: Vec<Write> = closed.collect();
            if !writes.is_empty() {
                drop(self.store.write(writes));
            }
            if carrier_box.wants_more()
                && let Err(error) = self.refill(carrier, now).await
            {
                tracing::error!(%error, "receipts could not be read from the store");
            }
        }
    }

    /// How many receipts wait in memory.
    pub(crate) fn waiting(&self) -> usize {
        self.boxes.iter().map(|entry| entry.lock().len()).sum()
    }
}

impl CarrierBox {
    fn lock(&self) -> std::sync::MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Moves up to `room` receipts to a bind.
    pub(crate) fn take(&self, room: usize, now: Timestamp, out: &mut Vec<Receipt>) {
        self.lock().take(room, now, out);
    }

    /// Takes back receipts that a bind was handed and did not tell.
    pub(crate) fn put_back(&self, messages: &[MessageId]) {
        if !messages.is_empty() {
            self.lock().put_back(messages);
        }
    }

    /// When a bind with room should look again.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.lock().next_due()
    }

    /// A bind has an answer, or lost it: what is to be written. Also tells whether the store has more.
    pub(crate) fn answered(
        &self,
        message: MessageId,
        answer: ReceiptAnswer,
        status: u32,
        now: Timestamp,
    ) -> Option<Write> {
        let settled = self.lock().answered(message, answer, now)?;
        let step = |kind, detail| Step { at: now, kind, detail };
        Some(match settled {
            Settled::Closed(kind) => Write::CloseReceipt {
                message,
                steps: vec![step(kind, format!("command_status 0x{status:08x}"))],
            },
            Settled::Postponed { attempts, in_doubt, due_at } => {
                let step = match in_doubt {
                    true => step(StepKind::ReceiptInDoubt, String::from("no answer came: it is told again")),
                    false => {
                        step(StepKind::ReceiptSent, format!("refused for now, command_status 0x{status:08x}"))
                    }
                };
                Write::PostponeReceipt { message, attempts, in_doubt, due_at, step }
            }
        })
    }

    /// Whether the store holds receipts that there is room for now. Asking ends the wish.
    pub(crate) fn wants_more(&self) -> bool {
        self.lock().wants_more()
    }
}
