//! Which way a message has come between environments of ours, as vendor TLVs (interworking.md E.5).

use iwf_model::{EnvironmentId, Trace};

use crate::fault::Fault;
use crate::pdu::tlv::{Tlvs, tag};
use crate::pdu::writer::Writer;

/// Octets of the name of an environment.
const NAME: usize = 8;

/// Appends the way.
pub(crate) fn write(pdu: &mut Writer<'_>, trace: &Trace) {
    let visited = trace.visited.iter().flat_map(|EnvironmentId(name)| *name).collect::<Vec<u8>>();
    pdu.tlv(tag::HOPS, &[trace.hops]).tlv(tag::VISITED, &visited);
}

/// Reads the way; `None` when nothing is said of it. Names beyond the most that are written are left out.
pub(crate) fn read(tlvs: Tlvs<'_>) -> Result<Option<Box<Trace>>, Fault> {
    let (hops, visited) = (tlvs.u8(tag::HOPS)?, tlvs.find(tag::VISITED));
    if hops.is_none() && visited.is_none() {
        return Ok(None);
    }
    let names = visited.unwrap_or_default();
    if names.len() % NAME != 0 {
        return Err(Fault::TlvLength(tag::VISITED));
    }
    let names = names.chunks_exact(NAME).filter_map(|name| name.try_into().ok().map(EnvironmentId));
    let visited = names.take(usize::from(Trace::MOST_HOPS)).collect();
    Ok(Some(Box::new(Trace { hops: hops.unwrap_or(0), visited })))
}
