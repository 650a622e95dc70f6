//! Overload: which requests go on, and what is said to the others.

use bytes::Bytes;
use iwf_model::{Flow, Now};

use super::{Dropped, Endpoint, Event};
use crate::message::{Builder, Name, Request, Status};
use crate::overload::Strain;
use crate::overload::oc;
use crate::overload::shares::{Kind, Sender, Standing};

impl Endpoint {
    /// Takes a measurement of how far the node is behind; to be called every [`crate::overload::INTERVAL`]. When work
    /// begins to be turned away, and when it ends, an event says so.
    pub fn handle_strain(&mut self, strain: Strain, now: Now) {
        if let Some(change) = self.overload.handle_strain(strain, now) {
            self.events.push_back(Event::Overload(change));
        }
    }

    /// How many percent of the new work are turned away.
    pub fn overload_percent(&self) -> u8 {
        self.overload.percent()
    }

    /// Whether a request that is not under way goes on; if not, it is answered here, and nothing of it is kept but
    /// that.
    pub(super) fn takes(&mut self, request: &Request, sender: Sender, flow: Flow, identity: &[u8]) -> bool {
        let taken = self.overload.admit(identity, sender, Kind::of(request));
        if !taken {
            self.turn_away(request, sender, flow, identity);
        }
        taken
    }

    /// A peer that speaks RFC 7339 hears how much to hold back, and no Retry-After, on which it would send nothing.
    /// 503 makes a proxy send nothing for anybody, so that it hears it only when nobody is served, or for itself;
    /// 500 is for one request (interworking.md C.10, D.5). Strangers behind UDP hear nothing: the address may not be
    /// theirs.
    fn turn_away(&mut self, request: &Request, sender: Sender, flow: Flow, identity: &[u8]) {
        let standing = self.overload.standing(sender);
        let answered = standing != Standing::Stranger || flow.transport().is_reliable();
        self.dropped(Dropped::Shed { answered });
        if !answered {
            return;
        }
        let retry_after = self.overload.turn_away(identity);
        let holds_back = oc::is_offered(request.via());
        let is_proxy = request.elements(Name::Via).nth(1).is_some();
        let for_all = standing == Standing::Trunk || (is_proxy && self.overload.is_total());
        let status = if holds_back || for_all { Status::of(503) } else { Status::new(500, "Overloaded") };
        self.answer_statelessly(request, status, flow, (!holds_back).then_some(retry_after));
    }

    /// The response, with what a peer that asked for it is told to hold back (RFC 7339 5.1).
    pub(super) fn with_feedback(&self, is_offered: bool, response: Bytes) -> Bytes {
        match self.overload.feedback() {
            Some(feedback) if is_offered => Builder::with_feedback(&response, feedback),
            _ => response,
        }
    }
}
