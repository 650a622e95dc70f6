//! Use cases, told as an operator would, run against the real binary.
//!
//! A case is a file under `cases/`: who is there, what happens, what is expected. The [`Case`] is that
//! file; [`run`] plays it with the phones, carriers and vendors of `iwf-sim` and nodes of its own, so that cases
//! can run side by side. Nothing here knows SIP or SMPP.

mod binary;
mod case;
mod runner;

pub use binary::binary;
pub use case::{Case, Step};
pub use runner::run;
