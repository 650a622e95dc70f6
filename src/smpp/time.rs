//! Times on the wire: `YYMMDDhhmmsstnnp` (SMPP 5.0 4.7.23; interworking.md A.11).
//!
//! Peers leave out the tenths, the quarter hours or the sign; 12 digits are enough for us. Everything
//! in this folder is about times to come, hence years are 2000-2099.

use std::time::Duration;

use iwf_model::Timestamp;
use iwf_model::time::days_in_month;

/// What a time field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireTime {
    /// Nothing: the field is NULL, or a relative time of zero, by which peers mean the same.
    Null,
    /// So long after now.
    In(Duration),
    /// At this moment.
    At(Timestamp),
}

/// Reads a time field; `None` when it is not a time. Years and months of a relative time are counted
/// by the calendar from `now`.
pub fn parse(field: &[u8], now: Timestamp) -> Option<WireTime> {
    let (digits, sign) = match field {
        [] => return Some(WireTime::Null),
        [digits @ .., sign @ (b'+' | b'-' | b'R')] => (digits, *sign),
        digits => (digits, b'+'),
    };
    if !(12..=15).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |at: usize| match digits.get(at..at + 2) {
        Some([tens, ones]) => (tens - b'0') * 10 + (ones - b'0'),
        _ => 0,
    };
    let fields = [pair(0), pair(2), pair(4), pair(6), pair(8), pair(10)];
    if sign == b'R' {
        return Some(relative(fields, now));
    }
    let [year, month, day, hour, minute, second] = fields;
    let tenths = digits.get(12).map_or(0, |tenths| u64::from(tenths - b'0'));
    let local = Timestamp::from_civil((2000 + i32::from(year), month, day), (hour, minute, second))?
        .after(Duration::from_millis(100 * tenths));
    let quarters = pair(13);
    if quarters > 48 {
        return None;
    }
    let offset = Duration::from_secs(u64::from(quarters) * 15 * 60);
    Some(WireTime::At(if sign == b'-' { local.after(offset) } else { local.before(offset) }))
}

fn relative([years, months, days, hours, minutes, seconds]: [u8; 6], now: Timestamp) -> WireTime {
    let civil = now.civil();
    let month_index = i32::from(civil.month) - 1 + i32::from(months);
    let year = civil.year + i32::from(years) + month_index / 12;
    let month = (month_index % 12 + 1) as u8;
    let day = civil.day.min(days_in_month(year, month));
    let time_of_day = (civil.hour, civil.minute, civil.second);
    let by_calendar = Timestamp::from_civil((year, month, day), time_of_day)
        .map_or(Duration::ZERO, |then| then.since(Timestamp::from_micros(now.as_seconds() * 1_000_000)));
    let in_day = u64::from(hours) * 3600 + u64::from(minutes) * 60 + u64::from(seconds);
    let span = by_calendar + Duration::from_secs(u64::from(days) * 86_400 + in_day);
    if span.is_zero() { WireTime::Null } else { WireTime::In(span) }
}

/// A time of a receipt, 10 or 12 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptDate {
    digits: [u8; 12],
    length: usize,
}

impl ReceiptDate {
    /// `YYMMDDhhmm` (SMPP 3.4 appendix B), with seconds behind it if wanted, in a zone so far ahead of UTC.
    pub fn new(moment: Timestamp, zone_minutes: i16, seconds: bool) -> Self {
        let ahead = Duration::from_secs(u64::from(zone_minutes.unsigned_abs()) * 60);
        let local = if zone_minutes < 0 { moment.before(ahead) } else { moment.after(ahead) };
        Self { digits: date_digits(local), length: if seconds { 12 } else { 10 } }
    }

    /// The digits.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or(&self.digits)
    }
}

/// `YYMMDDhhmmss000+`: an absolute time in UTC.
pub fn absolute(moment: Timestamp) -> [u8; 16] {
    let mut field = *b"000000000000000+";
    field[..12].copy_from_slice(&date_digits(moment));
    field
}

/// `0000DDhhmmss000R`: so long from now, a second at least and less than 100 days.
pub fn relative_field(span: Duration) -> [u8; 16] {
    let seconds = span.as_secs().clamp(1, 99 * 86_400);
    let values = [seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    let mut field = *b"000000000000000R";
    for (place, value) in field[4..12].chunks_exact_mut(2).zip(values) {
        place.copy_from_slice(&[b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
    }
    field
}

/// `YYMMDDhhmmss`
fn date_digits(moment: Timestamp) -> [u8; 12] {
    let civil = moment.civil();
    let year = civil.year.rem_euclid(100) as u8;
    let mut digits = [0; 12];
    let values = [year, civil.month, civil.day, civil.hour, civil.minute, civil.second];
    for (place, value) in digits.chunks_exact_mut(2).zip(values) {
        place.copy_from_slice(&[b'0' + value / 10, b'0' + value % 10]);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_civil((2026, 11, 30), (10, 0, 0)).unwrap()
    }

    fn at(date: (i32, u8, u8), time: (u8, u8, u8)) -> Option<WireTime> {
        Timestamp::from_civil(date, time).map(WireTime::At)
    }

    #[test]
    fn an_absolute_time_is_local_and_its_quarter_hours_lead_to_utc() {
        assert_eq!(parse(b"261201120000004+", now()), at((2026, 12, 1), (11, 0, 0)));
        assert_eq!(parse(b"261201120000020-", now()), at((2026, 12, 1), (17, 0, 0)));
        assert_eq!(parse(b"261201120000000+", now()), at((2026, 12, 1), (12, 0, 0)));
        assert_eq!(parse(b"261201120000049+", now()), None);
        let tenths = now().after(Duration::from_millis(900));
        assert_eq!(parse(b"261130100000900+", now()), Some(WireTime::At(tenths)));
    }

    #[test]
    fn a_relative_time_counts_years_and_months_by_the_calendar() {
        let days = |days: u64| Some(WireTime::In(Duration::from_secs(days * 86_400)));
        assert_eq!(parse(b"000001000000000R", now()), days(1));
        assert_eq!(parse(b"000100000000000R", now()), days(30));
        assert_eq!(parse(b"000300000000000R", now()), days(90), "30 November to 28 February");
        assert_eq!(parse(b"010000000000000R", now()), days(365));
    }

    #[test]
    fn the_example_of_the_specification_is_read() {
        let start = Timestamp::from_civil((2026, 1, 1), (0, 0, 0)).unwrap();
        let end = Timestamp::from_civil((2028, 7, 11), (23, 34, 29)).unwrap();
        assert_eq!(parse(b"020610233429000R", start), Some(WireTime::In(end.since(start))));
    }

    #[test]
    fn nothing_and_a_relative_zero_both_mean_nothing() {
        for field in [&b""[..], b"000000000000000R", b"000000000000R"] {
            assert_eq!(parse(field, now()), Some(WireTime::Null));
        }
    }

    #[test]
    fn short_times_of_real_peers_are_read() {
        for field in [&b"261201120000"[..], b"261201120000+", b"2612011200000", b"26120112000000+"] {
            assert_eq!(parse(field, now()), at((2026, 12, 1), (12, 0, 0)), "{}", field.escape_ascii());
        }
        assert_eq!(parse(b"000000010000R", now()), Some(WireTime::In(Duration::from_secs(3600))));
    }

    #[test]
    fn garbage_is_no_time() {
        for field in
            [&b"1"[..], b"26120112", b"261301120000000+", b"2612O1120000000+", b"tomorrow noon", b"R"]
        {
            assert_eq!(parse(field, now()), None, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn receipt_dates_have_ten_or_twelve_digits_in_their_zone() {
        let date = |zone, seconds| ReceiptDate::new(now(), zone, seconds);
        assert_eq!(date(0, false).as_bytes(), b"2611301000");
        assert_eq!(date(0, true).as_bytes(), b"261130100000");
        assert_eq!(date(330, false).as_bytes(), b"2611301530");
        assert_eq!(date(14 * 60, false).as_bytes(), b"2612010000");
        assert_eq!(date(-11 * 60, true).as_bytes(), b"261129230000");
    }

    #[test]
    fn an_absolute_time_reads_back() {
        assert_eq!(parse(&absolute(now()), now()), Some(WireTime::At(now())));
    }
}
