//! Accounts that register with another server: its database is followed, and its contacts are reached through it.
//!
//! - `contact`: a row of the database as a contact that can be sent to
//! - `contacts`: who is where, in memory
//! - `follower`: reads what is new
//!
//! What a row means for a message is decided in `iwf_sip::elsewhere`.

mod contact;
mod contacts;
mod follower;
#[cfg(test)]
pub(crate) mod samples;

pub(crate) use contact::{domain_of, remote};
pub(crate) use contacts::Contacts;
pub(crate) use follower::{Follower, owner};
