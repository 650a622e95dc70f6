//! Which contact is which device: by instance (RFC 5626 6) or by URI (RFC 3261 19.1.4).

use std::fmt::Write as _;
use std::net::IpAddr;

use iwf_model::{Binding, Flow};

use crate::message::{NameAddr, Uri};

/// What a Contact says of the device behind it.
pub(super) struct Device {
    pub(super) instance: Option<String>,
    pub(super) reg_id: Option<u32>,
}

impl Device {
    /// `reg-id` counts only with an instance, from 1 up (RFC 5626 4.2), and only where `by_reg_id` says so.
    pub(super) fn of(contact: &NameAddr<'_>, by_reg_id: bool) -> Self {
        let instance = contact.params().get("+sip.instance").map(|param| param.unquoted().into_owned());
        let instance = instance.filter(|instance| !instance.is_empty());
        let reg_id = contact.params().value("reg-id").and_then(|text| text.parse::<u32>().ok());
        let counts = by_reg_id && instance.is_some();
        Self { reg_id: reg_id.filter(|reg_id| counts && *reg_id > 0), instance }
    }

    /// Whether the binding is this device's. Of numbered flows instance and number decide, whatever their
    /// contacts are (RFC 5626 6). Where one has no number the device came back from another place, and the old
    /// one is dead.
    pub(super) fn is(&self, binding: &Binding, uri: &Uri<'_>) -> bool {
        let same_instance = self.instance.is_some() && self.instance == binding.instance;
        if self.reg_id.is_some() && binding.reg_id.is_some() {
            return same_instance && self.reg_id == binding.reg_id;
        }
        same_instance || Uri::parse(&binding.contact).is_ok_and(|known| known.is_equivalent(uri))
    }

    /// The parameters to give back: all but `expires`, whose value is ours to say.
    pub(super) fn params(&self, contact: &NameAddr<'_>) -> String {
        let mut kept = String::new();
        for param in contact.params().iter().filter(|param| !param.name.eq_ignore_ascii_case("expires")) {
            let (name, value) = (param.name, param.value);
            let written = match value {
                Some(value) => write!(kept, ";{name}={value}"),
                None => write!(kept, ";{name}"),
            };
            written.unwrap_or_default();
        }
        kept
    }
}

/// Whether the Contact names another host than the registration came from.
pub(super) fn is_behind_nat(uri: &Uri<'_>, flow: Flow) -> bool {
    let literal = uri.host().trim_start_matches('[').trim_end_matches(']');
    let source = flow.peer().ip().to_canonical();
    literal.parse::<IpAddr>().map(|address| address.to_canonical()) != Ok(source)
}
