//! Deciding a bind: it is granted or refused by the one who drives the session, and what the peer sends
//! meanwhile is held (interworking.md A.19 no. 21).

use std::time::Duration;

use bytes::Bytes;
use iwf_model::Now;
use rusmpp_core::CommandStatus;

use super::Session;
use super::phase::{Attempt, Bound, Phase};
use crate::bind::{BindRefusal, Grant, Version};
use crate::event::CloseReason;
use crate::keepalive::Keepalive;
use crate::pdu::Header;
use crate::pdu::tlv::tag;
use crate::pdu::writer::{Writer, put_header_only};

impl Session {
    /// Answers the bind that was last told by `Event::Bind`; what was held behind it is handled now.
    pub fn accept_bind(&mut self, grant: Grant, now: Now) {
        let Phase::Deciding(attempt) = self.phase else { return };
        let Grant { carrier, alphabet, window, profile } = grant;
        let version = profile.reading.version.map_or(attempt.version, Version::from);
        let (kind, window) = (attempt.kind, usize::from(window.max(1)));
        self.phase = Phase::Bound(Bound { kind, window, carrier, alphabet, version });
        self.profile = profile;
        self.keepalive = Keepalive::new(now.instant);
        let response = attempt.command_id.matching_response();
        let mut pdu = Writer::begin(&mut self.output, response, CommandStatus::EsmeRok, attempt.sequence);
        pdu.c_string(self.config.system_id.as_bytes(), 16);
        if version >= Version::V34 {
            pdu.tlv(tag::SC_INTERFACE_VERSION, &[version.octet()]);
        }
        pdu.finish();
        self.release_held(now);
    }

    /// Lets the bind that was last told by `Event::Bind` wait for so long; `Event::BindDue` says when it is to
    /// be decided.
    pub fn postpone_bind(&mut self, wait: Duration, now: Now) {
        let Phase::Deciding(attempt) = self.phase else { return };
        self.phase = Phase::Postponed { attempt, until: now.instant + wait };
    }

    /// Refuses the bind that was last told by `Event::Bind`. The peer may try again on the same
    /// connection, a few times.
    pub fn refuse_bind(&mut self, refusal: BindRefusal, now: Now) {
        let Phase::Deciding(attempt) = self.phase else { return };
        let delay = self.config.bind_failure_delay;
        if refusal.delayed() && !delay.is_zero() {
            let at = now.instant + delay;
            self.phase = Phase::Refusing { attempt, refusal, at };
        } else {
            self.tell_refused(attempt, refusal, now);
        }
    }

    pub(super) fn hold(&mut self, pdu: Bytes) {
        self.held_octets += pdu.len();
        // The driver stops at max_held; what it had read already is let in, a driver's buffer of it.
        if self.held_octets > self.config.max_held.saturating_mul(2) {
            self.close(CloseReason::HeldTooMuch);
        } else {
            self.held.push_back(pdu);
        }
    }

    /// Handles what was held, until the next bind among it is to be decided.
    pub(super) fn release_held(&mut self, now: Now) {
        while !self.phase.is_binding() && !self.is_closed() {
            let Some(pdu) = self.held.pop_front() else { break };
            self.held_octets -= pdu.len();
            if let Some((header, body)) = Header::split(&pdu) {
                self.handle_request(&header, body, now);
            }
        }
    }

    /// A peer of v5.0 is told in words too; a body behind an error is strange to older ones.
    pub(super) fn tell_refused(&mut self, attempt: Attempt, refusal: BindRefusal, now: Now) {
        self.phase = Phase::Open;
        let (response, status) = (attempt.command_id.matching_response(), refusal.status());
        if attempt.version >= Version::V50 {
            let text = [refusal.text().as_bytes(), &[0]].concat();
            let mut pdu = Writer::begin(&mut self.output, response, status, attempt.sequence);
            pdu.c_string(b"", 16).tlv(tag::ADDITIONAL_STATUS_INFO_TEXT, &text).finish();
        } else {
            put_header_only(&mut self.output, response, status, attempt.sequence);
        }
        self.count_bind_failure();
        self.release_held(now);
    }

    pub(super) fn count_bind_failure(&mut self) {
        self.bind_failures = self.bind_failures.saturating_add(1);
        if self.bind_failures >= self.config.max_bind_failures {
            self.close(CloseReason::BindRefused);
        }
    }
}
