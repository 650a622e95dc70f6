//! Tokens, and answers that may be given again.

use std::time::Duration;

use super::Place;
use super::sample::*;
use crate::access::{ANSWERS_KEPT, Answered, Token};
use crate::{Conflict, Store};

fn token(name: &str, id: &str) -> Token {
    let [name, id, role, hash] = [name, id, "read", "sha256$1$2"].map(str::to_owned);
    Token { name, id, role, hash, created_at: at(5) }
}

fn answered(key: &str, seconds: i64) -> Answered {
    let [asker, key, request] = ["monitor", key, "sha256$3$4"].map(str::to_owned);
    Answered { asker, key, request, answer: b"{}".to_vec(), at: at(seconds) }
}

/// By name, and each found by its id.
pub async fn tokens_are_kept_until_they_are_removed(place: impl Place) {
    let store = place.open(ROOM).await;
    let (one, two) = (token("b", "11"), token("a", "22"));
    store.add_token(one.clone()).await.unwrap();
    store.add_token(two.clone()).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    assert_eq!(store.tokens().await, Ok(vec![two.clone(), one.clone()]));
    assert_eq!(store.token("22").await, Ok(Some(two)));
    store.remove_token("b").await.unwrap();
    assert_eq!(store.token("11").await, Ok(None));
    assert_eq!(store.remove_token("b").await, Err(Conflict::NoToken("b".into()).into()));
}

/// Whoever has the first one goes on with it.
pub async fn a_token_is_not_replaced(place: impl Place) {
    let store = place.open(ROOM).await;
    store.add_token(token("a", "11")).await.unwrap();
    let another = store.add_token(token("a", "22")).await;
    assert_eq!(another, Err(Conflict::TokenExists("a".into()).into()));
    assert_eq!(store.tokens().await, Ok(vec![token("a", "11")]));
}

/// And for no longer.
pub async fn an_answer_is_kept_for_a_day(place: impl Place) {
    let store = place.open(ROOM).await;
    let first = answered("k", 0);
    store.keep_answer(first.clone()).await.unwrap();
    let end = at(0).after(ANSWERS_KEPT);
    assert_eq!(store.answered("monitor", "k", end.before(Duration::from_secs(1))).await, Ok(Some(first)));
    assert_eq!(store.answered("monitor", "k", end).await, Ok(None));
    assert_eq!(store.answered("monitor", "other", at(1)).await, Ok(None));
    assert_eq!(store.answered("somebody", "k", at(1)).await, Ok(None));
}

/// Another token of this name has asked nothing yet.
pub async fn answers_go_with_their_token(place: impl Place) {
    let store = place.open(ROOM).await;
    store.add_token(token("monitor", "11")).await.unwrap();
    store.keep_answer(answered("k", 0)).await.unwrap();
    store.remove_token("monitor").await.unwrap();
    assert_eq!(store.answered("monitor", "k", at(1)).await, Ok(None));
}
