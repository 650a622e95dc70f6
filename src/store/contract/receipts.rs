//! Receipts and registrations.

use iwf_model::{PendingReceipt, StepKind};

use super::Place;
use super::sample::*;
use crate::{Change, Store, Write};

/// Queued with the end of its message; refused for a time; acknowledged. Each step is in the story.
pub async fn a_receipt_lives_until_it_is_closed(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), accept(2)]).await.unwrap();
    store.write(vec![finish_told(2), finish_told(1)]).await.unwrap();
    assert_eq!(store.receipts(None, 10).await.unwrap(), [receipt(1), receipt(2)]);
    assert_eq!(store.receipts(Some(id(1)), 10).await.unwrap(), [receipt(2)]);

    let refused = step(2, StepKind::ReceiptSent, "throttled");
    let postpone = |attempts, step| Write::PostponeReceipt {
        message: id(1),
        attempts,
        in_doubt: true,
        due_at: at(5),
        step,
    };
    store.write(vec![postpone(1, refused.clone()), postpone(2, refused.clone())]).await.unwrap();
    let story = store.story(id(1)).await.unwrap().unwrap();
    let pending = PendingReceipt { attempts: 2, in_doubt: true, due_at: at(5), ..receipt(1) };
    assert_eq!(story.receipt, Some(pending));

    let acknowledged = step(3, StepKind::ReceiptAcknowledged, "");
    store
        .write(vec![Write::CloseReceipt { message: id(1), steps: vec![acknowledged.clone()] }])
        .await
        .unwrap();

    let story = store.story(id(1)).await.unwrap().unwrap();
    let mut expected = record(1);
    expected.story.extend([refused.clone(), refused, acknowledged]);
    assert_eq!((story.record, story.receipt), (Some(expected), None));
    assert_eq!(store.receipts(None, 10).await.unwrap(), [receipt(2)]);
}

/// The second time there is no receipt to tell of.
pub async fn a_receipt_closed_twice_is_told_once(place: impl Place) {
    let store = place.open(ROOM).await;
    let steps = vec![step(3, StepKind::ReceiptAcknowledged, "")];
    let close = || Write::CloseReceipt { message: id(1), steps: steps.clone() };
    store.write(vec![accept(1)]).await.unwrap();

    store.write(vec![finish_told(1), close(), close()]).await.unwrap();
    store.write(vec![close()]).await.unwrap();

    let story = store.story(id(1)).await.unwrap().unwrap().record.unwrap().story;
    assert_eq!(story.len(), record(1).story.len() + 1);
}

/// Beside others that do.
pub async fn a_message_without_a_receipt_leaves_none(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write((0..6).map(accept).collect()).await.unwrap();

    let ends = (0..6).map(|number| if number % 2 == 0 { finish(number) } else { finish_told(number) });
    store.write(ends.collect()).await.unwrap();

    let pending = store.receipts(None, 10).await.unwrap();
    assert_eq!(pending, [receipt(1), receipt(3), receipt(5)]);
    for number in 0..6 {
        assert_eq!(store.story(id(number)).await.unwrap().unwrap().record, Some(record(number)));
    }
    assert_eq!(store.waiting(None, 10).await.unwrap(), []);
}

/// With the end and never without it; each part under the name of the whole.
pub async fn a_reader_is_awaited_from_the_end_of_the_message(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write((1..=3).map(accept).collect()).await.unwrap();
    let wait = |number, leader| Write::Await(Box::new(awaited(number, leader)));

    store.write(vec![wait(1, 1), finish_told(1), wait(2, 1), finish(2)]).await.unwrap();
    store.write(vec![wait(2, 3), finish(2), wait(9, 1)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    let under = async |name, now| store.awaited(id(name), at(now)).await.unwrap();
    assert_eq!(under(1, 60).await, [awaited(1, 1), awaited(2, 1)]);
    assert_eq!((under(3, 0).await, under(1, 61).await), (vec![], vec![]));
}

fn read(number: u32, name: u32) -> (Write, PendingReceipt) {
    let receipt = receipt(number).receipt;
    let receipt =
        iwf_model::Receipt { message: id(name), acknowledges: Some(id(number)), done_at: at(9), ..receipt };
    let pending = PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: at(9) };
    (Write::Acknowledge(Box::new(pending.clone()), step(9, StepKind::Read, "")), pending)
}

/// However many say so: the acknowledgement is a receipt beside that of the message, and its steps are in its story.
pub async fn a_message_is_read_once(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), Write::Await(Box::new(awaited(1, 1))), finish_told(1)]).await.unwrap();
    let ((first, told), (second, _), (third, _)) = (read(1, 11), read(1, 12), read(1, 13));

    store.write(vec![first, second, read(2, 14).0]).await.unwrap();
    store.write(vec![third]).await.unwrap();

    assert_eq!(store.receipts(None, 10).await.unwrap(), [receipt(1), told]);
    assert_eq!(store.awaited(id(1), at(0)).await.unwrap(), []);
    let steps = vec![step(10, StepKind::ReceiptAcknowledged, "")];
    store.write(vec![Write::CloseReceipt { message: id(11), steps: steps.clone() }]).await.unwrap();
    let story = store.story(id(1)).await.unwrap().unwrap();
    let mut expected = record(1);
    expected.story.push(step(9, StepKind::Read, ""));
    expected.story.extend(steps);
    assert_eq!((story.record, story.receipt), (Some(expected), Some(receipt(1))));
}

/// What nobody waits for goes when others come.
pub async fn nobody_is_awaited_for_ever(place: impl Place) {
    let store = place.open(ROOM).await;
    let end = |number: u32, now| {
        let mut awaited = awaited(number, 1);
        (awaited.since, awaited.until) = (at(now), at(now + 60));
        vec![accept(number), Write::Await(Box::new(awaited)), finish(number)]
    };
    store.write([end(1, 0), end(2, 0), end(3, 0)].concat()).await.unwrap();
    let left =
        async || store.awaited(id(1), at(-1)).await.unwrap().iter().map(|it| it.message).collect::<Vec<_>>();
    assert_eq!(left().await, [id(1), id(2), id(3)]);

    store.write(end(4, 100)).await.unwrap();

    assert_eq!(left().await, [id(3), id(4)]);
}

/// Also over a restart; those that have lapsed are no longer told.
pub async fn registrations_are_kept_until_they_lapse(place: impl Place) {
    let store = place.open(ROOM).await;
    store.start(at(0)).await.unwrap();
    store.provision(vec![Change::PutAccount(account("1", &["1"]))], BY, None, at(0)).await.unwrap();
    let owner = store.provisioning().await.unwrap().accounts[0].id;
    let (short, long) = (binding(owner, "sip:a@127.0.0.1", 60), binding(owner, "sip:b@127.0.0.1", 120));
    let writes = [&short, &long].map(|it| Write::Bind(Box::new(it.clone())));
    store.write(writes.to_vec()).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    assert_eq!(store.bindings(at(59)).await.unwrap(), [short, long.clone()]);
    assert_eq!(store.bindings(at(60)).await.unwrap(), std::slice::from_ref(&long));
    store.start(at(60)).await.unwrap();
    assert_eq!(store.bindings(at(0)).await.unwrap(), [long]);
    store.provision(vec![Change::RemoveAccount { username: "1".into() }], BY, None, at(0)).await.unwrap();
    assert_eq!(store.bindings(at(0)).await.unwrap(), []);
}

/// Whatever was queued before it.
pub async fn the_last_word_on_a_contact_counts(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(vec![Change::PutAccount(account("1", &["1"]))], BY, None, at(0)).await.unwrap();
    let owner = store.provisioning().await.unwrap().accounts[0].id;
    let bind = |contact, until| Write::Bind(Box::new(binding(owner, contact, until)));
    let unbind = |contact: &str| Write::Unbind { account: owner, key: contact.to_owned() };

    store.write(vec![bind("sip:a@x", 60), unbind("sip:a@x"), bind("sip:a@x", 90)]).await.unwrap();
    store.write(vec![bind("sip:b@x", 60), unbind("sip:b@x")]).await.unwrap();
    store.write(vec![bind("sip:c@x", 60), unbind("sip:c@y"), unbind("sip:d@x")]).await.unwrap();

    let bound = store.bindings(at(0)).await.unwrap();
    assert_eq!(bound, [binding(owner, "sip:a@x", 90), binding(owner, "sip:c@x", 60)]);
}
