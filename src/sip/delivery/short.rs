//! A text on its way to a phone that takes short messages (`+g.3gpp.smsip`): RP-DATAs, each in a MESSAGE of its own,
//! one after another (TS 24.341 5.3.2.4; interworking.md C.13).

use iwf_model::text::segment::SegmentError;
use iwf_model::{Binding, Message};

use super::{device_of, mixed};
use crate::ims::exchange::Sent;
use crate::ims::status::status_report;
use crate::ims::{FromNetwork, deliver};

/// The SMS-DELIVERs of a text, and how many of them the phone has.
#[derive(Debug)]
pub struct Segments {
    tpdus: Vec<Vec<u8>>,
    done: usize,
}

/// One of them, on its way.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Which one it is, from 1.
    number: usize,
    tpdu: &'a [u8],
}

impl Segments {
    /// Cuts a text, or writes what a phone hears of its own.
    ///
    /// # Errors
    /// When it has more parts than can be numbered.
    pub fn of(message: &Message) -> Result<Self, SegmentError> {
        let tpdus = match message.notice().and_then(|notice| Some((notice.asked.short?, notice.tells))) {
            Some((asked, tells)) => vec![status_report(message, asked, tells)],
            None => deliver::deliver(message)?,
        };
        Ok(Self { tpdus, done: 0 })
    }

    /// The next to be sent; `None`: the phone has them all.
    pub fn next(&self) -> Option<Segment<'_>> {
        self.tpdus.get(self.done).map(|tpdu| Segment { number: self.done + 1, tpdu })
    }

    /// The phone has taken the one that was next.
    pub fn taken(&mut self) {
        self.done += 1;
    }
}

impl Segment<'_> {
    /// The RP-DATA.
    pub(super) fn body(self, message: &Message, binding: &Binding) -> Vec<u8> {
        let reference = self.reference(message, binding);
        FromNetwork::Data { reference, centre: None, tpdu: self.tpdu }.to_octets()
    }

    /// What is waited for when it is sent; `call_id` is that of its MESSAGE.
    pub fn sent(self, message: &Message, binding: &Binding, call_id: String) -> Sent {
        let reference = self.reference(message, binding);
        Sent { account: binding.account, reference, call_id: call_id.into() }
    }

    /// RP-Message Reference: the same in all attempts to this device, so that a late report on an earlier one counts,
    /// and another for each part.
    fn reference(self, message: &Message, binding: &Binding) -> u8 {
        (mixed(message.id.as_u64() ^ device_of(binding)) as u8).wrapping_add(self.number as u8)
    }

    pub(super) fn number(self) -> usize {
        self.number
    }
}
