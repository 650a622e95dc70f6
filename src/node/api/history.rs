//! Who changed what of the provisioning, and the way back.

use axum::http::{Method, StatusCode};
use iwf_model::{Link, Profile, Rule, Setting, Settings};
use iwf_store::history::{Entry, Filter, Kind as Thing};
use iwf_store::{Change, Provisioning};
use serde_json::{Value, json};

use super::auth::Role;
use super::call::Call;
use super::endpoint::Endpoint;
use super::page::{Page, list_of, listed};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema, Way};
use super::state::Applied;
use crate::provisioning::{Difference, Differences, Fate};

/// Its endpoints.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let kinds = || Schema::Word(Thing::ALL.map(Thing::as_str).to_vec());
    let said = "Who changed what is provisioned, and when: the latest change first. Passwords are not in it";
    let list = list_of("HistoryList", Schema::Object(change()));
    let list = Endpoint::get("/v1/history", "listHistory", said, list, list_page);
    let wanted = Object::new(
        "UndoRequest",
        vec![
            Field::new("revision", Schema::Integer(1..=i64::MAX), "which one; absent: the latest")
                .write_only(),
            Field::new("kind", kinds(), "without a revision: the latest that changed one of these")
                .write_only(),
            Field::new(
                "force",
                Schema::Boolean,
                "also what was changed again since, and without passwords that are lost",
            )
            .write_only(),
        ],
    );
    let said = "Bring back what a revision changed, as one change, which can be undone too";
    let undo = Endpoint::get("/v1/undo", "undo", said, Applied::schema(), undo);
    vec![
        list.with("kind", kinds(), "of this kind alone")
            .with("name", Schema::TEXT, "of this name alone")
            .with("revision", Schema::Integer(1..=i64::MAX), "of this revision alone")
            .paged(),
        undo.by(Method::POST, Role::Admin)
            .taking(Schema::Object(wanted), Way::Whole)
            .with("dry_run", Schema::Boolean, "say what would change and change nothing")
            .or(&[Kind::Conflict, Kind::NotFound]),
    ]
}

fn change() -> Object {
    let text = |name, help| Field::new(name, Schema::TEXT, help).required();
    let field = Object::new(
        "HistoryField",
        vec![
            text("field", "which setting"),
            text("before", "what it was; empty: it was not set"),
            text("after", "what it became; empty: it is not set"),
        ],
    );
    let fates = Schema::Word(vec!["added", "changed", "removed"]);
    Object::new(
        "HistoryEntry",
        vec![
            Field::new("revision", Schema::Integer(1..=i64::MAX), "the revision that it led to").required(),
            Field::new("at", Schema::MOMENT, "when").required(),
            text("by", "who: the name of a token, or `local`"),
            text("kind", "what it is, such as `route`"),
            text("name", "which one"),
            Field::new("fate", fates, "what happened to it").required(),
            Field::new("fields", Schema::list(Schema::Object(field)), "what of it differs").required(),
        ],
    )
}

async fn list_page(call: Call) -> Result<Reply, Problem> {
    let page = Page::of(&call)?;
    let wrong = || Problem::parameter("after", "is not what a `next` says");
    let after = page.after.as_deref().map(|after| after.parse().map_err(|_| wrong())).transpose()?;
    let filter = Filter {
        kind: call.query("kind").and_then(Thing::parse),
        name: call.query("name").map(str::to_owned),
        revision: call.query("revision").and_then(|revision| revision.parse().ok()),
    };
    // One more tells whether another page follows.
    let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
    let mut entries = call.api.store.history(filter, after, limit.saturating_add(1)).await?;
    let more = entries.len() > page.limit;
    entries.truncate(page.limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.place.to_string());
    Ok(listed(&call, entries.iter().map(shown).collect(), next))
}

fn shown(entry: &Entry) -> Value {
    // What was not set of a thing that stays had its default.
    let stays = entry.before.is_some() && entry.after.is_some();
    let said = |field: &str, text: &str| match text {
        "" if stays => default_of(entry.kind, field),
        text => text.to_owned(),
    };
    let field = |(field, before, after): &(&str, &str, &str)| json!({"field": field, "before": said(field, before), "after": said(field, after)});
    let fields: Vec<Value> = entry.differences().iter().map(field).collect();
    let fate = match (&entry.before, &entry.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    json!({
        "revision": entry.revision,
        "at": entry.at.to_string(),
        "by": entry.by,
        "kind": entry.kind.as_str(),
        "name": entry.name,
        "fate": fate,
        "fields": fields,
    })
}

fn default_of(kind: Thing, field: &str) -> String {
    match (kind, field.strip_prefix("profile.")) {
        (Thing::Carrier, Some(field)) => default_text::<Profile>(field),
        (Thing::Connection, _) => default_text::<Link>(field),
        (Thing::Route, _) => default_text::<Rule>(field),
        (Thing::Carrier | Thing::Account, _) => String::new(),
    }
}

fn default_text<S: Settings>(field: &str) -> String {
    Setting::<S>::named(field).map(|setting| setting.show(&S::default())).unwrap_or_default()
}

async fn undo(mut call: Call) -> Result<Reply, Problem> {
    let body = call.json();
    let (forced, dry) = (body["force"] == true, call.is_set("dry_run"));
    let kind = body["kind"].as_str().and_then(Thing::parse);
    let store = &call.api.store;
    let revision = match body["revision"].as_u64() {
        Some(revision) => revision,
        None => {
            let latest = store.history(Filter { kind, ..Filter::default() }, None, 1).await?;
            let none = || Problem::new(Kind::NotFound, "there is nothing to be undone");
            latest.first().ok_or_else(none)?.revision
        }
    };
    let entries =
        store.history(Filter { revision: Some(revision), ..Filter::default() }, None, u32::MAX).await?;
    let listed: Vec<Difference> = entries.iter().map(back).collect();
    let plan = move |_: &Provisioning| {
        let changes = vec![Change::Undo { revision, forced }];
        Ok(Differences { listed: listed.clone(), changes, warnings: Vec::new() })
    };
    let applied = call.api.change(&call.actor, dry, plan).await?;
    Ok(Reply::json(StatusCode::OK, &applied.document()))
}

/// What happens to a thing when an entry is undone.
fn back(entry: &Entry) -> Difference {
    let fate = match (&entry.before, &entry.after) {
        (None, _) => Fate::Removed,
        (_, None) => Fate::Added,
        _ => Fate::Changed(entry.differences().iter().map(|(key, ..)| (*key).to_owned()).collect()),
    };
    Difference { kind: entry.kind.as_str(), name: entry.name.clone(), fate }
}
