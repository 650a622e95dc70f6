//! The API against its own document: whatever the document says, the router does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use iwf_store::{Options, Sqlite};
use serde_json::{Value, json};
use tower::ServiceExt;

mod explain;
mod routing;
mod tokens;
mod trial;

use super::document::{document, problem_shape};
use super::endpoint::{Endpoint, Tags};
use super::schema::{Schema, Way};
use super::{Api, endpoints, router};
use crate::machines::usual_policy;

/// A store with the API on it, gone with the test.
struct House {
    directory: std::path::PathBuf,
    api: Arc<Api>,
    router: Router,
}

/// What was answered.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl House {
    async fn open() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("iwf-api-{}-{number}", std::process::id()));
        let store = Sqlite::open(&directory.join("iwf.db"), Options::tool()).await.unwrap();
        let api = Arc::new(Api::new(Arc::new(store), ("iwf", usual_policy()), None));
        let router = router(&api);
        Self { directory, api, router }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let octets = body.collect().await.unwrap().to_bytes();
        let body = if octets.is_empty() { Value::Null } else { serde_json::from_slice(&octets).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// As the local token, with more headers.
    async fn with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        self.by(self.api.local.reveal(), method, path, headers, body).await
    }

    /// As whoever has that token.
    async fn by(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("Authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            request = request.header("Content-Type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.ask(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.with("GET", path, &[], None).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.with("PUT", path, &[], Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.with("PATCH", path, &[], Some(body)).await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

impl Answer {
    /// The places that the problem names.
    fn places(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str().or(error["parameter"].as_str())).collect()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn is_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("Content-Type"), "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        fits(&problem_shape(), &self.body);
    }
}

/// The body has the shape that the document says.
#[track_caller]
fn fits(schema: &Schema, body: &Value) {
    let mut errors = Vec::new();
    schema.check(&mut body.clone(), Way::Answer, "", &mut errors);
    assert!(errors.is_empty(), "{errors:?} in {body}");
}

fn carrier() -> Value {
    json!({"system_id": "c1", "password": "secret1"})
}

fn at(endpoint: &Endpoint) -> String {
    endpoint.path.replace(['{', '}'], "")
}

fn request(endpoint: &Endpoint, path: &str) -> axum::http::request::Builder {
    let mut request = Request::builder().method(endpoint.method.clone()).uri(path);
    if let Some(rule) = &endpoint.body {
        request = request.header("Content-Type", rule.media_types()[0]);
    }
    request
}

#[test]
fn the_manual_is_the_document_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let text = serde_json::to_string_pretty(&document(&endpoints::all())).unwrap() + "\n";
    if std::env::var_os("IWF_WRITE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run with IWF_WRITE_DOCS=1");
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let house = House::open().await;
    let answer = house.ask(Request::get("/v1/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, &answer.body), (StatusCode::OK, &document(&endpoints::all())));
}

#[tokio::test]
async fn every_endpoint_needs_a_token() {
    let house = House::open().await;
    for endpoint in endpoints::all() {
        let answer = house.ask(request(&endpoint, &at(&endpoint)).body(Body::empty()).unwrap()).await;
        answer.is_problem(401);
        assert_eq!(answer.header("WWW-Authenticate"), "Bearer realm=\"iwf\"");
        for wrong in ["Bearer iwf_local_00", "Bearer ", "Basic YTpi", "Bearer", "\u{7f}"] {
            let Ok(value) = axum::http::HeaderValue::from_str(wrong) else { continue };
            let request = request(&endpoint, &at(&endpoint)).header("Authorization", value);
            house.ask(request.body(Body::empty()).unwrap()).await.is_problem(401);
        }
    }
}

#[tokio::test]
async fn an_unknown_field_or_parameter_is_named_by_every_endpoint() {
    let house = House::open().await;
    for endpoint in endpoints::all() {
        let method = endpoint.method.as_str();
        let body = endpoint.body.as_ref().map(|_| json!({"nonsense": 1}));
        if body.is_some() {
            let answer = house.with(method, &at(&endpoint), &[], body.clone()).await;
            answer.is_problem(422);
            assert!(answer.places().contains(&"/nonsense"), "{answer:?}");
        }
        let answer = house.with(method, &format!("{}?nonsense=1", at(&endpoint)), &[], body).await;
        answer.is_problem(400);
        assert_eq!(answer.places(), ["nonsense"], "{answer:?}");
    }
}

#[tokio::test]
async fn every_endpoint_answers_only_what_the_document_says() {
    let house = House::open().await;
    house.put("/v1/carriers/name", carrier()).await;
    house.put("/v1/accounts/username", json!({"password": "x"})).await;
    for endpoint in endpoints::all() {
        let success = &endpoint.success;
        let body = endpoint.body.as_ref().map(|_| json!({}));
        let answer = house.with(endpoint.method.as_str(), &at(&endpoint), &[], body).await;
        let told = answer.status.as_u16();
        if answer.status.is_success() {
            assert!(answer.status == success.status || success.or_created && told == 201, "{answer:?}");
            fits(&success.schema, &answer.body);
            assert_eq!(
                endpoint.tags == Tags::Shown,
                !answer.header("ETag").is_empty() && endpoint.method == "GET"
            );
        } else {
            let kinds = endpoint.all_problems();
            assert!(kinds.iter().any(|kind| kind.words().0 == answer.status), "{}: {answer:?}", endpoint.id);
            answer.is_problem(told);
        }
    }
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_told_with_those_that_do() {
    let house = House::open().await;
    for endpoint in endpoints::all() {
        let answer = house.with("TRACE", &at(&endpoint), &[], None).await;
        answer.is_problem(405);
        let allowed = answer.header("Allow");
        assert!(allowed.split(", ").any(|method| method == endpoint.method.as_str()), "{allowed}");
    }
    house.with("POST", "/v1/openapi.json", &[], None).await.is_problem(405);
    house.get("/v1/nonsense").await.is_problem(404);
}

#[tokio::test]
async fn a_body_is_of_a_known_type_and_of_a_bounded_size_and_json() {
    let house = House::open().await;
    for endpoint in endpoints::all().iter().filter(|endpoint| endpoint.body.is_some()) {
        let (method, path, most) =
            (endpoint.method.as_str(), at(endpoint), endpoint.body.as_ref().unwrap().most);
        let text = [("Content-Type", "text/plain")];
        house.with(method, &path, &text, Some(json!({}))).await.is_problem(415);
        let large = [("Content-Length", (most + 1).to_string())];
        let large = [("Content-Length", large[0].1.as_str())];
        house.with(method, &path, &large, Some(json!({}))).await.is_problem(413);
        let token = format!("Bearer {}", house.api.local.reveal());
        let request = request(endpoint, &path).header("Authorization", token);
        let answer = house.ask(request.body(Body::from("{\n  \"a\": nonsense}")).unwrap()).await;
        answer.is_problem(400);
        let error = &answer.body["errors"][0];
        assert_eq!((&error["line"], &error["column"]), (&json!(2), &json!(9)), "{answer:?}");
    }
    let long = json!({"system_id": "x".repeat(2 * 1024 * 1024)}).to_string();
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(long))]);
    let token = format!("Bearer {}", house.api.local.reveal());
    let request = Request::put("/v1/carriers/a").header("Authorization", token);
    let request = request.header("Content-Type", "application/json").body(Body::from_stream(stream));
    house.ask(request.unwrap()).await.is_problem(413);
}

#[tokio::test]
async fn a_carrier_is_made_shown_changed_and_removed() {
    let house = House::open().await;
    let made = house.put("/v1/carriers/ACME%2FBank", carrier()).await;
    assert_eq!((made.status, made.header("Location")), (StatusCode::CREATED, "/v1/carriers/ACME%2FBank"));
    assert_eq!(made.body["revision"], 1);
    assert_eq!(made.body["changes"][0]["fate"], "added");

    let shown = house.get("/v1/carriers/ACME%2FBank").await;
    assert_eq!(shown.body["name"], "ACME/Bank");
    assert!(!shown.body.to_string().contains("secret1"));
    assert_eq!(shown.header("ETag"), made.header("ETag"));
    let same = [("If-None-Match", shown.header("ETag"))];
    let again = house.with("GET", "/v1/carriers/ACME%2FBank", &same, None).await;
    assert_eq!((again.status, &again.body), (StatusCode::NOT_MODIFIED, &Value::Null));

    let change = json!({"rate": 50, "profile": {"packed": true, "numbers": ["222%", "333"]}});
    let changed = house.patch("/v1/carriers/ACME%2FBank", change).await;
    assert_eq!(changed.body["changes"][0]["fields"], json!(["rate", "packed", "numbers"]), "{changed:?}");
    let change = json!({"profile": {"packed": null}, "rate": null, "enabled": false});
    house.patch("/v1/carriers/ACME%2FBank", change).await;
    let shown = house.get("/v1/carriers/ACME%2FBank").await.body;
    assert_eq!((&shown["rate"], &shown["enabled"]), (&json!(0), &json!(false)));
    assert_eq!(shown["profile"], json!({"numbers": "222%, 333"}));

    let again = house
        .put(
            "/v1/carriers/ACME%2FBank",
            json!({"system_id": "c1", "enabled": false, "profile": {"numbers": "222%, 333"}}),
        )
        .await;
    assert_eq!((again.status, &again.body["changes"]), (StatusCode::OK, &json!([])), "the password stays");
    assert_eq!(again.body["revision"], 3);

    let gone = house.with("DELETE", "/v1/carriers/ACME%2FBank", &[], None).await;
    assert_eq!((gone.status, &gone.body["changes"][0]["fate"]), (StatusCode::OK, &json!("removed")));
    house.with("DELETE", "/v1/carriers/ACME%2FBank", &[], None).await.is_problem(404);
    house.patch("/v1/carriers/ACME%2FBank", json!({})).await.is_problem(404);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_what_is_taken_is_a_conflict() {
    let house = House::open().await;
    let answer =
        house.put("/v1/carriers/a", json!({"system_id": "a b", "rate": -1, "profile": {"packed": 7}})).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/system_id", "/rate", "/profile/packed"]);
    let answer = house.put("/v1/carriers/a", json!({"system_id": "c1"})).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/password"]);
    let answer = house.put("/v1/carriers/a", json!({"name": "b", "system_id": "c1", "password": "x"})).await;
    assert_eq!(answer.places(), ["/name"]);

    house.put("/v1/carriers/a", carrier()).await;
    let answer = house.put("/v1/carriers/b", carrier()).await;
    answer.is_problem(409);
    assert_eq!(answer.places(), ["/system_id"]);
    house.put("/v1/accounts/anna", json!({"password": "x", "dids": ["1111"]})).await;
    let answer = house.put("/v1/accounts/bob", json!({"password": "x", "dids": ["2", "1111"]})).await;
    answer.is_problem(409);
    assert_eq!(answer.places(), ["/dids/1"]);
    let answer = house.patch("/v1/accounts/anna", json!({"realm": "other"})).await;
    assert_eq!(answer.places(), ["/realm"]);
}

#[tokio::test]
async fn a_change_of_what_was_changed_meanwhile_is_refused() {
    let house = House::open().await;
    let new = [("If-None-Match", "*")];
    assert_eq!(house.with("PUT", "/v1/carriers/a", &new, Some(carrier())).await.status, StatusCode::CREATED);
    house.with("PUT", "/v1/carriers/a", &new, Some(carrier())).await.is_problem(412);
    let seen = house.get("/v1/carriers/a").await;
    let seen = [("If-Match", seen.header("ETag"))];
    house.patch("/v1/carriers/a", json!({"password": "another"})).await;
    house.with("PATCH", "/v1/carriers/a", &seen, Some(json!({"rate": 1}))).await.is_problem(412);
    house.with("PUT", "/v1/carriers/a", &seen, Some(carrier())).await.is_problem(412);
    house.with("DELETE", "/v1/carriers/a", &seen, None).await.is_problem(412);
    house.with("PUT", "/v1/carriers/b", &[("If-Match", "*")], Some(carrier())).await.is_problem(412);
    let known = house.get("/v1/carriers/a").await;
    let known = [("If-Match", known.header("ETag"))];
    assert_eq!(house.with("DELETE", "/v1/carriers/a", &known, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_that_is_shown_as_stars_stays_when_it_is_sent_back() {
    let house = House::open().await;
    let outbind = json!({"profile": {"outbind": "192.0.2.7:2775 iwf hidden"}});
    let body = json!({"system_id": "c1", "password": "x", "profile": outbind["profile"]});
    house.put("/v1/carriers/a", body).await;
    let mut shown = house.get("/v1/carriers/a").await.body;
    assert_eq!(shown["profile"]["outbind"], "192.0.2.7:2775 iwf ***");
    shown["rate"] = json!(7);
    let answer = house.put("/v1/carriers/a", shown).await;
    assert_eq!(answer.body["changes"][0]["fields"], json!(["rate"]), "{answer:?}");
    let answer = house.patch("/v1/carriers/a", outbind).await;
    assert_eq!(answer.body["changes"], json!([]), "it is the same secret still");
}

#[tokio::test]
async fn a_list_comes_page_by_page() {
    let house = House::open().await;
    for number in 0..5 {
        let body = json!({"system_id": format!("c{number}"), "password": "x"});
        house.put(&format!("/v1/carriers/{number}"), body).await;
    }
    let (mut next, mut seen) = (Some("/v1/carriers?limit=2".to_owned()), Vec::new());
    while let Some(path) = next {
        let page = house.get(&path).await;
        seen.extend(page.body["items"].as_array().unwrap().iter().map(|item| item["name"].clone()));
        next = page.body["next"].as_str().map(str::to_owned);
        assert_eq!(page.header("Link").is_empty(), next.is_none());
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    for (wrong, name) in
        [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("after=zz", "after")]
    {
        let answer = house.get(&format!("/v1/carriers?{wrong}")).await;
        answer.is_problem(400);
        assert_eq!(answer.places(), [name]);
    }
    house.get("/v1/carriers?limit=1&limit=2").await.is_problem(400);
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused() {
    let house = House::open().await;
    house.get("/v1/carriers/%ff").await.is_problem(400);
}

const DOCUMENT: &str = "[[carrier]]\nname = \"a\"\nsystem_id = \"a\"\npassword = \"x\"\n[[account]]\nusername = \"anna\"\n\
    password = \"x\"\ndids = [\"1111\"]\n";

#[tokio::test]
async fn a_document_is_imported_whole_in_toml_and_in_json() {
    let house = House::open().await;
    let toml = async |path: &str, text: &str| {
        let token = format!("Bearer {}", house.api.local.reveal());
        let request = Request::post(path).header("Authorization", token);
        let request = request.header("Content-Type", "application/toml; charset=utf-8");
        house.ask(request.body(Body::from(text.to_owned())).unwrap()).await
    };
    let dry = toml("/v1/import?dry_run=true", DOCUMENT).await;
    assert_eq!((dry.body["revision"].clone(), dry.body["changes"].as_array().unwrap().len()), (json!(0), 2));
    let done = toml("/v1/import", DOCUMENT).await;
    assert_eq!((done.status, &done.body["revision"]), (StatusCode::OK, &json!(1)), "{done:?}");
    assert_eq!(toml("/v1/import", DOCUMENT).await.body["changes"], json!([]));

    let less = json!({"carrier": [{"name": "a", "system_id": "a", "profile": {"packed": true, "numbers": ["222%"]}}]});
    let pruned = house.with("POST", "/v1/import?prune=true", &[], Some(less)).await;
    let said: Vec<_> = pruned.body["changes"].as_array().unwrap().iter().map(|one| &one["fate"]).collect();
    assert_eq!(said, ["removed", "changed"], "{pruned:?}");
    house.get("/v1/accounts/anna").await.is_problem(404);

    let broken = toml("/v1/import", "[[carrier]]\nname = \n").await;
    broken.is_problem(400);
    assert_eq!(broken.body["errors"][0]["line"], 2, "{broken:?}");
    let wrong = toml("/v1/import", &DOCUMENT.replace("\"1111\"", "\"1\", \"x\"")).await;
    wrong.is_problem(422);
    assert_eq!((wrong.places(), &wrong.body["errors"][0]["line"]), (vec!["/account/0/dids/1"], &json!(8)));
}

#[tokio::test]
async fn no_file_of_the_node_is_read_for_somebody_elsewhere() {
    let house = House::open().await;
    let text = DOCUMENT.replace("password = \"x\"\ndids", "password_file = \"/etc/hostname\"\ndids");
    let token = format!("Bearer {}", house.api.local.reveal());
    let request = Request::post("/v1/import").header("Authorization", token);
    let request = request.header("Content-Type", "application/toml").body(Body::from(text)).unwrap();
    let answer = house.ask(request).await;
    answer.is_problem(422);
    assert_eq!(answer.places(), ["/account/0/password_file"]);
    for body in [json!({"account": [{"username": "a", "password_file": "x"}]}), json!({"account": {}})] {
        house.with("POST", "/v1/import", &[], Some(body)).await.is_problem(422);
    }
    let body = json!({"username": "a", "password_file": "/etc/hostname"});
    house.put("/v1/accounts/a", body).await.is_problem(422);
}
