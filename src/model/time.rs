//! Time: UTC for what is stored, [`std::time::Instant`] for timers; the two never mix.

use std::fmt;
use std::time::{Duration, Instant};

/// What the clocks show: the driver reads them once per batch of input and tells the machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For timers: never goes back.
    pub instant: Instant,
    /// For what is written or shown: may be set.
    pub utc: Timestamp,
}

impl Now {
    /// What the clocks will show `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self { instant: self.instant + span, utc: self.utc.after(span) }
    }
}

/// A moment in UTC, in microseconds since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

/// A moment taken apart by the proleptic Gregorian calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year, e.g. 2026.
    pub year: i32,
    /// Month, 1-12.
    pub month: u8,
    /// Day of the month, 1-31.
    pub day: u8,
    /// Hour, 0-23.
    pub hour: u8,
    /// Minute, 0-59.
    pub minute: u8,
    /// Second, 0-59.
    pub second: u8,
    /// Microsecond, 0-999,999.
    pub micros: u32,
    /// Day of the week, 0 for Monday.
    pub weekday: u8,
}

const DAY_SECONDS: i64 = 86_400;

impl Timestamp {
    /// The last moment that can be told.
    pub const MAX: Self = Self(i64::MAX);

    /// Takes microseconds since 1970-01-01 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01 UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01 UTC, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment `span` later; stays at `MAX` rather than wrapping.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The moment of a calendar date and time of day, UTC; `None` when there is no such day.
    pub fn from_civil(date: (i32, u8, u8), time: (u8, u8, u8)) -> Option<Self> {
        let (year, month, day) = date;
        let (hour, minute, second) = time;
        let fits = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (hour < 24 && minute < 60 && second < 60)
            && (1..=9999).contains(&year);
        let in_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        fits.then(|| Self((days_from_civil(year, month, day) * DAY_SECONDS + in_day) * 1_000_000))
    }

    /// Takes the moment apart by the calendar.
    pub fn civil(self) -> Civil {
        let seconds = self.as_seconds();
        let (days, in_day) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: (in_day / 3600) as u8,
            minute: (in_day / 60 % 60) as u8,
            second: (in_day % 60) as u8,
            micros: self.0.rem_euclid(1_000_000) as u32,
            weekday: (days + 3).rem_euclid(7) as u8,
        }
    }

    /// Days since 1970-01-01: the UTC day that counters are kept by.
    pub const fn day(self) -> i64 {
        self.as_seconds().div_euclid(DAY_SECONDS)
    }
}

/// The text is no moment: `2026-11-21T22:00:00Z`, or with an offset in place of the Z (RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written \"2026-11-21T22:00:00Z\" or \"2026-11-21T23:00:00+01:00\"")]
pub struct NotAMoment;

impl std::str::FromStr for Timestamp {
    type Err = NotAMoment;

    /// Reads RFC 3339; a fraction of a second is passed over.
    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        read(text).ok_or(NotAMoment)
    }
}

fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let year = date.get(..4)?.parse().ok()?;
    let two = |text: &str, at: usize, before: char| {
        let digits = text.get(at..at + 2)?;
        let begins = at == 0 || text.get(..at)?.ends_with(before);
        let is_number = begins && digits.bytes().all(|digit| digit.is_ascii_digit());
        if is_number { digits.parse::<u8>().ok() } else { None }
    };
    let date = (year, two(date, 5, '-')?, two(date, 8, '-')?);
    let utc = Timestamp::from_civil(date, (two(time, 0, ':')?, two(time, 3, ':')?, two(time, 6, ':')?))?;
    let fraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let zone = fraction.unwrap_or(rest);
    let (sign, offset) = zone.split_at_checked(1)?;
    if matches!(zone, "Z" | "z") {
        return Some(utc);
    }
    let minutes = u64::from(two(offset, 0, ':')?) * 60 + u64::from(two(offset, 3, ':')?);
    let ahead = Duration::from_secs(60 * minutes);
    match (sign, offset.len()) {
        ("+", 5) => Some(utc.before(ahead)),
        ("-", 5) => Some(utc.after(ahead)),
        _ => None,
    }
}

/// How many days a month has.
pub fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date; years begin in March so that the leap day is the last one.
fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    let shifted = i64::from(year) - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u8;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds: `2026-11-21T09:30:00.123Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(f, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second)?;
        write!(f, ".{:03}Z", c.micros / 1000)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_shown_and_in_other_zones() {
        let moment = Timestamp::from_civil((2026, 11, 21), (22, 0, 0)).unwrap();
        assert_eq!(moment.to_string().parse(), Ok(moment));
        for text in ["2026-11-21T22:00:00Z", "2026-11-21 23:00:00+01:00", "2026-11-21T16:30:00.123-05:30"] {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
        for text in ["", "2026-11-21", "2026-11-21T22:00:00", "2026-11-31T22:00:00Z", "2026-11-21T22:00:00+1"]
        {
            assert_eq!(text.parse::<Timestamp>(), Err(NotAMoment), "{text}");
        }
    }

    #[test]
    fn the_calendar_agrees_with_known_days() {
        let cases = [
            ((1970, 1, 1), 0, 3),
            ((2000, 2, 29), 951_782_400, 1),
            ((2026, 11, 21), 1_795_219_200, 5),
            ((2100, 3, 1), 4_107_542_400, 0),
        ];
        for (date, seconds, weekday) in cases {
            let moment = Timestamp::from_civil(date, (0, 0, 0)).unwrap();
            assert_eq!(moment.as_seconds(), seconds, "{date:?}");
            let civil = moment.civil();
            assert_eq!(
                (civil.year, civil.month, civil.day, civil.weekday),
                (date.0, date.1, date.2, weekday)
            );
        }
    }

    #[test]
    fn every_day_of_400_years_comes_back() {
        for day in -10_000..140_000_i64 {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), day);
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for date in [(2026, 2, 29), (2026, 13, 1), (2026, 0, 1), (2026, 4, 31), (2026, 1, 0)] {
            assert_eq!(Timestamp::from_civil(date, (0, 0, 0)), None, "{date:?}");
        }
        assert_eq!(Timestamp::from_civil((2026, 1, 1), (24, 0, 0)), None);
    }

    #[test]
    fn it_prints_as_rfc_3339() {
        let moment =
            Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap().after(Duration::from_millis(123));
        assert_eq!(moment.to_string(), "2026-11-21T09:30:00.123Z");
    }

    #[test]
    fn spans_saturate() {
        let early = Timestamp::from_micros(5);
        assert_eq!(early.since(Timestamp::MAX), Duration::ZERO);
        assert_eq!(Timestamp::MAX.after(Duration::from_secs(1)), Timestamp::MAX);
    }
}
