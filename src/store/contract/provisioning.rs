//! Provisioning: all or nothing, and nothing twice.

use iwf_model::{AccountId, AccountState, CarrierId, Recipient};

use super::Place;
use super::sample::*;
use crate::{Change, Conflict, Store, StoreError};

fn put_carrier(name: &str, system_id: &str) -> Change {
    Change::PutCarrier(Box::new(carrier(name, system_id)))
}

fn put_account(username: &str, dids: &[&str]) -> Change {
    Change::PutAccount(account(username, dids))
}

/// As it was given, numbers in their order; also after a restart.
pub async fn provisioning_reads_back(place: impl Place) {
    let store = place.open(ROOM).await;
    let changes = vec![
        put_carrier("b", "two"),
        put_carrier("a", "one"),
        put_account("z", &["9", "1"]),
        put_account("y", &[]),
    ];

    assert_eq!(store.provision(changes, BY, None, at(0)).await, Ok(1));
    store.close().await.unwrap();
    drop(store);
    let read = place.open(ROOM).await.provisioning().await.unwrap();

    assert_eq!(read.revision, 1);
    let expected = [(read.carriers[0].id, carrier("a", "one")), (read.carriers[1].id, carrier("b", "two"))];
    assert_eq!(read.carriers, expected.map(|(id, carrier)| iwf_model::Carrier { id, ..carrier }));
    let expected =
        [(read.accounts[0].id, account("y", &[])), (read.accounts[1].id, account("z", &["9", "1"]))];
    assert_eq!(read.accounts, expected.map(|(id, account)| iwf_model::Account { id, ..account }));
}

/// A file may be imported as often as one likes.
pub async fn the_same_provisioning_again_is_no_new_revision(place: impl Place) {
    let store = place.open(ROOM).await;
    let list = || vec![put_carrier("a", "one"), put_account("1", &["1", "2"])];
    assert_eq!(store.revision().await, Ok(0));
    assert_eq!(store.provision(list(), BY, None, at(0)).await, Ok(1));

    assert_eq!(store.provision(list(), BY, None, at(0)).await, Ok(1));
    assert_eq!(store.provision(vec![], BY, None, at(0)).await, Ok(1));
    assert_eq!(store.provision(vec![put_account("1", &["2", "1"])], BY, None, at(0)).await, Ok(2));
    assert_eq!(store.revision().await, Ok(2));
}

/// So that what was counted or waits for one never becomes another's.
pub async fn ids_stay_and_are_never_given_twice(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(vec![put_carrier("a", "one"), put_account("1", &["1"])], BY, None, at(0)).await.unwrap();
    let ids = async || {
        let read = store.provisioning().await.unwrap();
        (read.carriers[0].id, read.accounts[0].id)
    };
    let first = ids().await;

    let suspended = iwf_model::Account { state: AccountState::Suspended, ..account("1", &["2"]) };
    store
        .provision(vec![put_carrier("a", "uno"), Change::PutAccount(suspended.clone())], BY, None, at(0))
        .await
        .unwrap();
    assert_eq!(ids().await, first);
    let read = store.provisioning().await.unwrap();
    assert_eq!(read.carriers[0].system_id, "uno");
    assert_eq!(read.accounts[0], iwf_model::Account { id: first.1, ..suspended });

    let removals =
        vec![Change::RemoveCarrier { name: "a".into() }, Change::RemoveAccount { username: "1".into() }];
    store.provision(removals, BY, None, at(0)).await.unwrap();
    store.provision(vec![put_carrier("a", "one"), put_account("1", &["1"])], BY, None, at(0)).await.unwrap();
    let (CarrierId(carrier), AccountId(account)) = ids().await;
    assert!(carrier > first.0.0 && account > first.1.0);
}

/// And the error names the owner.
pub async fn a_taken_number_changes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(vec![put_account("1", &["111222333"])], BY, None, at(0)).await.unwrap();
    let before = store.provisioning().await.unwrap();

    let result = store
        .provision(vec![put_carrier("a", "one"), put_account("2", &["5", "111222333"])], BY, None, at(0))
        .await;

    let conflict = Conflict::DidTaken { did: "111222333".into(), owner: "1".into() };
    assert_eq!(result, Err(StoreError::Conflict(conflict)));
    assert_eq!(store.provisioning().await.unwrap(), before);
}

/// And the error names the owner.
pub async fn a_taken_system_id_changes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(vec![put_carrier("a", "one")], BY, None, at(0)).await.unwrap();
    let before = store.provisioning().await.unwrap();

    let result =
        store.provision(vec![put_account("2", &["5"]), put_carrier("b", "one")], BY, None, at(0)).await;

    let conflict = Conflict::SystemIdTaken { system_id: "one".into(), owner: "a".into() };
    assert_eq!(result, Err(StoreError::Conflict(conflict)));
    assert_eq!(store.provisioning().await.unwrap(), before);
}

/// In any order: what counts is what the list leads to.
pub async fn numbers_and_system_ids_may_move_in_one_list(place: impl Place) {
    let store = place.open(ROOM).await;
    let first = vec![
        put_carrier("a", "one"),
        put_carrier("b", "two"),
        put_account("1", &["1"]),
        put_account("2", &["2", "3"]),
        put_account("3", &["4"]),
    ];
    store.provision(first, BY, None, at(0)).await.unwrap();

    let swapped = vec![
        put_carrier("a", "two"),
        put_carrier("b", "one"),
        put_account("1", &["2", "4"]),
        put_account("2", &["1"]),
        Change::RemoveAccount { username: "3".into() },
    ];
    assert_eq!(store.provision(swapped, BY, None, at(0)).await, Ok(2));

    let read = store.provisioning().await.unwrap();
    let system_ids: Vec<&str> = read.carriers.iter().map(|carrier| carrier.system_id.as_str()).collect();
    assert_eq!(system_ids, ["two", "one"]);
    let numbers = |at: usize| read.accounts[at].dids.iter().map(|did| did.as_str()).collect::<Vec<_>>();
    assert_eq!((read.accounts.len(), numbers(0), numbers(1)), (2, vec!["2", "4"], vec!["1"]));
}

/// Nor does anything else in its list.
pub async fn removing_what_is_not_there_changes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;

    let account = vec![put_carrier("a", "one"), Change::RemoveAccount { username: "9".into() }];
    let carrier = vec![put_account("1", &[]), Change::RemoveCarrier { name: "x".into() }];

    assert_eq!(store.provision(account, BY, None, at(0)).await, Err(Conflict::NoAccount("9".into()).into()));
    assert_eq!(store.provision(carrier, BY, None, at(0)).await, Err(Conflict::NoCarrier("x".into()).into()));
    assert_eq!(store.provisioning().await, Ok(crate::Provisioning::default()));
}

/// They end with their validity, and their origin hears so.
pub async fn messages_of_a_removed_account_stay(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(vec![put_account("1", &["1"])], BY, None, at(0)).await.unwrap();
    let owner = store.provisioning().await.unwrap().accounts[0].id;
    let waiting = iwf_model::Message { recipient: Recipient::Account(owner), ..message(1) };
    store.write(vec![crate::Write::Accept(std::sync::Arc::new(waiting.clone()))]).await.unwrap();

    store.provision(vec![Change::RemoveAccount { username: "1".into() }], BY, None, at(0)).await.unwrap();

    assert_eq!(store.waiting_for(Recipient::Account(owner), None, 10).await.unwrap(), [waiting]);
}

/// Who changes what somebody else has changed meanwhile hears so.
pub async fn a_change_of_another_revision_changes_nothing(place: impl Place) {
    let store = place.open(ROOM).await;
    assert_eq!(store.provision(vec![put_carrier("a", "one")], BY, Some(0), at(0)).await, Ok(1));

    let late = store.provision(vec![put_carrier("a", "two")], BY, Some(0), at(0)).await;

    assert_eq!(late, Err(Conflict::Moved.into()));
    assert_eq!(store.provisioning().await.unwrap().carriers[0].system_id, "one");
    assert_eq!(store.provision(vec![put_carrier("a", "two")], BY, Some(1), at(0)).await, Ok(2));
}
