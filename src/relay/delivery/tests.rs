//! The life of a message, told by its events.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::{
    AccountId, Awaited, CarrierId, Cause, DeliveryState, FinalState, Message, Mode, Options, Origin, Outcome,
    Owed, Progress, ReceiptRequest, Record, StepKind, Tidings, Timestamp,
};

use super::{Action, Delivery, Device, Event};
use crate::admission::tests::{NOW, id, submission};
use crate::notice;

const PHONE: Device = Device(1);
const TABLET: Device = Device(2);
const RANDOM: u32 = u32::MAX / 2;

fn delivery_with(receipt: ReceiptRequest) -> Delivery {
    let message = Message {
        id: id(1),
        submission: iwf_model::Submission { receipt, ..submission("1111") },
        recipient: iwf_model::Recipient::Account(iwf_model::AccountId(1)),
        accepted_at: NOW,
        expires_at: NOW.after(Duration::from_secs(3600)),
        progress: Progress { due_at: NOW, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    };
    Delivery::new(Arc::new(message))
}

fn delivery() -> Delivery {
    delivery_with(ReceiptRequest::ANY)
}

fn after(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

fn reach(delivery: &mut Delivery, devices: &[Device], now: Timestamp) -> Vec<Action> {
    let actions = delivery.on(Event::Reachable(devices), RANDOM, now);
    devices.iter().for_each(|device| {
        delivery.begin(*device);
    });
    actions
}

fn answer(delivery: &mut Delivery, device: Device, cause: Cause, code: u32, now: Timestamp) -> Vec<Action> {
    let outcome = Outcome::new(cause, code);
    delivery.on(Event::Answered { device, outcome, detail: format!("sip:x {code}"), via: None }, RANDOM, now)
}

fn finished(actions: &[Action]) -> &Record {
    match actions.last() {
        Some(Action::Finish(record, _)) => record,
        other => panic!("not finished: {other:?}"),
    }
}

fn postponed(actions: &[Action]) -> Progress {
    match actions.last() {
        Some(Action::Postpone(progress, _)) => *progress,
        other => panic!("not postponed: {other:?}"),
    }
}

#[test]
fn a_device_that_takes_it_ends_it_with_one_receipt() {
    let mut delivery = delivery();
    assert_eq!(reach(&mut delivery, &[PHONE], NOW), [Action::Attempt(PHONE)]);
    let actions = answer(&mut delivery, PHONE, Cause::Delivered, 200, after(1));
    let record = finished(&actions);
    assert_eq!((record.state, record.attempts, record.finished_at), (FinalState::Delivered, 1, after(1)));
    let Some(Action::Finish(_, Some(pending))) = actions.last() else { panic!("no receipt") };
    assert_eq!((pending.receipt.state, pending.receipt.error), (FinalState::Delivered, 0));
    assert_eq!(pending.receipt.reference, Some(7));
}

#[test]
fn after_the_end_nothing_changes_it() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE, TABLET], NOW);
    answer(&mut delivery, PHONE, Cause::Delivered, 200, NOW);
    assert_eq!(answer(&mut delivery, TABLET, Cause::Refused, 603, NOW), []);
    assert_eq!(delivery.on(Event::Tick, RANDOM, after(7200)), []);
    assert_eq!(reach(&mut delivery, &[PHONE], after(7200)), []);
    assert!(!delivery.begin(TABLET), "a lane that comes free later must not send it");
}

#[test]
fn one_device_refuses_the_other_takes_it() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE, TABLET], NOW);
    assert_eq!(answer(&mut delivery, PHONE, Cause::Refused, 603, NOW), []);
    let actions = answer(&mut delivery, TABLET, Cause::Delivered, 200, NOW);
    assert_eq!(finished(&actions).state, FinalState::Delivered);
}

#[test]
fn all_devices_refuse_for_good() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE, TABLET], NOW);
    answer(&mut delivery, PHONE, Cause::Refused, 603, NOW);
    let actions = answer(&mut delivery, TABLET, Cause::Unsupported, 405, NOW);
    let record = finished(&actions);
    assert_eq!((record.state, record.cause, record.code), (FinalState::Rejected, Cause::Refused, 603));
}

#[test]
fn a_temporary_failure_beats_a_refusal_and_the_refusing_device_is_left_alone() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE, TABLET], NOW);
    answer(&mut delivery, PHONE, Cause::Refused, 603, NOW);
    let progress = postponed(&answer(&mut delivery, TABLET, Cause::PeerUnavailable, 480, NOW));
    assert_eq!((progress.attempts, delivery.state()), (1, DeliveryState::Accepted));
    assert_eq!(reach(&mut delivery, &[PHONE, TABLET], progress.due_at), [Action::Attempt(TABLET)]);
}

#[test]
fn offline_waits_for_a_registration_and_writes_so_once() {
    let mut delivery = delivery();
    let progress = postponed(&reach(&mut delivery, &[], NOW));
    assert_eq!((progress.due_at, progress.attempts), (Timestamp::MAX, 0));
    assert_eq!(reach(&mut delivery, &[], after(1)), [], "still offline is not news");
    assert!(delivery.wakes_on_register(NOW));
    assert_eq!(delivery.wake_at(), after(3600), "the end of its validity");
    assert_eq!(reach(&mut delivery, &[PHONE], after(2)), [Action::Attempt(PHONE)]);
}

#[test]
fn an_origin_that_asked_hears_once_that_its_message_waits() {
    let mut delivery = delivery_with(ReceiptRequest { intermediate: true, ..ReceiptRequest::ANY });
    let actions = reach(&mut delivery, &[], NOW);
    let [Action::Postpone(..), Action::Notify(told)] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((told.message, told.error, told.at), (id(1), 27, NOW));
    reach(&mut delivery, &[PHONE], after(1));
    let again = answer(&mut delivery, PHONE, Cause::Busy, 486, after(1));
    assert!(matches!(&again[..], [Action::Postpone(..)]), "{again:?}");
}

/// A message with set_dpf, and the terms that `change` gives it.
fn flagging(change: impl FnOnce(&mut Options)) -> Delivery {
    let delivery = delivery();
    let mut message = Message::clone(delivery.message());
    let mut options = Options { dpf: true, ..Options::NONE };
    change(&mut options);
    message.submission.options = Some(Box::new(options));
    message.submission.origin = Origin::Carrier(CarrierId(1));
    Delivery::new(Arc::new(message))
}

#[test]
fn a_flag_is_set_when_a_message_waits_or_ends_because_its_recipient_is_away() {
    let flags = |actions: &[Action]| actions.iter().filter(|it| matches!(it, Action::Flag(..))).count();
    let mut waits = flagging(|_| {});
    assert_eq!(flags(&reach(&mut waits, &[], NOW)), 1, "it waits");
    assert_eq!(flags(&waits.on(Event::Tick, RANDOM, after(3600))), 1, "it expired");
    for mode in [Mode::Datagram, Mode::Transaction] {
        let mut tried = flagging(|options| options.mode = mode);
        reach(&mut tried, &[PHONE], NOW);
        let ended = answer(&mut tried, PHONE, Cause::NoAnswer, 0, NOW);
        assert!(matches!(&ended[..], [Action::Finish(..), Action::Flag(..)]), "{ended:?}");
    }
    let mut busy = flagging(|_| {});
    reach(&mut busy, &[PHONE], NOW);
    assert_eq!(flags(&answer(&mut busy, PHONE, Cause::Busy, 486, NOW)), 0, "they are there");
    assert_eq!(flags(&busy.on(Event::Recalled(Cause::Cancelled), RANDOM, after(1))), 0, "it was taken back");
    assert_eq!(flags(&reach(&mut delivery(), &[], NOW)), 0, "nobody asked");
}

#[test]
fn a_message_that_is_taken_back_is_told_as_deleted_to_an_origin_that_wants_failures() {
    for (receipt, told) in [
        (ReceiptRequest { failure: true, ..ReceiptRequest::NONE }, true),
        (ReceiptRequest { success: true, ..ReceiptRequest::NONE }, false),
    ] {
        let mut delivery = delivery_with(receipt);
        reach(&mut delivery, &[], NOW);
        let actions = delivery.on(Event::Recalled(Cause::Cancelled), RANDOM, after(1));
        let Some(Action::Finish(record, pending)) = actions.last() else { panic!("{actions:?}") };
        assert_eq!((record.state, record.attempts), (FinalState::Deleted, 0));
        assert_eq!(
            pending.as_ref().map(|it| (it.receipt.state, it.receipt.error)),
            told.then_some((FinalState::Deleted, 0))
        );
    }
}

#[test]
fn a_busy_device_is_not_tried_again_because_it_registers() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE], NOW);
    answer(&mut delivery, PHONE, Cause::Busy, 486, NOW);
    assert!(!delivery.wakes_on_register(NOW));
    assert!(!delivery.is_due(after(59)) && delivery.is_due(after(61)));
}

#[test]
fn a_contact_that_leads_nowhere_is_nobody_there() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE], NOW);
    let actions = answer(&mut delivery, PHONE, Cause::ContactGone, 404, NOW);
    assert_eq!(postponed(&actions).due_at, Timestamp::MAX);
}

#[test]
fn validity_ends_a_waiting_message_and_says_why_it_waited() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE], NOW);
    answer(&mut delivery, PHONE, Cause::Busy, 486, NOW);
    assert_eq!(delivery.on(Event::Tick, RANDOM, after(3599)), []);
    let actions = delivery.on(Event::Tick, RANDOM, after(3600));
    let Some(Action::Finish(record, Some(pending))) = actions.last() else { panic!("{actions:?}") };
    assert_eq!((record.state, record.cause, record.attempts), (FinalState::Expired, Cause::Expired, 1));
    assert_eq!((pending.receipt.error, pending.receipt.code), (31, 486));
}

#[test]
fn an_attempt_under_way_at_the_end_of_validity_still_decides() {
    let mut delivery = delivery();
    reach(&mut delivery, &[PHONE], after(3599));
    assert_eq!(delivery.on(Event::Tick, RANDOM, after(3601)), []);
    let actions = answer(&mut delivery, PHONE, Cause::Delivered, 200, after(3602));
    assert_eq!(finished(&actions).state, FinalState::Delivered);

    let mut delivery = self::delivery();
    reach(&mut delivery, &[PHONE], after(3599));
    let actions = answer(&mut delivery, PHONE, Cause::NoAnswer, 0, after(3631));
    assert_eq!(finished(&actions).state, FinalState::Expired);
}

#[test]
fn one_that_only_queues_for_a_device_expires_at_once() {
    let mut delivery = delivery();
    delivery.on(Event::Reachable(&[PHONE]), RANDOM, NOW);
    assert_eq!(finished(&delivery.on(Event::Tick, RANDOM, after(3600))).state, FinalState::Expired);
    assert!(!delivery.begin(PHONE));
}

#[test]
fn receipts_follow_what_was_asked() {
    let failure_only = ReceiptRequest { failure: true, ..ReceiptRequest::NONE };
    for (asked, cause, told) in [
        (ReceiptRequest::NONE, Cause::Delivered, false),
        (ReceiptRequest::NONE, Cause::Refused, false),
        (failure_only, Cause::Delivered, false),
        (failure_only, Cause::Refused, true),
    ] {
        let mut delivery = delivery_with(asked);
        reach(&mut delivery, &[PHONE], NOW);
        let actions = answer(&mut delivery, PHONE, cause, 0, NOW);
        let Some(Action::Finish(_, receipt)) = actions.last() else { panic!("{actions:?}") };
        assert_eq!(receipt.is_some(), told, "{asked:?} {cause:?}");
    }
}

#[test]
fn what_its_origin_wants_to_hear_of_its_reader_is_kept_when_it_is_delivered() {
    for (read, cause, kept) in
        [(true, Cause::Delivered, true), (true, Cause::Refused, false), (false, Cause::Delivered, false)]
    {
        let mut delivery = delivery_with(ReceiptRequest { read, ..ReceiptRequest::NONE });
        reach(&mut delivery, &[PHONE], NOW);
        let actions = answer(&mut delivery, PHONE, cause, 200, after(1));
        let Some(Action::Await(awaited)) = actions.first().filter(|_| actions.len() == 2) else {
            assert!(!kept, "{actions:?}");
            continue;
        };
        assert!(kept && matches!(actions[1], Action::Finish(_, None)), "{actions:?}");
        assert_eq!(
            (awaited.message, awaited.sent_as, awaited.reader),
            (id(1), id(1), iwf_model::Recipient::Account(AccountId(1)))
        );
        assert_eq!(awaited.until, after(1).after(Awaited::LIFE));
        let Owed::Receipt(receipt) = &awaited.owed else { panic!("{awaited:?}") };
        assert_eq!(receipt.source, submission("1111").source_as_submitted);
    }
}

/// RFC 5438 7.2.1: with the end, and of the reader later.
#[test]
fn an_app_that_asked_is_told_with_the_end_of_its_text() {
    for (cause, tells) in [(Cause::Delivered, Tidings::Delivered), (Cause::Refused, Tidings::Failed)] {
        let asked = ReceiptRequest { read: true, ..ReceiptRequest::ANY };
        let mut delivery = Delivery::new(Arc::new(notice::tests::text(asked)));
        reach(&mut delivery, &[PHONE], NOW);
        let actions = answer(&mut delivery, PHONE, cause, 0, NOW);
        let [awaited @ .., Action::Tell(notice), Action::Finish(_, None)] = &actions[..] else {
            panic!("{actions:?}")
        };
        let told = notice::told((**notice).clone(), id(9), NOW).unwrap();
        assert_eq!(told.notice().map(|notice| notice.tells), Some(tells));
        match awaited {
            [] => assert_eq!(cause, Cause::Refused),
            [Action::Await(awaited)] => assert!(matches!(awaited.owed, Owed::Notice(_)), "{awaited:?}"),
            _ => panic!("{actions:?}"),
        }
    }
}

/// However it ends: no record, no receipt, no notice about it.
#[test]
fn nothing_is_kept_of_a_notice_that_is_over() {
    for cause in [Cause::Delivered, Cause::FormatRefused, Cause::Refused] {
        let notice = notice::notice_of_reading(&notice::tests::text(ReceiptRequest::ANY)).unwrap();
        let mut delivery = Delivery::new(Arc::new(notice::told(*notice, id(9), NOW).unwrap()));
        reach(&mut delivery, &[PHONE], NOW);
        assert_eq!(answer(&mut delivery, PHONE, cause, 0, NOW), [Action::Forget(id(9), cause)]);
    }
}

#[test]
fn the_story_is_written_as_it_grows_and_ends_in_the_record() {
    let mut delivery = delivery();
    reach(&mut delivery, &[], NOW);
    reach(&mut delivery, &[PHONE], after(1));
    let actions = answer(&mut delivery, PHONE, Cause::NoAnswer, 0, after(33));
    let Some(Action::Postpone(_, steps)) = actions.last() else { panic!("{actions:?}") };
    assert_eq!(
        steps.iter().map(|step| step.kind).collect::<Vec<_>>(),
        [StepKind::Attempt],
        "only what is new"
    );
    reach(&mut delivery, &[PHONE], after(40));
    let actions = answer(&mut delivery, PHONE, Cause::Delivered, 200, after(41));
    let kinds: Vec<_> = finished(&actions).story.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::Waiting, StepKind::Attempt, StepKind::Attempt]);
}

/// Whatever happens in whatever order: once finished, finished once; and when the validity is over and no
/// attempt is under way, it is finished.
#[test]
fn random_histories_end_exactly_once() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..2_000 {
        let (mut delivery, mut finishes, mut now) = (delivery(), 0, NOW);
        let mut begun: Vec<Device> = Vec::new();
        for _ in 0..60 {
            now = now.after(Duration::from_secs(random() % 200));
            let actions = match random() % 4 {
                0 => delivery.on(Event::Tick, RANDOM, now),
                1 => {
                    let devices = &[PHONE, TABLET][..(random() % 3) as usize];
                    delivery.on(Event::Reachable(devices), RANDOM, now)
                }
                _ if !begun.is_empty() => {
                    let device = begun.remove((random() % begun.len() as u64) as usize);
                    let cause = Cause::ALL[(random() % Cause::ALL.len() as u64) as usize];
                    answer(&mut delivery, device, cause, 0, now)
                }
                _ => Vec::new(),
            };
            for action in &actions {
                match action {
                    Action::Attempt(device) if !begun.contains(device) && delivery.begin(*device) => {
                        begun.push(*device)
                    }
                    Action::Finish(..) => finishes += 1,
                    _ => {}
                }
            }
        }
        for device in begun {
            let actions = answer(&mut delivery, device, Cause::NoAnswer, 0, now);
            finishes += actions.iter().filter(|action| matches!(action, Action::Finish(..))).count();
        }
        let actions = delivery.on(Event::Tick, RANDOM, after(1_000_000));
        finishes += actions.iter().filter(|action| matches!(action, Action::Finish(..))).count();
        assert_eq!(finishes, 1);
    }
}
