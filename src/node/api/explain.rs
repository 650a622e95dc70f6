//! What would become of a text, and why.

use axum::http::StatusCode;
use iwf_model::{Address, Name, Number, Origin, Party, ReceiptRequest, Submission, Timestamp, Validity};
use iwf_relay::Directory;
use iwf_relay::routing::{Explanation, LeftOut, Look, PassedOver, Scope, Way};
use iwf_relay::verdict::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::endpoint::Endpoint;
use super::problem::Problem;
use super::reply::Reply;
use super::schema::{Field, Object, Schema};
use crate::clock;

/// What would become of a text, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Explained {
    /// The sender as it would go on.
    pub(crate) from: String,
    /// What was looked for, in this order.
    pub(crate) looks: Vec<Looked>,
    /// Whether it would be accepted.
    pub(crate) accepted: bool,
    /// What would become of it, in a word.
    pub(crate) verdict: String,
    /// The same as a sentence.
    pub(crate) detail: String,
    /// The connections of its route, in the order in which they are tried.
    pub(crate) connections: Vec<Tried>,
}

/// One number that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Looked {
    pub(crate) number: String,
    /// Among the patterns that begin with a digit alone.
    pub(crate) literal: bool,
    /// The routes with a pattern for it, in their order.
    pub(crate) routes: Vec<Candidate>,
}

/// A route with a pattern for the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) route: String,
    pub(crate) pattern: String,
    /// It is the one.
    pub(crate) taken: bool,
    /// Why it is, or is not.
    pub(crate) why: String,
}

/// A connection of the route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) connection: String,
    /// It is tried.
    pub(crate) used: bool,
    /// Why not, or what is to be known of it.
    pub(crate) why: String,
}

/// Its one endpoint.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let said = "What would become of a text, and why: whose the number is, which routes were looked at, which connections are tried";
    vec![
        Endpoint::get("/v1/routing/explain", "explainRouting", said, Schema::Object(shape()), explain)
            .with("from", Schema::TEXT, "the sender: a number, or a name; needed")
            .with("to", Schema::TEXT, "the number, as its origin would write it; needed")
            .with("origin", Schema::TEXT, "whose text it is: `carrier:NAME` or `account:NAME`; when it is absent, that of the account that owns `from`")
            .with("at", Schema::MOMENT, "when it comes; now, when it is absent")
            .with("text", Schema::TEXT, "what it says, for routes that ask for that")
    ]
}

async fn explain(call: Call) -> Result<Reply, Problem> {
    let directory = call.api.directory().await?;
    let (submission, at) = asked(&call, &directory)?;
    let bound = |connection: &_| call.api.node.as_ref().is_some_and(|node| node.takes_texts(connection));
    let told = directory.explain(&submission, &call.api.policy, at, bound);
    let explained = Explained::of(&told, call.api.node.is_some());
    Ok(Reply::json(StatusCode::OK, &json!(explained)))
}

/// The text that is asked about.
fn asked(call: &Call, directory: &Directory) -> Result<(Submission, Timestamp), Problem> {
    let needed = |name| call.query(name).ok_or_else(|| Problem::parameter(name, "is needed"));
    let wrong = |name, error: &dyn std::fmt::Display| Problem::parameter(name, error.to_string());
    let from = needed("from")?;
    let source = match (from.parse::<Number>(), Name::parse(from)) {
        (Ok(number), _) => Address::Number(number),
        (Err(_), Some(name)) => Address::Name(name),
        (Err(error), None) => return Err(wrong("from", &error)),
    };
    let destination =
        needed("to")?.parse().map_err(|error: iwf_model::address::NotANumber| wrong("to", &error))?;
    let at = match call.query("at") {
        Some(at) => at.parse().map_err(|error: iwf_model::time::NotAMoment| wrong("at", &error))?,
        None => clock::utc(),
    };
    let submission = Submission {
        origin: origin(call.query("origin"), &source, directory)?,
        source,
        destination,
        source_as_submitted: Party::default(),
        destination_as_submitted: Party::default(),
        text: call.query("text").unwrap_or_default().to_owned(),
        receipt: ReceiptRequest::default(),
        validity: Validity::Default,
        reference: None,
        options: None,
    };
    Ok((submission, at))
}

fn origin(named: Option<&str>, source: &Address, directory: &Directory) -> Result<Origin, Problem> {
    let found = match (named.map(|named| named.split_once(':')), source) {
        (None, Address::Number(number)) => directory.owner(number).map(|account| Origin::Account(account.id)),
        (Some(Some(("carrier", name))), _) => directory
            .carriers()
            .find(|carrier| carrier.name == name)
            .map(|carrier| Origin::Carrier(carrier.id)),
        (Some(Some(("account", name))), _) => directory.user(name).map(|account| Origin::Account(account.id)),
        (None, _) => None,
        (Some(_), _) => return Err(Problem::parameter("origin", "is `carrier:NAME` or `account:NAME`")),
    };
    let what = match named {
        Some(_) => "there is none of that name",
        None => "is needed: no account owns `from`",
    };
    found.ok_or_else(|| Problem::parameter("origin", what))
}

impl Explained {
    fn of(told: &Explanation<'_>, has_node: bool) -> Self {
        let (verdict, detail) = in_words(&told.verdict);
        Self {
            from: told.source.to_string(),
            looks: told.looks.iter().map(|look| Looked::of(look, &told.verdict)).collect(),
            accepted: told.verdict.recipient().is_ok(),
            verdict: verdict.to_owned(),
            detail,
            connections: told.ways.iter().map(|way| Tried::of(way, has_node)).collect(),
        }
    }
}

impl Looked {
    fn of(look: &Look<'_>, verdict: &Verdict<'_>) -> Self {
        let one = match verdict {
            Verdict::Routed(route) | Verdict::LeadsNowhere(route) => Some(route.id),
            _ => None,
        };
        let mut routes = Vec::with_capacity(look.candidates.len());
        for (route, pattern, passed_over) in &look.candidates {
            // A route may have several patterns for the number: it is taken for the closest.
            let taken = one == Some(route.id)
                && passed_over.is_none()
                && !routes.iter().any(|before: &Candidate| before.taken);
            let why = match passed_over {
                _ if taken => "it is taken".to_owned(),
                Some(why) => why_passed_over(why),
                None => "it comes after the one that decides".to_owned(),
            };
            routes.push(Candidate { route: route.name.clone(), pattern: pattern.to_string(), taken, why });
        }
        Self { number: look.number.to_string(), literal: look.scope == Scope::Literal, routes }
    }
}

impl Tried {
    fn of(way: &Way<'_>, has_node: bool) -> Self {
        let why = match way.connection {
            Err(why) => why_left_out(why),
            Ok(_) if !has_node => "no node runs that could be bound",
            Ok(_) if way.bound => "bound",
            Ok(_) => "not bound: texts go over the next one, or wait",
        };
        Self { connection: way.name.to_owned(), used: way.connection.is_ok(), why: why.to_owned() }
    }
}

fn in_words(verdict: &Verdict<'_>) -> (&'static str, String) {
    match verdict {
        Verdict::Owned(account) => {
            ("account", format!("account {} owns the number: it goes to its apps", account.username))
        }
        Verdict::Barred(account) => (
            "barred",
            format!(
                "account {} owns the number, and is {}: it is refused",
                account.username,
                account.state.as_str()
            ),
        ),
        Verdict::Served(carrier) => {
            ("carrier", format!("carrier {} serves the number: it goes to its receivers", carrier.name))
        }
        Verdict::ServedByOrigin(carrier) => (
            "returned",
            format!("carrier {} serves the number, and it comes from there: it is refused", carrier.name),
        ),
        Verdict::Routed(route) => ("route", format!("route {} takes it", route.name)),
        Verdict::LeadsNowhere(route) => (
            "nowhere",
            format!("route {} takes it, and none of its connections may: it is refused", route.name),
        ),
        Verdict::Emergency => ("emergency", "the number is one for emergencies: it is refused".to_owned()),
        Verdict::NotOfPlan => {
            ("not-of-plan", "the number is none of the number plan of its origin: it is refused".to_owned())
        }
        Verdict::NoRoute => {
            ("no-route", "the number is nobody's here, and no route is for it: it is refused".to_owned())
        }
        Verdict::Loop => ("loop", "it has been here before: it is refused".to_owned()),
        Verdict::OriginDisabled => ("origin-disabled", "its carrier is disabled: it is refused".to_owned()),
    }
}

fn why_passed_over(why: &PassedOver<'_>) -> String {
    match why {
        PassedOver::Disabled => "it is disabled".to_owned(),
        PassedOver::Excluded(pattern) => format!("!{pattern} takes the number out"),
        PassedOver::Source => "it is for other senders".to_owned(),
        PassedOver::Origin => "it is for messages of others".to_owned(),
        PassedOver::Window => "it is for other times".to_owned(),
        PassedOver::Content => "it is for other texts".to_owned(),
    }
}

fn why_left_out(why: LeftOut) -> &'static str {
    match why {
        LeftOut::Unknown => "there is no such connection",
        LeftOut::CarrierDisabled => "its carrier is disabled",
        LeftOut::CameFromThere => "the text comes from there",
        LeftOut::TakesNoTexts => "it only receives",
        LeftOut::Isolated => "it is isolated",
        LeftOut::Stopped => "it is stopped",
    }
}

fn shape() -> Object {
    let text = |name, help| Field::new(name, Schema::TEXT, help).required();
    let truth = |name, help| Field::new(name, Schema::Boolean, help).required();
    let candidate = Object::new(
        "RouteCandidate",
        vec![
            text("route", "its name"),
            text("pattern", "which of its patterns describes the number"),
            truth("taken", "whether it is the one"),
            text("why", "why it is, or is not"),
        ],
    );
    let look = Object::new(
        "RouteLook",
        vec![
            text("number", "the number: as it stands, or as the plan of its origin reads it"),
            truth(
                "literal",
                "only patterns that begin with a digit were looked at, because a plan may make another number of it",
            ),
            Field::new(
                "routes",
                Schema::list(Schema::Object(candidate)),
                "the routes with a pattern for it, in their order",
            )
            .required(),
        ],
    );
    let way = Object::new(
        "RouteConnection",
        vec![
            text("connection", "its name"),
            truth("used", "whether it is tried"),
            text("why", "why not, or what is to be known of it"),
        ],
    );
    Object::new(
        "Explanation",
        vec![
            text("from", "the sender, as it would go on"),
            Field::new("looks", Schema::list(Schema::Object(look)), "what was looked for, in this order")
                .required(),
            truth("accepted", "whether the text would be accepted"),
            Field::new("verdict", Schema::Word(VERDICTS.to_vec()), "what would become of it, in a word")
                .required(),
            text("detail", "the same as a sentence"),
            Field::new(
                "connections",
                Schema::list(Schema::Object(way)),
                "those of its route, in the order in which they are tried",
            )
            .required(),
        ],
    )
}

const VERDICTS: [&str; 11] = [
    "account",
    "barred",
    "carrier",
    "returned",
    "route",
    "nowhere",
    "emergency",
    "not-of-plan",
    "no-route",
    "loop",
    "origin-disabled",
];
