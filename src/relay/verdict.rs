//! Whose a destination is, and why: what is accepted goes by it, and it is what people are told who ask.

use std::sync::Arc;

use iwf_model::{
    Account, AccountState, Carrier, NumberPlan, Origin, Recipient, Refusal, Route, Submission, Timestamp,
};

use crate::admission::Policy;
use crate::directory::Directory;
use crate::routing::Scope;

/// What becomes of a submission by its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It goes to the devices of this account, which owns the number.
    Owned(&'a Arc<Account>),
    /// It is refused: this account owns the number, and is not active.
    Barred(&'a Arc<Account>),
    /// It goes to the receivers of this carrier, which serves the number.
    Served(&'a Arc<Carrier>),
    /// It is refused: it comes from this carrier, which serves the number.
    ServedByOrigin(&'a Arc<Carrier>),
    /// It takes this route.
    Routed(&'a Arc<Route>),
    /// It is refused: this route takes it, and leads nowhere for it.
    LeadsNowhere(&'a Arc<Route>),
    /// It is refused: the number is one for emergencies.
    Emergency,
    /// It is refused: the number is none of the plan of its origin.
    NotOfPlan,
    /// It is refused: no route is for it.
    NoRoute,
    /// It is refused: it has been here before.
    Loop,
    /// It is refused: the carrier that it comes from is disabled.
    OriginDisabled,
}

impl<'a> Verdict<'a> {
    /// Reads the numbers of a submission by the plan of its origin, and says whose the destination is.
    ///
    /// A number that somebody here owns, or that a route names, is a destination as it stands, whatever the plan makes of
    /// it (interworking.md E.6).
    pub(crate) fn of(
        submission: &mut Submission,
        directory: &'a Directory,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let Some(plan) = plan(submission.origin, directory, policy) else { return Self::OriginDisabled };
        let Some(plan) = plan else { return Self::within(submission, directory, policy, Scope::All, now) };
        submission.source = plan.normalise_source(&submission.source, submission.source_as_submitted.ton());
        let verdict = Self::within(submission, directory, policy, Scope::Literal, now);
        if verdict != Self::NoRoute {
            return verdict;
        }
        let ton = submission.destination_as_submitted.ton();
        let Some(number) = plan.normalise(&submission.destination, ton) else { return Self::NotOfPlan };
        submission.destination = number;
        Self::within(submission, directory, policy, Scope::All, now)
    }

    /// Whose a number is as it stands. What an account owns is its own, whatever the patterns of carriers say; what a
    /// carrier serves is not asked of the routes; and nothing goes back to the carrier it came from.
    fn within(
        submission: &Submission,
        directory: &'a Directory,
        policy: &Policy,
        scope: Scope,
        now: Timestamp,
    ) -> Self {
        if let Some(account) = directory.owner(&submission.destination) {
            let is_active = account.state == AccountState::Active;
            return if is_active { Self::Owned(account) } else { Self::Barred(account) };
        }
        let verdict = match directory.server(&submission.destination) {
            Some(carrier) if submission.origin == Origin::Carrier(carrier.id) => {
                Self::ServedByOrigin(carrier)
            }
            Some(carrier) => Self::Served(carrier),
            None => Self::routed(submission, directory, policy, scope, now),
        };
        let trace = submission.options().trace.as_deref();
        let is_circular = trace.is_some_and(|trace| trace.is_circular(policy.here));
        if is_circular && verdict.recipient().is_ok() { Self::Loop } else { verdict }
    }

    /// The route that leads on. One that leads nowhere for this message takes it from all others all the same.
    fn routed(
        submission: &Submission,
        directory: &'a Directory,
        policy: &Policy,
        scope: Scope,
        now: Timestamp,
    ) -> Self {
        let routing = directory.routing();
        directory.ask(submission, now, |subject| match routing.best(subject, scope) {
            None => Self::NoRoute,
            Some(_) if policy.emergency.contains(subject.destination) => Self::Emergency,
            Some(route) if routing.leads_on(route, subject) => Self::Routed(route),
            Some(route) => Self::LeadsNowhere(route),
        })
    }

    /// To whom it goes, or what its origin is told.
    pub fn recipient(self) -> Result<Recipient, Refusal> {
        match self {
            Self::Owned(account) => Ok(Recipient::Account(account.id)),
            Self::Served(carrier) => Ok(Recipient::Carrier(carrier.id)),
            Self::Routed(route) => Ok(Recipient::Route(route.id)),
            Self::Barred(_) => Err(Refusal::DestinationBarred),
            Self::Loop => Err(Refusal::Loop),
            Self::OriginDisabled => Err(Refusal::OriginDisabled),
            Self::ServedByOrigin(_)
            | Self::LeadsNowhere(_)
            | Self::Emergency
            | Self::NotOfPlan
            | Self::NoRoute => Err(Refusal::UnknownDestination),
        }
    }
}

/// How an origin writes numbers, if it may submit: `Some(None)` is as they are.
fn plan<'a>(origin: Origin, directory: &'a Directory, policy: &'a Policy) -> Option<Option<&'a NumberPlan>> {
    match origin {
        Origin::Carrier(carrier) => {
            let carrier = directory.carrier(carrier).filter(|carrier| carrier.enabled)?;
            Some(carrier.profile.reading.plan.as_ref())
        }
        Origin::Account(_) => Some(policy.plan.as_ref()),
    }
}
