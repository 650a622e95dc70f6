//! For which messages a route is.

use crate::address::{Address, Number};
use crate::message::Origin;
use crate::pattern::Pattern;
use crate::settings::{Title, Value, words, wrong};
use crate::time::Timestamp;

/// What a route is asked about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// From whom.
    pub source: &'a Address,
    /// To whom.
    pub destination: &'a Number,
    /// Who gave it to us.
    pub origin: Origin,
    /// The name of that carrier, or the username of that account.
    pub origin_name: &'a str,
    /// When it is asked.
    pub at: Timestamp,
    /// The classes that its text belongs to; asked for only where a route has such a condition.
    pub content: &'a dyn Fn(Content) -> bool,
}

/// A pattern, or with "!" what it takes out of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unless<T> {
    /// What it describes is taken out.
    pub excludes: bool,
    /// What is described.
    pub pattern: T,
}

/// A sender: a pattern of numbers, or letters of which "%" at the end leaves the rest open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderPattern {
    /// Everybody, the nameless too: `%`.
    Anybody,
    /// Numbers.
    Number(Pattern),
    /// A name, in whatever case; `open`: more may follow.
    Name {
        /// In small letters.
        letters: Box<str>,
        /// More may follow.
        open: bool,
    },
}

/// Whose messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginRule {
    /// All carriers'.
    Carriers,
    /// All accounts'.
    Accounts,
    /// This carrier's, by its name.
    Carrier(Title),
    /// This account's, by its username.
    Account(Title),
}

/// Days and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWindow {
    /// The first and the last day, 0 for Monday.
    days: (u8, u8),
    /// From and to, in minutes of the day; one that ends before it begins goes on into the next day.
    minutes: (u16, u16),
    /// Minutes ahead of UTC.
    zone: i16,
}

/// What a text is, for routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Content {
    /// It has characters that GSM 7-bit has not.
    Unicode = 0,
    /// It takes more than one part.
    Long = 1,
    /// It has a one-time code: a group of 4 to 8 digits in a text of one part.
    Code = 2,
    /// It is shown at once and not kept (message class 0).
    Flash = 3,
    /// Its priority is 2 or 3.
    Urgent = 4,
}

words! {
    Content { "unicode" = Unicode, "long" = Long, "code" = Code, "flash" = Flash, "urgent" = Urgent }
}

impl<T: Value> Value for Unless<T> {
    fn read(text: &str) -> Result<Self, String> {
        let (excludes, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        T::read(text).map(|pattern| Self { excludes, pattern })
    }

    fn show(&self) -> String {
        format!("{}{}", if self.excludes { "!" } else { "" }, self.pattern.show())
    }
}

impl<T> Unless<T> {
    /// Whether one of them describes it and none takes it out.
    pub fn any(list: &[Self], describes: impl Fn(&T) -> bool) -> bool {
        let has = |excludes| list.iter().any(|one| one.excludes == excludes && describes(&one.pattern));
        has(false) && !has(true)
    }
}

impl SenderPattern {
    /// Whether it describes the sender.
    pub fn matches(&self, source: &Address) -> bool {
        match (self, source) {
            (Self::Anybody, _) => true,
            (Self::Number(pattern), Address::Number(number)) => pattern.matches(number),
            (Self::Name { letters, open }, Address::Name(name)) => {
                let name = name.as_str().to_lowercase();
                if *open { name.starts_with(&**letters) } else { name == **letters }
            }
            _ => false,
        }
    }
}

impl Value for SenderPattern {
    fn read(text: &str) -> Result<Self, String> {
        if text == "%" {
            return Ok(Self::Anybody);
        }
        if let Ok(pattern) = Pattern::parse(text) {
            return Ok(Self::Number(pattern));
        }
        let (letters, open) = text.strip_suffix('%').map_or((text, false), |letters| (letters, true));
        if letters.is_empty() || letters.contains('%') || letters.chars().count() > 20 {
            return wrong("neither a pattern of numbers nor up to 20 letters, with \"%\" at the end only");
        }
        Ok(Self::Name { letters: letters.to_lowercase().into(), open })
    }

    fn show(&self) -> String {
        match self {
            Self::Anybody => "%".to_owned(),
            Self::Number(pattern) => pattern.to_string(),
            Self::Name { letters, open } => format!("{letters}{}", if *open { "%" } else { "" }),
        }
    }
}

impl OriginRule {
    /// Whether that is it.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match (self, subject.origin) {
            (Self::Carriers, Origin::Carrier(_)) | (Self::Accounts, Origin::Account(_)) => true,
            (Self::Carrier(name), Origin::Carrier(_)) | (Self::Account(name), Origin::Account(_)) => {
                **name == *subject.origin_name
            }
            _ => false,
        }
    }
}

impl Value for OriginRule {
    fn read(text: &str) -> Result<Self, String> {
        let name = |name| {
            let name = Title::parse(name).filter(|name| !name.is_empty());
            name.ok_or_else(|| "a name follows the colon".to_owned())
        };
        match text.split_once(':') {
            None if text == "carriers" => Ok(Self::Carriers),
            None if text == "accounts" => Ok(Self::Accounts),
            Some(("carrier", carrier)) => name(carrier).map(Self::Carrier),
            Some(("account", account)) => name(account).map(Self::Account),
            _ => wrong("no such origin"),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Carriers => "carriers".to_owned(),
            Self::Accounts => "accounts".to_owned(),
            Self::Carrier(name) => format!("carrier:{name}"),
            Self::Account(name) => format!("account:{name}"),
        }
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: i64 = 24 * 60;

impl TimeWindow {
    /// Whether the moment is in it.
    pub fn has(&self, moment: Timestamp) -> bool {
        let minutes = moment.as_seconds().div_euclid(60) + i64::from(self.zone);
        let weekday = (minutes.div_euclid(DAY) + 3).rem_euclid(7) as u8;
        let in_day = minutes.rem_euclid(DAY) as u16;
        let (from, to) = self.minutes;
        if from < to {
            return self.has_day(weekday) && (from..to).contains(&in_day);
        }
        // It began yesterday, or begins today.
        (self.has_day((weekday + 6) % 7) && in_day < to) || (self.has_day(weekday) && in_day >= from)
    }

    fn has_day(&self, day: u8) -> bool {
        let (first, last) = self.days;
        if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
    }
}

impl Value for TimeWindow {
    fn read(text: &str) -> Result<Self, String> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let zone = match words.last().filter(|word| word.starts_with(['+', '-'])) {
            Some(zone) => i16::read(zone)?,
            None => 0,
        };
        words.retain(|word| !word.starts_with(['+', '-']));
        let (days, hours) = match words[..] {
            [hours] => ((0, 6), hours),
            [days, hours] => (read_days(days).ok_or("days are written \"mon-fri\" or \"sun\"")?, hours),
            _ => return wrong("days, a time of day and a time zone"),
        };
        let minutes = hours.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        let (from, to) = minutes.ok_or("a time of day is written \"08:00-20:00\"")?;
        if from == to {
            return wrong("it ends when it begins");
        }
        Ok(Self { days, minutes: (from % DAY as u16, to), zone })
    }

    fn show(&self) -> String {
        let day = |day: u8| DAYS.get(usize::from(day)).copied().unwrap_or_default();
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let days = match self.days {
            (0, 6) => String::new(),
            (first, last) if first == last => format!("{} ", day(first)),
            (first, last) => format!("{}-{} ", day(first), day(last)),
        };
        let zone = if self.zone == 0 { String::new() } else { format!(" {}", self.zone.show()) };
        format!("{days}{}-{}{zone}", time(self.minutes.0), time(self.minutes.1))
    }
}

fn read_days(text: &str) -> Option<(u8, u8)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let day = |word: &str| DAYS.iter().position(|day| *day == word).map(|place| place as u8);
    Some((day(first)?, day(last)?))
}

/// `08:00` to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2);
    let (hour, minute) = (two(hour)?, two(minute)?);
    (minute < 60 && hour * 60 + minute <= DAY as u16).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Name;

    fn at(day: u8, hour: u8, minute: u8) -> Timestamp {
        // 2026-11-23 is a Monday.
        Timestamp::from_civil((2026, 11, 23 + day), (hour, minute, 0)).unwrap()
    }

    #[test]
    fn a_window_has_its_days_and_hours_in_its_zone() {
        let window = TimeWindow::read("mon-fri 08:00-20:00 +01:00").unwrap();
        for (moment, inside) in [
            (at(0, 6, 59), false),
            (at(0, 7, 0), true),
            (at(4, 18, 59), true),
            (at(4, 19, 0), false),
            (at(5, 12, 0), false),
        ] {
            assert_eq!(window.has(moment), inside, "{moment:?}");
        }
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_it_begins() {
        let window = TimeWindow::read("sun 22:00-06:00").unwrap();
        for (moment, inside) in
            [(at(6, 22, 0), true), (at(0, 5, 59), true), (at(0, 6, 0), false), (at(0, 23, 0), false)]
        {
            assert_eq!(window.has(moment), inside, "{moment:?}");
        }
        assert!(TimeWindow::read("00:00-24:00").unwrap().has(at(3, 23, 59)));
    }

    #[test]
    fn names_match_in_any_case_and_numbers_by_their_digits() {
        let name = Address::Name(Name::parse("Acme Bank").unwrap());
        let number = Address::Number("49151".parse().unwrap());
        let matches = |pattern: &str, source: &Address| SenderPattern::read(pattern).unwrap().matches(source);
        assert!(matches("ACME%", &name) && matches("acme bank", &name) && matches("%", &name));
        assert!(!matches("acme", &name) && !matches("4915%", &name));
        assert!(matches("4915%", &number) && matches("%", &number) && matches("%", &Address::Absent));
        assert!(!matches("A%", &Address::Absent) && !matches("A%", &number));
    }

    #[test]
    fn what_is_taken_out_is_out_whatever_else_describes_it() {
        let list = Vec::<Unless<Pattern>>::read("222%, !2225%").unwrap();
        let has = |number: &str| Unless::any(&list, |pattern| pattern.matches(&number.parse().unwrap()));
        assert!(has("2221") && !has("22251") && !has("333"));
    }
}
