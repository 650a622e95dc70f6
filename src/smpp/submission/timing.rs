//! When a message may be delivered, and until when (SMPP 5.0 4.7.23, 4.8.4.46; interworking.md A.11).

use std::time::Duration;

use iwf_model::{Timestamp, Validity};

use crate::fault::{Fault, Field};
use crate::time::{self, WireTime};

/// A schedule so far back is now, because clocks differ; further back it is wrong.
const SCHEDULE_PAST: Duration = Duration::from_secs(300);
/// The furthest schedule.
const SCHEDULE_MOST: Duration = Duration::from_secs(14 * 86_400);
/// An end that is at most so far back is "now": clocks differ.
const VALIDITY_PAST: Duration = Duration::from_secs(60);
/// What a message gets whose validity is over as it comes: one attempt.
pub(super) const MIN_VALIDITY: Duration = Duration::from_secs(1);

/// schedule_delivery_time; `None` is now.
pub(crate) fn schedule(field: &[u8], strict: bool, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    const WRONG: Fault = Fault::Invalid(Field::ScheduleDeliveryTime);
    let moment = match parse(field, strict, now).ok_or(WRONG)? {
        WireTime::Null => return Ok(None),
        WireTime::In(span) => now.after(span),
        WireTime::At(moment) => moment,
    };
    if moment < now.before(SCHEDULE_PAST) || moment > now.after(SCHEDULE_MOST) {
        return Err(WRONG);
    }
    Ok((moment > now).then_some(moment))
}

/// qos_time_to_live is stronger than validity_period (SMPP 5.0 4.8.4.46); a zero in either means nothing.
pub(crate) fn validity(
    field: &[u8],
    time_to_live: Option<u32>,
    strict: bool,
    now: Timestamp,
) -> Result<Validity, Fault> {
    const WRONG: Fault = Fault::Invalid(Field::ValidityPeriod);
    let stated = parse(field, strict, now).ok_or(WRONG)?;
    match time_to_live {
        Some(seconds) if seconds > 0 => {
            Ok(Validity::For(Duration::from_secs(u64::from(seconds)).max(MIN_VALIDITY)))
        }
        _ => match stated {
            WireTime::Null => Ok(Validity::Default),
            WireTime::In(span) => Ok(Validity::For(span.max(MIN_VALIDITY))),
            WireTime::At(moment) if moment < now.before(VALIDITY_PAST) => Err(WRONG),
            WireTime::At(moment) => Ok(Validity::Until(moment.max(now.after(MIN_VALIDITY)))),
        },
    }
}

/// A stated validity counts from now and must outlast the schedule.
pub(crate) fn check_order(
    schedule: Option<Timestamp>,
    validity: Validity,
    now: Timestamp,
) -> Result<(), Fault> {
    let end = match validity {
        Validity::Default => return Ok(()),
        Validity::For(span) => now.after(span),
        Validity::Until(moment) => moment,
    };
    match schedule {
        Some(schedule) if schedule >= end => Err(Fault::Invalid(Field::ValidityPeriod)),
        _ => Ok(()),
    }
}

/// Strictly, a time is not there or has 16 characters.
fn parse(field: &[u8], strict: bool, now: Timestamp) -> Option<WireTime> {
    if strict && !matches!(field.len(), 0 | 16) { None } else { time::parse(field, now) }
}
