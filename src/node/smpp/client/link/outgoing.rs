//! What goes over a bind of ours: texts, and what its message centre wants to hear of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use iwf_model::{Cause, MessageId, Now};
use iwf_smpp::TextAnswer;

use super::Link;
use crate::clock;
use crate::receipts;
use crate::texts::{FromCarriers, TextEnd};

impl Link<'_> {
    /// Hands the session what it has room for.
    pub(super) fn give(&mut self) {
        let now = clock::now();
        while let Some(receiver) = &self.receiver
            && self.client.text_room(now) > 0
            && let Some(message) = receiver.take(now.utc)
        {
            self.card.counts().submitted.fetch_add(1, Ordering::Relaxed);
            self.client.send_text(&message, now);
        }
        self.give_receipts(now);
        self.card.counts().in_window.store(self.client.in_window(), Ordering::Relaxed);
    }

    /// Whether what the carrier wants to hear is told here: where it has no receiver bound to us, and so gave us its
    /// texts by deliver_sm.
    pub(super) fn tells_receipts(&self) -> bool {
        self.plan.kind.transmits() && !self.leaving && !self.outbox.texts.has_receiver()
    }

    fn give_receipts(&mut self, now: Now) {
        let room = self.client.receipt_room();
        if room == 0 || !self.tells_receipts() {
            return;
        }
        // An ESME has no word for "it has to wait".
        let (mut notifications, mut receipts) = (Vec::new(), Vec::new());
        self.outbox.take(room, now.utc, (&mut notifications, &mut receipts), None);
        let mut given = receipts.into_iter();
        let refused = given.find(|receipt| !self.client.send_receipt(receipt, now));
        let untold: Vec<MessageId> =
            refused.into_iter().chain(given).map(|receipt| receipt.message).collect();
        self.outbox.put_back(&untold);
    }

    pub(super) fn receipts_answered(&self, answers: &[receipts::Answered], now: Now) {
        let core = Arc::clone(&self.shared.core);
        if self.outbox.answered(answers, &*core.store, now.utc) && self.outbox.wants_more(now.utc) {
            let carrier = self.plan.carrier.id;
            tokio::spawn(async move {
                if let Err(error) = core.receipts.refill(carrier, now.utc).await {
                    tracing::error!(%error, "receipts could not be read from the store");
                }
            });
        }
    }

    /// A text has ended, one way or another.
    pub(super) fn text_answered(&self, answer: TextAnswer) {
        let TextAnswer { message, outcome, parts, names, said } = answer;
        let counts = self.card.counts();
        let taken = matches!(outcome.cause, Cause::Delivered | Cause::Taken);
        let count = if taken { &counts.accepted } else { &counts.refused };
        count.fetch_add(1, Ordering::Relaxed);
        let answered = match (outcome.cause, outcome.code) {
            (Cause::Delivered | Cause::Taken, _) => {
                let named: Vec<&str> = names.iter().flatten().map(|name| &**name).collect();
                if named.is_empty() { "acknowledged".to_owned() } else { format!("as {}", named.join(" ")) }
            }
            (cause, 0) => cause.as_str().to_owned(),
            (_, code) => format!("command_status 0x{code:08x}"),
        };
        let said = said.map_or_else(String::new, |said| format!(" \"{said}\""));
        let connection = &self.plan.connection.name;
        let detail = format!("SMPP {connection} {}, parts: {parts}, {answered}{said}", self.peer);
        let end = TextEnd { message, outcome, detail, names };
        self.shared.core.from_carriers.put([FromCarriers::Ended(self.taker(), end)]);
    }
}
