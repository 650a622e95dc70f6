//! Deciding a bind: whether it waits, who it is, and whether that one may bind so and from there.

use std::sync::Arc;

use iwf_model::{Carrier, Now};
use iwf_smpp::{BindRefusal, BindRequest, Claim, Grant};

use super::{Bound, Connection};
use crate::credentials;
use crate::telemetry::BindResult;

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

    fn claim(&self, request: &BindRequest) -> Claim {
        Claim::new(self.peer.ip(), &request.system_id)
    }

    fn decide(&mut self, request: &BindRequest, now: Now) {
        let (kind, claim) = (request.kind.as_str(), self.claim(request));
        match self.admit_bind(request, now) {
            Ok((carrier, bound)) => {
                let (version, tls) = (request.version.as_str(), self.stream.tls_version());
                let certificate = self.stream.certificate().map(|shown| shown.to_string());
                tracing::info!(
                    peer = %self.peer, carrier = %carrier.name, kind, version, tls, certificate, "SMPP bind"
                );
                self.metrics().bind_requests.of(BindResult::Accepted).increment(1);
                self.metrics().smpp_binds.of(bound.kind).increment(1.0);
                self.shared.door.guard().granted(&claim, carrier.max_binds, now.instant);
                self.visit.is_bound();
                self.bound = Some(bound);
                let grant = Grant { carrier: carrier.id, alphabet: carrier.alphabet, window: carrier.window };
                self.session.accept_bind(grant, now);
            }
            Err(refusal) => {
                let reason = refusal.as_str();
                self.metrics().bind_requests.of(BindResult::Refused(refusal)).increment(1);
                tracing::warn!(peer = %self.peer, system_id = %request.system_id, kind, reason, "SMPP bind refused");
                if refusal.delayed() {
                    self.shared.door.guard().refused(&claim, now.instant);
                }
                self.session.refuse_bind(refusal, now);
            }
        }
    }

    fn admit_bind(&self, request: &BindRequest, now: Now) -> Result<(Arc<Carrier>, Bound), BindRefusal> {
        let core = &self.shared.core;
        let directory = core.directory.load();
        let known = directory.system_id(&request.system_id);
        let proven =
            known.filter(|carrier| credentials::verify(&carrier.password_hash, request.password.as_bytes()));
        let carrier = proven.ok_or(BindRefusal::Credentials)?;
        carrier.enabled.then_some(()).ok_or(BindRefusal::Disabled)?;
        if core.load.is_stopping() {
            return Err(BindRefusal::Stopping);
        }
        let seat = core.binds.enter(carrier, now.instant).map_err(|_| BindRefusal::TooManyBinds)?;
        let outbox = core.receipts.of(carrier.id);
        Ok((Arc::clone(carrier), Bound { carrier: carrier.id, kind: request.kind, seat, outbox }))
    }
}
