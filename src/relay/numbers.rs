//! Which carrier serves a number: the patterns of all carriers.

use std::sync::Arc;

use iwf_model::{Carrier, Number};

use crate::patterns::Patterns;

/// The patterns of all carriers that may be sent to.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// By their names.
    carriers: Vec<Arc<Carrier>>,
    patterns: Patterns,
}

impl Numbers {
    /// Indexes the patterns of those that are enabled.
    pub(crate) fn new<'a>(carriers: impl Iterator<Item = &'a Arc<Carrier>>) -> Self {
        let mut carriers: Vec<_> = carriers.filter(|carrier| carrier.enabled).cloned().collect();
        carriers.sort_by(|a, b| a.name.cmp(&b.name));
        let places = carriers.iter().zip(0..);
        let patterns = places.flat_map(|(carrier, place)| {
            carrier.profile.sending.numbers.iter().map(move |pattern| (pattern.clone(), place))
        });
        Self { patterns: Patterns::new(patterns), carriers }
    }

    /// The carrier whose pattern describes the number most closely; of several as close, the one whose name
    /// comes first.
    pub(crate) fn carrier(&self, number: &Number) -> Option<&Arc<Carrier>> {
        let (_, place) = self.patterns.describing(number).next()?;
        self.carriers.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::carrier;
    use iwf_model::{CarrierId, Settings};

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
