//! What other routes would have made of the messages of the past.

use std::collections::BTreeMap;
use std::sync::Arc;

use iwf_model::connection::Price;
use iwf_model::route::{Subject, TextFacts};
use iwf_model::{Address, Connection, MessageId, Name, Number, Recipient, Record};

use super::Choice;
use crate::directory::Directory;

/// The most pairs of ways that are told apart; more are counted together.
const MOST_MOVES: usize = 1000;
/// The most examples of each.
const EXAMPLES: usize = 3;

/// Asks two revisions about the same messages.
pub struct Trial<'a> {
    before: &'a Directory,
    after: &'a Directory,
    found: Comparison,
}

/// How two revisions differ on the messages they were asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The messages that no route was asked about: accounts or carriers had their numbers.
    pub unrouted: u64,
    /// Those that keep to their connection.
    pub same: u64,
    /// Those that would go over another one.
    pub elsewhere: u64,
    /// Those that would have no connection any more.
    pub nowhere: u64,
    /// Those that would have one and have none now.
    pub somewhere: u64,
    /// Those of which it is not known what their text was.
    pub without_text: u64,
    /// Those that would go another way, by their old and their new one.
    pub moves: BTreeMap<(Stop, Stop), Move>,
    /// Those that go another way and are in none of these.
    pub unlisted: u64,
    /// What the parts of all of them cost, by currency.
    pub costs: BTreeMap<[u8; 3], Costs>,
    /// The parts that go over connections without a price, now and then.
    pub unpriced: (u64, u64),
}

/// A route and a connection, by their names; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Stop {
    /// The route.
    pub route: String,
    /// The connection that is tried first.
    pub connection: String,
}

/// Messages that would go the same other way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Move {
    /// How many.
    pub messages: u64,
    /// The first ones.
    pub examples: Vec<(MessageId, String)>,
}

/// Sums in millionths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Costs {
    /// What it comes to now.
    pub before: u128,
    /// What it would have come to.
    pub after: u128,
}

impl<'a> Trial<'a> {
    /// Of what is, and what would be.
    pub fn new(before: &'a Directory, after: &'a Directory) -> Self {
        Self { before, after, found: Comparison::default() }
    }

    /// Asks about one message, as if it came at the time at which it did come.
    pub fn look(&mut self, record: &Record) {
        let (Recipient::Route(_), Ok(destination)) = (record.recipient, record.destination.parse()) else {
            self.found.unrouted += 1;
            return;
        };
        let source = sender(&record.source);
        let [before, after] =
            [self.before, self.after].map(|directory| choose(directory, record, &source, &destination));
        let parts = record.text.map_or(1, |text| u64::from(text.parts));
        let [old, new] = [&before, &after].map(|choice| first(choice.as_ref()));
        self.found.without_text += u64::from(record.text.is_none());
        self.found.cost(old, parts, |costs| &mut costs.before, |unpriced| &mut unpriced.0);
        self.found.cost(new, parts, |costs| &mut costs.after, |unpriced| &mut unpriced.1);
        let names = [old, new].map(|connection| connection.map(|connection| &connection.name));
        *match names {
            [old, new] if old == new => &mut self.found.same,
            [Some(_), Some(_)] => &mut self.found.elsewhere,
            [_, None] => &mut self.found.nowhere,
            [None, _] => &mut self.found.somewhere,
        } += 1;
        if names[0] != names[1] {
            let stops = (stop(before.as_ref()), stop(after.as_ref()));
            self.found.moved(stops, (record.message, record.destination.clone()));
        }
    }

    /// What was found.
    pub fn end(self) -> Comparison {
        self.found
    }
}

impl Comparison {
    fn cost(
        &mut self,
        over: Option<&Arc<Connection>>,
        parts: u64,
        of: impl Fn(&mut Costs) -> &mut u128,
        without: impl Fn(&mut (u64, u64)) -> &mut u64,
    ) {
        let Some(connection) = over else { return };
        match connection.link.price {
            Some(Price { micros, currency }) => {
                let cost = u128::from(micros) * u128::from(parts);
                *of(self.costs.entry(currency).or_default()) += cost;
            }
            None => *without(&mut self.unpriced) += parts,
        }
    }

    fn moved(&mut self, stops: (Stop, Stop), example: (MessageId, String)) {
        if self.moves.len() >= MOST_MOVES && !self.moves.contains_key(&stops) {
            self.unlisted += 1;
            return;
        }
        let same = self.moves.entry(stops).or_default();
        same.messages += 1;
        if same.examples.len() < EXAMPLES {
            same.examples.push(example);
        }
    }
}

fn choose<'a>(
    directory: &'a Directory,
    record: &Record,
    source: &Address,
    destination: &Number,
) -> Option<Choice<'a>> {
    directory.routing().choose(&Subject {
        source,
        destination,
        origin: record.origin,
        origin_name: directory.name_of(record.origin),
        at: record.accepted_at,
        content: &|content| record.text.is_some_and(|text: TextFacts| text.is(content)),
    })
}

fn first<'a>(choice: Option<&Choice<'a>>) -> Option<&'a Arc<Connection>> {
    choice.and_then(|choice| choice.connections.first().copied())
}

fn stop(choice: Option<&Choice<'_>>) -> Stop {
    Stop {
        route: choice.map_or_else(String::new, |choice| choice.route.name.clone()),
        connection: first(choice).map_or_else(String::new, |connection| connection.name.clone()),
    }
}

/// A sender as records have it.
fn sender(text: &str) -> Address {
    match (text.parse(), Name::parse(text)) {
        (Ok(number), _) => Address::Number(number),
        (Err(_), Some(name)) if text != Address::Absent.to_string() => Address::Name(name),
        _ => Address::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::{NOW, carrier, id};
    use crate::routing::tests::{connection, route};
    use iwf_model::route::Content;
    use iwf_model::{AccountId, Carrier, CarrierId, Cause, Origin, RouteId, Settings};

    /// Connections "cheap", "dear" and "free" of carriers of the same name.
    fn directory(routes: &[&[(&str, &str)]]) -> Directory {
        let links = [(1, "cheap", "0.01 EUR"), (2, "dear", "0.02 EUR"), (3, "free", "")];
        let carriers = links.map(|(id, name, _)| Carrier {
            id: CarrierId(id),
            name: name.into(),
            system_id: name.into(),
            ..carrier(true)
        });
        let connections = links.map(|(id, name, price)| {
            let mut connection = connection(id, name, name);
            connection.link.set("price", price).unwrap();
            connection
        });
        let routes = routes.iter().zip(1..).map(|(settings, id)| route(id, settings));
        Directory::new(carriers.into(), vec![], connections.into(), routes.collect())
    }

    fn record(counter: u32, to: &str, text: Option<TextFacts>) -> Record {
        Record {
            message: id(counter),
            origin: Origin::Account(AccountId(1)),
            recipient: Recipient::Route(RouteId(9)),
            source: "ACME".into(),
            destination: to.into(),
            accepted_at: NOW,
            finished_at: NOW,
            state: Cause::Delivered.final_state(),
            cause: Cause::Delivered,
            reason: Cause::Delivered,
            via: None,
            code: 0,
            attempts: 1,
            in_doubt: false,
            text,
            story: Vec::new(),
        }
    }

    #[test]
    fn it_counts_what_would_go_another_way_and_what_that_costs() {
        let before = directory(&[&[("to", "49%"), ("via", "dear")], &[("to", "48%"), ("via", "free")]]);
        let after = directory(&[
            &[("to", "49%"), ("via", "dear")],
            &[("to", "491%"), ("content", "long"), ("via", "cheap")],
            &[("to", "47%"), ("via", "free")],
        ]);
        let mut trial = Trial::new(&before, &after);
        let long = TextFacts::new(3, |content| content == Content::Long);
        trial.look(&record(1, "491", Some(long)));
        trial.look(&record(2, "491", Some(TextFacts::new(1, |_| false))));
        trial.look(&record(3, "481", None));
        trial.look(&record(4, "471", None));
        trial.look(&record(5, "46", None));
        trial.look(&Record { recipient: Recipient::Account(AccountId(1)), ..record(6, "491", None) });

        let found = trial.end();
        let counts = (found.unrouted, found.same, found.elsewhere, found.nowhere, found.somewhere);
        assert_eq!(counts, (1, 2, 1, 1, 1));
        assert_eq!(found.without_text, 3);
        let costs = Costs { before: 4 * 20_000, after: 3 * 10_000 + 20_000 };
        assert_eq!(found.costs, BTreeMap::from([(*b"EUR", costs)]));
        assert_eq!(found.unpriced, (1, 1));
        let moves: Vec<_> = found
            .moves
            .iter()
            .map(|((old, new), moved)| {
                let ways = [&old.route, &old.connection, &new.route, &new.connection].map(String::as_str);
                (ways, moved.messages, moved.examples[0].1.as_str())
            })
            .collect();
        assert_eq!(
            moves,
            [
                (["", "", "r3", "free"], 1, "471"),
                (["r1", "dear", "r2", "cheap"], 1, "491"),
                (["r2", "free", "", ""], 1, "481"),
            ]
        );
    }

    #[test]
    fn the_same_routes_change_nothing() {
        let routes: &[&[(&str, &str)]] = &[&[("to", "%"), ("from", "ACME"), ("via", "cheap*3 | dear, free")]];
        let (before, after) = (directory(routes), directory(routes));
        let mut trial = Trial::new(&before, &after);
        (0..100).for_each(|counter| trial.look(&record(counter, &counter.to_string(), None)));
        let found = trial.end();
        assert_eq!((found.same, found.moves.len()), (100, 0));
        assert!(found.costs.values().all(|costs| costs.before == costs.after && costs.before > 0));
    }

    #[test]
    fn a_sender_is_read_as_it_was_written_into_the_record() {
        for text in ["491511", "ACME Bank", "-"] {
            assert_eq!(sender(text).to_string(), text);
        }
        assert_eq!(sender("-"), Address::Absent);
    }
}
