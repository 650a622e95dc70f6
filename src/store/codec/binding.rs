//! A registration: its key and its end have columns of their own, the rest is octets.

use std::net::SocketAddr;

use iwf_model::{AccountId, Binding, Flow, Timestamp};

use super::octets::{Reader, Writer};

const VERSION: u8 = 1;

/// The body: everything but account, contact and end.
pub(crate) fn encode_binding(binding: &Binding) -> Vec<u8> {
    let mut w = Writer::new(VERSION, binding.aor.len() + binding.params.len() + 160);
    w.text(&binding.aor);
    w.text(&binding.params);
    w.u8(binding.instance.is_some().into());
    if let Some(instance) = &binding.instance {
        w.text(instance);
    }
    w.optional(binding.reg_id.map(u64::from));
    w.unsigned(binding.q.into());
    w.text(&binding.call_id);
    w.unsigned(binding.cseq.into());
    let connection = match binding.flow {
        Flow::Udp { .. } => None,
        Flow::Tcp { connection, .. } => Some(connection),
    };
    w.u8(connection.is_some().into());
    w.text(&binding.flow.peer().to_string());
    w.unsigned(connection.unwrap_or(0));
    w.text(&binding.user_agent);
    w.finish()
}

pub(crate) fn decode_binding(
    account: AccountId,
    contact: String,
    expires_at: Timestamp,
    body: &[u8],
) -> Option<Binding> {
    let (version, mut r) = Reader::new(body)?;
    if version != VERSION {
        return None;
    }
    let binding = Binding {
        account,
        aor: r.text()?.to_owned(),
        contact,
        params: r.text()?.to_owned(),
        instance: if r.flag()? { Some(r.text()?.to_owned()) } else { None },
        reg_id: r.optional()?,
        q: r.number()?,
        call_id: r.text()?.to_owned(),
        cseq: r.number()?,
        flow: take_flow(&mut r)?,
        user_agent: r.text()?.to_owned(),
        expires_at,
    };
    r.end()?;
    Some(binding)
}

fn take_flow(r: &mut Reader<'_>) -> Option<Flow> {
    let connected = r.flag()?;
    let peer: SocketAddr = r.text()?.parse().ok()?;
    let connection = r.unsigned()?;
    Some(if connected { Flow::Tcp { peer, connection } } else { Flow::Udp { peer } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_over_every_flow_comes_back() {
        let peers: [SocketAddr; 2] =
            ["127.0.0.1:5060".parse().unwrap(), "[2001:db8::1]:40000".parse().unwrap()];
        for peer in peers {
            for flow in [Flow::Udp { peer }, Flow::Tcp { peer, connection: u64::MAX }] {
                for instance in [None, Some("<urn:uuid:1>".to_owned())] {
                    let binding = Binding {
                        account: AccountId(1),
                        aor: "sip:111222333@127.0.0.1".to_owned(),
                        contact: "sip:1@127.0.0.1;ob".to_owned(),
                        params: ";q=0.5".to_owned(),
                        instance,
                        reg_id: Some(u32::MAX),
                        q: 500,
                        call_id: "x".to_owned(),
                        cseq: u32::MAX,
                        flow,
                        user_agent: String::new(),
                        expires_at: Timestamp::MAX,
                    };
                    let body = encode_binding(&binding);
                    let read = decode_binding(AccountId(1), binding.contact.clone(), Timestamp::MAX, &body);
                    assert_eq!(read, Some(binding));
                }
            }
        }
    }
}
