//! How long it takes to build the routes of a revision, and to find the one for a message.
//!
//! `cargo run --release -p iwf-relay --example route_speed`

#![expect(clippy::disallowed_methods, reason = "it measures time")]
#![expect(clippy::print_stdout, reason = "it is a program for people")]
#![expect(clippy::unwrap_used, reason = "a failure is seen by whoever measures")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use iwf_model::route::Subject;
use iwf_model::{
    AccountId, Address, Alphabet, Carrier, CarrierId, Connection, ConnectionId, Link, Number, Origin,
    Profile, Route, RouteId, Rule, Settings, Timestamp,
};
use iwf_relay::Routing;
use iwf_relay::routing::Scope;

const LOOKUPS: usize = 1_000_000;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn route(id: i64, to: &str, origin: &str) -> Route {
    let mut rule = Rule::default();
    for (key, text) in [("to", to), ("via", "b"), ("origin", origin)] {
        rule.set(key, text).unwrap();
    }
    Route { id: RouteId(id), name: format!("r{id}"), rule }
}

fn routing(routes: Vec<Route>) -> Routing {
    let carrier = Arc::new(Carrier {
        id: CarrierId(2),
        name: "Vendor".into(),
        system_id: "vendor".into(),
        password_hash: String::new(),
        enabled: true,
        max_binds: 1,
        rate: 0,
        window: 10,
        alphabet: Alphabet::Gsm7,
        profile: Profile::default(),
    });
    let mut link = Link::default();
    link.set("carrier", "Vendor").unwrap();
    link.set("address", "192.0.2.1:2775").unwrap();
    let connection = Connection { id: ConnectionId(1), name: "b".into(), link };
    let (count, start) = (routes.len(), Instant::now());
    let routing = Routing::new([&carrier].into_iter(), vec![connection], routes);
    println!("  {count} routes built in {:?}", start.elapsed());
    routing
}

fn measure(what: &str, routing: &Routing, numbers: &[Number], whole: bool) {
    let source = Address::Number("491511234567".parse().unwrap());
    let (mut found, start) = (0, Instant::now());
    for at in 0..LOOKUPS {
        let subject = Subject {
            source: &source,
            destination: black_box(&numbers[at % numbers.len()]),
            origin: Origin::Account(AccountId(1)),
            origin_name: "1111",
            at: Timestamp::from_micros(0),
            content: &|_| false,
        };
        found += usize::from(match whole {
            true => black_box(routing.choose(&subject)).is_some(),
            false => black_box(routing.best(&subject, Scope::All)).is_some(),
        });
    }
    let each = start.elapsed().as_nanos() as usize / LOOKUPS;
    println!("  {what}: {each} ns each, {found} of {LOOKUPS} found");
}

fn main() {
    let mut random = Random(7);
    let number = |random: &mut Random, digits: u32| {
        let low = 10_u64.pow(digits - 1);
        (low + random.below(9 * low)).to_string()
    };
    println!("prefixes of 4 to 9 digits, and one for everything:");
    let mut routes: Vec<Route> = (1..100_000)
        .map(|id| {
            let digits = 4 + random.below(6) as u32;
            route(id, &format!("{}%", number(&mut random, digits)), "")
        })
        .collect();
    routes.push(route(100_000, "%", ""));
    let routing_of = routing(routes);
    let numbers: Vec<Number> = (0..50_000).map(|_| number(&mut random, 12).parse().unwrap()).collect();
    measure("the route", &routing_of, &numbers, false);
    measure("the route and its connections", &routing_of, &numbers, true);

    println!("whole numbers:");
    let whole: Vec<String> = (0..100_000).map(|_| number(&mut random, 12)).collect();
    let routing_of = routing(whole.iter().zip(1..).map(|(to, id)| route(id, to, "")).collect());
    let numbers: Vec<Number> = whole.iter().map(|to| to.parse().unwrap()).collect();
    measure("the route", &routing_of, &numbers, false);

    println!("the same prefix for 1,000 accounts:");
    let routing_of =
        routing((1..=1000).map(|id| route(id, "4%", &format!("account:{}", 2000 - id))).collect());
    let numbers = vec!["491511234567".parse().unwrap()];
    measure("the route", &routing_of, &numbers, false);
}
