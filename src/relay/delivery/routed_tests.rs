//! A message that leads on over connections, and is taken by other systems.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::{
    Cause, ConnectionId, DeliveryState, FinalState, Link, Message, Mode, Options, Outcome, Progress,
    ReceiptRequest, Recipient, Record, RouteId, StepKind, Timestamp,
};

use super::{Action, Delivery, Device, Event};
use crate::admission::tests::{NOW, id, submission};

const A: Device = Device(1);
const B: Device = Device(2);
const RANDOM: u32 = u32::MAX / 2;

fn message() -> Message {
    Message {
        id: id(1),
        submission: iwf_model::Submission { receipt: ReceiptRequest::ANY, ..submission("2221") },
        recipient: Recipient::Route(RouteId(1)),
        accepted_at: NOW,
        expires_at: after(3600),
        progress: Progress { due_at: NOW, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    }
}

fn after(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

fn round(delivery: &mut Delivery, now: Timestamp) -> Vec<Action> {
    let actions = delivery.on(Event::Reachable(&[A, B]), RANDOM, now);
    delivery.begin(A);
    actions
}

fn answer(delivery: &mut Delivery, device: Device, cause: Cause, now: Timestamp) -> Vec<Action> {
    let via = Some(ConnectionId(device.0 as i64));
    let event =
        Event::Answered { device, outcome: Outcome::new(cause, 7), detail: "answered".to_owned(), via };
    let actions = delivery.on(event, RANDOM, now);
    delivery.begin(B);
    actions
}

fn finished(actions: &[Action]) -> &Record {
    match actions.last() {
        Some(Action::Finish(record, _)) => record,
        other => panic!("not finished: {other:?}"),
    }
}

#[test]
fn connections_are_tried_one_after_the_other() {
    let mut delivery = Delivery::new(Arc::new(message()));
    assert_eq!(round(&mut delivery, NOW), [Action::Attempt(A)]);
    assert_eq!(answer(&mut delivery, A, Cause::PeerUnavailable, NOW), [Action::Attempt(B)]);
    let record = answer(&mut delivery, B, Cause::Delivered, NOW);
    let record = finished(&record);
    assert_eq!((record.state, record.via), (FinalState::Delivered, Some(ConnectionId(2))));
}

#[test]
fn a_refusal_of_the_recipient_is_not_asked_again_elsewhere() {
    for (cause, state) in [
        (Cause::UnknownUser, FinalState::Undeliverable),
        (Cause::Refused, FinalState::Rejected),
        (Cause::Loop, FinalState::Undeliverable),
    ] {
        let mut delivery = Delivery::new(Arc::new(message()));
        round(&mut delivery, NOW);
        assert_eq!(finished(&answer(&mut delivery, A, cause, NOW)).state, state, "{cause:?}");
    }
}

#[test]
fn who_did_not_answer_is_asked_twice_again_before_another_one_is() {
    let mut delivery = Delivery::new(Arc::new(message()));
    for attempt in 0..2 {
        let now = after(attempt * 600);
        round(&mut delivery, now);
        let actions = answer(&mut delivery, A, Cause::NoAnswer, now);
        assert!(matches!(&actions[..], [Action::Postpone(progress, _)] if progress.in_doubt), "{actions:?}");
    }
    round(&mut delivery, after(1800));
    assert_eq!(answer(&mut delivery, A, Cause::NoAnswer, after(1800)), [Action::Attempt(B)]);
}

#[test]
fn when_all_have_failed_for_a_time_they_are_tried_again() {
    let mut delivery = Delivery::new(Arc::new(message()));
    round(&mut delivery, NOW);
    answer(&mut delivery, A, Cause::NotSent, NOW);
    let actions = answer(&mut delivery, B, Cause::PeerUnavailable, NOW);
    let [Action::Postpone(progress, steps)] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((progress.attempts, steps.len()), (1, 2));
    assert!(progress.due_at > NOW && progress.due_at < after(60));
}

#[test]
fn what_another_system_took_ends_when_it_says_so() {
    let mut delivery = Delivery::new(Arc::new(message()));
    round(&mut delivery, NOW);
    let actions = answer(&mut delivery, A, Cause::Taken, after(1));
    let [Action::Take(progress, _)] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(progress.taken.and_then(|taken| taken.connection), Some(ConnectionId(1)));
    assert_eq!((delivery.state(), delivery.is_at_rest()), (DeliveryState::Taken, false));
    assert_eq!(delivery.on(Event::Recalled(Cause::Cancelled), RANDOM, after(2)), []);

    let mut read = Delivery::new(Arc::new(Message { progress: *progress, ..message() }));
    let told = Event::Confirmed { outcome: Outcome::new(Cause::Delivered, 0), detail: "stat:DELIVRD".into() };
    let actions = read.on(told, RANDOM, after(60));
    let record = finished(&actions);
    assert_eq!((record.state, record.via), (FinalState::Delivered, Some(ConnectionId(1))));
    assert_eq!(record.story.last().map(|step| step.kind), Some(StepKind::Confirmed));
    assert_eq!((record.attempts, record.finished_at), (1, after(60)));
}

#[test]
fn what_it_never_tells_of_ends_as_unknown_a_day_after_the_validity() {
    let mut delivery = Delivery::new(Arc::new(message()));
    round(&mut delivery, NOW);
    answer(&mut delivery, A, Cause::Taken, after(1));
    let end = after(3600).after(Link::UNCONFIRMED);
    assert_eq!(delivery.wake_at(), end);
    assert_eq!(delivery.on(Event::Tick, RANDOM, end.before(Duration::from_secs(1))), []);
    let actions = delivery.on(Event::Tick, RANDOM, end);
    let record = finished(&actions);
    assert_eq!((record.state, record.cause), (FinalState::Unknown, Cause::Unconfirmed));
    let Some(Action::Finish(_, Some(receipt))) = actions.last() else { panic!("{actions:?}") };
    assert_eq!((receipt.receipt.state, receipt.receipt.error), (FinalState::Unknown, 38));
}

#[test]
fn what_is_not_kept_is_delivered_when_the_next_one_has_it() {
    let options = Some(Box::new(Options { mode: Mode::Datagram, ..Options::default() }));
    let datagram = message();
    let submission = iwf_model::Submission { options, ..datagram.submission };
    let mut delivery = Delivery::new(Arc::new(Message { submission, ..datagram }));
    round(&mut delivery, NOW);
    assert_eq!(finished(&answer(&mut delivery, A, Cause::Taken, NOW)).cause, Cause::Delivered);
}

#[test]
fn the_error_of_the_system_that_failed_is_passed_on() {
    let mut delivery = Delivery::new(Arc::new(message()));
    round(&mut delivery, NOW);
    answer(&mut delivery, A, Cause::Taken, NOW);
    let outcome = Outcome::new(Cause::Undelivered, 11);
    let actions = delivery.on(Event::Confirmed { outcome, detail: String::new() }, RANDOM, after(5));
    let Some(Action::Finish(record, Some(receipt))) = actions.last() else { panic!("{actions:?}") };
    assert_eq!((record.state, receipt.receipt.error), (FinalState::Undeliverable, 11));
}
