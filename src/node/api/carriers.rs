//! Carriers: who binds to us.

use iwf_model::{Alphabet, Carrier, Profile, Setting, Settings};
use iwf_store::{Change, Provisioning};
use serde_json::{Value, json};

use super::named::Named;
use super::schema::{Field, Object, Schema};
use crate::config::Faults;
use crate::provisioning::{MAX_BINDS, Plan, RATE, RawCarrier, WINDOW, carrier_as_shown};

/// Carriers by their names.
pub(crate) struct Carriers;

impl Named for Carriers {
    type Item = Carrier;
    const KIND: &'static str = "carrier";
    const SHAPES: [&'static str; 3] = ["Carrier", "CarrierList", "Carriers"];
    const PATHS: [&'static str; 2] = ["/v1/carriers", "/v1/carriers/{name}"];
    const KEY: &'static str = "name";

    fn fields() -> Vec<Field> {
        let setting = |one: &'static Setting<Profile>| Field::new(one.key, Schema::Setting, one.help);
        let profile = Object::new("CarrierProfile", Profile::settings().iter().map(setting).collect());
        vec![
            Field::new("name", Schema::TEXT, "its name, for people: 1 to 64 characters"),
            Field::new(
                "system_id",
                Schema::TEXT,
                "what it binds as: 1 to 15 ASCII characters; empty: it does not bind to us",
            ),
            Field::new(
                "password",
                Schema::Text(Some("password")),
                "what it binds with; needed where it is new and has a system_id",
            )
            .write_only(),
            Field::new("enabled", Schema::Boolean, "whether it may bind"),
            Field::new("max_binds", Schema::Integer(MAX_BINDS), "the most binds at a time"),
            Field::new("rate", Schema::Integer(RATE), "the most submits per second; 0 is no limit"),
            Field::new("window", Schema::Integer(WINDOW), "the most unanswered submits of a bind"),
            Field::new(
                "alphabet",
                Schema::Word(Alphabet::ALL.map(Alphabet::as_str).to_vec()),
                "what its data_coding 0 means",
            ),
            Field::new(
                "profile",
                Schema::Object(profile),
                "how it speaks, as far as that is not the default: docs/carrier-profile.md",
            ),
        ]
    }

    fn items(current: &Provisioning) -> &[Carrier] {
        &current.carriers
    }

    fn name(carrier: &Carrier) -> &str {
        &carrier.name
    }

    fn show(carrier: &Carrier) -> Value {
        json!(carrier_as_shown(carrier))
    }

    fn hidden(carrier: &Carrier) -> String {
        format!("{} {:?}", carrier.password_hash, carrier.profile.differences())
    }

    fn unmask(body: &mut Value, before: &Carrier) {
        let Some(Value::Object(settings)) = body.get_mut("profile") else { return };
        for setting in Profile::settings() {
            let hides = setting.show(&before.profile) != setting.shown(&before.profile);
            if let Some(value) = settings.get_mut(setting.key)
                && hides
                && value.as_str() == Some(&setting.shown(&before.profile))
            {
                *value = setting.show(&before.profile).into();
            }
        }
    }

    fn plan(body: Value) -> Result<Plan, Faults> {
        RawCarrier::of_json(body).and_then(|raw| Plan::of_carrier(&raw))
    }

    fn remove(name: &str) -> Change {
        Change::RemoveCarrier { name: name.to_owned() }
    }
}
