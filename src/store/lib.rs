//! What we remember: messages that wait, receipts that wait, records, registrations, provisioning.
//!
//! [`Store`] is the whole contract; `contract` holds the tests that every implementation passes, and
//! [`Sqlite`] is the one that needs nothing but a file. `usrloc` reads what another registrar remembers. Nothing here
//! knows a protocol or decides anything: callers say what is true, and pass the time.

pub mod access;
mod codec;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod error;
pub mod history;
mod report;
mod sqlite;
mod store;
pub mod usrloc;
mod write;

pub use error::{Conflict, StoreError};
pub use report::{Health, Provisioning, Start, Story, Usage};
pub use sqlite::{Options, Role, Sqlite};
pub use store::{Answer, Commit, Store};
pub use write::{Change, Postponed, Write};
