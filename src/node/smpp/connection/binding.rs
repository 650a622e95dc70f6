//! Deciding a bind: whether it waits, who it is, and whether that one may bind so and from there.

use std::net::IpAddr;
use std::sync::Arc;

use iwf_model::profile::CertificateRule;
use iwf_model::{Carrier, CarrierId, Now};
use iwf_smpp::access::{self, Caller};
use iwf_smpp::{BindRefusal, BindRequest, Claim, Grant};

use super::{Bound, Connection};
use crate::credentials;
use crate::smpp::probe::Card;
use crate::telemetry::{BindResult, OutbindResult};
use crate::texts::{Receiver, Taker};

impl Connection {
    /// A peer wants to bind. Who was wrong too often, or binds again and again, waits first.
    pub(super) fn bind(&mut self, request: Box<BindRequest>, now: Now) {
        let wait = self.shared.door.guard().wait(&self.claim(&request), now.instant);
        if wait.is_zero() {
            self.decide(&request, now);
        } else {
            self.metrics().bind_requests.of(BindResult::Postponed).increment(1);
            tracing::info!(peer = %self.peer, system_id = %request.system_id, ?wait, "SMPP bind waits");
            self.session.postpone_bind(wait, now);
            self.postponed = Some(request);
        }
    }

    /// The bind has waited.
    pub(super) fn bind_due(&mut self, now: Now) {
        if let Some(request) = self.postponed.take() {
            self.decide(&request, now);
        }
    }

    /// Whether the carrier may still be bound so and from here.
    pub(super) fn is_still_welcome(&self, carrier: &Carrier) -> bool {
        carrier.enabled && access::check(carrier, self).is_ok()
    }

    fn claim(&self, request: &BindRequest) -> Claim {
        Claim::new(self.peer.ip(), &request.system_id)
    }

    fn decide(&mut self, request: &BindRequest, now: Now) {
        let certificate = self.stream.certificate().map(|shown| shown.to_string());
        let (peer, kind, tls) = (self.peer, request.kind.as_str(), self.stream.tls_version());
        match self.admit_bind(request, now) {
            Ok((carrier, bound)) => {
                let version = request.version.as_str();
                tracing::info!(%peer, carrier = %carrier.name, kind, version, tls, certificate, "SMPP bind");
                self.welcome(request, &carrier, bound, now);
            }
            Err(refusal) => {
                let (system_id, reason) = (&request.system_id, refusal.as_str());
                tracing::warn!(%peer, %system_id, kind, reason, tls, certificate, "SMPP bind refused");
                self.metrics().bind_requests.of(BindResult::Refused(refusal)).increment(1);
                if refusal.delayed() {
                    self.shared.door.guard().refused(&self.claim(request), now.instant);
                }
                self.session.refuse_bind(refusal, now);
            }
        }
    }

    fn welcome(&mut self, request: &BindRequest, carrier: &Carrier, mut bound: Bound, now: Now) {
        bound.seat.show(Card {
            kind: request.kind,
            version: request.version,
            peer: self.peer,
            tls: self.stream.tls_version(),
            since: now.utc,
            habits: self.session.habits(),
        });
        self.metrics().bind_requests.of(BindResult::Accepted).increment(1);
        self.metrics().smpp_binds.of(bound.kind).increment(1.0);
        self.shared.door.guard().granted(&self.claim(request), carrier.max_binds, now.instant);
        self.visit.prove();
        if self.called.is_some() && bound.kind.receives() {
            self.metrics().outbinds.of(OutbindResult::Bound).increment(1);
        }
        self.bound = Some(bound);
        let (profile, window) = (Arc::new(carrier.profile.clone()), carrier.window);
        let grant = Grant { carrier: carrier.id, alphabet: carrier.alphabet, window, profile };
        self.session.accept_bind(grant, now);
    }

    fn admit_bind(&self, request: &BindRequest, now: Now) -> Result<(Arc<Carrier>, Bound), BindRefusal> {
        let core = &self.shared.core;
        let directory = core.directory.load();
        let known = directory.system_id(&request.system_id);
        let proven =
            known.filter(|carrier| credentials::verify(&carrier.password_hash, request.password.as_bytes()));
        let carrier = proven.ok_or(BindRefusal::Credentials)?;
        carrier.enabled.then_some(()).ok_or(BindRefusal::Disabled)?;
        access::check(carrier, self)?;
        if core.load.is_stopping() {
            return Err(BindRefusal::Stopping);
        }
        let seat = core.binds.enter(carrier).map_err(|_| BindRefusal::TooManyBinds)?;
        let outbox = core.receipts.of(carrier.id);
        let enter = || {
            Receiver::enter(
                Taker::Carrier(carrier.id),
                Arc::clone(&outbox.texts),
                Arc::clone(&core.from_carriers),
            )
        };
        let receiver = request.kind.receives().then(enter);
        let (carrier, kind) = (Arc::clone(carrier), request.kind);
        let rate = core.rates.of(&carrier, now.instant);
        let bound = Bound { carrier: carrier.id, kind, seat, rate, outbox, receiver, had_text: false };
        Ok((carrier, bound))
    }
}

impl Caller for Connection {
    fn address(&self) -> IpAddr {
        self.peer.ip()
    }

    fn called(&self) -> Option<CarrierId> {
        self.called
    }

    fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }

    fn has_shown(&self, rule: &CertificateRule) -> bool {
        self.stream.certificate().is_some_and(|certificate| certificate.fits(rule))
    }
}
