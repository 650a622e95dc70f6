//! What would become of a message, and why.

use std::sync::Arc;

use iwf_model::route::Subject;
use iwf_model::{Address, Connection, Number, Pattern, Route, Submission, Timestamp};

use super::{LeftOut, PassedOver, Scope, passed_over};
use crate::admission::Policy;
use crate::directory::Directory;
use crate::verdict::Verdict;

/// What would become of a message, and why.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// The sender, as it would go on.
    pub source: Address,
    /// What was looked for: the number as it stands, then as the plan of its origin reads it, where that is another.
    pub looks: Vec<Look<'a>>,
    /// What comes of it.
    pub verdict: Verdict<'a>,
    /// Of the route that it takes: the connections in the order in which they are tried.
    pub ways: Vec<Way<'a>>,
}

/// One number, and the routes with a pattern for it.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The number.
    pub number: Number,
    /// Only patterns that begin with a digit were looked at: a plan may make another number of it.
    pub scope: Scope,
    /// The routes in their order, with the pattern that describes it, and why it is not the one; `None`: it could be.
    pub candidates: Vec<(&'a Arc<Route>, &'a Pattern, Option<PassedOver<'a>>)>,
}

/// A connection of the route.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// Its name.
    pub name: &'a str,
    /// The connection, or why it is not used.
    pub connection: Result<&'a Arc<Connection>, LeftOut>,
    /// Something is bound over which it could go now.
    pub bound: bool,
}

impl Directory {
    /// Explains what would become of a message at this moment; `bound`: whether texts can go over a connection now.
    pub fn explain<'a>(
        &'a self,
        submission: &Submission,
        policy: &Policy,
        at: Timestamp,
        bound: impl Fn(&Connection) -> bool,
    ) -> Explanation<'a> {
        let mut read = submission.clone();
        let verdict = Verdict::of(&mut read, self, policy, at);
        let mut looks = Vec::new();
        if read.destination != submission.destination || verdict == Verdict::NotOfPlan {
            let as_it_stands = Submission { destination: submission.destination, ..read.clone() };
            looks.push(self.ask(&as_it_stands, at, |subject| self.look(subject, Scope::Literal)));
        }
        if verdict != Verdict::NotOfPlan {
            looks.push(self.ask(&read, at, |subject| self.look(subject, Scope::All)));
        }
        let ways = match verdict {
            Verdict::Routed(route) | Verdict::LeadsNowhere(route) => self.ask(&read, at, |subject| {
                let ways = self.routing().connections_of(route, subject);
                let way = |(name, connection): (&'a str, Result<&'a Arc<Connection>, LeftOut>)| Way {
                    name,
                    connection,
                    bound: connection.is_ok_and(|connection| bound(connection)),
                };
                ways.map(way).collect()
            }),
            _ => Vec::new(),
        };
        Explanation { source: read.source, looks, verdict, ways }
    }

    fn look<'a>(&'a self, subject: &Subject<'_>, scope: Scope) -> Look<'a> {
        let candidates = self.routing().candidates(subject.destination, scope);
        let candidates =
            candidates.map(|(pattern, route)| (route, pattern, passed_over(&route.rule, subject)));
        Look { number: *subject.destination, scope, candidates: candidates.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::{NOW, carrier, policy, submission};
    use crate::directory::tests::account;
    use crate::routing::tests::{connection, route};
    use iwf_model::{Carrier, CarrierId, EnvironmentId, Options, Settings, Trace};

    fn directory() -> Directory {
        let mut german = carrier(true);
        german.profile.set("number_plan", "49 0 00").unwrap();
        let vendor = Carrier { id: CarrierId(2), name: "Vendor".into(), ..carrier(true) };
        let mut off = connection(3, "off", "Vendor");
        off.link.set("state", "stopped").unwrap();
        let connections = vec![connection(1, "back", "Carrier1"), connection(2, "on", "Vendor"), off];
        let routes = vec![
            route(1, &[("to", "4989%"), ("via", "back")]),
            route(2, &[("to", "49%, !49151%"), ("via", "on")]),
            route(3, &[("to", "%"), ("from", "ACME"), ("via", "on")]),
            route(4, &[("to", "%"), ("via", "back, off, on")]),
        ];
        Directory::new(vec![german, vendor], vec![account(1, "anna", &["1111"])], connections, routes)
    }

    #[test]
    fn it_says_what_was_looked_for_and_why_each_route_was_passed_over() {
        let directory = directory();
        let told = directory.explain(&submission("015112345678"), &policy(), NOW, |_| true);
        let looks: Vec<_> = told.looks.iter().map(|look| (look.number.to_string(), look.scope)).collect();
        let expected = [("015112345678", Scope::Literal), ("4915112345678", Scope::All)];
        assert_eq!(looks, expected.map(|(number, scope)| (number.to_owned(), scope)));
        assert!(told.looks[0].candidates.is_empty());
        let why = told.looks[1].candidates.iter().map(|(route, pattern, why)| {
            let out = match why {
                Some(PassedOver::Excluded(out)) => out.to_string(),
                other => format!("{other:?}"),
            };
            (route.id.0, pattern.to_string(), out)
        });
        let expected = [(2, "49%", "49151%"), (3, "%", "Some(Source)"), (4, "%", "None")];
        assert_eq!(
            why.collect::<Vec<_>>(),
            expected.map(|(id, pattern, why)| (id, pattern.to_owned(), why.to_owned()))
        );
        assert_eq!(told.verdict, Verdict::Routed(directory.route(iwf_model::RouteId(4)).unwrap()));
        let ways = told.ways.iter().map(|way| (way.name, way.connection.err(), way.bound));
        let expected = [
            ("back", Some(LeftOut::CameFromThere), false),
            ("off", Some(LeftOut::Stopped), false),
            ("on", None, true),
        ];
        assert_eq!(ways.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn each_end_has_its_reason() {
        let directory = directory();
        let verdict = |submission: Submission| {
            let told = directory.explain(&submission, &policy(), NOW, |_| true);
            format!("{:?}", told.verdict).split('(').next().unwrap().to_owned()
        };
        assert_eq!(verdict(submission("1111")), "Owned");
        assert_eq!(verdict(submission("12345")), "NotOfPlan");
        assert_eq!(verdict(submission("498912345678")), "LeadsNowhere");
        let trace = Trace::default().onward(EnvironmentId([7; 8]));
        let options = Options { trace: Some(Box::new(trace)), ..Options::default() };
        let again = Submission { options: Some(Box::new(options)), ..submission("4915112345678") };
        assert_eq!(verdict(again), "Loop");
    }
}
