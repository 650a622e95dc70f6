//! What other systems took, and what they told of it.

use iwf_model::{FinalState, Progress, Taken};

use super::Place;
use super::sample::*;
use crate::{Postponed, Store, Write};

fn hand(name: &str, number: u32, part: u8) -> Write {
    Write::Hand { name: name.to_owned(), handed: Box::new(handed(name, number, part)), forget: at(-60) }
}

fn take(number: u32, until: i64) -> Write {
    let taken = Some(Taken { connection: None, at: at(1) });
    let progress = Progress { due_at: at(until), taken, ..Progress::default() };
    Write::Postpone(Postponed { message: id(number), progress, steps: Vec::new() })
}

/// Also across a restart, and though its validity is over.
pub async fn what_another_system_took_does_not_wait_and_is_due_at_its_own_time(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![accept(1), accept(2), take(1, 1_000_000), hand("ab", 1, 1)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    let start = store.start(at(2)).await.unwrap();
    assert_eq!(start.waiting_in_all(), 1);
    let ids = |messages: Vec<iwf_model::Message>| messages.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(store.waiting(None, 10).await.unwrap()), [id(2)]);
    assert_eq!(ids(store.waiting_for(ACCOUNT, None, 10).await.unwrap()), [id(2)]);
    assert_eq!(ids(store.due(at(999_999), None, 10).await.unwrap()), [id(2)]);
    assert_eq!(ids(store.due(at(1_000_000), None, 10).await.unwrap()), [id(2), id(1)]);
    let all = store.messages(vec![id(1), id(2), id(3)]).await.unwrap();
    assert_eq!(all[0].progress.taken.map(|taken| taken.at), Some(at(1)));
    assert_eq!(ids(all), [id(1), id(2)]);

    store.write(vec![finish(1)]).await.unwrap();
    assert_eq!(ids(store.messages(vec![id(1)]).await.unwrap()), []);
}

/// By whichever of its names, of its carrier alone.
pub async fn what_was_taken_is_found_by_its_names(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![hand("ab", 1, 1), hand("ac", 1, 2), hand("ab", 2, 1)]).await.unwrap();

    let found = store.handed(CARRIER, vec!["ab".into(), "x\"y\u{1F600}".into()]).await.unwrap();
    let expected = [handed("ab", 1, 1), handed("ab", 2, 1)];
    assert_eq!(found.into_iter().map(|(_, it)| it).collect::<Vec<_>>(), expected);
    assert_eq!(store.handed(iwf_model::CarrierId(99), vec!["ab".into()]).await.unwrap(), []);
    let of = store.handed_of(id(1)).await.unwrap();
    let expected = [("ab".to_owned(), handed("ab", 1, 1)), ("ac".to_owned(), handed("ac", 1, 2))];
    assert_eq!(of, expected);
}

/// The state of one part says nothing of another.
pub async fn what_became_of_a_part_is_kept(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![hand("ab", 1, 1), hand("ac", 1, 2)]).await.unwrap();
    let ended = iwf_model::Handed { state: Some(FinalState::Expired), ..handed("ac", 1, 2) };
    let write = Write::Hand { name: "ac".into(), handed: Box::new(ended), forget: at(-60) };
    store.write(vec![write]).await.unwrap();
    let states: Vec<_> = store.handed_of(id(1)).await.unwrap().iter().map(|(_, it)| it.state).collect();
    assert_eq!(states, [None, Some(FinalState::Expired)]);
}

/// It goes when others come.
pub async fn what_was_taken_long_ago_is_forgotten(place: impl Place) {
    let store = place.open(ROOM).await;
    store.write(vec![hand("ab", 1, 1)]).await.unwrap();
    let handed = Box::new(iwf_model::Handed { at: at(500), ..handed("cd", 2, 1) });
    store.write(vec![Write::Hand { name: "cd".into(), handed, forget: at(400) }]).await.unwrap();
    assert_eq!(store.handed_of(id(1)).await.unwrap(), []);
    assert_eq!(store.handed_of(id(2)).await.unwrap().len(), 1);
}

/// Until somebody takes it.
pub async fn a_receipt_that_belongs_to_nothing_is_kept(place: impl Place) {
    let store = place.open(ROOM).await;
    let keep = |key| Write::KeepUnmatched(Box::new(unmatched(key, "zz")));
    store.write(vec![keep(5), keep(6), keep(5)]).await.unwrap();
    assert_eq!(store.unmatched(None, 10).await.unwrap(), [unmatched(5, "zz"), unmatched(6, "zz")]);
    assert_eq!(store.unmatched(Some(5), 10).await.unwrap(), [unmatched(6, "zz")]);
    store.write(vec![Write::ForgetUnmatched(6)]).await.unwrap();
    assert_eq!(store.unmatched(Some(5), 10).await.unwrap(), []);
}

/// As long as the store lives.
pub async fn an_environment_has_one_name(place: impl Place) {
    let store = place.open(ROOM).await;
    let name = store.environment().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(place.open(ROOM).await.environment().await.unwrap(), name);
}
