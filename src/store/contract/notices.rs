//! Notices to apps: queued with what they tell of, removed without a trace.

use std::sync::Arc;

use iwf_model::{StepKind, Tidings};

use super::Place;
use super::sample::*;
use crate::{Store, Write};

fn tell(number: u32, about: u32) -> Write {
    Write::Tell(Arc::new(notice(number, about, Tidings::Delivered)), None)
}

/// With the end and never without it, and not counted.
pub async fn a_notice_is_queued_once_with_the_end_of_its_text(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), accept(2)]).await.unwrap();

    store.write(vec![tell(11, 1), finish(1), tell(12, 1)]).await.unwrap();
    store.write(vec![tell(13, 1), finish(1), tell(14, 9)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    let waiting = [message(2), notice(11, 1, Tidings::Delivered)];
    assert_eq!(store.waiting(None, 10).await.unwrap(), waiting);
    let usage = store.usage(CARRIER, DAY, DAY).await.unwrap();
    assert_eq!(usage.iter().map(|day| day.accepted).sum::<u64>(), 2);
}

/// Together with an acceptance, as a transaction ends.
pub async fn a_text_may_begin_and_end_and_be_told_in_one_batch(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), tell(11, 1), finish(1)]).await.unwrap();
    assert_eq!(store.waiting(None, 10).await.unwrap(), [notice(11, 1, Tidings::Delivered)]);
}

/// No record, no story.
pub async fn a_notice_that_is_over_leaves_nothing(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), tell(11, 1), finish(1)]).await.unwrap();

    store.write(vec![Write::Forget(id(11)), Write::Forget(id(12))]).await.unwrap();

    assert_eq!(store.waiting(None, 10).await.unwrap(), []);
    assert_eq!(store.story(id(11)).await.unwrap(), None);
    assert_eq!(store.story(id(1)).await.unwrap().unwrap().record, Some(record(1)));
}

/// However many say so.
pub async fn an_app_hears_once_that_its_text_was_read(place: impl Place) {
    let store = place.open(ROOM).await;
    let awaited = awaited_by_app(1, 1);
    store.write(vec![accept(1), Write::Await(Box::new(awaited.clone())), finish(1)]).await.unwrap();
    assert_eq!(store.awaited(id(1), at(0)).await.unwrap(), [awaited]);
    let read = |number, about| {
        let notice = notice(number, about, Tidings::Displayed);
        Write::Tell(Arc::new(notice), Some(step(9, StepKind::Read, "")))
    };

    store.write(vec![read(11, 1), read(12, 1), read(13, 2)]).await.unwrap();
    store.write(vec![read(14, 1)]).await.unwrap();

    assert_eq!(store.waiting(None, 10).await.unwrap(), [notice(11, 1, Tidings::Displayed)]);
    assert_eq!(store.awaited(id(1), at(0)).await.unwrap(), []);
    assert_eq!(store.receipts(None, 10).await.unwrap(), []);
    let mut expected = record(1);
    expected.story.push(step(9, StepKind::Read, ""));
    assert_eq!(store.story(id(1)).await.unwrap().unwrap().record, Some(expected));
}
