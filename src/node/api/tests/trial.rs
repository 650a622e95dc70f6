//! What other routes would have made of the messages of the past.

use std::time::Duration;

use iwf_model::route::TextFacts;
use iwf_model::{
    AccountId, Address, Cause, Message, Origin, Party, Progress, ReceiptRequest, Recipient, Record, RouteId,
    Submission, Timestamp, Validity,
};
use iwf_store::{Store, Write};

use super::*;
use crate::api::Tried;
use crate::clock;
use crate::ids::Ids;

async fn world() -> House {
    let house = House::open().await;
    let body = json!({
        "carrier": [{"name": "v"}],
        "account": [{"username": "anna", "password": "secret1", "dids": ["1111"]}],
        "connection": [
            {"name": "dear", "carrier": "v", "address": "a.example:2775", "price": "0.02 EUR"},
            {"name": "cheap", "carrier": "v", "address": "b.example:2775", "price": "0.01 EUR"},
        ],
        "route": [{"name": "all", "to": "%", "via": "dear"}],
    });
    let answer = house.with("POST", "/v1/import", &[], Some(body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    house
}

fn submission(to: &str) -> Submission {
    Submission {
        origin: Origin::Account(AccountId(1)),
        source: Address::Number("1111".parse().unwrap()),
        destination: to.parse().unwrap(),
        source_as_submitted: Party::default(),
        destination_as_submitted: Party::default(),
        text: "hello".to_owned(),
        receipt: ReceiptRequest::default(),
        validity: Validity::Default,
        reference: None,
        options: None,
    }
}

/// Records of texts of two parts, accepted then.
async fn ended(house: &House, texts: &[(&str, Timestamp)]) {
    let store = Sqlite::open(&house.directory.join("iwf.db"), Options::node()).await.unwrap();
    store.start(clock::utc()).await.unwrap();
    for (to, accepted_at) in texts.iter().copied() {
        let (id, recipient) = (Ids::new(0, None).next(accepted_at), Recipient::Route(RouteId(1)));
        let submission = submission(to);
        let record = Record {
            message: id,
            origin: submission.origin,
            recipient,
            source: submission.source.to_string(),
            destination: to.to_owned(),
            accepted_at,
            finished_at: accepted_at,
            state: Cause::Delivered.final_state(),
            cause: Cause::Delivered,
            reason: Cause::Delivered,
            via: None,
            text: Some(TextFacts::new(2, |_| false)),
            code: 0,
            attempts: 1,
            in_doubt: false,
            story: Vec::new(),
        };
        let message = Message {
            id,
            submission,
            recipient,
            accepted_at,
            expires_at: accepted_at.after(Duration::from_secs(3600)),
            progress: Progress::default(),
            story: Vec::new(),
            parts: Vec::new(),
        };
        let writes = vec![Write::Accept(Arc::new(message)), Write::Finish(Box::new(record), None)];
        store.write(writes).await.unwrap();
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_texts_of_the_last_hour_are_asked_of_the_routes_that_there_would_be() {
    let house = world().await;
    let ago = |seconds| clock::utc().before(Duration::from_secs(seconds));
    let texts = [("222333", ago(7200)), ("222333", ago(1200)), ("444", ago(600)), ("555", ago(60))];
    ended(&house, &texts).await;
    let routes = json!({"route": [
        {"name": "near", "to": "222%", "via": "cheap"},
        {"name": "all", "to": "%, !555", "via": "dear"},
    ]});
    let tried = |path: &'static str| house.with("POST", path, &[], Some(routes.clone()));
    let answer = tried("/v1/routing/try").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let found: Tried = serde_json::from_value(answer.body).unwrap();
    let counts = [found.messages, found.same, found.elsewhere, found.nowhere, found.somewhere];
    assert_eq!(counts, [3, 1, 1, 1, 0]);
    assert_eq!((found.costs[0].before.as_str(), found.costs[0].after.as_str()), ("0.12 EUR", "0.06 EUR"));
    let moves = found.moves.iter().map(|moved| {
        let to = moved.examples.iter().map(|one| one.to.as_str()).collect::<String>();
        (moved.before.connection.as_str(), moved.after.connection.as_str(), to)
    });
    let expected = [("dear", "", "555"), ("dear", "cheap", "222333")];
    assert_eq!(moves.collect::<Vec<_>>(), expected.map(|(now, then, to)| (now, then, to.to_owned())));

    let longer: Tried = serde_json::from_value(tried("/v1/routing/try?seconds=10000").await.body).unwrap();
    assert_eq!((longer.messages, longer.elsewhere), (4, 2));
    let there = house.get("/v1/routes").await.body["items"].as_array().unwrap().len();
    assert_eq!(there, 1, "nothing was changed");
}

#[tokio::test]
async fn routes_that_could_not_be_imported_can_not_be_tried() {
    let house = world().await;
    let routes = json!({"route": [{"name": "near", "to": "222%", "via": "gone"}]});
    let answer = house.with("POST", "/v1/routing/try", &[], Some(routes)).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/route/0/via"]);
    house.with("POST", "/v1/routing/try?seconds=0", &[], Some(json!({}))).await.is_problem(400);
}
