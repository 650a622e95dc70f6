//! To which connections a route leads: `a*70 | b*30, c` is a or b, by their weights, and then c.

use crate::settings::{Label, Value, wrong};

/// Connections that are as good as one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Which ones.
    pub choices: Vec<Choice>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The name of the connection.
    pub connection: Label<64>,
    /// Its share, beside that of the others.
    pub weight: u16,
}

impl Tier {
    /// The connections in the order in which a message tries them: `share` says where it begins, by the weights, and the
    /// others follow in their order.
    pub fn ordered(&self, share: u64) -> impl Iterator<Item = &Choice> {
        let all: u64 = self.choices.iter().map(|choice| u64::from(choice.weight)).sum();
        let mut left = share % all.max(1);
        let first = self.choices.iter().position(|choice| {
            let weight = u64::from(choice.weight);
            let is_it = left < weight;
            left = left.saturating_sub(weight);
            is_it
        });
        let first = first.unwrap_or(0);
        let rest = self.choices.iter().enumerate().filter(move |(place, _)| *place != first);
        self.choices.get(first).into_iter().chain(rest.map(|(_, choice)| choice))
    }
}

impl Value for Tier {
    fn read(text: &str) -> Result<Self, String> {
        let choices: Result<Vec<Choice>, String> =
            text.split('|').map(|text| Choice::read(text.trim())).collect();
        choices.map(|choices| Self { choices })
    }

    fn show(&self) -> String {
        self.choices.iter().map(Choice::show).collect::<Vec<_>>().join(" | ")
    }
}

impl Value for Choice {
    fn read(text: &str) -> Result<Self, String> {
        let (name, weight) =
            text.rsplit_once('*').map_or((text, "1"), |(name, weight)| (name.trim(), weight.trim()));
        let weight = weight.parse().ok().filter(|weight| *weight > 0).ok_or("a weight is 1 to 65535")?;
        match Label::parse(name).filter(|name| !name.is_empty()) {
            Some(connection) => Ok(Self { connection, weight }),
            None => wrong("not the name of a connection"),
        }
    }

    fn show(&self) -> String {
        if self.weight == 1 {
            self.connection.to_string()
        } else {
            format!("{}*{}", self.connection, self.weight)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_the_weights_say_and_the_others_follow() {
        let tier = Tier::read("a*70 | b*20 | c*10").unwrap();
        let first = |share| tier.ordered(share).next().unwrap().connection.to_string();
        let firsts: Vec<String> = (0..100).map(first).collect();
        for (name, share) in [("a", 70), ("b", 20), ("c", 10)] {
            assert_eq!(firsts.iter().filter(|first| *first == name).count(), share, "{name}");
        }
        let order: Vec<&str> = tier.ordered(75).map(|choice| &*choice.connection).collect();
        assert_eq!(order, ["b", "a", "c"]);
    }
}
