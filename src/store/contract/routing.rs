//! Connections and routes: all or nothing, and nothing that names what is not there.

use iwf_model::{Connection, ConnectionId, Link, Route, RouteId, Rule, Settings};

use super::Place;
use super::sample::*;
use crate::{Change, Conflict, Store, StoreError};

pub(super) fn link(name: &str, settings: &[(&str, &str)]) -> Change {
    let mut link = Link::default();
    settings.iter().for_each(|(key, text)| link.set(key, text).unwrap());
    Change::PutConnection(Box::new(Connection { id: ConnectionId(0), name: name.to_owned(), link }))
}

pub(super) fn route(name: &str, to: &str, via: &str) -> Change {
    let mut rule = Rule::default();
    rule.set("to", to).unwrap();
    rule.set("via", via).unwrap();
    Change::PutRoute(Box::new(Route { id: RouteId(0), name: name.to_owned(), rule }))
}

pub(super) fn put_carrier(name: &str, system_id: &str) -> Change {
    Change::PutCarrier(Box::new(carrier(name, system_id)))
}

/// The carrier v, its connections a and b, and the route r over both.
pub(super) fn world() -> Vec<Change> {
    vec![
        put_carrier("v", "v"),
        link("a", &[("carrier", "v"), ("address", "a.example:2775"), ("password", "secret")]),
        link("b", &[("carrier", "v"), ("receivers", "true")]),
        route("r", "222%, !2225%", "a*70 | b*30"),
    ]
}

pub(super) fn removed_route(name: &str) -> Change {
    Change::RemoveRoute { name: name.to_owned() }
}

pub(super) fn removed_connection(name: &str) -> Change {
    Change::RemoveConnection { name: name.to_owned() }
}

pub(super) fn removed_carrier(name: &str) -> Change {
    Change::RemoveCarrier { name: name.to_owned() }
}

/// As they were given, by name, in any order of the list; also after a restart.
pub async fn connections_and_routes_read_back(place: impl Place) {
    let store = place.open(ROOM).await;
    let backwards = world().into_iter().rev().collect();
    assert_eq!(store.provision(backwards, BY, None, at(0)).await, Ok(1));
    assert_eq!(store.provision(world(), BY, None, at(1)).await, Ok(1), "the same again is no new revision");
    store.close().await.unwrap();
    drop(store);

    let read = place.open(ROOM).await.provisioning().await.unwrap();

    let links: Vec<_> =
        read.connections.iter().map(|one| (one.name.as_str(), one.link.differences())).collect();
    let text = |key: &'static str, text: &str| (key, text.to_owned());
    let a = vec![text("carrier", "v"), text("address", "a.example:2775"), text("password", "secret")];
    assert_eq!(links, [("a", a), ("b", vec![text("carrier", "v"), text("receivers", "true")])]);
    assert_eq!((read.routes[0].name.as_str(), read.routes.len()), ("r", 1));
    let rule = vec![text("to", "222%, !2225%"), text("via", "a*70 | b*30")];
    assert_eq!(read.routes[0].rule.differences(), rule);
}

/// So that what waits for one never waits for another.
pub async fn ids_of_connections_and_routes_stay_and_are_never_given_twice(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    let ids = async || {
        let read = store.provisioning().await.unwrap();
        (read.connections[0].id, read.routes[0].id)
    };
    let first = ids().await;

    let changes = vec![link("a", &[("carrier", "v"), ("receivers", "true")]), route("r", "3%", "a")];
    assert_eq!(store.provision(changes, BY, None, at(1)).await, Ok(2));
    assert_eq!(ids().await, first);

    let gone = vec![removed_route("r"), removed_connection("a"), removed_connection("b")];
    store.provision(gone, BY, None, at(2)).await.unwrap();
    store.provision(world(), BY, None, at(3)).await.unwrap();
    let again = ids().await;
    assert!(again.0 > first.0 && again.1 > first.1);
}

/// And both are named.
pub async fn what_names_something_that_is_not_there_is_refused(place: impl Place) {
    let store = place.open(ROOM).await;
    let missing = store.provision(vec![link("a", &[("carrier", "x")])], BY, None, at(0)).await;
    let conflict = Conflict::CarrierMissing { connection: "a".into(), carrier: "x".into() };
    assert_eq!(missing, Err(conflict.into()));

    store.provision(world(), BY, None, at(0)).await.unwrap();
    let before = store.provisioning().await.unwrap();
    let missing =
        store.provision(vec![put_carrier("w", "w"), route("s", "%", "a, c")], BY, None, at(1)).await;
    let conflict = Conflict::ConnectionMissing { route: "s".into(), connection: "c".into() };
    assert_eq!(missing, Err(conflict.into()));
    assert_eq!(store.provisioning().await.unwrap(), before);
}

/// Unless what names it goes in the same list, or names another one from then on.
pub async fn what_is_named_is_not_removed(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    let refused = async |changes| store.provision(changes, BY, None, at(1)).await.unwrap_err();

    let conflict = Conflict::CarrierUsed { carrier: "v".into(), connection: "a".into() };
    assert_eq!(refused(vec![removed_carrier("v")]).await, StoreError::Conflict(conflict));
    let conflict = Conflict::ConnectionUsed { connection: "b".into(), route: "r".into() };
    assert_eq!(refused(vec![removed_connection("b")]).await, StoreError::Conflict(conflict));

    let changes = vec![removed_connection("b"), route("r", "222%", "a")];
    assert_eq!(store.provision(changes, BY, None, at(2)).await, Ok(2));
    let all = vec![removed_carrier("v"), removed_connection("a"), removed_route("r")];
    assert_eq!(store.provision(all, BY, None, at(3)).await, Ok(3));
    assert_eq!(refused(vec![removed_route("r")]).await, Conflict::NoRoute("r".into()).into());
    assert_eq!(refused(vec![removed_connection("a")]).await, Conflict::NoConnection("a".into()).into());
}

/// Several of them, beside those that do.
pub async fn carriers_need_not_bind_to_us(place: impl Place) {
    let store = place.open(ROOM).await;
    let silent = |name: &str| {
        let carrier = iwf_model::Carrier { password_hash: String::new(), ..carrier(name, "") };
        Change::PutCarrier(Box::new(carrier))
    };

    store.provision(vec![silent("a"), silent("b"), put_carrier("c", "c")], BY, None, at(0)).await.unwrap();

    let read = store.provisioning().await.unwrap();
    let system_ids: Vec<&str> = read.carriers.iter().map(|carrier| carrier.system_id.as_str()).collect();
    assert_eq!(system_ids, ["", "", "c"]);
}

/// Many more than one statement takes.
pub async fn thousands_of_routes_change_in_one_list(place: impl Place) {
    let store = place.open(ROOM).await;
    store.provision(world(), BY, None, at(0)).await.unwrap();
    let many = |via: &str| (0..2_500).map(|n| route(&format!("r{n}"), &format!("{n}%"), via)).collect();
    assert_eq!(store.provision(many("a"), BY, None, at(1)).await, Ok(2));
    let ids = async || {
        let routes = store.provisioning().await.unwrap().routes;
        routes.iter().map(|route| route.id).collect::<std::collections::BTreeSet<_>>()
    };
    let first = ids().await;
    assert_eq!(first.len(), 2_501);

    assert_eq!(store.provision(many("b"), BY, None, at(2)).await, Ok(3));
    assert_eq!(ids().await, first);
    let undone = vec![Change::Undo { revision: 3, forced: false }];
    assert_eq!(store.provision(undone, BY, None, at(3)).await, Ok(4));
    let routes = store.provisioning().await.unwrap().routes;
    assert_eq!(routes.iter().filter(|route| route.rule.connections().eq(["a"])).count(), 2_500);
    let gone = (0..2_500).map(|n| removed_route(&format!("r{n}"))).collect();
    assert_eq!(store.provision(gone, BY, None, at(4)).await, Ok(5));
    assert_eq!(ids().await.len(), 1);
}
