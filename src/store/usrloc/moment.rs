//! Times as these databases give them.

use std::time::Duration;

use iwf_model::Timestamp;

/// The Julian date of 1970-01-01, midnight.
const EPOCH: f64 = 2_440_587.5;
const DAY_MICROS: f64 = 86_400e6;

/// Reads a time: `2026-11-21 16:00:00` by a clock so many minutes ahead of UTC, a Julian date, or seconds since
/// 1970. `None`: none of them, or the zero that stands for "never".
pub(super) fn parse(text: &str, utc_offset_minutes: i32) -> Option<Timestamp> {
    if let Some(local) = civil(text) {
        let offset = Duration::from_secs(60 * u64::from(utc_offset_minutes.unsigned_abs()));
        return Some(if utc_offset_minutes < 0 { local.after(offset) } else { local.before(offset) });
    }
    let number: f64 = text.trim().parse().ok()?;
    let micros = match number {
        // Seconds since 1970 of a year before 1971 would be as small; nobody registered then.
        n if n > EPOCH && n < EPOCH + 3e6 => (n - EPOCH) * DAY_MICROS,
        n if n > EPOCH + 3e6 && n < 1e11 => n * 1e6,
        _ => return None,
    };
    Some(Timestamp::from_micros(micros as i64))
}

/// `YYYY-MM-DD hh:mm:ss`, a fraction after it is left out. A year that the databases write for "never" is none.
fn civil(text: &str) -> Option<Timestamp> {
    let digits = |from: usize, to: usize| text.get(from..to)?.parse::<u16>().ok();
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if !marks.iter().all(|(at, mark)| text.as_bytes().get(*at) == Some(mark)) {
        return None;
    }
    let small = |from| digits(from, from + 2).and_then(|value| u8::try_from(value).ok());
    let date = (i32::from(digits(0, 4)?), small(5)?, small(8)?);
    Timestamp::from_civil(date, (small(11)?, small(14)?, small(17)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u8, minute: u8, second: u8) -> Option<Timestamp> {
        Timestamp::from_civil((2026, 11, 21), (hour, minute, second))
    }

    #[test]
    fn a_time_is_read_in_every_form() {
        assert_eq!(parse("2026-11-21 16:01:42", 0), at(16, 1, 42));
        assert_eq!(parse("2026-11-21 16:01:42.5", 60), at(15, 1, 42));
        assert_eq!(parse("2026-11-21T16:01:42", -330), at(21, 31, 42));
        assert_eq!(parse("1795276902", 600), at(16, 1, 42), "seconds since 1970 know no zone");
        // What Kamailio 5.6 wrote to SQLite at that time.
        let julian = parse("2461366.1678414354", 600).unwrap();
        assert!(julian.since(at(16, 1, 41).unwrap()) < Duration::from_secs(1));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "0", "-1", "never", "1970", "0000-00-00 00:00:00", "2026-13-01 00:00:00", "1e300", "NaN"]
        {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }
}
