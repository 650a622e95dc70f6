//! The OpenAPI 3.1 document, made of the list of endpoints.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::again;
use super::endpoint::{Endpoint, Tags};
use super::problem::Kind;
use super::schema::{Field, Object, Schema, Way};

/// What the document says of the whole.
const ABOUT: &str = "Carriers, accounts and messages of an iwf node. Every request but that for this document needs a token \
     (`iwf token add`); what a token may do follows from its role: read, operate or admin, each of which may do what \
     those before it may. docs/api.md has examples.";

/// The document.
pub(crate) fn document(endpoints: &[Endpoint]) -> Value {
    let mut shapes = Map::new();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let operation = operation(endpoint, &mut shapes);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_ascii_lowercase()] = operation;
    }
    problem_shape().document(Way::Answer, &mut shapes);
    let responses: Map<String, Value> =
        Kind::ALL.iter().map(|kind| (component(*kind).to_owned(), response(*kind))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": "iwf admin API", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": shapes,
            "responses": responses,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn operation(endpoint: &Endpoint, shapes: &mut Map<String, Value>) -> Value {
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "x-role": endpoint.role.as_str(),
        "parameters": parameters(endpoint, shapes),
        "responses": responses(endpoint, shapes),
    });
    if let Some(rule) = &endpoint.body {
        let shape = rule.schema.document(rule.way, shapes);
        let content = rule.media_types().into_iter().map(|kind| {
            let shape = if kind.ends_with("json") { shape.clone() } else { json!({"type": "string"}) };
            (kind.to_owned(), json!({"schema": shape}))
        });
        operation["requestBody"] = json!({"required": true, "content": content.collect::<Map<_, _>>()});
    }
    operation
}

fn parameters(endpoint: &Endpoint, shapes: &mut Map<String, Value>) -> Vec<Value> {
    let path = endpoint.parameters().map(|name| {
        json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}})
    });
    let mut parameters: Vec<Value> = path.collect();
    for one in &endpoint.query {
        let schema = one.schema.document(Way::Whole, shapes);
        parameters.push(json!({"name": one.name, "in": "query", "description": one.help, "schema": schema}));
    }
    let mut header = |name: &str, help: &str| {
        parameters
            .push(json!({"name": name, "in": "header", "description": help, "schema": {"type": "string"}}));
    };
    if endpoint.changes() && !endpoint.told_once {
        header(again::HEADER, "a request with the key of one before is answered as that was, for 24 hours");
    }
    match endpoint.tags {
        Tags::None => {}
        Tags::Shown => header("If-None-Match", "the ETag of what is known already: 304 if it is still true"),
        Tags::Heard => {
            header("If-Match", "the ETag of what is to be changed: 412 if it is another by now");
            header("If-None-Match", "`*`: 412 if it exists");
        }
    }
    parameters
}

fn responses(endpoint: &Endpoint, shapes: &mut Map<String, Value>) -> Map<String, Value> {
    let mut responses = Map::new();
    let success = &endpoint.success;
    let shape = success.schema.document(Way::Answer, shapes);
    let mut body = json!({"description": "done", "content": {"application/json": {"schema": shape}}});
    if endpoint.tags == Tags::Shown {
        body["headers"] = json!({"ETag": {"schema": {"type": "string"}}});
    }
    responses.insert(success.status.as_str().to_owned(), body.clone());
    if success.or_created {
        body["description"] = "it was made".into();
        responses.insert(StatusCode::CREATED.as_str().to_owned(), body);
    }
    if endpoint.tags == Tags::Shown {
        let same = json!({"description": "what the asker has is still true"});
        responses.insert(StatusCode::NOT_MODIFIED.as_str().to_owned(), same);
    }
    for kind in endpoint.all_problems() {
        let reference = json!({"$ref": format!("#/components/responses/{}", component(kind))});
        responses.insert(kind.words().0.as_str().to_owned(), reference);
    }
    responses
}

/// The name of a problem's answer among the components.
fn component(kind: Kind) -> &'static str {
    kind.words().1
}

fn response(kind: Kind) -> Value {
    let (_, _, title) = kind.words();
    let shape = json!({"$ref": "#/components/schemas/Problem"});
    let mut response =
        json!({"description": title, "content": {"application/problem+json": {"schema": shape}}});
    let header = match kind {
        Kind::Unauthorized => Some("WWW-Authenticate"),
        Kind::Unavailable => Some("Retry-After"),
        _ => None,
    };
    if let Some(header) = header {
        response["headers"] = json!({header: {"schema": {"type": "string"}}});
    }
    response
}

/// RFC 9457
pub(super) fn problem_shape() -> Schema {
    let place = Schema::Integer(1..=i64::MAX);
    let error = Object::new(
        "ProblemError",
        vec![
            Field::new("field", Schema::TEXT, "the JSON pointer of what is wrong (RFC 6901)"),
            Field::new("parameter", Schema::TEXT, "or the name of the query parameter"),
            Field::new("message", Schema::TEXT, "what is wrong, and what is allowed").required(),
            Field::new("line", place.clone(), "where it stands in a text"),
            Field::new("column", place, "where it stands in a text"),
        ],
    );
    Schema::Object(Object::new(
        "Problem",
        vec![
            Field::new("type", Schema::Text(Some("uri")), "the kind, for programs: `urn:iwf:problem:NAME`")
                .required(),
            Field::new("title", Schema::TEXT, "the kind, for people").required(),
            Field::new("status", Schema::Integer(400..=599), "the status of the answer").required(),
            Field::new("detail", Schema::TEXT, "what is wrong, and the way out").required(),
            Field::new("errors", Schema::list(Schema::Object(error)), "each field that is wrong"),
        ],
    ))
}
