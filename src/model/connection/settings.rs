//! Every setting of a connection.

use super::Link;
use crate::settings::{Setting, Settings, setting};

impl Settings for Link {
    fn settings() -> &'static [Setting<Self>] {
        SETTINGS
    }
}

/// Every setting, in the order in which they are shown.
static SETTINGS: &[Setting<Link>] = &[
    setting!("carrier" = carrier, "NAME", "the carrier at its other end"),
    setting!(
        "state" = state,
        "started, isolated or stopped",
        "isolated: it stays bound and is given no new texts"
    ),
    setting!("address" = call.address, "HOST:PORT", "where we bind; empty: we do not"),
    setting!(
        "tls" = call.tls,
        "off, on or sha256:DIGEST",
        "whether TLS is spoken: with whom a trusted authority vouches for, or with whom shows this one certificate"
    ),
    setting!(
        "server_name" = call.server_name,
        "HOST",
        "the name that the certificate must have; empty: the host of the address"
    ),
    setting!("system_id" = call.system_id, "up to 15 characters", "what we bind as"),
    setting!("password" = call.password, "up to 64 characters", "our password there"),
    setting!("system_type" = call.system_type, "up to 12 characters", "our system_type there"),
    setting!("bind" = call.bind, "transceiver, transmitter, receiver or pair", "which binds are made"),
    setting!("binds" = call.binds, "1 to 32", "how many of them"),
    setting!("version" = call.version, "3.3, 3.4 or 5.0", "the SMPP version that our binds say"),
    setting!("window" = call.window, "1 to 2000", "how many submits may be unanswered on a bind"),
    setting!("rate" = call.rate, "0 to 100000", "the most submits per second over all binds; 0: no limit"),
    setting!(
        "enquire_link" = call.enquire_link,
        "5 to 3600",
        "seconds of silence after which we ask whether the other end is there"
    ),
    setting!(
        "receivers" = receivers,
        "true or false",
        "texts may go to the receivers that its carrier has bound to us"
    ),
    setting!(
        "receipts" = submits.receipts,
        "true or false",
        "it tells what became of what it took; if not, what it took is delivered"
    ),
    setting!(
        "validity" = submits.validity,
        "relative, absolute or none",
        "how the time that a message may wait is written"
    ),
    setting!(
        "vendor_errors" = submits.vendor_errors,
        "0x401=peer-unavailable, 0x402=unknown-user",
        "what statuses of its own mean (0x400 to 0x4FF); others are refusals"
    ),
    setting!("price" = price, "0.0075 EUR", "what each part of a message over it costs us"),
];
