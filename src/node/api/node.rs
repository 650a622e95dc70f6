//! What the node that runs says of itself: how it is, and who is bound.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::Endpoint;
use super::page::{Page, list_of, listed};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema};

/// Its endpoints.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let health = Schema::Object(health());
    let binds = list_of("BindList", Schema::Object(bound()));
    vec![
        Endpoint::get(
            "/v1/status",
            "getStatus",
            "How the node is; the same as /health, with 200 however it is",
            health,
            status,
        ),
        Endpoint::get("/v1/binds", "listBinds", "Who is bound now, by carrier", binds, list)
            .with("carrier", Schema::TEXT, "of this carrier alone")
            .paged(),
        Endpoint::get(
            "/v1/carriers/{name}/probe",
            "probeCarrier",
            "What a carrier really does on its binds, and where that departs from its profile",
            Schema::Object(report()),
            probe,
        ),
        Endpoint::get(
            "/v1/connections/{name}/binds",
            "listConnectionBinds",
            "How our binds of a connection stand, since when, why not, and what they did",
            list_of("ConnectionBindList", Schema::Object(our_bind())),
            connection_binds,
        )
        .paged(),
    ]
}

async fn status(call: Call) -> Result<Reply, Problem> {
    Ok(Reply::json(StatusCode::OK, &json!(call.api.node()?.health())))
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let page = Page::of(&call)?;
    let mut binds = call.api.node()?.binds();
    if let Some(carrier) = call.query("carrier") {
        binds.retain(|bound| bound.carrier == carrier);
    }
    // The number has a fixed width: keys are in the order of the binds.
    let keyed = binds.iter().map(|bound| (format!("{} {:020}", bound.carrier, bound.number), json!(bound)));
    let mut keyed: Vec<(String, Value)> = keyed.collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) = page.cut(&keyed, |(key, _)| key);
    Ok(listed(&call, items.iter().map(|(_, bound)| bound.clone()).collect(), next))
}

async fn probe(call: Call) -> Result<Reply, Problem> {
    let name = call.parameter("name");
    let unknown = || Problem::new(Kind::NotFound, format!("there is no carrier {name}"));
    let report = call.api.node()?.probe(name).ok_or_else(unknown)?;
    Ok(Reply::json(StatusCode::OK, &json!(report)))
}

async fn connection_binds(call: Call) -> Result<Reply, Problem> {
    let (name, page) = (call.parameter("name"), Page::of(&call)?);
    let unknown = || Problem::new(Kind::NotFound, format!("there is no connection {name}"));
    let known = call.api.node()?.connections().into_iter().find(|(known, _)| known == name);
    let (_, binds) = known.ok_or_else(unknown)?;
    let keyed = binds.iter().map(|bind| (format!("{} {:05}", bind.kind, bind.number), json!(bind)));
    let keyed: Vec<(String, Value)> = keyed.collect();
    let (items, next) = page.cut(&keyed, |(key, _)| key);
    Ok(listed(&call, items.iter().map(|(_, bind)| bind.clone()).collect(), next))
}

fn count(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Schema::Integer(0..=i64::MAX), help).required()
}

fn text(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Schema::TEXT, help).required()
}

fn health() -> Object {
    let part = Object::new(
        "Part",
        vec![
            text("name", "such as `store`"),
            Field::new("ok", Schema::Boolean, "whether it works").required(),
            Field::new("detail", Schema::TEXT, "what is wrong with it"),
        ],
    );
    let states = Schema::Word(vec!["ok", "degraded", "stopping"]);
    Object::new(
        "Status",
        vec![
            Field::new("status", states, "in a word").required(),
            text("version", "the version that runs"),
            text("environment", "the name of the installation"),
            count("node", "the number of the node"),
            count("process", "its process"),
            count("uptime_seconds", "for how long it has run"),
            Field::new("parts", Schema::list(Schema::Object(part)), "what may fail by itself").required(),
            count("messages_waiting", "accepted messages that have not ended"),
            count("receipts_waiting", "receipts that no carrier has taken yet"),
            count("registrations", "contacts that are registered"),
            count("binds", "binds that are open"),
        ],
    )
}

fn bind() -> Vec<Field> {
    vec![
        text("kind", "transmitter, receiver or transceiver"),
        text("version", "the SMPP version that both ends speak"),
        text("peer", "where it comes from"),
        Field::new("tls", Schema::TEXT, "which TLS it uses, if any"),
        Field::new("since", Schema::MOMENT, "since when").required(),
    ]
}

fn bound() -> Object {
    let mut fields = vec![
        text("carrier", "whose it is"),
        count("number", "tells it from the other binds of this carrier, as long as the node runs"),
    ];
    fields.extend(bind());
    Object::new("Bind", fields)
}

fn our_bind() -> Object {
    let states = Schema::Word(vec!["connecting", "bound", "waiting"]);
    Object::new(
        "ConnectionBind",
        vec![
            text("kind", "transmitter, receiver or transceiver"),
            count("number", "which of them, from 1"),
            Field::new("state", states, "how it stands; waiting: for the next try").required(),
            Field::new("since", Schema::MOMENT, "since when").required(),
            Field::new("peer", Schema::TEXT, "where, while it holds"),
            Field::new("tls", Schema::TEXT, "which TLS it uses, if any"),
            Field::new("version", Schema::TEXT, "the SMPP version that both ends speak"),
            Field::new("system_id", Schema::TEXT, "what the message centre calls itself"),
            Field::new("last_error", Schema::TEXT, "why it could not be made, or ended, the last time"),
            Field::new("last_error_at", Schema::MOMENT, "when that was"),
            count("submitted", "texts that were given to it"),
            count("accepted", "those of them that the message centre took"),
            count("refused", "those that it did not take, or did not answer"),
            count("throttled", "how often it said that texts come too fast"),
            count("receipts", "receipts that came"),
            count("texts", "texts that came"),
            count("in_window", "requests of ours that are not answered now"),
        ],
    )
}

fn report() -> Object {
    let seen = Object::new("Habit", vec![text("habit", "what was seen"), count("count", "how often")]);
    let bind = Object::new("CarrierBind", bind());
    Object::new(
        "Probe",
        vec![
            text("carrier", "its name"),
            Field::new("binds", Schema::list(Schema::Object(bind)), "its binds now").required(),
            count("binds_ended", "how many ended since the node started"),
            count("submits", "how many submits came since then; of a busy bind to the nearest 64"),
            count("looked_at", "how many of them were looked at"),
            Field::new("habits", Schema::list(Schema::Object(seen)), "what was seen").required(),
            Field::new("findings", Schema::list(Schema::TEXT), "where that departs from the profile")
                .required(),
        ],
    )
}
