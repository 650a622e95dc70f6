//! Which connections take a message to a number that is nobody's here (interworking.md E.7, E.8).
//!
//! - here: the routes of one revision, and what they say of one message
//! - `content`: what a text is, as far as a route asks
//! - `link`: which connections of a route may be used
//! - `trial`: what other routes would have made of the messages of the past
//! - `explain`: what would become of a message, and why

mod content;
mod explain;
mod link;
#[cfg(test)]
pub(crate) mod tests;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;

use iwf_model::route::{Subject, Unless};
use iwf_model::{Carrier, Connection, ConnectionId, Number, Pattern, Route, RouteId, Rule};

use crate::patterns::Patterns;

pub use self::content::Contents;
pub use self::explain::{Explanation, Look, Way};
pub use self::link::LeftOut;
pub use self::trial::{Comparison, Costs, Move, Stop, Trial};

use self::link::Links;

/// The routes and connections of one revision.
#[derive(Debug, Default)]
pub struct Routing {
    /// Those with the smaller priority first, then the older ones.
    routes: Vec<Arc<Route>>,
    by_id: BTreeMap<RouteId, Arc<Route>>,
    patterns: Patterns,
    links: Links,
}

/// The route that a message takes, and where it leads.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// The route.
    pub route: &'a Arc<Route>,
    /// The connections that may be used now, in the order in which they are tried; none when all are stopped or isolated,
    /// or would take the message back to where it came from.
    pub connections: Vec<&'a Arc<Connection>>,
}

/// Why a route whose pattern describes a number is not the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver<'a> {
    /// It is not in force.
    Disabled,
    /// Another pattern of it takes the number out.
    Excluded(&'a Pattern),
    /// It is for other senders.
    Source,
    /// It is for messages of others.
    Origin,
    /// It is for other times.
    Window,
    /// It is for other texts.
    Content,
}

/// How far the patterns of routes are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that begin with a digit.
    Literal,
    /// All of them.
    All,
}

impl Routing {
    /// Indexes what the store holds.
    pub fn new<'a>(
        carriers: impl Iterator<Item = &'a Arc<Carrier>>,
        connections: Vec<Connection>,
        routes: Vec<Route>,
    ) -> Self {
        let mut routes: Vec<Arc<Route>> = routes.into_iter().map(Arc::new).collect();
        routes.sort_by_key(|route| (route.rule.priority, route.id));
        let describing = |route: &Arc<Route>| {
            let of = route.rule.to.iter().filter(|one| !one.excludes).map(|one| one.pattern.clone());
            of.collect::<Vec<_>>()
        };
        let patterns = routes.iter().zip(0..);
        let patterns =
            patterns.flat_map(|(route, place)| describing(route).into_iter().map(move |it| (it, place)));
        Self {
            patterns: Patterns::new(patterns),
            by_id: routes.iter().map(|route| (route.id, Arc::clone(route))).collect(),
            links: Links::new(carriers, connections),
            routes,
        }
    }

    /// A route by its key.
    pub fn route(&self, id: RouteId) -> Option<&Arc<Route>> {
        self.by_id.get(&id)
    }

    /// Every route, by its key.
    pub fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.by_id.values()
    }

    /// A connection by its key.
    pub fn connection(&self, id: ConnectionId) -> Option<&Arc<Connection>> {
        self.links.by_id(id)
    }

    /// A connection by its name.
    pub fn connection_named(&self, name: &str) -> Option<&Arc<Connection>> {
        self.links.named(name).map(|link| &link.connection)
    }

    /// Every connection, by its key.
    pub fn connections(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.links.all()
    }

    /// The carrier at the other end of a connection.
    pub fn carrier_of(&self, connection: &Connection) -> Option<&Arc<Carrier>> {
        self.links.named(&connection.name).and_then(|link| link.carrier.as_ref())
    }

    /// The routes that have a pattern for the number, in their order: the closest pattern first, then the smaller
    /// priority, then the older one.
    pub fn candidates(&self, number: &Number, scope: Scope) -> impl Iterator<Item = (&Pattern, &Arc<Route>)> {
        let describing = self.patterns.describing(number);
        let in_scope = describing.take_while(move |(pattern, _)| {
            scope == Scope::All || pattern.prefix().starts_with(|c: char| c.is_ascii_digit())
        });
        in_scope.filter_map(|(pattern, place)| Some((pattern, self.routes.get(place)?)))
    }

    /// The first route that the message may take.
    pub fn best(&self, subject: &Subject<'_>, scope: Scope) -> Option<&Arc<Route>> {
        let mut candidates = self.candidates(subject.destination, scope).map(|(_, route)| route);
        candidates.find(|route| passed_over(&route.rule, subject).is_none())
    }

    /// The first route that the message may take, and its connections as they may be used now.
    ///
    /// No other route is looked at when it has none: whoever wants a message to go elsewhere then writes the other
    /// connection behind the first one.
    pub fn choose(&self, subject: &Subject<'_>) -> Option<Choice<'_>> {
        let route = self.best(subject, Scope::All)?;
        let ways = self.links.of(route, subject);
        let connections = ways.filter_map(|(_, way)| way.ok()).map(|link| &link.connection).collect();
        Some(Choice { route, connections })
    }

    /// Whether a route leads anywhere for this message, now or once its connections are started.
    pub fn leads_on(&self, route: &Route, subject: &Subject<'_>) -> bool {
        self.links.of(route, subject).any(|(_, way)| way.err().is_none_or(|why| !why.is_lasting()))
    }

    /// The connections that a route names, in the order in which this message would try them, with why it may not.
    pub fn connections_of<'a>(
        &'a self,
        route: &'a Route,
        subject: &Subject<'_>,
    ) -> impl Iterator<Item = (&'a str, Result<&'a Arc<Connection>, LeftOut>)> {
        let ways = self.links.of(route, subject);
        ways.map(|(name, way)| (name, way.map(|link| &link.connection)))
    }
}

/// Why a rule with a pattern for the number is not for the message; `None`: it is.
pub fn passed_over<'a>(rule: &'a Rule, subject: &Subject<'_>) -> Option<PassedOver<'a>> {
    if !rule.enabled {
        return Some(PassedOver::Disabled);
    }
    let takes_out = |one: &&Unless<Pattern>| one.excludes && one.pattern.matches(subject.destination);
    if let Some(out) = rule.to.iter().find(takes_out) {
        return Some(PassedOver::Excluded(&out.pattern));
    }
    if !rule.origin.is_empty() && !rule.origin.iter().any(|origin| origin.matches(subject)) {
        return Some(PassedOver::Origin);
    }
    if !rule.from.is_empty() && !Unless::any(&rule.from, |sender| sender.matches(subject.source)) {
        return Some(PassedOver::Source);
    }
    if !rule.when.is_empty() && !rule.when.iter().any(|window| window.has(subject.at)) {
        return Some(PassedOver::Window);
    }
    let has_content = rule.content.is_empty() || rule.content.iter().any(|class| (subject.content)(*class));
    (!has_content).then_some(PassedOver::Content)
}
