//! Is our SIP the SIP of the RFCs?
//!
//! Each test cites the clause it stands for. Time is virtual: nothing here waits. rsip reads the same messages
//! as a second opinion.

pub mod proof;
pub mod server;
pub mod world;

#[cfg(test)]
mod clauses;
#[cfg(test)]
mod client_transactions;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod digest;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod framing;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod imdn;
#[cfg(test)]
mod message_method;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod push;
#[cfg(test)]
mod registrar;
#[cfg(test)]
mod server_transactions;
#[cfg(test)]
mod short;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod torture;
#[cfg(test)]
mod trunks;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod verdicts_net;
