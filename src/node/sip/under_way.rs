//! The attempts under way: which message goes to which device, over which of its flows.
//!
//! A device has one attempt at a time (`relay/lanes.rs`), an attempt one request for each flow that it was sent over.
//! The requests carry the attempt's number in their tokens, so their ends find it without a table of their own.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use iwf_model::{AccountId, Message, MessageId, Outcome};
use iwf_relay::Device;
use iwf_sip::delivery::{Form, Segments};
use iwf_sip::ims::exchange::Exchanges;
use iwf_sip::outcome::weightier_flow;
use smallvec::SmallVec;

use super::links::Link;
use super::locations::Location;

/// Attempts under way.
#[derive(Default)]
pub(super) struct Attempts {
    by_number: HashMap<u64, UnderWay>,
    last: u64,
    /// Connections that we opened, by where they lead.
    pub(super) opened: HashMap<SocketAddr, u64>,
    /// When attempts to apps that can be woken are looked at again.
    looks: BTreeSet<(Instant, u64)>,
    /// Devices that a push did not wake, and until when no other push is sent.
    resting: HashMap<Device, Instant>,
    /// Short messages that their phones have yet to report on, by the numbers of their attempts.
    pub(super) exchanges: Exchanges,
}

/// One message on its way to one device.
pub(super) struct UnderWay {
    pub(super) message: Arc<Message>,
    pub(super) account: AccountId,
    pub(super) device: Device,
    /// Which attempt it is, from 1.
    pub(super) attempt: u32,
    /// The device may have had it before.
    pub(super) repeated: bool,
    /// The flows it was sent over, in this order.
    pub(super) flows: SmallVec<[Sent; 1]>,
    /// How those of them ended that another flow could make up for: what weighs most, and all of it for people.
    pub(super) ended: Option<(Outcome, String)>,
    /// Its app was asked to wake, and is waited for until then.
    pub(super) woken_until: Option<Instant>,
    /// To a phone of IMS it goes in these.
    pub(super) segments: Option<Box<Segments>>,
}

/// A request over one flow.
pub(super) struct Sent {
    pub(super) location: Arc<Location>,
    pub(super) branch: u64,
    /// The form of its text; a short message has none to choose from.
    pub(super) form: Option<Form>,
    /// It went over a connection in place of a datagram that would have been too large.
    pub(super) instead: bool,
    /// Its end has not come.
    pub(super) open: bool,
    /// It was sent, or nothing can be sent this way: the way is not taken again.
    pub(super) counts: bool,
}

/// The end of a request.
pub(super) struct FlowEnd {
    /// The number of its attempt.
    pub(super) number: u64,
    /// Where it had gone.
    pub(super) location: Arc<Location>,
    /// In which form; a short message has none to choose from.
    pub(super) form: Option<Form>,
    /// As in [`Sent`].
    pub(super) instead: bool,
}

/// A token is the number of an attempt and, in its last digits, which of the attempt's flows it is.
const FLOWS: u64 = 16;

impl Attempts {
    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn forget_link(&mut self, link: &Link) {
        if self.opened.get(&link.peer) == Some(&link.connection) {
            self.opened.remove(&link.peer);
        }
    }

    /// Whether nothing is under way that may end while we stop: who sleeps is not waited for.
    pub(super) fn are_at_rest(&self) -> bool {
        self.by_number.values().all(|attempt| !attempt.is_open()) && self.exchanges.is_empty()
    }

    /// Looks at an attempt at that moment.
    pub(super) fn look_again(&mut self, moment: Instant, number: u64) {
        self.looks.insert((moment, number));
    }

    /// The next attempt to be looked at.
    pub(super) fn next_look(&mut self, now: Instant) -> Option<u64> {
        let first = self.looks.first().copied().filter(|(moment, _)| *moment <= now)?;
        self.looks.remove(&first);
        Some(first.1)
    }

    /// A push did not wake a device: none is sent until then.
    pub(super) fn rest(&mut self, device: Device, until: Instant) {
        self.resting.insert(device, until);
    }

    /// Whether no push is sent to a device now.
    pub(super) fn rests(&self, device: Device, now: Instant) -> bool {
        self.resting.get(&device).is_some_and(|until| *until > now)
    }

    /// A device is there.
    pub(super) fn is_up(&mut self, device: Device) {
        self.resting.remove(&device);
    }

    /// Forgets who has rested enough.
    pub(super) fn forget_rested(&mut self, now: Instant) {
        self.resting.retain(|_, until| *until > now);
    }

    /// The number of the attempt that a token is of.
    pub(super) fn number_of(token: u64) -> u64 {
        token / FLOWS
    }

    /// A number for a new attempt.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(super) fn put(&mut self, number: u64, attempt: UnderWay) {
        self.by_number.insert(number, attempt);
    }

    pub(super) fn take(&mut self, number: u64) -> Option<UnderWay> {
        self.by_number.remove(&number)
    }

    /// A request has ended. `None`: its attempt was over before.
    pub(super) fn ended(&mut self, token: u64) -> Option<FlowEnd> {
        let sent = self.sent(token)?;
        sent.open = false;
        let (location, form, instead) = (Arc::clone(&sent.location), sent.form, sent.instead);
        Some(FlowEnd { number: Self::number_of(token), location, form, instead })
    }

    /// A request did not come to its device, which may be tried the same way again: its attempt, taken out.
    pub(super) fn discount(&mut self, token: u64) -> Option<(u64, UnderWay)> {
        self.sent(token)?.counts = false;
        let number = Self::number_of(token);
        Some((number, self.take(number)?))
    }

    fn sent(&mut self, token: u64) -> Option<&mut Sent> {
        let flow = usize::try_from(token % FLOWS).ok()?;
        self.by_number.get_mut(&Self::number_of(token))?.flows.get_mut(flow)
    }

    /// Whether the device of an attempt may have had the message before its last request.
    pub(super) fn is_repeated(&self, number: u64) -> bool {
        self.by_number.get(&number).is_some_and(|attempt| {
            attempt.repeated || attempt.flows.iter().filter(|sent| sent.counts).count() > 1
        })
    }

    /// What was sent and has no answer.
    pub(super) fn messages(&self) -> impl Iterator<Item = MessageId> {
        self.by_number.values().filter(|attempt| attempt.was_sent()).map(|attempt| attempt.message.id)
    }
}

impl UnderWay {
    /// The token of the next request; `None`: it has tried flows enough.
    pub(super) fn next_token(&self, number: u64) -> Option<u64> {
        let flow = self.flows.len() as u64;
        (flow < FLOWS).then_some(number * FLOWS + flow)
    }

    /// Whether it went this way already.
    pub(super) fn has_tried(&self, location: &Location) -> bool {
        self.flows.iter().any(|sent| sent.counts && sent.location.is_same_way(location))
    }

    fn was_sent(&self) -> bool {
        self.flows.iter().any(|sent| sent.counts)
    }

    /// Whether an answer may still come.
    pub(super) fn is_open(&self) -> bool {
        self.flows.iter().any(|sent| sent.open)
    }

    /// One flow ended, and another one may make up for it.
    pub(super) fn note(&mut self, outcome: Outcome, detail: String) {
        self.ended = Some(match self.ended.take() {
            Some((earlier, told)) => (weightier_flow(earlier, outcome), format!("{told}, then {detail}")),
            None => (outcome, detail),
        });
    }
}
