//! Receipts on their way to carriers: an outbox for each carrier, from which its binds take. Texts to the carrier
//! wait beside it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dashmap::DashMap;
use iwf_model::{
    CarrierId, Message, MessageId, Notification, PendingReceipt, Receipt, ReceiptAnswer, Step, StepKind,
    Timestamp,
};
use iwf_relay::{Alert, Outbox, Settled};
use iwf_store::{Store, StoreError, Write};
use tokio::sync::Notify;

use crate::texts::Texts;

/// Receipts kept in memory for each carrier; more stay in the store until there is room.
const MOST_IN_MEMORY: usize = 100_000;
/// Receipts read from the store at a time.
const PAGE: u32 = 1_000;
/// When receipts that could not be read are asked for again.
const AGAIN: Duration = Duration::from_secs(1);

/// All outboxes.
pub(crate) struct Receipts {
    boxes: DashMap<CarrierId, Arc<CarrierBox>>,
    store: Arc<dyn Store>,
    /// The most receipts in each outbox.
    most: usize,
    /// What the last run left is not yet read: every outbox is being refilled from its first moment on.
    loading: AtomicBool,
}

/// What waits for the receiving binds of one carrier.
pub(crate) struct CarrierBox {
    outbox: Mutex<Outbox>,
    /// Texts to the carrier.
    pub(crate) texts: Arc<Texts>,
    /// Wakes the binds that may take receipts and texts.
    pub(crate) news: Notify,
}

impl Receipts {
    /// Empty outboxes over a store; [`Receipts::load`] comes next.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self::with_room(store, MOST_IN_MEMORY)
    }

    fn with_room(store: Arc<dyn Store>, most: usize) -> Self {
        Self { boxes: DashMap::new(), store, most, loading: AtomicBool::new(true) }
    }

    /// The outbox of a carrier.
    pub(crate) fn of(&self, carrier: CarrierId) -> Arc<CarrierBox> {
        let new = || {
            let mut outbox = Outbox::new(self.most);
            if self.loading.load(Ordering::Acquire) {
                outbox.begin_refill();
            }
            let outbox = Mutex::new(outbox);
            Arc::new(CarrierBox { outbox, texts: Arc::default(), news: Notify::new() })
        };
        Arc::clone(&self.boxes.entry(carrier).or_insert_with(new))
    }

    /// Gives a text to the binds of a carrier; false when none of them may receive.
    pub(crate) fn give(&self, carrier: CarrierId, message: &Arc<Message>) -> bool {
        let carrier_box = self.of(carrier);
        let given = carrier_box.texts.put(message);
        carrier_box.news.notify_waiters();
        given
    }

    /// Whether a bind of the carrier may receive.
    pub(crate) fn has_receiver(&self, carrier: CarrierId) -> bool {
        self.of(carrier).texts.has_receiver()
    }

    /// Whether a bind of the carrier may receive, asked for a text that is to go to it.
    pub(crate) fn finds_receiver(&self, carrier: CarrierId) -> bool {
        self.of(carrier).texts.finds_receiver()
    }

    /// We stop: takes back the texts that no bind has taken.
    pub(crate) fn withdraw_texts(&self) -> Vec<MessageId> {
        let texts = self.boxes.iter().flat_map(|entry| entry.texts.withdraw());
        texts.map(|message| message.id).collect()
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

    /// Adds a notification, and wakes the binds of its carrier.
    pub(crate) fn notify(&self, notification: Notification) {
        let carrier_box = self.of(notification.carrier);
        carrier_box.lock().notify(notification);
        carrier_box.news.notify_waiters();
    }

    /// Adds an alert, and wakes the binds of its carrier.
    pub(crate) fn alert(&self, alert: Alert) {
        let carrier_box = self.of(alert.carrier);
        carrier_box.alert(alert);
        carrier_box.news.notify_waiters();
    }

    /// Reads the receipts that waited when the last run ended.
    pub(crate) async fn load(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.store.receipts(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.receipt.message);
            self.put(page, now);
        }
        // Whoever makes an outbox now makes it before it is come by here, or sees that nothing is loaded any more.
        self.loading.store(false, Ordering::Release);
        self.boxes.iter().for_each(|entry| entry.lock().end_refill(None));
        Ok(())
    }

    /// Reads more receipts of a carrier whose outbox had left some in the store, unless that is under way.
    ///
    /// The read comes after the writes of all receipts closed so far, and the outbox remembers those that are
    /// closed from now on: none is told twice.
    pub(crate) async fn refill(&self, carrier: CarrierId, now: Timestamp) -> Result<(), StoreError> {
        let carrier_box = self.of(carrier);
        if !carrier_box.lock().begin_refill() {
            return Ok(());
        }
        let mut refill = Refill { carrier_box: &carrier_box, more_from: Some(now.after(AGAIN)) };
        self.store.flush().await?;
        let mut after = None;
        loop {
            if !carrier_box.lock().has_room() {
                refill.more_from = Some(now);
                return Ok(());
            }
            let page = self.store.receipts(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.receipt.message);
            let own = page.into_iter().filter(|receipt| receipt.receipt.carrier == carrier);
            own.for_each(|receipt| carrier_box.lock().push(receipt, now));
        }
        refill.more_from = None;
        Ok(())
    }

    /// Gives up receipts that no receiver took in time, of removed carriers too, and makes room for those that are
    /// in the store alone.
    pub(crate) async fn expire(&self, now: Timestamp) {
        let boxes: Vec<_> =
            self.boxes.iter().map(|entry| (*entry.key(), Arc::clone(entry.value()))).collect();
        for (carrier, carrier_box) in boxes {
            carrier_box.expire(&*self.store, now);
            if carrier_box.wants_more(now)
                && let Err(error) = self.refill(carrier, now).await
            {
                tracing::error!(%error, "receipts could not be read from the store");
            }
        }
    }

    /// We stop: writes of every receipt under way that it may have been told.
    pub(crate) fn interrupt(&self, now: Timestamp) {
        for entry in &self.boxes {
            let mut outbox = entry.lock();
            let detail = || String::from("stopped before it was acknowledged");
            let step = || Step { at: now, kind: StepKind::ReceiptInDoubt, detail: detail() };
            let doubted = outbox.interrupt(now).into_iter();
            let writes = doubted.map(|(message, settled)| write(message, settled, step()));
            drop(self.store.write(writes.collect()));
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

    /// Adds an alert.
    pub(crate) fn alert(&self, alert: Alert) {
        self.lock().alert(alert);
    }

    /// Moves up to `room` notifications and receipts to a bind, to be told in this order; and as many alerts, if it
    /// hears any.
    pub(crate) fn take(
        &self,
        room: usize,
        now: Timestamp,
        (notifications, receipts): (&mut Vec<Notification>, &mut Vec<Receipt>),
        alerts: Option<&mut Vec<Alert>>,
    ) {
        let mut outbox = self.lock();
        if let Some(alerts) = alerts {
            outbox.take_alerts(room, alerts);
        }
        outbox.take_notifications(room, notifications);
        outbox.take(room.saturating_sub(notifications.len()), now, receipts);
    }

    /// Takes back receipts that a bind was handed and did not tell.
    pub(crate) fn put_back(&self, messages: &[MessageId]) {
        if !messages.is_empty() {
            self.lock().put_back(messages);
        }
    }

    /// Whether there is something to take and nobody to take it. `texts`: there are texts to the carrier, which count
    /// if one of them has found no receiver; others may wait for their time.
    pub(crate) fn wants_receiver(&self, texts: bool, now: Timestamp) -> bool {
        !self.texts.has_receiver() && (self.lock().has_ready(now) || (texts && self.texts.misses_receiver()))
    }

    /// When a bind with room should look again.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.lock().next_due()
    }

    fn expire(&self, store: &dyn Store, now: Timestamp) {
        let mut outbox = self.lock();
        let step = || {
            let detail = String::from("nobody took it in time");
            vec![Step { at: now, kind: StepKind::ReceiptDropped, detail }]
        };
        let closed = outbox.expire(now).into_iter();
        let writes = closed.map(|message| Write::CloseReceipt { message, steps: step() });
        // Queued before the outbox is let go, as in `answered`.
        drop(store.write(writes.collect()));
    }

    /// A bind has answers, or lost them: writes what follows, and tells whether there was anything to write.
    ///
    /// The write is queued before the outbox is let go, so that a refill that begins then reads after it.
    pub(crate) fn answered(&self, answers: &[Answered], store: &dyn Store, now: Timestamp) -> bool {
        let mut outbox = self.lock();
        let mut writes = Vec::with_capacity(answers.len());
        for &Answered { message, answer, status } in answers {
            let Some(settled) = outbox.answered(message, answer, now) else { continue };
            let (kind, detail) = match (settled, answer) {
                (Settled::Closed(kind), _) => (kind, format!("command_status 0x{status:08x}")),
                (_, ReceiptAnswer::Lost) => {
                    (StepKind::ReceiptInDoubt, String::from("no answer came: it is told again"))
                }
                _ => (StepKind::ReceiptSent, format!("refused for now, command_status 0x{status:08x}")),
            };
            writes.push(write(message, settled, Step { at: now, kind, detail }));
        }
        let some = !writes.is_empty();
        // What can't be written now is kept by the store and tried again.
        drop(store.write(writes));
        some
    }

    /// Whether the store holds receipts that there is room for now.
    pub(crate) fn wants_more(&self, now: Timestamp) -> bool {
        self.lock().wants_more(now)
    }
}

/// What became of a receipt that a bind was handed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    /// The message it tells of.
    pub(crate) message: MessageId,
    /// What the carrier made of it.
    pub(crate) answer: ReceiptAnswer,
    /// The command_status of its answer.
    pub(crate) status: u32,
}

fn write(message: MessageId, settled: Settled, step: Step) -> Write {
    match settled {
        Settled::Closed(_) => Write::CloseReceipt { message, steps: vec![step] },
        Settled::Postponed { attempts, in_doubt, due_at } => {
            Write::PostponeReceipt { message, attempts, in_doubt, due_at, step }
        }
    }
}

/// A refill under way; it ends when this is dropped, also when it is cut off.
struct Refill<'a> {
    carrier_box: &'a CarrierBox,
    more_from: Option<Timestamp>,
}

impl Drop for Refill<'_> {
    fn drop(&mut self) {
        self.carrier_box.lock().end_refill(self.more_from);
        self.carrier_box.news.notify_waiters();
    }
}

#[cfg(test)]
#[path = "receipts_tests.rs"]
mod tests;
