//! What would become of a text, and why.

use super::*;
use crate::api::Explained;

async fn world() -> House {
    let house = House::open().await;
    let body = json!({
        "carrier": [{"name": "v"}, {"name": "german", "profile": {"number_plan": "49 0 00"}}],
        "account": [{"username": "anna", "password": "secret1", "dids": ["1111"]}],
        "connection": [
            {"name": "a", "carrier": "v", "address": "a.example:2775", "state": "stopped"},
            {"name": "b", "carrier": "v", "address": "b.example:2775"},
        ],
        "route": [
            {"name": "codes", "to": "4989%", "content": "code", "via": "b"},
            {"name": "rest", "to": "%", "via": "a, b"},
        ],
    });
    let answer = house.with("POST", "/v1/import", &[], Some(body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    house
}

async fn explain(house: &House, query: &str) -> Explained {
    let answer = house.get(&format!("/v1/routing/explain?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    serde_json::from_value(answer.body).unwrap()
}

#[tokio::test]
async fn the_routes_the_connections_and_the_reasons_are_told() {
    let house = world().await;
    let told = explain(&house, "from=ACME&to=08912345678&origin=carrier:german").await;
    let numbers: Vec<_> = told.looks.iter().map(|look| (look.number.as_str(), look.literal)).collect();
    assert_eq!(numbers, [("08912345678", true), ("498912345678", false)]);
    let routes = told.looks[1].routes.iter().map(|one| (one.route.as_str(), one.taken, one.why.as_str()));
    let expected = [("codes", false, "it is for other texts"), ("rest", true, "it is taken")];
    assert_eq!(routes.collect::<Vec<_>>(), expected);
    assert_eq!((told.accepted, told.detail.as_str()), (true, "route rest takes it"));
    let ways = told.connections.iter().map(|way| (way.connection.as_str(), way.used, way.why.as_str()));
    let expected = [("a", false, "it is stopped"), ("b", true, "no node runs that could be bound")];
    assert_eq!(ways.collect::<Vec<_>>(), expected);

    let code = "from=1111&to=498912345678&text=Your%20code%20is%20123-456&at=2026-11-21T22:00:00Z";
    assert_eq!(explain(&house, code).await.detail, "route codes takes it");
    let own = explain(&house, "from=ACME&to=1111&origin=account:anna").await;
    assert_eq!((own.verdict.as_str(), own.looks[0].routes.len()), ("account", 1));
    let emergency = explain(&house, "from=1111&to=112").await;
    assert_eq!((emergency.accepted, emergency.verdict.as_str()), (false, "emergency"));
}

#[tokio::test]
async fn a_question_that_can_not_be_understood_names_its_parameter() {
    let house = world().await;
    for (query, name) in [
        ("to=1", "from"),
        ("from=1111", "to"),
        ("from=1111&to=abc", "to"),
        ("from=9&to=1", "origin"),
        ("from=9&to=1&origin=vendor", "origin"),
        ("from=9&to=1&origin=carrier:nobody", "origin"),
        ("from=1111&to=1&at=soon", "at"),
        ("from=1111&to=1&when=now", "when"),
    ] {
        let answer = house.get(&format!("/v1/routing/explain?{query}")).await;
        answer.is_problem(400);
        assert_eq!(answer.body["errors"][0]["parameter"], name, "{query}: {answer:?}");
    }
}
