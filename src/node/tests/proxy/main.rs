//! Texts that go to a proxy, through the real binary: how it is found, and what happens when it does not work.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

mod failover;
mod house;
mod request;
mod secure;
mod softswitch;
