//! Requests of phones: the machines say what to answer and what follows from it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use iwf_model::{Account, AccountId, Binding, CarrierId, Flow, Now, Origin, Recipient, Refusal};
use iwf_relay::Teller;
use iwf_sip::registrar::BindingChange;
use iwf_sip::uas::{Arrival, Ban, Handled, PendingAnswer, Turned};
use iwf_sip::{Lingering, Request, ServerKey};
use iwf_store::Write;

use super::driver::Driver;
use super::later::Done;
use super::locations::{Location, Locations};
use crate::intake::Settled;
use crate::rates::Rate;

/// A MESSAGE of an app that waits for its answer.
pub(super) struct Question {
    transaction: ServerKey,
    pending: Box<PendingAnswer>,
}

/// What the machines ask about users, answered from memory.
struct Users<'a> {
    directory: &'a iwf_relay::Directory,
    locations: &'a Locations,
}

impl iwf_sip::Directory for Users<'_> {
    fn account(&self, user: &str) -> Option<Arc<Account>> {
        self.directory.user(user).map(Arc::clone)
    }

    fn bindings(&self, account: AccountId) -> Vec<Binding> {
        self.locations.bindings(account)
    }

    fn carrier(&self, name: &str) -> Option<CarrierId> {
        self.directory.carriers().find(|carrier| carrier.name == name).map(|carrier| carrier.id)
    }
}

impl Driver {
    pub(super) fn handle_request(
        &mut self,
        transaction: ServerKey,
        request: &Request,
        (flow, local): (Flow, SocketAddr),
        now: Now,
    ) {
        let directory = self.shared.directory.load();
        let users = Users { directory: &directory, locations: &self.shared.locations };
        let arrival = Arrival { flow, local, now, proven: self.proven(flow), random: self.random.u64() };
        match self.uas.handle(request, &arrival, &users) {
            Handled::Respond { response, status, bindings, lingering } => {
                self.shared.metrics.sip_answered(request.method_text(), status);
                self.endpoint.respond(transaction, (status, response), lingering, now);
                self.change_bindings(bindings, now);
            }
            Handled::Submit { submission, pending } => {
                let question = Question { transaction, pending };
                let rate = self.rate_of(submission.origin, now);
                let taken = self.shared.intake.take([(question, *submission)], rate.as_deref(), now);
                for (question, refusal) in taken.refused {
                    self.answer(question, Err(refusal), now);
                }
                for pending in taken.pending.into_iter().chain(taken.repeated) {
                    self.later.push(Box::pin(async move { Done::Settled(pending.settle().await) }));
                }
            }
            Handled::Read { message, teller, pending } => {
                self.handle_read(
                    message,
                    Teller::Account(teller),
                    Some(Question { transaction, pending }),
                    now,
                );
            }
            Handled::Short { response, then } => {
                self.shared.metrics.sip_answered(request.method_text(), 202);
                self.endpoint.respond(transaction, (202, response), Lingering::Keep, now);
                self.handle_short(*then, now);
            }
            Handled::Ignore => self.endpoint.ignore(transaction),
        }
        self.tell_bans();
    }

    /// What bounds a carrier that comes by a trunk; apps have no rate.
    fn rate_of(&self, origin: Origin, now: Now) -> Option<Rate> {
        let Origin::Carrier(carrier) = origin else { return None };
        let directory = self.shared.directory.load();
        Some(self.shared.rates.of(directory.carrier(carrier)?, now.instant))
    }

    /// Who is turned away from now on, for an operator to see.
    fn tell_bans(&mut self) {
        while let Some(Ban { turned, address, user, untold }) = self.uas.poll_ban() {
            let reason = turned.as_str();
            tracing::warn!(reason, %address, user, untold, "requests over SIP are turned away");
        }
    }

    pub(super) fn count_access(&self) {
        let metrics = &self.shared.metrics;
        metrics.sip_auth_failures.absolute(self.uas.wrong_digests());
        metrics.sip_vouched.absolute(self.uas.vouched());
        for reason in Turned::ALL {
            metrics.sip_turned_away.of(reason).absolute(self.uas.turned_away(reason));
        }
    }

    /// What an app said of a message that it got is durable, says nothing new, or can't be written down now.
    pub(super) fn answer_reader(
        &mut self,
        question: Option<Question>,
        result: Result<(), Refusal>,
        now: Now,
    ) {
        let Some(question) = question else { return };
        let response = result.map(|()| question.pending.heard());
        self.respond(&question, response, 200, now);
    }

    /// A text of an app is durable, or was refused by the store.
    pub(super) fn answer_question(&mut self, settled: Settled<Question>, now: Now) {
        let Settled { tickets, result } = settled;
        for (question, _) in tickets {
            self.answer(question, result.as_ref().map(drop).map_err(|refusal| *refusal), now);
        }
    }

    fn answer(&mut self, mut question: Question, result: Result<(), Refusal>, now: Now) {
        let response = result.map(|()| question.pending.accepted());
        self.respond(&question, response, 202, now);
        if let Some((reply, result)) = question.pending.reply(result) {
            self.tell_phone(&reply, result, now);
        }
    }

    fn respond(&mut self, question: &Question, response: Result<Bytes, Refusal>, success: u16, now: Now) {
        let (response, status) = match response {
            Ok(response) => (response, success),
            Err(refusal) => (question.pending.refused(refusal), question.pending.status_of(refusal)),
        };
        self.shared.metrics.sip_answered("MESSAGE", status);
        self.endpoint.respond(question.transaction, (status, response), Lingering::Keep, now);
    }

    fn change_bindings(&mut self, changes: Vec<BindingChange>, now: Now) {
        let mut registered = None;
        let mut replaced: Option<Arc<Location>> = None;
        let mut moved = Vec::new();
        for change in changes {
            match change {
                BindingChange::Put(binding) => {
                    registered = Some(binding.account);
                    let location = self.shared.locations.put((*binding).clone());
                    if let Some(gone) = replaced.as_ref().filter(|gone| gone.device == location.device) {
                        location.carry(location.carried().max(gone.carried()));
                    }
                    self.attempts.is_up(location.device);
                    moved.push(location.carried());
                    self.writes.push(Write::Bind(binding));
                }
                BindingChange::Remove { account, key } => {
                    replaced = self.shared.locations.remove(account, &key).or(replaced);
                    self.writes.push(Write::Unbind { account, key });
                }
            }
        }
        for attempt in moved {
            self.follow(attempt, now);
        }
        if let Some(account) = registered {
            self.is_back(account, now);
        }
    }

    /// What waits for the account may go.
    fn is_back(&mut self, account: AccountId, now: Now) {
        let at = self.at(now);
        let due = self.pending_flags.take(account, now.utc);
        due.into_iter().for_each(|alert| self.shared.receipts.alert(alert));
        let recipient = Recipient::Account(account);
        self.queue.registered(recipient, &*self.shared.reach, at, &mut self.orders);
    }

    /// Takes those whom another registrar has seen meanwhile.
    pub(super) fn take_returned(&mut self, now: Now) {
        let mut returned = Vec::new();
        self.shared.returned.take(&mut returned);
        for account in returned {
            self.is_back(account, now);
        }
    }
}
