//! What a receiving bind is given: texts beside receipts.

use iwf_model::{Cause, MessageId, Outcome};

use super::Connection;
use crate::clock;
use crate::texts::TextEnd;

impl Connection {
    /// Hands the session what it has room for. Whoever went without last time comes first: a window of one is
    /// shared too.
    pub(super) fn give(&mut self) {
        if self.bound.as_ref().is_some_and(|bound| bound.had_text) {
            self.give_receipts();
            self.give_texts();
        } else {
            self.give_texts();
            self.give_receipts();
        }
    }

    fn give_texts(&mut self) {
        let Some(bound) = &mut self.bound else { return };
        let Some(receiver) = &bound.receiver else { return };
        while self.session.text_room() > 0 {
            let now = clock::now();
            let Some(message) = receiver.take(now.utc) else { return };
            let directory = self.shared.core.directory.load();
            bound.had_text = true;
            let taken = directory.carrier(bound.carrier);
            if !taken.is_some_and(|carrier| self.session.send_text(&message, carrier, now)) {
                receiver.ended([TextEnd::not_sent(message.id)]);
            }
        }
    }

    /// A text has ended, one way or another.
    pub(super) fn text_answered(
        &self,
        message: MessageId,
        outcome: Outcome,
        parts: usize,
        names: Vec<Option<Box<str>>>,
    ) {
        let Some(receiver) = self.bound.as_ref().and_then(|bound| bound.receiver.as_ref()) else { return };
        let answer = match (outcome.cause, outcome.code) {
            (Cause::Delivered | Cause::Taken, _) => String::from("acknowledged"),
            (cause, 0) => cause.as_str().to_owned(),
            (_, code) => format!("command_status 0x{code:08x}"),
        };
        let detail = format!("SMPP {}, parts: {parts}, {answer}", self.peer);
        receiver.ended([TextEnd { message, outcome, detail, names }]);
    }
}
