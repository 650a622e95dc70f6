use std::time::Duration;

use iwf_model::{AccountId, Cause, Imdn, Outcome, Progress, ReceiptRequest, Step, StepKind};

use super::*;
use crate::admission::tests::{NOW, id, submission};

pub(super) const PHONE: Device = Device(7);
pub(super) const ANNA: Recipient = Recipient::Account(AccountId(1));

pub(super) struct Devices(pub(super) Vec<Device>);

impl Reach for Devices {
    fn devices(&self, _: &Message, out: &mut Vec<Device>) {
        out.extend(&self.0);
    }
}

pub(super) fn message(counter: u32, validity: u64) -> Arc<Message> {
    Arc::new(Message {
        id: id(counter),
        submission: submission("1111"),
        recipient: ANNA,
        accepted_at: NOW,
        expires_at: NOW.after(Duration::from_secs(validity)),
        progress: Progress { due_at: NOW, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    })
}

/// A text that was joined from parts of these numbers, as the assembler hands it over.
pub(super) fn joined(counters: &[u32], last: Option<Cause>) -> Arc<Message> {
    let parts: Vec<_> = counters.iter().map(|counter| message(*counter, 3600)).collect();
    let mut whole = Message::clone(&parts[0]);
    whole.id = parts.iter().map(|part| part.id).min().unwrap();
    whole.progress.last = last.map(|cause| Outcome::new(cause, 0));
    whole.story = vec![Step { at: NOW, kind: StepKind::Joined, detail: String::new() }];
    whole.parts = parts;
    Arc::new(whole)
}

pub(super) fn at(seconds: u64) -> At {
    At { now: NOW.after(Duration::from_secs(seconds)), random: 1 << 31 }
}

pub(super) fn end(cause: Cause) -> AttemptEnd {
    AttemptEnd { device: PHONE, outcome: Outcome::new(cause, 0), detail: String::new(), via: None }
}

/// Does `f` and tells the orders as short words.
pub(super) fn orders(queue: &mut Queue, f: impl FnOnce(&mut Queue, &mut Vec<Order>)) -> Vec<String> {
    let mut orders = Vec::new();
    f(queue, &mut orders);
    let word = |order: &Order| match order {
        Order::Send { message, number, .. } => format!("send {} {number}", message.id.as_u64() % 100),
        Order::Postpone(id, ..) => format!("postpone {}", id.as_u64() % 100),
        Order::Await(it) => format!("await {} as {}", it.message.as_u64() % 100, it.sent_as.as_u64() % 100),
        Order::Tell(notice) => format!("tell {}", notice.destination),
        Order::Forget(_, notice, _) => format!("forget {}", notice.as_u64() % 100),
        Order::Finish(record, _) => format!("{} {}", record.state.as_str(), record.message.as_u64() % 100),
        Order::Take(messages, ..) => format!("take {}", messages.len()),
        Order::Confirm(record, _) => {
            format!("confirm {} {}", record.state.as_str(), record.message.as_u64() % 100)
        }
        Order::Change(message, _) => format!("change {}", message.id.as_u64() % 100),
        Order::Notify(it) => format!("notify {}", it.message.as_u64() % 100),
        Order::Flag(account, _) => format!("flag {}", account.0),
        Order::Conclude(message, record) => {
            format!("conclude {} {}", message.id.as_u64() % 100, record.cause.as_str())
        }
        Order::Supersede(newer, older) => {
            let older: Vec<_> = older.iter().map(|id| id.as_u64() % 100).collect();
            format!("supersede {} {older:?}", newer.id.as_u64() % 100)
        }
        Order::Load(_, after) => format!("load {:?}", after.map(|id| id.as_u64() % 100)),
    };
    orders.iter().map(word).collect()
}

pub(super) fn insert(queue: &mut Queue, counter: u32, reach: &Devices) -> Vec<String> {
    orders(queue, |queue, out| queue.insert(message(counter, 3600), reach, at(0), out))
}

pub(super) fn insert_read(queue: &mut Queue, counter: u32, reach: &Devices) -> Vec<String> {
    orders(queue, |queue, out| queue.insert_read(message(counter, 3600), reach, at(0), out))
}

#[test]
fn messages_to_one_device_go_one_after_the_other() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    assert_eq!(insert(&mut queue, 1, &online), ["send 1 1"]);
    assert_eq!(insert(&mut queue, 2, &online), [""; 0]);
    let next = orders(&mut queue, |queue, out| {
        queue.answered(id(1), end(Cause::Delivered), &Devices(vec![PHONE]), at(1), out)
    });
    assert_eq!(next, ["delivered 1", "send 2 1"]);
    let next = orders(&mut queue, |queue, out| {
        queue.answered(id(2), end(Cause::Delivered), &Devices(vec![PHONE]), at(1), out)
    });
    assert_eq!(next, ["delivered 2"]);
    assert_eq!((queue.counts(), queue.next_tick()), ((0, 0), None), "nothing is left behind");
}

#[test]
fn what_waits_for_a_device_goes_in_order_when_it_registers() {
    let (mut queue, offline, online) = (Queue::new(100), Devices(vec![]), Devices(vec![PHONE]));
    assert_eq!(insert(&mut queue, 1, &offline), ["postpone 1"]);
    assert_eq!(insert(&mut queue, 2, &offline), ["postpone 2"]);
    assert_eq!(queue.counts(), (2, 2));
    let sent = orders(&mut queue, |queue, out| queue.registered(ANNA, &online, at(5), out));
    assert_eq!(sent, ["send 1 1"]);
    let next = orders(&mut queue, |queue, out| {
        queue.answered(id(1), end(Cause::Delivered), &Devices(vec![PHONE]), at(5), out)
    });
    assert_eq!(next, ["delivered 1", "send 2 1"]);
}

#[test]
fn a_temporary_failure_is_tried_again_at_its_time() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    let failed = orders(&mut queue, |queue, out| {
        queue.answered(id(1), end(Cause::PeerUnavailable), &Devices(vec![PHONE]), at(0), out)
    });
    assert_eq!(failed, ["postpone 1"]);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&online, at(3), out)), [""; 0]);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&online, at(7), out)), ["send 1 2"]);
}

#[test]
fn validity_ends_on_time_for_all_that_wait() {
    let (mut queue, offline, online) = (Queue::new(100), Devices(vec![]), Devices(vec![PHONE]));
    orders(&mut queue, |queue, out| queue.insert(message(1, 60), &offline, at(0), out));
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&offline, at(59), out)), [""; 0]);
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&offline, at(60), out)), ["expired 1"]);
    // One under way, one behind it in the lane.
    orders(&mut queue, |queue, out| queue.insert(message(2, 60), &online, at(0), out));
    orders(&mut queue, |queue, out| queue.insert(message(3, 60), &online, at(0), out));
    assert_eq!(orders(&mut queue, |queue, out| queue.tick(&online, at(60), out)), ["expired 3"]);
    let last = orders(&mut queue, |queue, out| {
        queue.answered(id(2), end(Cause::NoAnswer), &Devices(vec![PHONE]), at(61), out)
    });
    assert_eq!(last, ["expired 2"]);
    assert_eq!((queue.counts(), queue.next_tick()), ((0, 0), None));
}

#[test]
fn beyond_the_limit_waiting_messages_are_left_to_the_store() {
    let (mut queue, offline, online) = (Queue::new(2), Devices(vec![]), Devices(vec![PHONE]));
    (1..=4).for_each(|counter| drop(insert(&mut queue, counter, &offline)));
    assert_eq!((queue.counts(), queue.has_overflow()), ((2, 2), true));
    let sent = orders(&mut queue, |queue, out| queue.registered(ANNA, &online, at(5), out));
    assert_eq!(sent, ["send 1 1", "load None"]);
    assert!(!queue.has_overflow());
}

#[test]
fn a_message_that_is_loaded_twice_is_sent_once() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    assert_eq!(insert(&mut queue, 1, &online), [""; 0]);
    assert_eq!(queue.counts(), (1, 0));
}

#[test]
fn an_attempt_without_an_answer_at_a_stop_is_written_as_in_doubt() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    insert(&mut queue, 2, &online);
    assert_eq!(orders(&mut queue, |queue, out| queue.interrupt(id(1), NOW, out)), ["postpone 1"]);
    assert_eq!(
        orders(&mut queue, |queue, out| queue.interrupt(id(2), NOW, out)),
        [""; 0],
        "it was never sent"
    );
}

#[test]
fn a_message_that_ended_while_the_store_was_read_is_not_revived() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    let read = queue.begin_read();
    orders(&mut queue, |queue, out| {
        queue.answered(id(1), end(Cause::Delivered), &Devices(vec![PHONE]), at(1), out)
    });
    assert_eq!(insert_read(&mut queue, 1, &online), [""; 0], "the page was read before the end was written");
    queue.end_read(read);
    assert_eq!(queue.counts(), (0, 0));
}

#[test]
fn a_message_that_was_read_and_delivered_before_it_came_from_its_acceptance_is_not_sent_again() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    let acceptances = queue.begin_acceptances();
    assert_eq!(insert_read(&mut queue, 1, &online), ["send 1 1"]);
    orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::Delivered), &online, at(1), out));
    assert_eq!(insert(&mut queue, 1, &online), [""; 0], "its answer was read late");
    assert!(queue.awaits_acceptances());
    queue.end_acceptances(acceptances);
    assert!(!queue.awaits_acceptances());
}

#[test]
fn a_device_that_registers_during_an_attempt_that_fails_is_tried_at_once() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    insert(&mut queue, 1, &online);
    orders(&mut queue, |queue, out| queue.registered(ANNA, &online, at(1), out));
    let failed =
        orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::NotSent), &online, at(2), out));
    assert_eq!(failed, ["postpone 1", "send 1 2"]);
    let again =
        orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::NotSent), &online, at(3), out));
    assert_eq!(again, ["postpone 1"], "once for each registration");
}

#[test]
fn a_joined_text_is_sent_once_and_each_of_its_parts_ends() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    let sent = orders(&mut queue, |queue, out| queue.insert(joined(&[3, 1, 2], None), &online, at(0), out));
    assert_eq!(sent, ["send 1 1"]);
    assert_eq!((queue.entry_of(id(3)), queue.entry_of(id(1))), (Some(id(1)), Some(id(1))));
    let mut out = Vec::new();
    queue.answered(id(1), end(Cause::Delivered), &online, at(1), &mut out);
    let ends: Vec<_> = out
        .iter()
        .map(|order| match order {
            Order::Finish(record, Some(receipt)) => {
                assert_eq!(record.message, receipt.receipt.message);
                let told: Vec<_> = record.story.iter().map(|step| step.kind).collect();
                (record.message, record.attempts, told)
            }
            other => panic!("no end with a receipt: {other:?}"),
        })
        .collect();
    let told = vec![StepKind::Joined, StepKind::Attempt];
    assert_eq!(ends, [(id(3), 1, told.clone()), (id(1), 1, told.clone()), (id(2), 1, told)]);
    assert!(!queue.knows(id(3)) && queue.counts() == (0, 0), "nothing is left behind");
}

#[test]
fn each_part_of_a_joined_text_is_written_as_waiting_and_hears_its_story_once() {
    let (mut queue, offline) = (Queue::new(100), Devices(vec![]));
    let mut out = Vec::new();
    queue.insert(joined(&[1, 2], None), &offline, at(0), &mut out);
    let told = |order: &Order| match order {
        Order::Postpone(id, progress, steps) => {
            (*id, progress.due_at, steps.iter().map(|step| step.kind).collect())
        }
        other => panic!("not postponed: {other:?}"),
    };
    let waits: Vec<_> = out.iter().map(told).collect();
    let steps = vec![StepKind::Joined, StepKind::Waiting];
    assert_eq!(waits, [(id(1), Timestamp::MAX, steps.clone()), (id(2), Timestamp::MAX, steps)]);
    let sent = orders(&mut queue, |queue, out| queue.registered(ANNA, &Devices(vec![PHONE]), at(2), out));
    assert_eq!(sent, ["send 1 1"]);
    let interrupted = orders(&mut queue, |queue, out| queue.interrupt(id(1), NOW, out));
    assert_eq!(interrupted, ["postpone 1", "postpone 2"], "both may have arrived");
}

#[test]
fn each_part_whose_origin_wants_to_hear_of_the_reader_is_kept_under_the_name_of_the_whole() {
    let mut queue = Queue::new(10);
    let mut whole = Message::clone(&joined(&[2, 3], None));
    let mut second = Message::clone(&whole.parts[1]);
    second.submission.receipt.read = true;
    whole.parts[1] = Arc::new(second);
    let reach = Devices(vec![PHONE]);
    orders(&mut queue, |queue, out| queue.insert(Arc::new(whole), &reach, at(0), out));
    let told = orders(&mut queue, |queue, out| {
        queue.answered(id(2), end(Cause::Delivered), &reach, at(1), out);
    });
    assert_eq!(told, ["await 3 as 2", "delivered 2", "delivered 3"]);
}

#[test]
fn of_each_part_that_asked_its_origin_hears_before_it_ends() {
    let mut queue = Queue::new(10);
    let mut whole = Message::clone(&joined(&[2, 3], None));
    let asking = crate::notice::tests::text(ReceiptRequest::ANY).submission;
    let mut second = Message::clone(&whole.parts[1]);
    (second.submission.origin, second.submission.receipt) = (asking.origin, asking.receipt);
    second.submission.options = asking.options;
    whole.parts[1] = Arc::new(second);
    let reach = Devices(vec![PHONE]);
    let mut out = Vec::new();
    queue.insert(Arc::new(whole), &reach, at(0), &mut out);
    out.clear();
    queue.answered(id(2), end(Cause::Delivered), &reach, at(1), &mut out);
    let [Order::Tell(notice), Order::Finish(first, _), Order::Finish(second, None)] = &out[..] else {
        panic!("{out:?}")
    };
    let told = notice.options().imdn.as_deref();
    assert!(matches!(told, Some(Imdn::Notice(notice)) if notice.about == id(3)), "{told:?}");
    assert_eq!((first.message, second.message), (id(2), id(3)));
}

#[test]
fn what_goes_on_without_some_of_its_parts_is_written_down_before_it_is_sent() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    let incomplete = |late, messages, total| {
        let mut whole = Message::clone(&joined(&[1, 2], None));
        let part = iwf_model::Part {
            reference: 1,
            kind: iwf_model::PartKind::Sar,
            total,
            number: 1,
            encoding: iwf_model::text::Encoding::default(),
            octets: Box::default(),
        };
        let mut first = Message::clone(&whole.parts[0]);
        first.submission.options.get_or_insert_default().part = Some(part);
        whole.parts[0] = Arc::new(first);
        whole.progress.joined = Some(iwf_model::Joined { leader: whole.id, messages, late });
        Arc::new(whole)
    };
    let mut sent = |late, messages, total| {
        let sent = orders(&mut queue, |queue, out| {
            queue.insert(incomplete(late, messages, total), &online, at(0), out);
        });
        orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::Delivered), &online, at(0), out));
        sent
    };
    assert_eq!(sent(false, 2, 2), ["send 1 1"]);
    assert_eq!(sent(false, 2, 3), ["postpone 1", "postpone 2", "send 1 1"]);
    assert_eq!(sent(true, 1, 3), ["postpone 1", "postpone 2", "send 1 1"]);
}

#[test]
fn a_text_whose_end_is_decided_is_not_tried() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    let mut out = Vec::new();
    queue.insert(joined(&[1, 2], Some(Cause::PartsMissing)), &online, at(0), &mut out);
    let end = |order: &Order| match order {
        Order::Finish(record, Some(receipt)) => {
            (record.state.as_str(), record.attempts, receipt.receipt.error)
        }
        other => panic!("not ended: {other:?}"),
    };
    assert_eq!(out.iter().map(end).collect::<Vec<_>>(), [("expired", 0, 39), ("expired", 0, 39)]);
}

#[test]
fn a_part_that_ended_while_the_store_was_read_is_not_taken_up_again() {
    let (mut queue, online) = (Queue::new(100), Devices(vec![PHONE]));
    let read = queue.begin_read();
    orders(&mut queue, |queue, out| {
        queue.insert(joined(&[1, 2], None), &online, at(0), out);
        queue.answered(id(1), end(Cause::Delivered), &online, at(1), out);
    });
    assert!(queue.knows(id(1)) && queue.knows(id(2)));
    queue.end_read(read);
    assert!(!queue.knows(id(2)));
}

#[test]
fn a_joined_text_beyond_the_limit_is_left_to_the_store() {
    let (mut queue, offline) = (Queue::new(1), Devices(vec![]));
    insert(&mut queue, 1, &offline);
    let waits = orders(&mut queue, |queue, out| queue.insert(joined(&[2, 3], None), &offline, at(0), out));
    assert_eq!(waits, ["postpone 2", "postpone 3"]);
    assert_eq!((queue.counts(), queue.has_overflow()), ((1, 1), true));
    assert!(!queue.knows(id(2)) && !queue.knows(id(3)), "to be read again");
}

#[test]
fn a_message_that_comes_waiting_sets_its_flag_unless_it_is_sent() {
    let waiting = || {
        let mut message = Message::clone(&message(1, 3600));
        message.submission.origin = iwf_model::Origin::Carrier(iwf_model::CarrierId(1));
        let options = iwf_model::Options { dpf: true, ..iwf_model::Options::NONE };
        message.submission.options = Some(Box::new(options));
        message.progress.last = Some(Outcome::new(Cause::Offline, 0));
        message.progress.due_at = Timestamp::MAX;
        Arc::new(message)
    };
    let arrives = |reach: &Devices| {
        let mut queue = Queue::new(10);
        orders(&mut queue, |queue, out| queue.insert(waiting(), reach, at(0), out))
    };
    assert_eq!(arrives(&Devices(vec![])), ["flag 1"]);
    assert_eq!(arrives(&Devices(vec![PHONE])), ["send 1 1"]);
}

#[test]
fn what_another_system_took_leaves_memory_and_ends_when_that_tells() {
    let (mut queue, there) = (Queue::new(10), Devices(vec![PHONE]));
    orders(&mut queue, |queue, out| queue.insert(message(1, 60), &there, at(0), out));
    let mut taken = Progress::default();
    let told = orders(&mut queue, |queue, out| {
        queue.answered(id(1), end(Cause::Taken), &there, at(1), out);
        if let Some(Order::Take(_, _, progress, _)) = out.last() {
            taken = *progress;
        }
    });
    assert_eq!(told, ["take 1"]);
    assert_eq!(queue.counts(), (0, 0));

    let stored = Arc::new(Message { progress: taken, ..Message::clone(&message(1, 60)) });
    let outcome = (Outcome::new(Cause::Delivered, 0), String::new());
    let told = orders(&mut queue, |queue, out| assert!(queue.confirm(stored, outcome, at(99), out)));
    assert_eq!(told, ["confirm delivered 1"]);
    assert_eq!(queue.counts(), (0, 0));
}

#[test]
fn what_is_read_while_it_is_taken_is_read_again() {
    let (mut queue, there) = (Queue::new(10), Devices(vec![PHONE]));
    let read = queue.begin_read();
    orders(&mut queue, |queue, out| queue.insert(message(1, 60), &there, at(0), out));
    orders(&mut queue, |queue, out| queue.answered(id(1), end(Cause::Taken), &there, at(1), out));
    let confirm = |queue: &mut Queue| {
        let outcome = (Outcome::new(Cause::Delivered, 0), String::new());
        queue.confirm(message(1, 60), outcome, at(2), &mut Vec::new())
    };
    assert!(!confirm(&mut queue));
    queue.end_read(read);
    assert!(confirm(&mut queue));
}
