//! Connections, routes, and the history of them.

use super::*;

async fn world() -> House {
    let house = House::open().await;
    let body = json!({
        "carrier": [{"name": "v"}],
        "connection": [{"name": "a", "carrier": "v", "address": "a.example:2775", "password": "secret"}],
        "route": [{"name": "r", "to": ["222%", "!2225%"], "via": "a"}],
    });
    let answer = house.with("POST", "/v1/import", &[], Some(body)).await;
    assert_eq!(answer.body["changes"].as_array().unwrap().len(), 3, "{answer:?}");
    house
}

#[tokio::test]
async fn connections_and_routes_are_made_shown_changed_and_removed() {
    let house = world().await;
    let made = house.put("/v1/connections/b", json!({"carrier": "v", "receivers": true})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let changed = house.patch("/v1/routes/r", json!({"via": ["a*70 | b*30"], "priority": 7})).await;
    assert_eq!(changed.body["changes"][0]["fields"], json!(["via", "priority"]));
    let shown = house.get("/v1/routes/r").await;
    let expected = json!({"name": "r", "to": "222%, !2225%", "via": "a*70 | b*30", "priority": "7"});
    assert_eq!(shown.body, expected);

    house.patch("/v1/connections/a", json!({"window": 50})).await;
    let shown = house.get("/v1/connections/a").await.body;
    let expected = json!({"name": "a", "carrier": "v", "address": "a.example:2775", "window": "50"});
    assert_eq!(shown, expected, "its password is not shown");
    let same = house.put("/v1/connections/a", expected).await;
    assert_eq!(same.body["changes"], json!([]), "and stays");

    house.with("DELETE", "/v1/connections/b", &[], None).await.is_problem(409);
    house.with("DELETE", "/v1/carriers/v", &[], None).await.is_problem(409);
    assert_eq!(house.with("DELETE", "/v1/routes/r", &[], None).await.status, StatusCode::OK);
    assert_eq!(house.with("DELETE", "/v1/connections/b", &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_wrong_with_a_connection_or_a_route_is_named() {
    let house = world().await;
    let answer = house.put("/v1/connections/b", json!({"carrier": "w", "address": "x", "tls": "yes"})).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/address", "/tls"]);
    let answer = house.put("/v1/connections/b", json!({"carrier": "w", "receivers": true})).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/carrier"]);
    let answer = house.put("/v1/routes/s", json!({"to": "%", "via": "a, c"})).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/via"]);
    house.put("/v1/routes/s", json!({"to": "%"})).await.is_problem(422);
}

#[tokio::test]
async fn a_connection_is_stopped_isolated_and_started() {
    let house = world().await;
    for state in ["stopped", "isolated", "started"] {
        let done = house.put("/v1/connections/a/state", json!({"state": state})).await;
        assert_eq!(done.body["changes"][0]["fields"], json!(["state"]), "{done:?}");
        let again = house.put("/v1/connections/a/state", json!({"state": state})).await;
        assert_eq!(again.body["changes"], json!([]));
        let shown = house.get("/v1/connections/a").await.body;
        assert_eq!(shown["state"].as_str().unwrap_or("started"), state);
    }
    house.put("/v1/connections/x/state", json!({"state": "stopped"})).await.is_problem(404);
    house.put("/v1/connections/a/state", json!({"state": "gone"})).await.is_problem(422);
}

#[tokio::test]
async fn a_revision_is_undone_and_the_history_tells_both() {
    let house = world().await;
    house.patch("/v1/routes/r", json!({"to": "333%"})).await;

    let dry = house.with("POST", "/v1/undo?dry_run=true", &[], Some(json!({"kind": "route"}))).await;
    assert_eq!((&dry.body["revision"], &dry.body["changes"][0]["fields"]), (&json!(2), &json!(["to"])));
    let undone = house.with("POST", "/v1/undo", &[], Some(json!({"kind": "route"}))).await;
    assert_eq!(undone.body["revision"], 3, "{undone:?}");
    assert_eq!(house.get("/v1/routes/r").await.body["to"], "222%, !2225%");

    let told = house.get("/v1/history?kind=route&name=r&limit=2").await.body;
    let first = &told["items"][0];
    assert_eq!((&first["by"], &first["fate"]), (&json!("local"), &json!("changed")));
    let field = json!({"field": "to", "before": "333%", "after": "222%, !2225%"});
    assert_eq!(first["fields"], json!([field]));
    let rest = house.get(told["next"].as_str().unwrap()).await.body;
    assert_eq!((&rest["items"][0]["fate"], &rest["next"]), (&json!("added"), &Value::Null));

    house.put("/v1/connections/a/state", json!({"state": "stopped"})).await;
    let field = json!({"field": "state", "before": "started", "after": "stopped"});
    assert_eq!(house.get("/v1/history?limit=1").await.body["items"][0]["fields"], json!([field]));

    house.with("POST", "/v1/undo", &[], Some(json!({"revision": 2}))).await.is_problem(409);
    house.with("POST", "/v1/undo", &[], Some(json!({"revision": 99}))).await.is_problem(404);
    house.get("/v1/history?kind=thing").await.is_problem(400);
    let everything = house.get("/v1/history").await.body.to_string();
    assert!(!everything.contains("secret"), "{everything}");
}
