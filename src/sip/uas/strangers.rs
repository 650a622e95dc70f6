//! Requests of those who have not proved who they are: scanners get no answer, others so many in a second.
//!
//! Over UDP an address can be forged, so its limit is one for datagrams and another for connections; what asks for a
//! challenge has ten times the room of all else; and a device that is registered over the very flow has no limit,
//! because a phone that hears nothing takes us for dead. So nobody shuts out an office by flooding us in its name.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use iwf_model::Flow;
use iwf_model::network::neighbourhood;
use iwf_model::recent::{Leaky, Recent};

use super::bans::Turned;
use crate::directory::{Directory, user_of};
use crate::message::{Method, Name, Request};

/// How strangers are met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangerPolicy {
    /// A request whose User-Agent or display name in From contains one of these, in any case, gets no answer.
    pub scanners: Vec<String>,
    /// How many requests of one address are answered in a second, after four times as many at once; ten times as many of
    /// those that can be challenged. 1 to 1,000,000.
    pub per_second: u32,
}

/// What a plain installation has.
impl Default for StrangerPolicy {
    fn default() -> Self {
        Self { scanners: Vec::new(), per_second: 50 }
    }
}

/// The most addresses whose requests are counted, of each kind.
const ADDRESSES: usize = 50_000;
/// How many seconds' worth may come at once.
const BURST: u32 = 4;
/// How many challenges there may be for each other answer.
const CHALLENGES: u32 = 10;

/// Counts what strangers ask.
#[derive(Debug)]
pub(super) struct Strangers {
    scanners: Vec<Box<[u8]>>,
    per_second: u32,
    others: Recent<Source, Leaky>,
    challenged: Recent<Source, Leaky>,
}

/// An address, and whether it was proved by a connection.
type Source = (IpAddr, bool);

impl Strangers {
    pub(super) fn new(policy: &StrangerPolicy) -> Self {
        Self {
            scanners: policy.scanners.iter().map(|word| Box::from(word.as_bytes())).collect(),
            per_second: policy.per_second.clamp(1, 1_000_000),
            others: Recent::new(ADDRESSES),
            challenged: Recent::new(ADDRESSES),
        }
    }

    /// Why the request gets no answer, if it gets none.
    pub(super) fn turns_away(
        &mut self,
        request: &Request,
        flow: Flow,
        directory: &dyn Directory,
        now: Instant,
    ) -> Option<Turned> {
        if self.is_scanner(request) {
            return Some(Turned::Scanner);
        }
        let can_be_challenged = matches!(request.method(), Method::Register | Method::Message);
        let (counted, per_second) = match can_be_challenged {
            true => (&mut self.challenged, self.per_second.saturating_mul(CHALLENGES)),
            false => (&mut self.others, self.per_second),
        };
        let source = (neighbourhood(flow.peer().ip()), flow.transport().is_reliable());
        let span = Duration::from_secs(1) / per_second;
        let asked = counted.touch(&source);
        if asked.level(span, now) < per_second.saturating_mul(BURST) {
            asked.add(span, now);
            return None;
        }
        (!is_registered_over(flow, request, directory)).then_some(Turned::Flood)
    }

    fn is_scanner(&self, request: &Request) -> bool {
        let from = request.from();
        let display = from.display();
        let said = [request.header(Name::UserAgent).unwrap_or_default().as_bytes(), display.as_bytes()];
        let contains = |text: &[u8], word: &[u8]| {
            text.windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word))
        };
        self.scanners.iter().any(|word| said.iter().any(|text| contains(text, word)))
    }
}

/// Whether a device of the account that From names is reached by this very flow.
fn is_registered_over(flow: Flow, request: &Request, directory: &dyn Directory) -> bool {
    let account = directory.account(&user_of(&request.from().uri()));
    let is_it = |known: Flow| match (known, flow) {
        // Which of our sockets it was says nothing about who it is.
        (Flow::Udp { peer: known, .. }, Flow::Udp { peer, .. }) => known == peer,
        (known, flow) => known == flow,
    };
    account.is_some_and(|account| directory.bindings(account.id).iter().any(|binding| is_it(binding.flow)))
}
