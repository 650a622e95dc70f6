//! The only clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use iwf_model::{Now, Timestamp};

/// What the clocks show.
pub(crate) fn now() -> Now {
    Now { instant: Instant::now(), utc: utc() }
}

/// UTC alone. Before 1970 it is 1970.
pub(crate) fn utc() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The instant at which the UTC clock will show `moment`, if it is not set until then.
pub(crate) fn instant_of(moment: Timestamp, now: Now) -> Instant {
    const FAR: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);
    now.instant + moment.since(now.utc).min(FAR)
}
