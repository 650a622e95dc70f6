//! Where texts go over SIP, through the real binary: how a proxy is found, what happens when it does not work, and by which
//! socket a text leaves.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

mod failover;
mod gone;
mod house;
mod large;
mod request;
mod round;
mod secure;
mod sockets;
mod softswitch;
