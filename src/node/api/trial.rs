//! What other routes would have made of the traffic of the last time.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use iwf_model::connection::Price;
use iwf_model::{MessageId, Timestamp};
use iwf_relay::Directory;
use iwf_relay::routing::{Comparison, Stop, Trial};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::auth::Role;
use super::call::Call;
use super::endpoint::{Endpoint, LARGEST_BODY};
use super::import::{document, shape as document_shape};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema, Way};
use super::state::{directory_of, off_the_runtime};
use crate::clock;
use crate::provisioning::{Plan, with_routes_of};

/// How many records are read at a time, and in all.
const PAGE: u32 = 1000;
const MOST: u64 = 1_000_000;
/// The longest time that is looked back on: 31 days.
const LONGEST_SECONDS: i64 = 31 * 86_400;

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) since: String,
    pub(crate) until: String,
    /// The routed messages that were looked at.
    pub(crate) messages: u64,
    pub(crate) same: u64,
    pub(crate) elsewhere: u64,
    pub(crate) nowhere: u64,
    pub(crate) somewhere: u64,
    pub(crate) costs: Vec<Cost>,
    pub(crate) moves: Vec<Moved>,
    /// What is to be known of these figures.
    pub(crate) notes: Vec<String>,
}

/// What all of it costs in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// Messages that would go the same other way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    pub(crate) before: Leg,
    pub(crate) after: Leg,
    pub(crate) messages: u64,
    pub(crate) examples: Vec<Example>,
}

/// A route and its first connection; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) route: String,
    pub(crate) connection: String,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Example {
    pub(crate) message: String,
    pub(crate) to: String,
}

/// Its one endpoint.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let said =
        "What the routes of a document would have made of the messages that came lately; nothing is changed";
    let tried = Endpoint::get("/v1/routing/try", "tryRouting", said, Schema::Object(shape()), attempt);
    let tried = tried.by(Method::POST, Role::Read).taking(Schema::Object(document_shape()), Way::Whole);
    let seconds = "how far to look back; an hour, when it is absent";
    vec![
        tried
            .large_or_toml(LARGEST_BODY)
            .with("seconds", Schema::Integer(1..=LONGEST_SECONDS), seconds)
            .or(&[Kind::Conflict]),
    ]
}

async fn attempt(mut call: Call) -> Result<Reply, Problem> {
    let Ok(_turn) = call.api.trials.try_lock() else {
        return Err(Problem::unavailable("another trial is under way"));
    };
    let seconds = call.query("seconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(3600);
    let body = std::mem::take(&mut call.body);
    let (current, realm) = (call.api.provisioning().await?, call.api.realm.clone());
    let [before, after] = off_the_runtime(move || {
        let plan = Plan::of_remote(document(body)?)?;
        let would_be = with_routes_of(&plan, &current, &realm)?;
        Ok([directory_of(current.as_ref().clone()), directory_of(would_be)])
    })
    .await?;
    let until = clock::utc();
    let since = until.before(Duration::from_secs(seconds));
    let (found, whole) = compare(&call, (&before, &after), since..until).await?;
    Ok(Reply::json(StatusCode::OK, &json!(Tried::of(&found, since..until, whole))))
}

/// Asks both about what was accepted in that time and has ended; says whether that was all of it.
async fn compare(
    call: &Call,
    (before, after): (&Directory, &Directory),
    time: std::ops::Range<Timestamp>,
) -> Result<(Comparison, bool), Problem> {
    let mut trial = Trial::new(before, after);
    let (mut last, mut read) = (MessageId::last_before(time.start), 0);
    loop {
        let page = call.api.store.records(last, PAGE).await?;
        read += page.len() as u64;
        let is_last = page.len() < PAGE as usize;
        last = page.last().map(|record| record.message).or(last);
        for record in page.iter().filter(|record| time.contains(&record.accepted_at)) {
            trial.look(record);
        }
        if is_last || read >= MOST {
            return Ok((trial.end(), is_last));
        }
    }
}

impl Tried {
    fn of(found: &Comparison, time: std::ops::Range<Timestamp>, whole: bool) -> Self {
        let Comparison { same, elsewhere, nowhere, somewhere, .. } = *found;
        let money = |micros: u128, currency: [u8; 3]| {
            Price { micros: u64::try_from(micros).unwrap_or(u64::MAX), currency }.to_string()
        };
        let costs = found.costs.iter().map(|(currency, costs)| Cost {
            before: money(costs.before, *currency),
            after: money(costs.after, *currency),
        });
        let mut moves: Vec<Moved> = found.moves.iter().map(Moved::of).collect();
        moves.sort_by_key(|moved| std::cmp::Reverse(moved.messages));
        Self {
            since: time.start.to_string(),
            until: time.end.to_string(),
            messages: same + elsewhere + nowhere + somewhere,
            same,
            elsewhere,
            nowhere,
            somewhere,
            costs: costs.collect(),
            moves,
            notes: notes(found, whole),
        }
    }
}

impl Moved {
    fn of(((before, after), moved): (&(Stop, Stop), &iwf_relay::routing::Move)) -> Self {
        let leg = |stop: &Stop| Leg { route: stop.route.clone(), connection: stop.connection.clone() };
        let example =
            |(message, to): &(MessageId, String)| Example { message: message.to_string(), to: to.clone() };
        Self {
            before: leg(before),
            after: leg(after),
            messages: moved.messages,
            examples: moved.examples.iter().map(example).collect(),
        }
    }
}

/// What the figures leave out, and how costs are counted.
fn notes(found: &Comparison, whole: bool) -> Vec<String> {
    let mut notes = vec![
        "Both are asked as things are provisioned now, each text as if it came when it did; it is counted over the first connection that may be used.".to_owned(),
        "Texts that were refused, and texts that have not ended, are not among them: they have no record.".to_owned(),
    ];
    let counted = [
        (
            found.unrouted,
            "other messages went to numbers of accounts or carriers, which no route is asked about.",
        ),
        (
            found.without_text,
            "texts left nothing of what they said: routes with `content` pass them over, and they count as one part.",
        ),
        (found.unlisted, "texts would go other ways that are not listed."),
        (found.unpriced.0, "parts go over connections without a price now."),
        (found.unpriced.1, "parts would go over connections without a price."),
    ];
    notes.extend(
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")),
    );
    if !found.costs.is_empty() {
        notes.push("Costs are the price of the connection for each part of a text, in GSM 7-bit where that has all its characters.".to_owned());
    }
    if !whole {
        notes.push(format!("There were more: the first {MOST} messages were looked at."));
    }
    notes
}

fn shape() -> Object {
    let text = |name, help| Field::new(name, Schema::TEXT, help).required();
    let count = |name, help| Field::new(name, Schema::Integer(0..=i64::MAX), help).required();
    let list = |name, of, help| Field::new(name, Schema::list(Schema::Object(of)), help).required();
    let leg = |name, help| {
        let leg = Object::new(
            "RouteLeg",
            vec![
                text("route", "its name; empty where there is none"),
                text("connection", "the one that is tried first; empty where none may be used"),
            ],
        );
        Field::new(name, Schema::Object(leg), help).required()
    };
    let cost = Object::new(
        "RoutingCost",
        vec![
            text("before", "what it comes to now, such as `0.75 EUR`"),
            text("after", "what it would have come to"),
        ],
    );
    let example = Object::new("RoutingExample", vec![text("message", "its id"), text("to", "its number")]);
    let moved = Object::new(
        "RoutingMove",
        vec![
            leg("before", "the way now"),
            leg("after", "the way it would have been"),
            count("messages", "how many"),
            list("examples", example, "some of them"),
        ],
    );
    Object::new(
        "RoutingTrial",
        vec![
            Field::new("since", Schema::MOMENT, "messages that came from then on").required(),
            Field::new("until", Schema::MOMENT, "and before then").required(),
            count("messages", "how many routed messages were looked at"),
            count("same", "those that keep to their connection"),
            count("elsewhere", "those that would go over another one"),
            count("nowhere", "those that would have none any more"),
            count("somewhere", "those that would have one and have none now"),
            list("costs", cost, "what all of them cost, by currency"),
            list("moves", moved, "those that would go another way, the most first"),
            Field::new("notes", Schema::list(Schema::TEXT), "what is to be known of these figures")
                .required(),
        ],
    )
}
