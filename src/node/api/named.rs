//! Things that are provisioned and have a name: the same six endpoints for each kind.
//!
//! To serve another kind, implement [`Named`] for a type of its own and add `named::<It>()` to `endpoints::all`.

use std::sync::Arc;

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use iwf_store::{Change, Provisioning};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::auth::Role;
use super::call::Call;
use super::endpoint::{Endpoint, Tags};
use super::page::{Page, list_of, listed};
use super::problem::{FieldError, Kind, Problem};
use super::reply::Reply;
use super::schema::{Access, Field, Object, Schema, Way};
use super::state::Applied;
use crate::config::Faults;
use crate::credentials::hex;
use crate::provisioning::{Differences, Fate, Plan, diff, removal};

/// A kind of things with names.
pub(crate) trait Named: Send + Sync + 'static {
    /// One of them.
    type Item: Send + Sync;
    /// What people call one: `carrier`.
    const KIND: &'static str;
    /// The name of its shape, of that of a list, and what the operations are called by: `Carrier`, `CarrierList`, `Carriers`.
    const SHAPES: [&'static str; 3];
    /// The path of the list, and of one, which ends with the field of its name in braces.
    const PATHS: [&'static str; 2];
    /// The field that holds the name.
    const KEY: &'static str;

    /// Its fields; that of the name is among them.
    fn fields() -> Vec<Field>;
    /// All there are, by name.
    fn items(current: &Provisioning) -> &[Self::Item];
    /// The name of one.
    fn name(item: &Self::Item) -> &str;
    /// As it is shown.
    fn show(item: &Self::Item) -> Value;
    /// What is not shown of it and yet tells one state of it from another.
    fn hidden(item: &Self::Item) -> String;
    /// Puts what is meant in the place of what is shown instead of a secret.
    fn unmask(body: &mut Value, before: &Self::Item);
    /// What a whole document asks for.
    fn plan(body: Value) -> Result<Plan, Faults>;
    /// Takes one away.
    fn remove(name: &str) -> Change;
}

/// The endpoints of a kind.
pub(crate) fn named<N: Named>() -> Vec<Endpoint> {
    let [one, list, all] = N::SHAPES;
    let (kind, [many, path]) = (N::KIND, N::PATHS);
    let shape = || Schema::Object(Object::new(one, N::fields()));
    let said = format!("Every {kind}, by {}", N::KEY);
    let lists = Endpoint::get(many, &format!("list{all}"), &said, list_of(list, shape()), list_page::<N>);
    let shows = Endpoint::get(path, &format!("get{one}"), &format!("One {kind}"), shape(), show::<N>);
    let said =
        format!("Make a {kind} what the body says. What is absent has its default, and a password stays");
    let puts = Endpoint::get(path, &format!("put{one}"), &said, Applied::schema(), put::<N>);
    let said = format!("Change what the body names of a {kind} (RFC 7396). null brings the default back");
    let patches = Endpoint::get(path, &format!("patch{one}"), &said, Applied::schema(), patch::<N>);
    let said = format!("Remove a {kind}");
    let deletes = Endpoint::get(path, &format!("delete{one}"), &said, Applied::schema(), delete::<N>);
    let changes =
        |endpoint: Endpoint, method| endpoint.by(method, Role::Admin).tags(Tags::Heard).or(&[Kind::Conflict]);
    vec![
        lists.paged(),
        shows.tags(Tags::Shown),
        changes(puts.or_created(), Method::PUT).taking(shape(), Way::Whole),
        changes(patches, Method::PATCH).taking(shape(), Way::Patch),
        changes(deletes, Method::DELETE),
    ]
}

async fn list_page<N: Named>(call: Call) -> Result<Reply, Problem> {
    let page = Page::of(&call)?;
    let current = call.api.provisioning().await?;
    let (items, next) = page.cut(N::items(&current), N::name);
    Ok(listed(&call, items.iter().map(N::show).collect(), next))
}

async fn show<N: Named>(call: Call) -> Result<Reply, Problem> {
    let current = call.api.provisioning().await?;
    let item = known::<N>(&current, call.parameter(N::KEY))?;
    let tag = tag::<N>(item);
    if call.has(&tag) {
        return Ok(Reply::not_modified(&tag));
    }
    Ok(Reply::json(StatusCode::OK, &N::show(item)).tagged(&tag))
}

async fn put<N: Named>(mut call: Call) -> Result<Reply, Problem> {
    let name = call.parameter(N::KEY).to_owned();
    let mut body = call.json();
    keep_name::<N>(&mut body, &name)?;
    let wanted = move |before: Option<&N::Item>| {
        let mut body = body.clone();
        if let Some(before) = before {
            N::unmask(&mut body, before);
        }
        Ok(body)
    };
    write::<N>(call, name, wanted).await
}

async fn patch<N: Named>(mut call: Call) -> Result<Reply, Problem> {
    let name = call.parameter(N::KEY).to_owned();
    let mut body = call.json();
    keep_name::<N>(&mut body, &name)?;
    let sent = name.clone();
    let wanted = move |before: Option<&N::Item>| {
        let before = before.ok_or_else(|| unknown::<N>(&sent))?;
        let mut whole = N::show(before);
        for field in N::fields().iter().filter(|field| field.access == Access::Read) {
            whole.as_object_mut().map(|fields| fields.remove(field.name));
        }
        merge(&mut whole, &body);
        N::unmask(&mut whole, before);
        Ok(whole)
    };
    write::<N>(call, name, wanted).await
}

/// Brings one thing to what `wanted` makes of what it was.
async fn write<N: Named>(
    call: Call,
    name: String,
    wanted: impl Fn(Option<&N::Item>) -> Result<Value, Problem> + Send + Sync + 'static,
) -> Result<Reply, Problem> {
    let (api, actor) = (Arc::clone(&call.api), call.actor.clone());
    let realm = api.realm.clone();
    let (path, key) = (call.path.clone(), name.clone());
    let plan = move |current: &Provisioning| -> Result<Differences, Problem> {
        let before = find::<N>(current, &key);
        call.preconditions(before.map(tag::<N>).as_deref())?;
        let plan = N::plan(wanted(before)?)?;
        Ok(diff(current, &plan, &realm, false)?)
    };
    let applied = api.change(&actor, false, plan).await?;
    let is_new = applied.differences.listed.iter().any(|change| change.fate == Fate::Added);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let reply = Reply::json(status, &applied.document());
    let reply = if is_new { reply.with(LOCATION, &path) } else { reply };
    let current = api.provisioning().await?;
    Ok(match find::<N>(&current, &name) {
        Some(item) => reply.tagged(&tag::<N>(item)),
        None => reply,
    })
}

async fn delete<N: Named>(call: Call) -> Result<Reply, Problem> {
    let (api, actor) = (Arc::clone(&call.api), call.actor.clone());
    let plan = move |current: &Provisioning| -> Result<Differences, Problem> {
        let item = known::<N>(current, call.parameter(N::KEY))?;
        call.preconditions(Some(&tag::<N>(item)))?;
        Ok(removal(N::KIND, N::name(item), N::remove(N::name(item))))
    };
    let applied = api.change(&actor, false, plan).await?;
    Ok(Reply::json(StatusCode::OK, &applied.document()))
}

fn find<'a, N: Named>(current: &'a Provisioning, name: &str) -> Option<&'a N::Item> {
    let items = N::items(current);
    let place = items.binary_search_by(|item| N::name(item).cmp(name)).ok()?;
    items.get(place)
}

fn known<'a, N: Named>(current: &'a Provisioning, name: &str) -> Result<&'a N::Item, Problem> {
    find::<N>(current, name).ok_or_else(|| unknown::<N>(name))
}

fn unknown<N: Named>(name: &str) -> Problem {
    Problem::new(Kind::NotFound, format!("there is no {} {name}", N::KIND))
}

/// A thing has the name that its path says; the body may say it too.
fn keep_name<N: Named>(body: &mut Value, name: &str) -> Result<(), Problem> {
    let Value::Object(fields) = body else { return Ok(()) };
    match fields.get(N::KEY) {
        Some(said) if said != name => {
            let error = FieldError::at(&format!("/{}", N::KEY), format!("the path says \"{name}\""));
            Err(Problem::fields(Kind::Invalid, vec![error]))
        }
        _ => {
            fields.insert(N::KEY.to_owned(), name.into());
            Ok(())
        }
    }
}

/// Tells one state of a thing from all others, what is hidden included.
fn tag<N: Named>(item: &N::Item) -> String {
    let digest =
        Sha256::new().chain_update(N::show(item).to_string()).chain_update(N::hidden(item)).finalize();
    format!("\"{}\"", hex(&digest[..16]))
}

/// JSON Merge Patch (RFC 7396 2). Nothing here is deeper than the settings of a profile.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7396, appendix A.
    #[test]
    fn a_patch_changes_what_it_names() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, &patch);
            assert_eq!(target, expected, "{patch}");
        }
    }
}
