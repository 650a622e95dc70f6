//! Tokens and roles, and requests that come again.

use super::*;
use crate::api::auth::Role;

impl House {
    /// A new token of that role.
    async fn token(&self, name: &str, role: &str) -> String {
        let made = self.with("POST", "/v1/tokens", &[], Some(json!({"name": name, "role": role}))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.body["token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn every_endpoint_is_for_its_role_and_those_above_it() {
    let house = House::open().await;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((role, house.token(role.as_str(), role.as_str()).await));
    }
    for endpoint in endpoints::all() {
        for (role, token) in &tokens {
            let body = endpoint.body.as_ref().map(|_| json!({"nonsense": 1}));
            let answer = house.by(token, endpoint.method.as_str(), &at(&endpoint), &[], body).await;
            if *role < endpoint.role {
                answer.is_problem(403);
            } else {
                assert!(answer.status != 403 && answer.status != 401, "{}: {answer:?}", endpoint.id);
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_told_once_listed_without_its_secret_and_removed() {
    let house = House::open().await;
    let token = house.token("monitor", "read").await;
    let listed = house.get("/v1/tokens").await;
    let row = &listed.body["items"][0];
    assert_eq!((&row["name"], &row["role"], row.get("last_used")), (&json!("monitor"), &json!("read"), None));
    let secret = token.rsplit('_').next().unwrap();
    assert!(!listed.body.to_string().contains(secret));

    assert_eq!(house.by(&token, "GET", "/v1/carriers", &[], None).await.status, StatusCode::OK);
    let used = house.get("/v1/tokens").await;
    assert_eq!(
        used.body["items"][0]["last_used"].as_str().map(str::len),
        Some("2026-11-21".len()),
        "{used:?}"
    );
    let again = json!({"name": "monitor", "role": "admin"});
    house.with("POST", "/v1/tokens", &[], Some(again)).await.is_problem(409);
    for name in ["local", "", " a", "a\u{7}"] {
        let wrong = house.with("POST", "/v1/tokens", &[], Some(json!({"name": name, "role": "read"}))).await;
        assert_eq!((wrong.status.as_u16(), wrong.places()), (422, vec!["/name"]));
    }
    let wrong = house.with("POST", "/v1/tokens", &[], Some(json!({"name": "a", "role": "boss"}))).await;
    assert_eq!((wrong.status.as_u16(), wrong.places()), (422, vec!["/role"]));

    house.with("DELETE", "/v1/tokens/monitor", &[], None).await;
    let answer = house.by(&token, "GET", "/v1/carriers", &[], None).await;
    answer.is_problem(401);
    assert!(answer.header("WWW-Authenticate").contains("invalid_token"), "{answer:?}");
    house.with("DELETE", "/v1/tokens/monitor", &[], None).await.is_problem(404);
}

#[tokio::test]
async fn another_secret_under_the_id_of_a_token_is_refused() {
    let house = House::open().await;
    let token = house.token("monitor", "read").await;
    let last = if token.ends_with('0') { '1' } else { '0' };
    let guessed = format!("{}{last}", &token[..token.len() - 1]);
    house.by(&guessed, "GET", "/v1/carriers", &[], None).await.is_problem(401);
}

#[tokio::test]
async fn a_request_with_a_key_is_carried_out_once() {
    let house = House::open().await;
    let key = [("Idempotency-Key", "7c2b")];
    let first = house.with("PUT", "/v1/carriers/a", &key, Some(carrier())).await;
    assert_eq!((first.status, first.header("Idempotency-Replayed")), (StatusCode::CREATED, ""));
    house.patch("/v1/carriers/a", json!({"rate": 5})).await;
    let again = house.with("PUT", "/v1/carriers/a", &key, Some(carrier())).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("Idempotency-Replayed"), "true");
    assert_eq!((again.header("ETag"), again.header("Location")), (first.header("ETag"), "/v1/carriers/a"));
    assert_eq!(house.get("/v1/carriers/a").await.body["rate"], 5, "it was not carried out again");

    let other = json!({"system_id": "other", "password": "secret1"});
    house.with("PUT", "/v1/carriers/a", &key, Some(other)).await.is_problem(422);
    house.with("PUT", "/v1/carriers/b", &key, Some(carrier())).await.is_problem(422);
    house.with("DELETE", "/v1/carriers/a", &key, None).await.is_problem(422);

    let other = house.token("other", "admin").await;
    let answer = house.by(&other, "PUT", "/v1/carriers/a", &key, Some(carrier())).await;
    assert_eq!(
        (answer.status, answer.header("Idempotency-Replayed")),
        (StatusCode::OK, ""),
        "keys are each token's own"
    );
}

#[tokio::test]
async fn a_refusal_is_given_again_too() {
    let house = House::open().await;
    let key = [("Idempotency-Key", "k")];
    let first = house.with("DELETE", "/v1/carriers/a", &key, None).await;
    first.is_problem(404);
    house.put("/v1/carriers/a", carrier()).await;
    let again = house.with("DELETE", "/v1/carriers/a", &key, None).await;
    again.is_problem(404);
    assert_eq!(again.header("Idempotency-Replayed"), "true");
}

#[tokio::test]
async fn nothing_secret_is_kept_for_a_key() {
    let house = House::open().await;
    let body = json!({"name": "a", "role": "read"});
    let answer = house.with("POST", "/v1/tokens", &[("Idempotency-Key", "k")], Some(body)).await;
    answer.is_problem(400);
    house.with("PUT", "/v1/carriers/a", &[("Idempotency-Key", "pw")], Some(carrier())).await;
    let kept = house.api.store.answered("local", "pw", crate::clock::utc()).await.unwrap().unwrap();
    assert!(!format!("{} {}", kept.request, String::from_utf8_lossy(&kept.answer)).contains("secret1"));
    for key in [String::new(), "x".repeat(256)] {
        let answer = house.with("PUT", "/v1/carriers/a", &[("Idempotency-Key", &key)], Some(carrier())).await;
        answer.is_problem(400);
    }
}
