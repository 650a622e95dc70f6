//! What apps hear of the texts that they sent: written with what it tells of, sent when that is durable.

use std::sync::Arc;

use iwf_model::{Cause, MessageId, Now, Recipient, Step, Submission};
use iwf_relay::told;
use iwf_store::Write;

use super::driver::Driver;
use super::later::Ended;
use crate::telemetry::NoticeResult;

impl Driver {
    /// Queues a notice, of an end or with the `step` of a reader. False: its account has too many already.
    pub(super) fn tell(&mut self, notice: Submission, step: Option<Step>, now: Now) -> bool {
        let Some(message) = told(notice, self.shared.intake.ids.next(now.utc), now.utc) else { return false };
        if !self.shared.intake.load.enter_notice(message.recipient) {
            self.shared.metrics.notices.of(NoticeResult::NoRoom).increment(1);
            return false;
        }
        let message = Arc::new(message);
        self.writes.push(Write::Tell(Arc::clone(&message), step));
        self.told.push(message);
        true
    }

    /// A notice is over, however that was.
    pub(super) fn forget_notice(&mut self, recipient: Recipient, notice: MessageId, cause: Cause) {
        self.shared.metrics.notices.of(NoticeResult::of(cause)).increment(1);
        self.ended.push(Ended { recipient, receipt: None });
        self.writes.push(Write::Forget(notice));
    }
}
