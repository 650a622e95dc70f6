use std::collections::BTreeMap;

use iwf_model::route::{Content, Subject};
use iwf_model::{
    AccountId, Address, Carrier, CarrierId, Connection, ConnectionId, Link, Origin, Route, RouteId, Rule,
    Settings, Timestamp,
};

use super::*;
use crate::admission::tests::{NOW, carrier};
use crate::seeded::Random;

pub(crate) fn connection(id: i64, name: &str, carrier: &str) -> Connection {
    let mut link = Link::default();
    link.set("carrier", carrier).unwrap();
    link.set("address", "192.0.2.1:2775").unwrap();
    Connection { id: ConnectionId(id), name: name.into(), link }
}

pub(crate) fn route(id: i64, settings: &[(&str, &str)]) -> Route {
    let mut rule = Rule::default();
    settings.iter().for_each(|(key, text)| rule.set(key, text).unwrap());
    Route { id: RouteId(id), name: format!("r{id}"), rule }
}

/// Carriers A to D with a connection each of the same name in small letters.
fn routing(routes: Vec<Route>) -> Routing {
    let links = (0..4).map(|id| (id + 1, ["a", "b", "c", "d"][id as usize]));
    let carriers: Vec<_> = links
        .clone()
        .map(|(id, name)| Arc::new(Carrier { id: CarrierId(id), name: name.to_uppercase(), ..carrier(true) }))
        .collect();
    let connections = links.map(|(id, name)| connection(id, name, &name.to_uppercase()));
    Routing::new(carriers.iter(), connections.collect(), routes)
}

/// What is asked, and by whom, for tests: an account's text unless something else is said.
#[derive(Clone)]
struct Asked {
    from: &'static str,
    to: String,
    origin: (Origin, &'static str),
    at: Timestamp,
    is: Vec<Content>,
}

impl Asked {
    fn to(to: &str) -> Self {
        let origin = (Origin::Account(AccountId(1)), "1111");
        Self { from: "491511", to: to.to_owned(), origin, at: NOW, is: Vec::new() }
    }

    fn ask<T>(&self, ask: impl FnOnce(&Subject<'_>) -> T) -> T {
        ask(&Subject {
            source: &Address::Number(self.from.parse().unwrap()),
            destination: &self.to.parse().unwrap(),
            origin: self.origin.0,
            origin_name: self.origin.1,
            at: self.at,
            content: &|content| self.is.contains(&content),
        })
    }

    /// The route and the connections.
    fn of(&self, routing: &Routing) -> Option<(i64, Vec<String>)> {
        self.ask(|subject| {
            let choice = routing.choose(subject)?;
            let names = choice.connections.iter().map(|connection| connection.name.clone());
            Some((choice.route.id.0, names.collect()))
        })
    }

    fn route(&self, routing: &Routing) -> Option<i64> {
        self.of(routing).map(|(route, _)| route)
    }
}

#[test]
fn the_closest_pattern_wins_then_the_priority_then_the_older_route() {
    let texts = [
        ("%", "1"),
        ("222%", "100"),
        ("222%", "50"),
        ("222%", "50"),
        ("2225", "1000"),
        ("22_5%", "0"),
        ("2224%, 9", "100"),
    ];
    let routes =
        texts.iter().zip(1..).map(|((to, priority), id)| route(id, &[("to", to), ("priority", priority)]));
    let mut routes: Vec<Route> = routes.collect();
    let expected =
        [("1", 1), ("2221", 3), ("2225", 5), ("22251", 3), ("2235", 6), ("22249", 7), ("9", 7), ("99", 1)];
    let check = |routing: &Routing| {
        for (to, id) in expected {
            assert_eq!(Asked::to(to).route(routing), Some(id), "{to}");
        }
    };
    check(&routing(routes.clone()));
    routes.reverse();
    check(&routing(routes));
}

#[test]
fn what_a_route_takes_out_goes_to_the_next_best() {
    let routes = vec![route(1, &[("to", "22%")]), route(2, &[("to", "222%, !2225%")])];
    let routing = routing(routes);
    assert_eq!(Asked::to("2221").route(&routing), Some(2));
    assert_eq!(Asked::to("22251").route(&routing), Some(1));
    assert_eq!(Asked::to("3").route(&routing), None);
}

#[test]
fn conditions_are_asked_each_for_itself() {
    let carrier_a = (Origin::Carrier(CarrierId(1)), "A");
    let plain = Asked::to("222");
    for (key, text, asked, taken) in [
        ("enabled", "false", plain.clone(), false),
        ("from", "4915%", plain.clone(), true),
        ("from", "4915%, !491511", plain.clone(), false),
        ("origin", "accounts", plain.clone(), true),
        ("origin", "carriers, account:2222", plain.clone(), false),
        ("origin", "carrier:A", Asked { origin: carrier_a, ..plain.clone() }, true),
        ("origin", "carrier:B", Asked { origin: carrier_a, ..plain.clone() }, false),
        ("when", "00:00-24:00", plain.clone(), true),
        ("content", "long, code", plain.clone(), false),
        ("content", "long, code", Asked { is: vec![Content::Code], ..plain.clone() }, true),
    ] {
        let routing = routing(vec![route(1, &[("to", "222"), (key, text)])]);
        assert_eq!(asked.route(&routing).is_some(), taken, "{key} {text}");
    }
}

#[test]
fn content_is_asked_of_routes_with_such_a_condition_only() {
    let routing = routing(vec![route(1, &[("to", "22%"), ("content", "code")]), route(2, &[("to", "222%")])]);
    let asked = std::cell::Cell::new(0);
    let content = |_| {
        asked.set(asked.get() + 1);
        false
    };
    for (to, best, times) in [("222", Some(RouteId(2)), 0), ("221", None, 1)] {
        Asked::to(to).ask(|subject| {
            let subject = Subject { content: &content, ..*subject };
            assert_eq!(routing.best(&subject, Scope::All).map(|route| route.id), best);
        });
        assert_eq!(asked.get(), times, "{to}");
    }
}

#[test]
fn connections_come_by_tiers_without_those_that_can_not_be_used() {
    let mut routes = vec![route(1, &[("to", "%"), ("via", "a, nowhere, b | c, d, a")])];
    let all = |asked: &Asked, routing: &Routing| asked.of(routing).unwrap().1;
    let asked = Asked::to("222");
    let in_order = all(&asked, &routing(routes.clone()));
    assert!(in_order == ["a", "b", "c", "d"] || in_order == ["a", "c", "b", "d"], "{in_order:?}");

    let from_a = Asked { origin: (Origin::Carrier(CarrierId(1)), "A"), ..asked.clone() };
    assert!(!all(&from_a, &routing(routes.clone())).contains(&"a".to_owned()));
    routes[0].rule.set("hairpin", "true").unwrap();
    assert_eq!(all(&from_a, &routing(routes.clone()))[0], "a");
}

#[test]
fn each_connection_that_is_left_out_says_why() {
    let disabled = Carrier { id: CarrierId(2), name: "Off".into(), ..carrier(false) };
    let carriers = [Arc::new(carrier(true)), Arc::new(disabled)];
    let with = |id, name, carrier, key, text: &str| {
        let mut connection = connection(id, name, carrier);
        connection.link.set(key, text).unwrap();
        connection
    };
    let connections = vec![
        with(1, "good", "Carrier1", "state", "started"),
        with(2, "isolated", "Carrier1", "state", "isolated"),
        with(3, "stopped", "Carrier1", "state", "stopped"),
        with(4, "receiver", "Carrier1", "bind", "receiver"),
        with(5, "off", "Off", "state", "started"),
        with(6, "orphan", "Gone", "state", "started"),
    ];
    let via = "good, isolated, stopped, receiver, off, orphan, none";
    let routing = Routing::new(carriers.iter(), connections, vec![route(1, &[("to", "%"), ("via", via)])]);
    let expected = [
        ("good", None),
        ("isolated", Some(LeftOut::Isolated)),
        ("stopped", Some(LeftOut::Stopped)),
        ("receiver", Some(LeftOut::TakesNoTexts)),
        ("off", Some(LeftOut::CarrierDisabled)),
        ("orphan", Some(LeftOut::CarrierDisabled)),
        ("none", Some(LeftOut::Unknown)),
    ];
    let route = routing.route(RouteId(1)).unwrap();
    Asked::to("1").ask(|subject| {
        let why = routing.connections_of(route, subject).map(|(name, way)| (name, way.err()));
        assert_eq!(why.collect::<Vec<_>>(), expected);
    });
    assert_eq!(Asked::to("1").of(&routing), Some((1, vec!["good".to_owned()])));
}

#[test]
fn texts_of_a_sender_to_a_number_keep_to_a_connection_and_all_share_by_the_weights() {
    let routing = routing(vec![route(1, &[("to", "%"), ("via", "a*70 | b*30")])]);
    let mut firsts: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..1000 {
        let asked = Asked::to(&format!("49{number:04}"));
        let first = asked.of(&routing).unwrap().1.remove(0);
        assert_eq!(asked.of(&routing).unwrap().1[0], first);
        *firsts.entry(first).or_default() += 1;
    }
    assert!((650..=750).contains(&firsts["a"]), "{firsts:?}");
}

#[test]
fn a_route_without_a_usable_connection_still_takes_the_message() {
    let mut routes = vec![route(1, &[("to", "222%"), ("via", "a")]), route(2, &[("to", "%"), ("via", "b")])];
    let from_a = Asked { origin: (Origin::Carrier(CarrierId(1)), "A"), ..Asked::to("2221") };
    assert_eq!(from_a.of(&routing(routes.clone())), Some((1, vec![])));
    routes[0].rule.set("enabled", "false").unwrap();
    assert_eq!(from_a.of(&routing(routes)), Some((2, vec!["b".to_owned()])));
}

/// A route of few digits, with whatever conditions.
fn any_route(random: &mut Random, id: i64) -> Route {
    let pattern = |random: &mut Random| {
        let digits: String = (0..random.below(5)).map(|_| ["1", "2", "_", "[12]"][random.below(4)]).collect();
        format!("{digits}{}", if digits.is_empty() || random.below(2) == 0 { "%" } else { "" })
    };
    let mut to = vec![pattern(random)];
    for _ in 0..random.below(3) {
        to.push(format!("{}{}", ["", "!"][random.below(2)], pattern(random)));
    }
    let priority = random.below(3).to_string();
    let origin = ["", "", "accounts", "carriers"][random.below(4)];
    let enabled = ["true", "true", "false"][random.below(3)];
    route(id, &[("to", &to.join(",")), ("priority", &priority), ("origin", origin), ("enabled", enabled)])
}

#[test]
fn the_choice_is_that_of_a_plain_reading_of_the_rules() {
    let mut random = Random(3);
    for _ in 0..50 {
        let mut routes: Vec<Route> = (1..=60).map(|id| any_route(&mut random, id)).collect();
        random.shuffle(&mut routes);
        let routing = routing(routes.clone());
        for _ in 0..100 {
            let to: String = (0..=random.below(5)).map(|_| ["1", "2", "3"][random.below(3)]).collect();
            let asked = Asked::to(&to);
            let number = to.parse().unwrap();
            let expected = asked.ask(|subject| {
                let described = routes.iter().flat_map(|route| {
                    let patterns = route.rule.to.iter().filter(|one| !one.excludes);
                    let own = patterns.filter(|one| one.pattern.matches(&number));
                    own.map(move |one| {
                        (std::cmp::Reverse(one.pattern.closeness()), route.rule.priority, route.id)
                    })
                });
                let by_id: BTreeMap<_, _> = routes.iter().map(|route| (route.id, route)).collect();
                let fits = described.filter(|(.., id)| {
                    let rule = &by_id[id].rule;
                    rule.enabled
                        && Unless::any(&rule.to, |pattern| pattern.matches(&number))
                        && (rule.origin.is_empty()
                            || rule.origin.iter().any(|origin| origin.matches(subject)))
                });
                fits.min().map(|(.., id)| id.0)
            });
            assert_eq!(asked.route(&routing), expected, "{to}");
        }
    }
}

/// docs/routing.md, "Which route".
#[test]
fn the_example_of_the_manual_is_true() {
    let by_day = [("to", "222333"), ("when", "mon-fri 08:00-20:00 +03:00"), ("via", "a")];
    let described = [("%", "100"), ("222%, !2225%", "100"), ("222_3%", "100"), ("222%", "10")];
    let routes = described.iter().zip(1..);
    let routes =
        routes.map(|((to, priority), id)| route(id, &[("to", to), ("priority", priority), ("via", "a")]));
    let routing = routing(routes.chain([route(5, &by_day)]).collect());
    // 2026-11-23 is a Monday.
    let at = |hour| Timestamp::from_civil((2026, 11, 23), (hour, 0, 0)).unwrap();
    for (to, hour, expected) in [
        ("333444", 12, 1),
        ("222999", 12, 4),
        ("2225000", 12, 4),
        ("222131", 12, 3),
        ("222333", 12, 5),
        ("222333", 17, 3),
    ] {
        let asked = Asked { at: at(hour), ..Asked::to(to) };
        assert_eq!(asked.route(&routing), Some(expected), "{to}");
    }
}
