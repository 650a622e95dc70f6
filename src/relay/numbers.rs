//! Which carrier serves a number: the patterns of all carriers, found by the digits they begin with.

use std::collections::HashMap;
use std::sync::Arc;

use iwf_model::{Carrier, Number, Pattern};

/// The patterns of all carriers that may be sent to.
///
/// A number is looked up once for each of its prefixes that is as long as that of some pattern, so the cost
/// grows neither with the carriers nor with their patterns, but with those that begin alike.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// By the digits they begin with; of those that begin alike, the closest first, then by the carrier's name.
    by_prefix: HashMap<Box<str>, Vec<(Pattern, Arc<Carrier>)>>,
    /// How long the digits are that some pattern begins with, the longest first.
    lengths: Vec<usize>,
}

impl Numbers {
    /// Indexes the patterns of those that are enabled.
    pub(crate) fn new<'a>(carriers: impl Iterator<Item = &'a Arc<Carrier>>) -> Self {
        let mut numbers = Self::default();
        for carrier in carriers.filter(|carrier| carrier.enabled) {
            for pattern in &carrier.profile.sending.numbers {
                let alike = numbers.by_prefix.entry(pattern.prefix().into()).or_default();
                alike.push((pattern.clone(), Arc::clone(carrier)));
                numbers.lengths.push(pattern.prefix().len());
            }
        }
        for alike in numbers.by_prefix.values_mut() {
            alike.sort_by(|(a, of_a), (b, of_b)| {
                b.closeness().cmp(&a.closeness()).then_with(|| of_a.name.cmp(&of_b.name))
            });
        }
        numbers.lengths.sort_unstable_by(|a, b| b.cmp(a));
        numbers.lengths.dedup();
        numbers
    }

    /// The carrier whose pattern describes the number most closely; of several as close, the one whose name
    /// comes first.
    pub(crate) fn carrier(&self, number: &Number) -> Option<&Arc<Carrier>> {
        let prefixes = self.lengths.iter().filter_map(|length| number.as_str().get(..*length));
        let mut alike = prefixes.filter_map(|prefix| self.by_prefix.get(prefix)).flatten();
        alike.find(|(pattern, _)| pattern.matches(number)).map(|(_, carrier)| carrier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::carrier;
    use iwf_model::CarrierId;
    use iwf_model::Settings;

    fn serving(id: i64, name: &str, patterns: &str) -> Arc<Carrier> {
        let mut carrier = Carrier { id: CarrierId(id), name: name.into(), ..carrier(true) };
        carrier.profile.set("numbers", patterns).unwrap();
        Arc::new(carrier)
    }

    fn served(carriers: &[Arc<Carrier>], number: &str) -> Option<i64> {
        let numbers = Numbers::new(carriers.iter());
        numbers.carrier(&number.parse().unwrap()).map(|carrier| carrier.id.0)
    }

    #[test]
    fn the_closest_pattern_wins_whoever_it_belongs_to() {
        let carriers =
            [serving(1, "all", "%"), serving(2, "far", "22%, 2_2[1-3]%"), serving(3, "near", "222%, 2225")];
        for (number, carrier) in
            [("1", 1), ("22", 2), ("221", 2), ("2221", 3), ("2225", 3), ("2921", 2), ("2925", 1)]
        {
            assert_eq!(served(&carriers, number), Some(carrier), "{number}");
        }
        assert_eq!(served(&carriers[1..], "3"), None);
        assert_eq!(served(&[], "3"), None);
    }

    #[test]
    fn of_two_that_are_as_close_the_name_decides() {
        let carriers = [serving(1, "b", "222%"), serving(2, "a", "222%")];
        assert_eq!(served(&carriers, "2221"), Some(2));
    }

    #[test]
    fn a_disabled_carrier_serves_nothing() {
        let disabled = Carrier { enabled: false, ..Carrier::clone(&serving(1, "a", "222%")) };
        assert_eq!(served(&[Arc::new(disabled), serving(2, "b", "%")], "2221"), Some(2));
    }
}
