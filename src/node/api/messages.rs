//! Messages: the story of one, those that wait, and taking one back.

use axum::http::{Method, StatusCode};
use iwf_model::{Cancel, Denial, Message, MessageId, Origin, Recipient, Which};
use iwf_store::Provisioning;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::Role;
use super::call::Call;
use super::endpoint::Endpoint;
use super::page::{Page, list_of, listed};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema};
use super::story::{Told, origin, recipient};

/// Their endpoints.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let waiting = list_of("MessageList", Schema::Object(Object::new("WaitingMessage", waiting_fields())));
    let story = Schema::Object(Object::new("Story", story_fields()));
    let gone = Schema::Object(Object::new("Cancelled", vec![text("id", "the message")]));
    let said = "What waits, by id. A page may hold fewer items than its limit, or none, and have a next one: few of those that \
                were looked at were meant";
    vec![
        Endpoint::get("/v1/messages", "listMessages", said, waiting, list)
            .with("to_account", Schema::TEXT, "for this account alone")
            .with("to_carrier", Schema::TEXT, "for the receivers of this carrier alone")
            .with("from_account", Schema::TEXT, "of this account alone")
            .with("from_carrier", Schema::TEXT, "of this carrier alone")
            .with("source", Schema::TEXT, "with this sender alone")
            .with("destination", Schema::TEXT, "to this number alone")
            .paged(),
        Endpoint::get(
            "/v1/messages/{id}",
            "getMessage",
            "The story of one message, step by step, without its text",
            story,
            show,
        ),
        Endpoint::get(
            "/v1/messages/{id}",
            "cancelMessage",
            "Take a message back: it ends as cancelled",
            gone,
            cancel,
        )
        .by(Method::DELETE, Role::Operate)
        .or(&[Kind::Conflict]),
    ]
}

/// A message that waits, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) origin: String,
    pub(crate) recipient: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) accepted_at: String,
    pub(crate) due_at: String,
    pub(crate) expires_at: String,
    pub(crate) attempts: u16,
    /// What the last attempt failed of; empty when there was none.
    pub(crate) cause: String,
}

impl Waiting {
    fn of(message: &Message, names: &Provisioning) -> Self {
        Self {
            id: message.id.to_string(),
            origin: origin(message.submission.origin, names),
            recipient: recipient(message.recipient, names),
            source: message.submission.source.to_string(),
            destination: message.submission.destination.to_string(),
            accepted_at: message.accepted_at.to_string(),
            due_at: message.progress.due_at.min(message.expires_at).to_string(),
            expires_at: message.expires_at.to_string(),
            attempts: message.progress.attempts,
            cause: message.progress.last.map_or("", |last| last.cause.as_str()).to_owned(),
        }
    }
}

/// What of the messages that wait is meant.
#[derive(Debug, Default)]
struct Filter {
    recipient: Option<Recipient>,
    origin: Option<Origin>,
    source: Option<String>,
    destination: Option<String>,
}

impl Filter {
    fn of(call: &Call, names: &Provisioning) -> Result<Self, Problem> {
        let account = |name: &str, parameter| {
            let known = names.accounts.iter().find(|account| account.username == name);
            let none = || Problem::parameter(parameter, format!("there is no account {name}"));
            known.map(|account| account.id).ok_or_else(none)
        };
        let carrier = |name: &str, parameter| {
            let known = names.carriers.iter().find(|carrier| carrier.name == name);
            let none = || Problem::parameter(parameter, format!("there is no carrier {name}"));
            known.map(|carrier| carrier.id).ok_or_else(none)
        };
        let recipient = match (call.query("to_account"), call.query("to_carrier")) {
            (Some(_), Some(_)) => {
                return Err(Problem::parameter("to_carrier", "a message is for one of the two"));
            }
            (Some(name), None) => Some(Recipient::Account(account(name, "to_account")?)),
            (None, Some(name)) => Some(Recipient::Carrier(carrier(name, "to_carrier")?)),
            (None, None) => None,
        };
        let origin = match (call.query("from_account"), call.query("from_carrier")) {
            (Some(_), Some(_)) => {
                return Err(Problem::parameter("from_carrier", "a message is of one of the two"));
            }
            (Some(name), None) => Some(Origin::Account(account(name, "from_account")?)),
            (None, Some(name)) => Some(Origin::Carrier(carrier(name, "from_carrier")?)),
            (None, None) => None,
        };
        let [source, destination] = ["source", "destination"].map(|name| call.query(name).map(str::to_owned));
        Ok(Self { recipient, origin, source, destination })
    }

    fn means(&self, message: &Message) -> bool {
        let submission = &message.submission;
        self.origin.is_none_or(|origin| submission.origin == origin)
            && self.source.as_ref().is_none_or(|source| submission.source.to_string() == *source)
            && self.destination.as_ref().is_none_or(|to| submission.destination.to_string() == *to)
    }
}

/// Read at a time, and looked at for one page: a page costs no more than that.
const STEP: u32 = 500;
const MOST_LOOKED_AT: usize = 10_000;

async fn list(call: Call) -> Result<Reply, Problem> {
    let page = Page::of(&call)?;
    let wrong = || Problem::parameter("after", "is not what a `next` says");
    let after = page.after.as_deref().map(|after| after.parse().map_err(|_| wrong())).transpose()?;
    let names = call.api.provisioning().await?;
    let filter = Filter::of(&call, &names)?;
    let (items, next) = gather(&call, &names, &filter, (after, page.limit)).await?;
    Ok(listed(&call, items, next.map(|id| id.to_string())))
}

async fn gather(
    call: &Call,
    names: &Provisioning,
    filter: &Filter,
    (mut after, limit): (Option<MessageId>, usize),
) -> Result<(Vec<Value>, Option<MessageId>), Problem> {
    let store = &call.api.store;
    let (mut items, mut looked_at) = (Vec::new(), 0);
    loop {
        let read = match filter.recipient {
            Some(recipient) => store.waiting_for(recipient, after, STEP).await?,
            None => store.waiting(after, STEP).await?,
        };
        let is_last = read.len() < STEP as usize;
        for message in &read {
            if items.len() == limit || looked_at == MOST_LOOKED_AT {
                return Ok((items, after));
            }
            looked_at += 1;
            after = Some(message.id);
            if filter.means(message) {
                items.push(json!(Waiting::of(message, names)));
            }
        }
        if is_last {
            return Ok((items, None));
        }
    }
}

fn id_of(call: &Call) -> Result<MessageId, Problem> {
    let id = call.parameter("id");
    id.parse().map_err(|error| Problem::new(Kind::NotFound, format!("{id}: {error}")))
}

fn unknown(id: MessageId) -> Problem {
    Problem::new(Kind::NotFound, format!("there is no message {id}"))
}

async fn show(call: Call) -> Result<Reply, Problem> {
    let id = id_of(&call)?;
    let story = call.api.store.story(id).await?.ok_or_else(|| unknown(id))?;
    let names = call.api.provisioning().await?;
    let told = Told::of(id, &story, &names).ok_or_else(|| unknown(id))?;
    Ok(Reply::json(StatusCode::OK, &json!(told)))
}

/// Whose message it is does not matter to an operator, so it is asked for in the name of its origin.
async fn cancel(call: Call) -> Result<Reply, Problem> {
    let (id, node) = (id_of(&call)?, call.api.node()?);
    let story = call.api.store.story(id).await?.ok_or_else(|| unknown(id))?;
    let Some(message) = story.message else {
        return Err(Problem::new(Kind::Conflict, format!("message {id} has ended")));
    };
    let (origin, source) = (message.submission.origin, message.submission.source.clone());
    let cancelled = node.cancel(Cancel { origin, source, which: Which::One(id) }).await;
    cancelled.map_err(|denial| match denial {
        Denial::Unknown => unknown(id),
        Denial::TooLate | Denial::AlreadyExpired => Problem::new(Kind::Conflict, denial.to_string()),
        Denial::Throttled | Denial::Unavailable => Problem::unavailable(denial.to_string()),
    })?;
    tracing::info!(message = %id, by = call.actor.name, "message cancelled");
    Ok(Reply::json(StatusCode::OK, &json!({"id": id.to_string()})))
}

fn text(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Schema::TEXT, help).required()
}

fn moment(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Schema::MOMENT, help)
}

fn count(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Schema::Integer(0..=i64::MAX), help).required()
}

/// What a message and its story have in common.
fn shared_fields() -> Vec<Field> {
    vec![
        text("id", "18 digits, as its submit_sm_resp and its receipt have it"),
        text("origin", "whose it is"),
        text("recipient", "for whom it is"),
        text("source", "its sender"),
        text("destination", "its number"),
        moment("accepted_at", "when it was accepted").required(),
        count("attempts", "how often it was tried"),
    ]
}

fn waiting_fields() -> Vec<Field> {
    let mut fields = shared_fields();
    fields.extend([
        moment("due_at", "when it is tried next, if nothing happens before").required(),
        moment("expires_at", "when it is given up").required(),
        text("cause", "what the last attempt failed of; empty when there was none"),
    ]);
    fields
}

fn story_fields() -> Vec<Field> {
    let step = Object::new(
        "Step",
        vec![
            moment("at", "when").required(),
            count("after_ms", "milliseconds since the acceptance"),
            text("step", "what happened"),
            text("detail", "more of it"),
        ],
    );
    let mut fields = shared_fields();
    fields.extend([
        text("state", "`waiting`, `taken` by another system, or how it ended"),
        text("cause", "why it ended so, or why it waits; empty when it was not tried yet"),
        Field::new("reason", Schema::TEXT, "what the last attempt of an expired message failed of"),
        count("code", "the last code heard from a device"),
        moment("expires_at", "when it is given up, while it waits"),
        moment("finished_at", "when it ended"),
        Field::new("in_doubt", Schema::Boolean, "a device may have it twice").required(),
        text("receipt", "what became of its receipt"),
        Field::new("steps", Schema::list(Schema::Object(step)), "what happened").required(),
    ]);
    fields
}
