//! A route: which connections take messages to numbers that are nobody's here (interworking.md E.7, E.8).

mod conditions;
mod facts;
mod settings;
mod tiers;

use crate::id::RouteId;

pub use self::conditions::{Content, OriginRule, SenderPattern, Subject, TimeWindow, Unless};
pub use self::facts::TextFacts;
pub use self::tiers::{Choice, Tier};

/// A route as the admin provisioned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its key in the store.
    pub id: RouteId,
    /// The name that people use, unique.
    pub name: String,
    /// What it says.
    pub rule: Rule,
}

/// What a route says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// It is in force.
    pub enabled: bool,
    /// The numbers it is for; none, and it is for no message.
    pub to: Vec<Unless<crate::Pattern>>,
    /// The senders it is for; none: for all.
    pub from: Vec<Unless<SenderPattern>>,
    /// Whose messages it is for; none: everybody's.
    pub origin: Vec<OriginRule>,
    /// When it holds; none: always.
    pub when: Vec<TimeWindow>,
    /// What it is for; none: everything.
    pub content: Vec<Content>,
    /// Of routes that describe a number as closely, the one with the smaller priority comes first.
    pub priority: crate::settings::Count<0, 1000>,
    /// It may send a message back to the carrier that it came from.
    pub hairpin: bool,
    /// The connections, in the order in which they are tried.
    pub via: Vec<Tier>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            enabled: true,
            to: Vec::new(),
            from: Vec::new(),
            origin: Vec::new(),
            when: Vec::new(),
            content: Vec::new(),
            priority: crate::settings::Count::near(100),
            hairpin: false,
            via: Vec::new(),
        }
    }
}

impl Rule {
    /// The names of the connections it leads to, each once for each time it stands there.
    pub fn connections(&self) -> impl Iterator<Item = &str> {
        self.via.iter().flat_map(|tier| &tier.choices).map(|choice| &*choice.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_setting_reads_back_what_it_shows() {
        let texts = [
            ("enabled", "false"),
            ("to", "222%, !2225%, 2_3[1-4]"),
            ("from", "4915%, !49151, acme%"),
            ("origin", "carrier:TATA Comm, account:1111, accounts"),
            ("when", "mon-fri 08:00-20:00 +01:00, sat-sun 22:00-06:00"),
            ("content", "unicode, long"),
            ("priority", "10"),
            ("hairpin", "true"),
            ("via", "a*70 | b*30, c"),
        ];
        let mut rule = Rule::default();
        texts.iter().for_each(|(key, text)| rule.set(key, text).unwrap());
        let shown = rule.differences();
        assert_eq!(shown.len(), Rule::settings().len(), "a setting is not tried here");
        let mut again = Rule::default();
        shown.iter().for_each(|(key, text)| again.set(key, text).unwrap());
        assert_eq!(again, rule);
        assert_eq!(rule.connections().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (key, text) in [
            ("to", "22%2"),
            ("to", "!"),
            ("from", "%A"),
            ("origin", "vendor:x"),
            ("origin", "carrier:"),
            ("when", "08:00-24:30"),
            ("when", "fri-mon 8-9"),
            ("content", "nice"),
            ("via", "a*0"),
            ("via", "a | "),
            ("via", "a b"),
            ("priority", "1001"),
        ] {
            assert!(Rule::default().set(key, text).is_err(), "{key} {text}");
        }
    }
}
