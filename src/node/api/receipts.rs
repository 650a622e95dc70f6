//! Receipts of other systems that belong to nothing we know.

use iwf_model::{CarrierId, Unmatched, UpstreamNews};
use iwf_relay::upstream::{self, Unclaimed};
use iwf_store::{Provisioning, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::endpoint::Endpoint;
use super::page::{Page, list_of, listed};
use super::problem::Problem;
use super::reply::Reply;
use super::schema::{Field, Object, Schema};
use crate::clock;

/// Their endpoints.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let text = |name, help| Field::new(name, Schema::TEXT, help).required();
    let causes = Schema::Word(Unclaimed::ALL.map(Unclaimed::as_str).to_vec());
    let item = Object::new(
        "UnmatchedReceipt",
        vec![
            Field::new("at", Schema::MOMENT, "when it came").required(),
            text("carrier", "whose system told it"),
            text("connection", "over which connection; empty: over a bind that the carrier made to us"),
            text("id", "what it calls the message"),
            text("state", "what it tells: `under-way`, `read`, or an end"),
            text("error", "its error; empty: none"),
            text("recipient", "to whom the message was, as it says"),
            text("sender", "from whom the message was, as it says"),
            Field::new("cause", causes, "why it belongs to nothing, as far as can be told").required(),
        ],
    );
    let said = "Receipts of other systems that belong to nothing we know, the oldest first";
    let list = list_of("UnmatchedReceiptList", Schema::Object(item));
    vec![Endpoint::get("/v1/receipts/unmatched", "listUnmatchedReceipts", said, list, list_page).paged()]
}

/// One of them, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) at: String,
    pub(crate) carrier: String,
    pub(crate) connection: String,
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) error: String,
    pub(crate) recipient: String,
    pub(crate) sender: String,
    pub(crate) cause: String,
}

async fn list_page(call: Call) -> Result<Reply, Problem> {
    let page = Page::of(&call)?;
    let wrong = || Problem::parameter("after", "is not what a `next` says");
    let after = page.after.as_deref().map(|after| after.parse().map_err(|_| wrong())).transpose()?;
    // One more tells whether another page follows.
    let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
    let mut read = call.api.store.unmatched(after, limit.saturating_add(1)).await?;
    let more = read.len() > page.limit;
    read.truncate(page.limit);
    let names = call.api.provisioning().await?;
    let mut items = Vec::with_capacity(read.len());
    for unmatched in &read {
        let cause = cause(&call, unmatched, &names).await?;
        items.push(json!(row(unmatched, cause, &names)));
    }
    let next = read.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(listed(&call, items, next))
}

async fn cause(call: &Call, unmatched: &Unmatched, names: &Provisioning) -> Result<Unclaimed, StoreError> {
    let keys = upstream::keys(&unmatched.receipt.name);
    let own = gave(call, unmatched.carrier, &keys).await?;
    let mut others = false;
    for carrier in names.carriers.iter().filter(|carrier| carrier.id != unmatched.carrier) {
        others = others || gave(call, carrier.id, &keys).await?;
    }
    Ok(Unclaimed::of(unmatched, (own, others), clock::utc()))
}

/// Whether a carrier gave one of these ids to something.
async fn gave(call: &Call, carrier: CarrierId, keys: &[String]) -> Result<bool, StoreError> {
    Ok(!call.api.store.handed(carrier, keys.to_vec()).await?.is_empty())
}

fn row(unmatched: &Unmatched, cause: Unclaimed, names: &Provisioning) -> Row {
    let receipt = &unmatched.receipt;
    let carrier = names.carriers.iter().find(|carrier| carrier.id == unmatched.carrier);
    let id = unmatched.connection;
    let connection = names.connections.iter().find(|connection| Some(connection.id) == id);
    Row {
        at: unmatched.at.to_string(),
        carrier: carrier.map(|carrier| carrier.name.clone()).unwrap_or_default(),
        connection: connection.map(|connection| connection.name.clone()).unwrap_or_default(),
        id: receipt.name.to_string(),
        state: match receipt.tells {
            UpstreamNews::UnderWay => "under-way".to_owned(),
            UpstreamNews::Read => "read".to_owned(),
            UpstreamNews::Ended(state) => state.as_str().to_owned(),
        },
        error: if receipt.error == 0 { String::new() } else { receipt.error.to_string() },
        recipient: String::from_utf8_lossy(&receipt.source.addr).into_owned(),
        sender: String::from_utf8_lossy(&receipt.destination.addr).into_owned(),
        cause: cause.as_str().to_owned(),
    }
}
