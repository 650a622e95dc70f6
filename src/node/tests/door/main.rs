//! How carriers and apps come in, through the real binary: TLS, strangers, slow and silent peers, guessing, floods.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

mod access;
mod admin;
mod authority;
mod guessing;
mod house;
mod outbind;
mod overload;
mod probe;
mod sip;
mod slow;
mod strangers;
mod tls;
