//! The admin address: `GET /health` and `GET /metrics`, on loopback, for people and machines.
//!
//! - `health`: what is said of the node
//! - `server`: the two pages

mod health;
mod server;

pub(crate) use health::{Health, HealthSource, Part, Status};
pub(crate) use server::serve;
