//! Routes: which connections take messages to whom.

use iwf_model::{Route, Rule};
use iwf_store::{Change, Provisioning};
use serde_json::Value;

use super::connections::{fields, show};
use super::named::Named;
use super::schema::Field;
use crate::config::Faults;
use crate::provisioning::{Plan, settings_of_json};

/// Routes by their names.
pub(crate) struct Routes;

impl Named for Routes {
    type Item = Route;
    const KIND: &'static str = "route";
    const SHAPES: [&'static str; 3] = ["Route", "RouteList", "Routes"];
    const PATHS: [&'static str; 2] = ["/v1/routes", "/v1/routes/{name}"];
    const KEY: &'static str = "name";

    fn fields() -> Vec<Field> {
        fields::<Rule>("its name, for people: 1 to 64 characters", &["to", "via"])
    }

    fn items(current: &Provisioning) -> &[Route] {
        &current.routes
    }

    fn name(route: &Route) -> &str {
        &route.name
    }

    fn show(route: &Route) -> Value {
        show(&route.name, &route.rule)
    }

    /// All of it is shown.
    fn hidden(_: &Route) -> String {
        String::new()
    }

    fn unmask(_: &mut Value, _: &Route) {}

    fn plan(body: Value) -> Result<Plan, Faults> {
        settings_of_json(body).and_then(|raw| Plan::of_route(&raw))
    }

    fn remove(name: &str) -> Change {
        Change::RemoveRoute { name: name.to_owned() }
    }
}
