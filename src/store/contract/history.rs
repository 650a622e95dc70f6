//! The history of the provisioning, and the way back.

use iwf_model::Settings;

use super::Place;
use super::routing::{link, put_carrier, removed_connection, removed_route, route, world};
use super::sample::*;
use crate::history::{Filter, Kind};
use crate::{Change, Conflict, Store, StoreError};

fn undo(revision: u64) -> Vec<Change> {
    vec![Change::Undo { revision, forced: false }]
}

fn forced(revision: u64) -> Vec<Change> {
    vec![Change::Undo { revision, forced: true }]
}

/// The latest first, in pages, of a kind, of a name, of a revision.
pub async fn the_history_tells_who_changed_what_and_when(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), "anna", None, at(0)).await.unwrap();
    store.provision(vec![route("r", "333%", "a")], "bob", None, at(60)).await.unwrap();
    store.provision(vec![removed_route("r")], "carol", None, at(120)).await.unwrap();
    let read = async |filter, after, limit| store.history(filter, after, limit).await.unwrap();

    let of_r = Filter { kind: Some(Kind::Route), name: Some("r".into()), revision: None };
    let told = read(of_r.clone(), None, 10).await;
    let who: Vec<_> = told.iter().map(|entry| (entry.by.as_str(), entry.revision, entry.at)).collect();
    assert_eq!(who, [("carol", 3, at(120)), ("bob", 2, at(60)), ("anna", 1, at(0))]);
    assert_eq!(told[1].differences(), [("to", "222%, !2225%", "333%"), ("via", "a*70 | b*30", "a")]);
    assert_eq!((&told[0].after, &told[2].before), (&None, &None));

    let page = read(of_r.clone(), Some(told[0].place), 1).await;
    assert_eq!(page, told[1..2]);
    let first = read(Filter { revision: Some(1), ..Filter::default() }, None, 10).await;
    let kinds: Vec<&str> = first.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["route", "connection", "connection", "carrier"]);
    assert_eq!(read(Filter::default(), None, 100).await.len(), 6);
}

/// Neither as it is nor as its hash; that it changed is told.
pub async fn the_history_keeps_no_password(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    let mut carrier = carrier("v", "v");
    carrier.profile.set("outbind", "192.0.2.7:2775 iwf secret").unwrap();
    let account = Change::PutAccount(account("1", &["1"]));
    store
        .provision(vec![Change::PutCarrier(Box::new(carrier.clone())), account], BY, None, at(1))
        .await
        .unwrap();
    carrier.profile.set("outbind", "192.0.2.7:2775 iwf secret2").unwrap();
    carrier.password_hash = "salt$other".into();
    let other = link("a", &[("carrier", "v"), ("address", "a.example:2775"), ("password", "secret2")]);
    store.provision(vec![Change::PutCarrier(Box::new(carrier)), other], BY, None, at(2)).await.unwrap();

    let told = store.history(Filter::default(), None, 100).await.unwrap();

    let all = format!("{told:?}");
    assert!(!all.contains("secret") && !all.contains("salt") && !all.contains("0000"), "{all}");
    assert_eq!(told[0].differences(), [("password", "***", "*** (changed)")]);
    let outbind = ("profile.outbind", "192.0.2.7:2775 iwf ***", "192.0.2.7:2775 iwf *** (changed)");
    assert_eq!(told[1].differences(), [("password", "***", "*** (changed)"), outbind]);
}

/// And the undoing can be undone.
pub async fn a_revision_is_undone_as_a_whole(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    let before = store.provisioning().await.unwrap();
    let changes = vec![
        put_carrier("w", "w"),
        link("b", &[("carrier", "w"), ("receivers", "true")]),
        removed_route("r"),
        route("s", "%", "b"),
    ];
    store.provision(changes, BY, None, at(1)).await.unwrap();
    let after = store.provisioning().await.unwrap();

    assert_eq!(store.provision(undo(2), BY, None, at(2)).await, Ok(3));
    let undone = store.provisioning().await.unwrap();
    assert_eq!((undone.routes, undone.connections), (before.routes, before.connections), "with their ids");
    assert_eq!(undone.carriers, before.carriers);

    assert_eq!(store.provision(forced(3), BY, None, at(3)).await, Ok(4));
    let redone = store.provisioning().await.unwrap();
    assert_eq!((redone.routes, redone.connections), (after.routes, after.connections));
    assert_eq!(redone.carriers[1].password_hash, "", "a password is not kept");
}

/// Unless it is forced.
pub async fn what_was_changed_again_is_not_undone(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    store.provision(vec![route("r", "3%", "a"), route("s", "5%", "a")], BY, None, at(1)).await.unwrap();
    store.provision(vec![route("r", "4%", "a")], BY, None, at(2)).await.unwrap();
    store.provision(vec![removed_route("s")], BY, None, at(3)).await.unwrap();

    let refused = store.provision(undo(2), BY, None, at(4)).await;
    assert!(
        matches!(&refused, Err(StoreError::Conflict(Conflict::ChangedSince { kind: Kind::Route, .. }))),
        "{refused:?}"
    );
    assert_eq!(store.provision(forced(2), BY, None, at(4)).await, Ok(5));
    let read = store.provisioning().await.unwrap();
    assert_eq!((read.routes.len(), read.routes[0].rule.connections().count()), (1, 2));

    store
        .provision(vec![link("c", &[("carrier", "v"), ("receivers", "true")])], BY, None, at(5))
        .await
        .unwrap();
    store.provision(vec![route("r", "3%", "c")], BY, None, at(5)).await.unwrap();
    let conflict = Conflict::ConnectionUsed { connection: "c".into(), route: "r".into() };
    assert_eq!(store.provision(undo(6), BY, None, at(6)).await, Err(conflict.into()));
    assert_eq!(store.provision(undo(99), BY, None, at(6)).await, Err(Conflict::NoRevision(99).into()));
}

/// It is said, and what is forced keeps the password of now.
pub async fn a_password_is_not_brought_back(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    let named = |password: &str, window: &str| {
        let settings =
            [("carrier", "v"), ("address", "a.example:2775"), ("window", window), ("password", password)];
        vec![link("a", &settings)]
    };
    store.provision(named("other", "5"), BY, None, at(1)).await.unwrap();
    let lost = |kind, name: &str| Err(Conflict::PasswordNotKept { kind, name: name.to_owned() }.into());

    assert_eq!(store.provision(undo(2), BY, None, at(2)).await, lost(Kind::Connection, "a"));
    assert_eq!(store.provision(forced(2), BY, None, at(2)).await, Ok(3));
    let link = store.provisioning().await.unwrap().connections.remove(0).link;
    assert_eq!((link.call.window.get(), &*link.call.password), (10, "other"));

    store.provision(named("other", "6"), BY, None, at(3)).await.unwrap();
    assert_eq!(store.provision(undo(4), BY, None, at(3)).await, Ok(5), "it did not change the password");

    store.provision(vec![Change::PutAccount(account("1", &["1"]))], BY, None, at(4)).await.unwrap();
    store.provision(vec![Change::RemoveAccount { username: "1".into() }], BY, None, at(5)).await.unwrap();
    assert_eq!(store.provision(forced(7), BY, None, at(6)).await, lost(Kind::Account, "1"));
    let gone = vec![removed_route("r"), removed_connection("a")];
    store.provision(gone, BY, None, at(7)).await.unwrap();
    assert_eq!(store.provision(forced(8), BY, None, at(8)).await, Ok(9));
    let read = store.provisioning().await.unwrap();
    assert_eq!((read.routes.len(), &*read.connections[0].link.call.password), (1, ""));
}

/// Its settings, its state, its numbers; its password is that of now.
pub async fn accounts_and_carriers_get_back_what_they_had(place: impl Place) {
    let store = place.open(ROOM).await;
    let first = vec![put_carrier("v", "v"), Change::PutAccount(account("1", &["1", "2"]))];
    store.provision(first, BY, None, at(0)).await.unwrap();
    let before = store.provisioning().await.unwrap();
    let mut carrier = carrier("v", "w");
    (carrier.enabled, carrier.rate) = (false, 7);
    carrier.profile.set("networks", "").unwrap();
    carrier.profile.set("packed", "true").unwrap();
    let suspended = iwf_model::Account {
        state: iwf_model::AccountState::Suspended,
        digest: None,
        ..account("1", &["3"])
    };
    let changes = vec![Change::PutCarrier(Box::new(carrier)), Change::PutAccount(suspended)];
    store.provision(changes, BY, None, at(1)).await.unwrap();

    assert_eq!(store.provision(undo(2), BY, None, at(2)).await, Ok(3));

    let read = store.provisioning().await.unwrap();
    assert_eq!((read.carriers, read.accounts), (before.carriers, before.accounts));
}
