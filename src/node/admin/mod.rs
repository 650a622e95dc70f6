//! The admin address: `/health` and `/metrics` for machines, and the API for whoever has a token.
//!
//! - `health`: what is said of the node
//! - `server`: the pages
//! - `door`: connections, and what bounds them; `start`: all of it for a node
//! - `token`: the file with the token of the command line

mod door;
mod health;
mod server;
mod start;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use health::{Bound, Cancelling, Health, NodeView, Part, Status};
pub(crate) use start::start;
pub(crate) use token::{FILE as TOKEN_FILE, TokenFile};
