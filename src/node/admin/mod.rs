//! The admin address: `GET /health`, `GET /metrics` and `GET /carriers/NAME/probe`, on loopback, for people and
//! machines.
//!
//! - `health`: what is said of the node
//! - `server`: the pages

mod health;
mod server;

pub(crate) use health::{Health, HealthSource, Part, Status};
pub(crate) use server::serve;
