//! Is our SMPP the specification's SMPP? One clause a test, cited; A.3 and the like are sections of
//! `interworking.md`. Nothing here runs in the product.
//!
//! `peer` is the other end: it writes octets with a few lines of its own, moves a virtual clock, and has
//! everything our session writes decoded by rusmpp-core, so that two programs must agree on each PDU.

#[cfg(test)]
mod bind;
#[cfg(test)]
mod centre;
#[cfg(test)]
mod clauses;
#[cfg(test)]
mod client;
#[cfg(test)]
mod coding;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod framing;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod multi;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod order;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod state_matrix;
#[cfg(test)]
mod status;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod tlvs;
#[cfg(test)]
mod unbind;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod verdicts_tcp;
