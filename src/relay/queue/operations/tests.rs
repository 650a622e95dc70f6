use std::time::Duration;

use iwf_model::{CarrierId, Options, Outcome, Progress, ReceiptRequest, Validity};

use super::super::tests::{ANNA, Devices, PHONE, at, end, insert, insert_read, joined, message, orders};
use super::*;
use crate::admission::tests::{id, submission};

const OWNER: Origin = Origin::Carrier(CarrierId(1));

fn source() -> Address {
    submission("1111").source
}

fn with(counter: u32, options: Options) -> Arc<Message> {
    let mut message = Arc::unwrap_or_clone(message(counter, 3600));
    if let Some(schedule) = options.schedule {
        message.progress.due_at = schedule;
    }
    message.submission.options = Some(Box::new(options));
    Arc::new(message)
}

fn scheduled(counter: u32, seconds: u64) -> Arc<Message> {
    with(counter, Options { schedule: Some(at(seconds).now), ..Options::default() })
}

fn put(queue: &mut Queue, message: Arc<Message>, reach: &Devices) -> Vec<String> {
    orders(queue, |queue, out| queue.insert(message, reach, at(0), out))
}

fn cancel(queue: &mut Queue, counter: u32) -> (Option<Result<(), Denial>>, Vec<String>) {
    let mut answer = None;
    let told = orders(queue, |queue, out| answer = queue.cancel(id(counter), (OWNER, &source()), at(1), out));
    (answer, told)
}

fn replace(message: MessageId) -> Replace {
    Replace {
        origin: OWNER,
        message,
        source: source(),
        text: "new".into(),
        validity: None,
        schedule: None,
        receipt: ReceiptRequest::NONE,
    }
}

fn replaced(
    queue: &mut Queue,
    replace: &Replace,
    reach: &Devices,
) -> (Option<Result<(), Denial>>, Vec<String>) {
    let mut answer = None;
    let limits = Limits::default();
    let told = orders(queue, |queue, out| answer = queue.replace((replace, &limits), reach, at(1), out));
    (answer, told)
}

#[test]
fn a_scheduled_message_is_sent_at_its_time_and_no_registration_wakes_it() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    assert_eq!(put(&mut queue, scheduled(1, 10), &online), [""; 0]);
    assert_eq!(queue.next_tick(), Some(at(10).now));
    assert_eq!(orders(&mut queue, |queue, out| queue.registered(ANNA, &online, at(5), out)), [""; 0]);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&online, at(9), out)), [""; 0]);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&online, at(10), out)), ["send 1 1"]);
}

#[test]
fn a_scheduled_message_whose_app_is_away_at_its_time_waits_for_it() {
    let (mut queue, offline, online) = (Queue::new(100), Devices(vec![]), Devices(vec![PHONE]));
    put(&mut queue, scheduled(1, 10), &offline);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&offline, at(10), out)), ["postpone 1"]);
    assert_eq!(orders(&mut queue, |queue, out| queue.registered(ANNA, &online, at(11), out)), ["send 1 1"]);
}

#[test]
fn scheduled_messages_beyond_the_limit_are_left_to_the_store() {
    let (mut queue, online) = (Queue::new(1), Devices(vec![PHONE]));
    put(&mut queue, scheduled(1, 10), &online);
    put(&mut queue, scheduled(2, 10), &online);
    assert_eq!((queue.counts(), queue.has_overflow()), ((1, 1), true));
}

#[test]
fn a_waiting_message_is_cancelled_once_and_by_its_owner_alone() {
    let (mut queue, offline) = (Queue::new(100), Devices(vec![]));
    insert(&mut queue, 1, &offline);
    let strangers = [(Origin::Carrier(CarrierId(2)), source()), (OWNER, Address::Absent)];
    for (origin, source) in &strangers {
        let answer = queue.cancel(id(1), (*origin, source), at(1), &mut Vec::new());
        assert_eq!(answer, Some(Err(Denial::Unknown)));
    }
    assert_eq!(cancel(&mut queue, 1), (Some(Ok(())), vec!["deleted 1".to_owned()]));
    assert_eq!(cancel(&mut queue, 1), (None, vec![]), "the store knows that it was cancelled");
    assert_eq!((queue.counts(), queue.next_tick()), ((0, 0), None));
}

#[test]
fn whoever_cancels_a_part_cancels_the_text_it_belongs_to() {
    let (mut queue, offline) = (Queue::new(100), Devices(vec![]));
    put(&mut queue, joined(&[3, 1, 2], None), &offline);
    let answer = (Some(Ok(())), ["deleted 3", "deleted 1", "deleted 2"].map(str::to_owned).to_vec());
    assert_eq!(cancel(&mut queue, 2), answer);
    assert_eq!(queue.counts(), (0, 0));
}

#[test]
fn what_is_under_way_is_not_cancelled_and_what_waits_behind_it_is() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    insert(&mut queue, 2, &online);
    insert(&mut queue, 3, &online);
    assert_eq!(cancel(&mut queue, 1).0, Some(Err(Denial::TooLate)));
    assert_eq!(replaced(&mut queue, &replace(id(1)), &online), (Some(Err(Denial::TooLate)), vec![]));
    assert_eq!(cancel(&mut queue, 2), (Some(Ok(())), vec!["deleted 2".to_owned()]));
    let next =
        orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::Delivered), &online, at(2), out));
    assert_eq!(next, ["delivered 1", "send 3 1"]);
}

#[test]
fn a_message_that_was_cancelled_before_it_came_here_is_not_sent() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    let _since = queue.begin_acceptances();
    let told = orders(&mut queue, |queue, out| {
        let answer = queue.cancel_stored(message(1, 3600), (OWNER, &source()), at(0), out);
        assert_eq!(answer, Ok(()));
    });
    assert_eq!(told, ["deleted 1"]);
    // However long its answer went unread, and however many others were cancelled meanwhile.
    for counter in 2..5000 {
        let answer =
            queue.cancel_stored(message(counter, 3600), (OWNER, &source()), at(3000), &mut Vec::new());
        assert_eq!(answer, Ok(()));
    }
    assert_eq!(insert(&mut queue, 1, &online), [""; 0]);
}

#[test]
fn a_replaced_message_is_sent_once_with_its_new_text() {
    let (mut queue, offline, online) = (Queue::new(100), Devices(vec![]), Devices(vec![PHONE]));
    insert(&mut queue, 1, &offline);
    assert_eq!(replaced(&mut queue, &replace(id(1)), &offline), (Some(Ok(())), vec!["change 1".to_owned()]));
    let mut sent = Vec::new();
    queue.registered(ANNA, &online, at(2), &mut sent);
    let [Order::Send { message, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((message.submission.text.as_str(), message.submission.receipt), ("new", ReceiptRequest::NONE));
}

#[test]
fn a_replacement_may_move_the_schedule_both_ways() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    put(&mut queue, scheduled(1, 10), &online);
    let later = Replace { schedule: Some(Schedule::At(at(20).now)), ..replace(id(1)) };
    assert_eq!(replaced(&mut queue, &later, &online).1, ["change 1"]);
    assert_eq!(queue.next_tick(), Some(at(20).now));
    let now = Replace { schedule: Some(Schedule::Now), ..replace(id(1)) };
    assert_eq!(replaced(&mut queue, &now, &online).1, ["change 1", "send 1 1"]);
}

#[test]
fn a_replacement_that_could_never_be_delivered_is_denied() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    put(&mut queue, scheduled(1, 10), &online);
    let too_short = Replace { validity: Some(Validity::For(Duration::from_secs(5))), ..replace(id(1)) };
    assert_eq!(replaced(&mut queue, &too_short, &online), (Some(Err(Denial::AlreadyExpired)), vec![]));
    let too_late = Replace { schedule: Some(Schedule::At(at(3600).now)), ..replace(id(1)) };
    assert_eq!(replaced(&mut queue, &too_late, &online), (Some(Err(Denial::AlreadyExpired)), vec![]));
}

#[test]
fn a_message_that_the_store_alone_has_is_replaced_and_stays() {
    let (mut queue, offline, online) = (Queue::new(0), Devices(vec![]), Devices(vec![PHONE]));
    let mut stored = Arc::unwrap_or_clone(message(1, 3600));
    stored.progress = Progress {
        due_at: Timestamp::MAX,
        last: Some(Outcome::new(Cause::Offline, 0)),
        ..Progress::default()
    };
    let told = orders(&mut queue, |queue, out| {
        let limits = Limits::default();
        let answer = queue.replace_stored(Arc::new(stored), (&replace(id(1)), &limits), &offline, at(1), out);
        assert_eq!(answer, Ok(()));
    });
    assert_eq!(told, ["change 1"]);
    assert_eq!(insert(&mut queue, 1, &online), [""; 0], "what was on its way had the old text");
    let mut sent = Vec::new();
    queue.registered(ANNA, &online, at(2), &mut sent);
    assert!(
        matches!(&sent[..], [Order::Send { message, .. }] if message.submission.text == "new"),
        "{sent:?}"
    );
}

#[test]
fn a_message_takes_the_place_of_those_of_the_same_service_that_wait() {
    let (mut queue, offline) = (Queue::new(100), Devices(vec![]));
    let service =
        |service: &str, replaces| Options { service_type: service.into(), replaces, ..Options::default() };
    put(&mut queue, with(1, service("CMT", false)), &offline);
    put(&mut queue, with(2, service("WAP", false)), &offline);
    assert_eq!(put(&mut queue, with(3, service("CMT", true)), &offline), ["deleted 1", "postpone 3"]);
    assert_eq!(put(&mut queue, with(4, service("CMT", true)), &offline), ["deleted 3", "postpone 4"]);
    assert_eq!(queue.counts(), (2, 2));
}

#[test]
fn a_message_of_a_replace_type_takes_the_place_of_one_of_that_type() {
    let (mut queue, offline) = (Queue::new(100), Devices(vec![]));
    let of_type = |number| Options { replace_type: number, ..Options::default() };
    put(&mut queue, with(1, of_type(Some(1))), &offline);
    put(&mut queue, with(2, of_type(Some(2))), &offline);
    put(&mut queue, with(3, of_type(None)), &offline);
    assert_eq!(put(&mut queue, with(4, of_type(Some(1))), &offline), ["deleted 1", "postpone 4"]);
    assert_eq!(queue.counts(), (3, 3));
}

/// Replaces what is of its service.
fn replacing(counter: u32) -> Arc<Message> {
    with(counter, Options { replaces: true, ..Options::default() })
}

#[test]
fn what_it_replaces_in_the_store_alone_ends_before_it_is_sent() {
    let (mut queue, offline, online) = (Queue::new(1), Devices(vec![]), Devices(vec![PHONE]));
    insert(&mut queue, 1, &offline);
    insert(&mut queue, 2, &offline);
    let newer = replacing(3);
    assert_eq!(put(&mut queue, Arc::clone(&newer), &online), ["deleted 1", "supersede 3 [2]"]);
    let told = orders(&mut queue, |queue, out| {
        queue.supersede_stored(message(2, 3600), &newer, at(1), out);
        queue.supersede_stored(message(4, 3600), &newer, at(1), out);
        queue.insert_read(Arc::clone(&newer), &online, at(1), out);
    });
    assert_eq!(told, ["deleted 2", "send 3 1"], "what is newer stays");
}

#[test]
fn what_is_looked_for_in_the_store_is_looked_for_once() {
    let (mut queue, offline) = (Queue::new(0), Devices(vec![]));
    insert(&mut queue, 1, &offline);
    assert_eq!(put(&mut queue, replacing(2), &offline), ["supersede 2 [1]"]);
    assert_eq!(put(&mut queue, replacing(3), &offline), ["postpone 3"]);
}

#[test]
fn what_else_waits_for_its_recipient_is_not_looked_at() {
    let (mut queue, offline) = (Queue::new(10_000), Devices(vec![]));
    for counter in 0..10_000 {
        let mut other = Arc::unwrap_or_clone(message(counter, 3600));
        other.submission.source = Address::Number(format!("49{counter}").parse().unwrap());
        put(&mut queue, Arc::new(other), &offline);
    }
    assert_eq!(queue.places.before(&replacing(10_000)), []);
}

#[test]
fn one_that_queues_for_a_device_is_replaced_too() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    insert(&mut queue, 2, &online);
    assert_eq!(put(&mut queue, replacing(3), &online), ["deleted 2"], "the first is under way");
    let next =
        orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::Delivered), &online, at(2), out));
    assert_eq!(next, ["delivered 1", "send 3 1"]);
}

#[test]
fn what_the_last_run_had_yet_to_end_is_not_sent() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    queue.begin_resume([replacing(3)]);
    assert_eq!(insert_read(&mut queue, 1, &online), ["deleted 1"]);
    assert_eq!(put(&mut queue, replacing(5), &online), ["send 5 1"]);
    assert_eq!(orders(&mut queue, |q, out| q.insert_read(replacing(3), &online, at(0), out)), ["deleted 3"]);
    queue.end_resume();
    assert_eq!(insert_read(&mut queue, 4, &online), [""; 0], "it waits for the lane");
    assert_eq!(queue.counts().0, 2);
}

#[test]
fn no_place_is_held_by_what_has_ended() {
    let (mut queue, offline, online) = (Queue::new(1), Devices(vec![]), Devices(vec![PHONE]));
    for counter in 1..=3 {
        insert(&mut queue, counter, &offline);
    }
    for counter in 1..=3 {
        insert_read(&mut queue, counter, &online);
    }
    orders(&mut queue, |queue, out| queue.registered(ANNA, &online, at(5), out));
    for counter in [2, 3, 1] {
        orders(&mut queue, |queue, out| {
            queue.answered(id(counter), end(Cause::Delivered), &online, at(6), out)
        });
    }
    assert_eq!((queue.counts(), queue.places.before(&replacing(9))), ((0, 0), vec![]));
}

#[test]
fn a_request_without_an_id_means_all_of_a_recipient_and_a_service() {
    let which = |destination: &str, service: &str| Which::All {
        destination: destination.parse().unwrap(),
        service_type: service.into(),
    };
    let message = with(1, Options { service_type: "CMT".into(), ..Options::default() });
    let concerned = |which| concerns(&Cancel { origin: OWNER, source: source(), which }, &message);
    assert!(concerned(which("1111", "")) && concerned(which("1111", "CMT")));
    assert!(!concerned(which("1112", "")) && !concerned(which("1111", "WAP")));
    assert!(!concerned(Which::One(id(1))));
}

#[test]
fn a_transaction_is_over_with_its_first_round_and_nothing_is_written() {
    let transaction = |counter| with(counter, Options { mode: Mode::Transaction, ..Options::default() });
    let (mut queue, offline, online) = (Queue::new(100), Devices(vec![]), Devices(vec![PHONE]));
    assert_eq!(put(&mut queue, transaction(1), &offline), ["conclude 1 offline"]);
    assert_eq!(put(&mut queue, transaction(2), &online), ["send 2 1"]);
    let over = orders(&mut queue, |queue, out| queue.answered(id(2), end(Cause::Busy), &online, at(1), out));
    assert_eq!(over, ["conclude 2 busy"]);
    assert_eq!(put(&mut queue, transaction(3), &online), ["send 3 1"]);
    assert_eq!(queue.next_tick(), Some(at(3600).now), "its time is watched during the attempt");
    assert_eq!(orders(&mut queue, |queue, out| queue.interrupt(id(3), at(1).now, out)), [""; 0]);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&online, at(3600), out)), ["conclude 3 no-answer"]);
    let late =
        orders(&mut queue, |queue, out| queue.answered(id(3), end(Cause::Delivered), &online, at(3601), out));
    assert_eq!(late, [""; 0]);
    assert_eq!(queue.counts(), (0, 0));
}

#[test]
fn a_datagram_ends_with_its_first_round() {
    let datagram = |counter| with(counter, Options { mode: Mode::Datagram, ..Options::default() });
    let (mut queue, offline, online) = (Queue::new(100), Devices(vec![]), Devices(vec![PHONE]));
    assert_eq!(put(&mut queue, datagram(1), &offline), ["expired 1"]);
    put(&mut queue, datagram(2), &online);
    let over = orders(&mut queue, |queue, out| queue.answered(id(2), end(Cause::Busy), &online, at(1), out));
    assert_eq!(over, ["expired 2"]);
}

#[test]
fn an_expired_message_tells_what_its_last_attempt_failed_of() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::Busy), &Devices(vec![]), at(1), out));
    let mut told = Vec::new();
    queue.tick(&Devices(vec![]), at(3600), &mut told);
    let record = told.iter().find_map(|order| match order {
        Order::Finish(record, _) => Some(record),
        _ => None,
    });
    let query = Query { origin: OWNER, message: id(1), source: source() };
    let standing = standing(&query, None, record.map(|record| &**record), at(3601).now).unwrap();
    assert_eq!(standing.error, Cause::Busy.error());
    assert_eq!(record.map(|record| (record.cause, record.reason)), Some((Cause::Expired, Cause::Busy)));
}

#[test]
fn a_part_stands_as_the_text_that_it_is_in() {
    let (mut queue, offline) = (Queue::new(100), Devices(vec![]));
    let mut whole = Arc::unwrap_or_clone(joined(&[1, 2], None));
    let options = Options { schedule: Some(at(10).now), ..Options::default() };
    whole.submission.options = Some(Box::new(options));
    whole.progress.due_at = at(10).now;
    put(&mut queue, Arc::new(whole), &offline);
    let stands = |queue: &Queue, seconds| {
        queue.standing_of_text(id(2), at(seconds).now).map(|standing| (standing.state, standing.error))
    };
    assert_eq!(stands(&queue, 9), Some((MessageState::Scheduled, 0)));
    orders(&mut queue, |queue, out| queue.tick(&offline, at(10), out));
    assert_eq!(stands(&queue, 11), Some((MessageState::Enroute, Cause::Offline.error())));
    assert_eq!(queue.standing_of_text(id(3), at(11).now), None);
}
