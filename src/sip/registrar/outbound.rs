//! Outbound (RFC 5626 6): whether a REGISTER may set one flow of a device beside its others.

use crate::message::{NameAddr, Uri, elements};

use super::device::Device;
use super::{Register, Rejected};

/// Whether the `reg-id` of these contacts counts.
///
/// It does where the device came to us itself, or through a proxy that keeps its flows apart and says so by `ob`.
/// Behind any other proxy all its flows would be one: it is told if it asked, and else is one contact as ever.
pub(super) fn heeds_reg_ids(asked: &Register<'_>, contacts: &[NameAddr<'_>]) -> Result<bool, Rejected> {
    let is_numbered = |contact: &NameAddr<'_>| Device::of(contact, true).reg_id.is_some();
    if !contacts.iter().any(is_numbered) {
        return Ok(false);
    }
    if !asked.is_first_hop && !keeps_flows(asked.path) {
        return if asked.supports_outbound { Err(Rejected::FirstHopLacksOutbound) } else { Ok(false) };
    }
    let is_set = |contact: &&NameAddr<'_>| contact.expires().or(asked.expires) != Some(0);
    let set: Vec<_> = contacts.iter().filter(is_set).collect();
    if set.len() > 1 && set.into_iter().any(is_numbered) {
        return Err(Rejected::SeveralFlows);
    }
    Ok(true)
}

fn keeps_flows(path: &str) -> bool {
    first_hop(path).is_some_and(|uri| uri.params().contains("ob"))
}

/// Of a Path the proxy that is the next hop from here.
pub(crate) fn first_hop(path: &str) -> Option<Uri<'_>> {
    let first = elements(path).next().and_then(|element| NameAddr::parse(element).ok())?;
    Some(first.uri()).filter(|uri| !uri.host().is_empty())
}
