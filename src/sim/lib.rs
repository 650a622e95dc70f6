//! A softphone, a carrier, a vendor's message centre, a link that fails and a node to try the product with, and random
//! numbers to do it wildly: in the demo, the scenarios and tests.
//!
//! The phone speaks SIP through rsip, the carrier and the vendor SMPP through rusmppc and rusmpp, so that a mistake in our
//! own protocol crates can't hide itself: this crate must never depend on `iwf-sip` or `iwf-smpp`.
//! Everything here listens on loopback, on ports that the system chooses, and everything that waits
//! has a deadline.

pub mod carrier;
pub mod fuzz;
pub mod link;
pub mod names;
pub mod node;
pub mod phone;
pub mod vendor;
