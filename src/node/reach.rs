//! Where a message can go at this moment: what is known of devices and of binds, asked as one.

use std::sync::Arc;

use iwf_model::{Message, Recipient};
use iwf_relay::{Device, Reach, carrier_lane};

use crate::receipts::Receipts;
use crate::sip::locations::Locations;

/// Answers for accounts from their registrations, for carriers from their binds.
pub(crate) struct Reachable {
    /// Where devices are.
    pub(crate) locations: Arc<Locations>,
    /// What the receivers of carriers take from.
    pub(crate) receipts: Arc<Receipts>,
}

impl Reachable {
    /// Whether anything goes to this recipient at this moment.
    pub(crate) fn reaches(&self, recipient: Recipient) -> bool {
        match recipient {
            Recipient::Account(account) => self.locations.is_reachable(account),
            Recipient::Carrier(carrier) => self.receipts.finds_receiver(carrier),
        }
    }
}

impl Reach for Reachable {
    fn devices(&self, message: &Message, out: &mut Vec<Device>) {
        match message.recipient {
            Recipient::Account(account) => self.locations.devices(account, out),
            Recipient::Carrier(carrier) => {
                out.extend(self.receipts.finds_receiver(carrier).then(|| carrier_lane(message)));
            }
        }
    }
}
