//! What we tell the peer of its messages: receipts, notifications, and that a recipient is there again.

use iwf_model::{MessageId, Notification, Now, Party, Receipt};
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::Phase;
use crate::bind::Version;
use crate::event::{Event, ReceiptAnswer};
use crate::pdu::alert;
use crate::receipt::{self, Role, Style};

/// A request of ours that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// What answers it: a response of another kind does not.
    pub(super) response: CommandId,
    pub(super) told: Told,
}

/// What we told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// A receipt: its end is told by `Event::ReceiptAnswered`.
    Receipt(MessageId),
    /// An intermediate notification: nothing hangs on its answer.
    Notification,
}

impl Session {
    /// How many receipts `send_receipt` would take now: none unless the bind receives.
    pub fn receipt_room(&self) -> usize {
        match self.phase {
            Phase::Bound(bound) if bound.kind.receives() && self.output.len() < self.config.max_output => {
                self.told.room().saturating_sub(self.texts.in_window())
            }
            _ => 0,
        }
    }

    /// Sends a receipt; false, and nothing is sent, when there is no room. Its end is told by
    /// `Event::ReceiptAnswered`. It must not be called before the message's submit was answered.
    pub fn send_receipt(&mut self, receipt: &Receipt, now: Now) -> bool {
        let Some(sequence) = self.begin_telling(Told::Receipt(receipt.message), now) else { return false };
        let style = Style::new(Role::MessageCentre, self.version(), &self.profile.answers);
        receipt::write(&mut self.output, receipt, style, sequence);
        true
    }

    /// Sends an intermediate notification; false, and nothing is sent, when there is no room. What the peer makes of
    /// it is not told. It must not be called after the message's receipt.
    pub fn send_notification(&mut self, notification: &Notification, now: Now) -> bool {
        let Some(sequence) = self.begin_telling(Told::Notification, now) else { return false };
        let style = Style::new(Role::MessageCentre, self.version(), &self.profile.answers);
        receipt::write_notification(&mut self.output, notification, style, sequence);
        true
    }

    /// Whether `send_alert` makes sense: to a bind that receives, and not to a peer of v3.3, which knows no such thing.
    pub fn hears_alerts(&self) -> bool {
        matches!(self.phase, Phase::Bound(bound) if bound.kind.receives()) && self.version() >= Version::V34
    }

    /// Tells that `source` can be reached again by `esme`, who waits for that (SMPP 5.0 4.1.3): alert_notification,
    /// which has no answer. False, and nothing is sent, when there is no room, and to a peer that hears none.
    pub fn send_alert(&mut self, source: &Party, esme: &Party, now: Now) -> bool {
        if self.receipt_room() == 0 || !self.hears_alerts() {
            return false;
        }
        let sequence = self.sequence.advance();
        alert::write(&mut self.output, source, esme, sequence);
        self.keepalive.sent(now.instant);
        true
    }

    fn begin_telling(&mut self, told: Told, now: Now) -> Option<u32> {
        if self.receipt_room() == 0 {
            return None;
        }
        let sequence = self.sequence.advance();
        let style = Style::new(Role::MessageCentre, self.version(), &self.profile.answers);
        let sent = Sent { response: style.command_id().matching_response(), told };
        self.told.insert(sequence, sent, now.instant + self.config.timers.receipt);
        self.keepalive.sent(now.instant);
        Some(sequence)
    }

    /// What the peer answered, or did not.
    pub(super) fn end_telling(&mut self, sent: Sent, answer: ReceiptAnswer, status: CommandStatus) {
        match sent.told {
            Told::Receipt(message) => {
                self.watcher.receipt(answer, status.into());
                self.events.push_back(Event::ReceiptAnswered { message, answer, status: status.into() });
            }
            Told::Notification => {}
        }
        self.finish_draining();
    }
}
