//! Binds of ours to message centres: SMPP 5.0 2.3, 4.1.1, 4.2.1, 4.3.1; interworking.md A.3, A.6, A.13, A.14, D.5.
//!
//! What our client writes is decoded by rusmpp-core; what it reads is written here.

mod binding;
mod environment;
mod incoming;
mod link;
mod submits;
