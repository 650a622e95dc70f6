//! Every setting of a route.

use super::Rule;
use crate::settings::{Setting, Settings, setting};

impl Settings for Rule {
    fn settings() -> &'static [Setting<Self>] {
        SETTINGS
    }
}

/// Every setting, in the order in which they are shown.
static SETTINGS: &[Setting<Rule>] = &[
    setting!("to" = to, "222%, !2225%, 2_3[1-4]", "the numbers it is for; \"!\" takes out"),
    setting!(
        "via" = via,
        "a*70 | b*30, c",
        "the connections, in the order in which they are tried; \"|\" between those that share"
    ),
    setting!("from" = from, "4915%, ACME%", "the senders it is for, numbers and names; empty: all"),
    setting!(
        "origin" = origin,
        "carrier:NAME, account:NAME, carriers, accounts",
        "whose messages it is for; empty: everybody's"
    ),
    setting!(
        "when" = when,
        "mon-fri 08:00-20:00 +01:00",
        "when it holds: days, time of day and time zone; empty: always"
    ),
    setting!(
        "content" = content,
        "unicode, long, code, flash, urgent",
        "what it is for: any of these; empty: everything"
    ),
    setting!(
        "priority" = priority,
        "0 to 1000",
        "of routes that describe a number as closely, the smaller one comes first"
    ),
    setting!("hairpin" = hairpin, "true or false", "a message may go back to the carrier it came from"),
    setting!("enabled" = enabled, "true or false", "it is in force"),
];
