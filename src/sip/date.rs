//! The Date header (RFC 3261 20.17): RFC 1123 form, always GMT.

use std::fmt;

use iwf_model::Timestamp;

const WEEKDAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// A moment as `Sat, 21 Nov 2026 09:30:00 GMT`, for years 0-9999.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SipDate(pub(crate) Timestamp);

impl fmt::Display for SipDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&octets(self.0)).unwrap_or_default())
    }
}

/// Put together by hand: every message carries one, and padding by `fmt` costs more than the rest of it.
fn octets(moment: Timestamp) -> [u8; 29] {
    let civil = moment.civil();
    let mut text = *b"Mon, 00 Jan 0000 00:00:00 GMT";
    let year = civil.year.rem_euclid(10_000);
    let fields = [
        (5, civil.day),
        (12, (year / 100) as u8),
        (14, (year % 100) as u8),
        (17, civil.hour),
        (20, civil.minute),
        (23, civil.second),
    ];
    for (at, value) in fields {
        text[at] = b'0' + value / 10;
        text[at + 1] = b'0' + value % 10;
    }
    text[..3].copy_from_slice(WEEKDAYS[usize::from(civil.weekday % 7)]);
    text[8..11].copy_from_slice(MONTHS[usize::from((civil.month + 11) % 12)]);
    text
}

/// A moment as `2026-11-21T09:30:00Z` (RFC 3339 5.6), for years 0-9999.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rfc3339(pub(crate) Timestamp);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0.civil();
        write!(f, "{:04}-{:02}-{:02}", at.year.rem_euclid(10_000), at.month, at.day)?;
        write!(f, "T{:02}:{:02}:{:02}Z", at.hour, at.minute, at.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(date: (i32, u8, u8), time: (u8, u8, u8)) -> String {
        let moment = Timestamp::from_civil(date, time).unwrap();
        SipDate(moment).to_string()
    }

    /// RFC 3261 20.17, and the last moment of a leap day.
    #[test]
    fn dates_have_the_form_of_rfc_1123() {
        assert_eq!(date((2010, 11, 13), (23, 29, 0)), "Sat, 13 Nov 2010 23:29:00 GMT");
        assert_eq!(date((2024, 2, 29), (23, 59, 59)), "Thu, 29 Feb 2024 23:59:59 GMT");
        assert_eq!(date((2026, 1, 5), (7, 8, 9)), "Mon, 05 Jan 2026 07:08:09 GMT");
    }

    #[test]
    fn dates_of_cpim_have_the_form_of_rfc_3339() {
        let moment = Timestamp::from_civil((2026, 1, 5), (7, 8, 9)).unwrap();
        assert_eq!(Rfc3339(moment).to_string(), "2026-01-05T07:08:09Z");
    }
}
