//! What we tell a message centre of its texts: acknowledgements, where it asked for them (SMPP 5.0 4.7.12).

use iwf_model::{MessageId, Now, Receipt, ReceiptAnswer};
use rusmpp_core::CommandStatus;

use super::{Client, ClientEvent, Phase};
use crate::receipt::{self, Role, Style};

impl Client {
    /// How many receipts `send_receipt` would take now: none unless the bind transmits.
    pub fn receipt_room(&self) -> usize {
        let transmits = matches!(self.phase, Phase::Bound) && self.config.kind.transmits();
        if !transmits || self.output.len() >= self.config.max_output {
            return 0;
        }
        self.told.room().saturating_sub(self.texts.in_window())
    }

    /// Sends a receipt by submit_sm; false, and nothing is sent, when there is no room. Its end is told by
    /// `ClientEvent::ReceiptAnswered`.
    pub fn send_receipt(&mut self, receipt: &Receipt, now: Now) -> bool {
        if self.receipt_room() == 0 {
            return false;
        }
        let sequence = self.sequence.advance();
        let profile = &self.config.carrier.profile;
        let role = if profile.reading.environment { Role::Environment } else { Role::Esme };
        let style = Style::new(role, self.version, &profile.answers);
        receipt::write(&mut self.output, receipt, style, sequence);
        self.told.insert(sequence, receipt.message, now.instant + self.config.timers.receipt);
        self.keepalive.sent(now.instant);
        true
    }

    pub(super) fn end_telling(&mut self, message: MessageId, answer: ReceiptAnswer, status: CommandStatus) {
        self.events.push_back(ClientEvent::ReceiptAnswered { message, answer, status: status.into() });
        self.finish_draining();
    }
}
