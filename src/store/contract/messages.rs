//! Messages: accepted, waiting, postponed, finished.

use iwf_model::{
    CarrierId, Cause, Encoding, Joined, Options, Outcome, Part, PartKind, Progress, Recipient, StepKind,
    Timestamp,
};

use super::Place;
use super::sample::*;
use crate::{Postponed, Store, StoreError, Usage, Write};

/// What was answered is there, as it was given.
pub async fn an_accepted_message_is_there_after_reopening(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;

    assert_eq!(store.waiting(None, 10).await.unwrap(), [message(1)]);
}

/// Also ten thousand of them, written in one go.
pub async fn waiting_messages_come_by_id_in_pages(place: impl Place) {
    let store = place.open(ROOM).await;
    let commits: Vec<_> = (0..10_000u32).rev().map(|number| store.write(vec![accept(number)])).collect();
    for commit in commits {
        commit.await.unwrap();
    }

    let mut seen = Vec::new();
    loop {
        let page = store.waiting(seen.last().copied(), 999).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|message| message.id));
    }

    assert_eq!(seen, (0..10_000).map(id).collect::<Vec<_>>());
}

/// And come in pages as well.
pub async fn waiting_messages_to_one_recipient_are_its_own(place: impl Place) {
    let store = place.open(ROOM).await;
    let other = Recipient::Carrier(CarrierId(8));
    let writes = (0..20).map(|number| {
        let recipient = if number % 2 == 0 { ACCOUNT } else { other };
        Write::Accept(std::sync::Arc::new(iwf_model::Message { recipient, ..message(number) }))
    });
    store.write(writes.collect()).await.unwrap();

    let page = store.waiting_for(other, Some(id(3)), 3).await.unwrap();

    assert_eq!(page.iter().map(|message| message.id).collect::<Vec<_>>(), [id(5), id(7), id(9)]);
    assert!(page.iter().all(|message| message.recipient == other));
}

/// Parts and what takes a place, as long as they wait, in pages.
pub async fn what_a_start_looks_at_first_comes_by_itself(place: impl Place) {
    let store = place.open(ROOM).await;
    let part = Part {
        reference: 1,
        kind: PartKind::Sar,
        total: 2,
        number: 1,
        encoding: Encoding::default(),
        octets: Box::default(),
    };
    let wishes = [
        Options { part: Some(part), ..Options::default() },
        Options { replaces: true, ..Options::default() },
        Options { replace_type: Some(1), ..Options::default() },
        Options { dpf: true, ..Options::default() },
    ];
    let messages: Vec<_> = (1..=600)
        .map(|number| {
            let mut message = message(number);
            let options = wishes.get(number as usize % 6).cloned();
            message.submission.options = options.map(Box::new);
            message
        })
        .collect();
    let accepts = messages.iter().cloned().map(|message| Write::Accept(std::sync::Arc::new(message)));
    store.write(accepts.collect()).await.unwrap();
    store.write(vec![finish(2), finish(6)]).await.unwrap();

    let page = store.foremost(Some(id(1)), 3).await.unwrap();
    let all = store.foremost(None, 1_000).await.unwrap();

    assert_eq!(page.iter().map(|message| message.id).collect::<Vec<_>>(), [id(7), id(8), id(12)]);
    let expected = messages.iter().filter(|message| {
        let options = message.submission.options();
        let wanted = options.part.is_some() || options.takes_a_place();
        wanted && ![id(2), id(6)].contains(&message.id)
    });
    assert_eq!(all, expected.cloned().collect::<Vec<_>>());
}

/// A message is due at its time or when it expires, whichever comes first.
pub async fn due_messages_come_by_time(place: impl Place) {
    let store = place.open(ROOM).await;
    let due = |number, due_at| {
        let progress = Progress { due_at, ..Progress::default() };
        Write::Accept(std::sync::Arc::new(iwf_model::Message { progress, ..message(number) }))
    };
    let never = Timestamp::MAX;
    store.write(vec![due(1, at(30)), due(2, at(10)), due(3, never), due(4, at(20))]).await.unwrap();

    let ids = async |now, limit| {
        let due = store.due(now, None, limit).await.unwrap();
        due.iter().map(|message| message.id).collect::<Vec<_>>()
    };

    assert_eq!(ids(at(9), 10).await, []);
    assert_eq!(ids(at(20), 10).await, [id(2), id(4)]);
    assert_eq!(ids(at(3_600), 10).await, [id(2), id(4), id(1), id(3)]);
    assert_eq!(ids(at(3_600), 1).await, [id(2)]);
    let behind = store.due(at(3_600), Some((at(20), id(4))), 10).await.unwrap();
    assert_eq!(behind.iter().map(|message| message.id).collect::<Vec<_>>(), [id(1), id(3)]);
}

/// Queued without waiting for one another, they are written as one after the other.
pub async fn writes_of_one_message_keep_their_order(place: impl Place) {
    let store = place.open(ROOM).await;
    let postpone = |attempts| {
        let progress = Progress { attempts, due_at: at(i64::from(attempts)), ..Progress::default() };
        let steps = vec![step(i64::from(attempts), StepKind::Attempt, &attempts.to_string())];
        Write::Postpone(Postponed { message: id(1), progress, steps })
    };

    let commits = [
        vec![accept(1)],
        vec![postpone(1), postpone(2)],
        vec![postpone(3)],
        vec![accept(2)],
        vec![finish(2)],
    ]
    .map(|batch| store.write(batch));
    for commit in commits {
        commit.await.unwrap();
    }

    let waiting = store.waiting(None, 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].progress.attempts, waiting[0].progress.due_at), (3, at(3)));
    let details: Vec<&str> = waiting[0].story.iter().skip(1).map(|step| step.detail.as_str()).collect();
    assert_eq!(details, ["1", "2", "3"]);
}

/// One record, one receipt, whether the second comes at once, later or after the receipt was told.
pub async fn a_second_finish_changes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1)]).await.unwrap();
    let other = iwf_model::Record { cause: Cause::Purged, ..record(1) };
    let second = || Write::Finish(Box::new(other.clone()), Some(Box::new(receipt(1))));

    store.write(vec![finish_told(1), second()]).await.unwrap();
    store.write(vec![second()]).await.unwrap();
    assert_eq!(store.receipts(None, 10).await.unwrap(), [receipt(1)]);
    store.write(vec![Write::CloseReceipt { message: id(1), steps: vec![] }]).await.unwrap();
    store.write(vec![second()]).await.unwrap();

    let story = store.story(id(1)).await.unwrap().unwrap();
    assert_eq!((story.message, story.record, story.receipt), (None, Some(record(1)), None));
}

/// A record tells of an accepted message, always.
pub async fn a_finish_of_an_unknown_message_writes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;

    store.write(vec![finish_told(1)]).await.unwrap();

    assert_eq!(store.story(id(1)).await.unwrap(), None);
    assert_eq!(store.receipts(None, 10).await.unwrap(), []);
}

/// Whoever shares the transaction with it does not notice.
pub async fn a_taken_id_is_refused_and_harms_no_other_batch(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1)]).await.unwrap();

    let before = store.write(vec![accept(2)]);
    let taken = store.write(vec![accept(3), accept(1), finish(2)]);
    let after = store.write(vec![accept(4)]);

    assert_eq!(before.await, Ok(()));
    assert!(matches!(taken.await, Err(StoreError::Conflict(_))));
    assert_eq!(after.await, Ok(()));
    // What has happened is kept, even if it came with a message that is refused.
    store.write(vec![accept(5)]).await.unwrap();
    let waiting = store.waiting(None, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|message| message.id).collect::<Vec<_>>(), [id(1), id(4), id(5)]);
    assert_eq!(counted(&store).await, 4);
}

/// With `Busy`, at once, until there is room again.
pub async fn a_full_queue_refuses_messages_and_nothing_else(place: impl Place) {
    let store = place.open(3).await;

    let taken: Vec<_> = (0..3).map(|number| store.write(vec![accept(number)])).collect();
    let refused = store.write(vec![accept(3)]);
    let finished = store.write(vec![finish(0)]);

    assert_eq!(store.health().queued, 4);
    assert_eq!(refused.await, Err(StoreError::Busy));
    for commit in taken {
        commit.await.unwrap();
    }
    finished.await.unwrap();
    assert_eq!(store.health().queued, 0);
    store.write(vec![accept(4)]).await.unwrap();
    let waiting = store.waiting(None, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|message| message.id).collect::<Vec<_>>(), [id(1), id(2), id(4)]);
}

/// There is nothing to wait for.
pub async fn an_empty_batch_succeeds(place: impl Place) {
    assert_eq!(place.open(ROOM).await.write(vec![]).await, Ok(()));
}

/// Nobody waits for the writes themselves.
pub async fn what_was_queued_before_a_flush_is_durable(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write((0..200).map(accept).collect()).await.unwrap();

    (0..200).for_each(|number| drop(store.write(vec![finish(number)])));
    store.flush().await.unwrap();

    assert_eq!(store.waiting(None, 1).await.unwrap(), []);
    store.flush().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.flush().await, Err(StoreError::Unavailable(_))));
}

/// The end of one message comes with another that is refused: it has happened all the same.
pub async fn a_flush_waits_for_what_is_kept_of_a_refused_batch(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), accept(2)]).await.unwrap();

    let refused = store.write(vec![accept(1), finish(2)]);
    let flushed = store.flush();

    flushed.await.unwrap();
    let waiting = store.waiting(None, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|message| message.id).collect::<Vec<_>>(), [id(1)]);
    assert!(matches!(refused.await, Err(StoreError::Conflict(_))));
}

/// The steps are appended, the progress is replaced, the end of its validity stays.
pub async fn a_postponed_message_keeps_its_story(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1)]).await.unwrap();
    let progress = Progress {
        attempts: 2,
        due_at: Timestamp::MAX,
        last: Some(Outcome::new(Cause::Offline, 480)),
        in_doubt: true,
        joined: Some(Joined { leader: id(1), messages: 3, late: false }),
        taken: None,
    };
    let steps = vec![step(1, StepKind::Attempt, "a\\b\n😀"), step(2, StepKind::Waiting, "")];

    let postponed = Postponed { message: id(1), progress, steps: steps.clone() };
    store.write(vec![Write::Postpone(postponed)]).await.unwrap();

    let mut expected = message(1);
    expected.progress = progress;
    expected.story.extend(steps);
    assert_eq!(store.story(id(1)).await.unwrap().unwrap().message, Some(expected.clone()));
    assert_eq!(store.due(at(3_599), None, 10).await.unwrap(), []);
    assert_eq!(store.due(at(3_600), None, 10).await.unwrap(), [expected]);
}

/// Its text, its terms and its times are replaced; its id, its acceptance and its count stay.
pub async fn a_changed_message_is_another_under_its_id(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), accept(2)]).await.unwrap();
    let changed = changed(1, "Your code is 456", at(900), at(1_800));

    let steps = vec![step(5, StepKind::Changed, "by its origin")];
    store.write(vec![Write::Change(std::sync::Arc::new(changed.clone()), steps.clone())]).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    let mut expected = changed;
    expected.story.extend(steps);
    assert_eq!(store.waiting(None, 10).await.unwrap(), [expected, message(2)]);
    assert_eq!(counted(&store).await, 2);
    let due = async |now| store.due(now, None, 10).await.unwrap().len();
    assert_eq!((due(at(0)).await, due(at(899)).await, due(at(900)).await), (1, 1, 2));
}

/// Also when all of it is one transaction: the progress that was said last counts, and the text of the last change.
pub async fn changes_and_attempts_keep_their_order(place: impl Place) {
    let store = place.open(ROOM).await;
    let change = |text: &str, due_at| {
        Write::Change(
            std::sync::Arc::new(changed(1, text, due_at, at(1_800))),
            vec![step(1, StepKind::Changed, text)],
        )
    };
    let progress = Progress { attempts: 1, due_at: Timestamp::MAX, ..Progress::default() };
    let steps = vec![step(2, StepKind::Attempt, "b")];
    let postpone = Write::Postpone(Postponed { message: id(1), progress, steps });

    let first = store.write(vec![accept(1), change("a", at(7))]);
    let second = store.write(vec![postpone]);
    let third = store.write(vec![change("c", at(9))]);
    for commit in [first, second, third] {
        commit.await.unwrap();
    }

    let waiting = store.waiting(None, 10).await.unwrap();
    assert_eq!((waiting[0].submission.text.as_str(), waiting[0].progress.due_at), ("c", at(9)));
    let details: Vec<&str> = waiting[0].story.iter().skip(1).map(|step| step.detail.as_str()).collect();
    assert_eq!(details, ["a", "b", "c"]);
}

/// The end is the end.
pub async fn a_change_of_an_ended_message_changes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), finish(1)]).await.unwrap();

    let late = changed(1, "late", at(7), at(9));
    store.write(vec![Write::Change(std::sync::Arc::new(late), vec![])]).await.unwrap();

    let story = store.story(id(1)).await.unwrap().unwrap();
    assert_eq!((story.message, story.record), (None, Some(record(1))));
}

/// Those that ended, in the order in which they were accepted.
pub async fn records_come_by_id_in_pages(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write((1..=5).map(accept).collect()).await.unwrap();
    store.write(vec![finish(5), finish(2), finish(3)]).await.unwrap();
    assert_eq!(store.records(None, 2).await.unwrap(), [record(2), record(3)]);
    assert_eq!(store.records(Some(id(3)), 2).await.unwrap(), [record(5)]);
    assert_eq!(store.records(Some(id(5)), 2).await.unwrap(), []);
}

/// By carrier and UTC day, with the message and never without it.
pub async fn usage_counts_each_message_once(place: impl Place) {
    let store = place.open(ROOM).await;
    let next_day =
        Write::Accept(std::sync::Arc::new(iwf_model::Message { accepted_at: at(86_400), ..message(9) }));
    store.write(vec![accept(1), accept(2), next_day]).await.unwrap();
    store.write(vec![accept(3)]).await.unwrap();
    store.write(vec![finish(1), finish(2)]).await.unwrap();
    assert!(store.write(vec![accept(4), accept(3)]).await.is_err());

    let usage = store.usage(CARRIER, DAY, DAY + 5).await.unwrap();

    let day = |day, accepted| Usage { carrier: CARRIER, day, accepted };
    assert_eq!(usage, [day(DAY, 3), day(DAY + 1, 1)]);
    assert_eq!(store.usage(CARRIER, DAY + 1, DAY + 1).await.unwrap(), [day(DAY + 1, 1)]);
    assert_eq!(store.usage(iwf_model::CarrierId(99), DAY, DAY).await.unwrap(), []);
}

/// Whoever queued it need not wait.
pub async fn a_dropped_commit_is_written(place: impl Place) {
    let store = place.open(ROOM).await;

    drop(store.write(vec![accept(1)]));
    store.close().await.unwrap();
    drop(store);

    assert_eq!(place.open(ROOM).await.waiting(None, 10).await.unwrap(), [message(1)]);
}

fn changed(number: u32, text: &str, due_at: Timestamp, expires_at: Timestamp) -> iwf_model::Message {
    let mut changed = message(number);
    changed.submission.text = text.to_owned();
    changed.submission.receipt = iwf_model::ReceiptRequest::NONE;
    changed.progress.due_at = due_at;
    iwf_model::Message { expires_at, ..changed }
}

async fn counted(store: &impl Store) -> u64 {
    store.usage(CARRIER, DAY, DAY).await.unwrap().iter().map(|usage| usage.accepted).sum()
}
