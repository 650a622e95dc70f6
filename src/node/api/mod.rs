//! The admin API: what is provisioned and what waits, over HTTP with JSON, for those who have a token.
//!
//! - `endpoints`: every endpoint there is; `endpoint`: what is said of one
//! - `router`: these as a router; `document`: the same as an OpenAPI document
//! - `frame`: what is the same for every request; `call`: a request that passed it
//! - `auth`: tokens and roles; `tokens`: their endpoints; `again`: requests that come again
//! - `schema`: shapes; `problem`: what went wrong; `reply`: what is answered; `page`: lists
//! - `state`: what the API works on, and the way in which it changes that
//! - `named`: the endpoints of a kind of things with names; `carriers`, `accounts`, `connections`, `routes`: these kinds
//! - `explain`: what would become of a text, and why; `trial`: what other routes would have made of those of the past
//! - `import`: the declarative document; `history`: who changed what, and undo
//! - `node`: what the node says of itself; `messages`: what waits, `story`: of one; `receipts`: those of other systems
//!
//! It serves a running node, and the command line where none runs. A change is checked by `provisioning`, as a file is.

mod accounts;
mod again;
mod auth;
mod call;
mod carriers;
mod connections;
mod document;
mod endpoint;
mod endpoints;
mod explain;
mod frame;
mod history;
mod import;
mod messages;
mod named;
mod node;
mod page;
mod problem;
mod receipts;
mod reply;
mod router;
mod routes;
mod schema;
mod state;
mod story;
#[cfg(test)]
mod tests;
mod tokens;
mod trial;

pub(crate) use auth::LOCAL;
pub(crate) use auth::Role;
pub(crate) use explain::Explained;
pub(crate) use messages::Waiting;
pub(crate) use page::encoded;
pub(crate) use receipts::Row as Unmatched;
pub(crate) use router::router;
pub(crate) use state::Api;
pub(crate) use story::Told;
#[cfg(test)]
pub(crate) use story::ToldStep;
pub(crate) use tokens::TokenShown;
pub(crate) use trial::{Leg, Tried};
