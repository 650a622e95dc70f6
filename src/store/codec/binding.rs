//! A registration: its key and its end have columns of their own, the rest is octets.

use std::net::SocketAddr;

use iwf_model::{AccountId, Binding, Flow, Timestamp, Transport};

use super::octets::{Reader, Writer};

/// 3 knows our end of datagrams; 2 told streams apart and had a Path; 1 knew TCP alone.
const VERSION: u8 = 3;

/// The body: everything but account, contact (which the key begins with) and end.
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
        Flow::Udp { .. } => 0,
        Flow::Stream { connection, .. } => connection,
    };
    w.u8(number_of(binding.flow.transport()));
    w.text(&binding.flow.peer().to_string());
    w.unsigned(connection);
    w.text(&binding.user_agent);
    w.text(&binding.path);
    if let Flow::Udp { local, .. } = binding.flow {
        w.text(&local.to_string());
    }
    w.finish()
}

pub(crate) fn decode_binding(
    account: AccountId,
    key: String,
    expires_at: Timestamp,
    body: &[u8],
) -> Option<Binding> {
    let (version, mut r) = Reader::new(body)?;
    if !(1..=VERSION).contains(&version) {
        return None;
    }
    let mut binding = Binding {
        account,
        aor: r.text()?.to_owned(),
        contact: key,
        params: r.text()?.to_owned(),
        instance: if r.flag()? { Some(r.text()?.to_owned()) } else { None },
        reg_id: r.optional()?,
        q: r.number()?,
        call_id: r.text()?.to_owned(),
        cseq: r.number()?,
        flow: take_flow(&mut r)?,
        user_agent: r.text()?.to_owned(),
        path: if version > 1 { r.text()?.to_owned() } else { String::new() },
        expires_at,
    };
    if let Flow::Udp { local, .. } = &mut binding.flow
        && version > 2
    {
        *local = r.text()?.parse().ok()?;
    }
    r.end()?;
    if let Some(suffix) = binding.key_suffix()
        && let Some(contact) = binding.contact.strip_suffix(&suffix)
    {
        binding.contact.truncate(contact.len());
    }
    Some(binding)
}

fn take_flow(r: &mut Reader<'_>) -> Option<Flow> {
    let number = r.u8()?;
    let transport = Transport::ALL.into_iter().find(|transport| number_of(*transport) == number)?;
    let peer: SocketAddr = r.text()?.parse().ok()?;
    let connection = r.unsigned()?;
    Some(match transport {
        Transport::Udp => Flow::datagrams(peer),
        transport => Flow::Stream { transport, peer, connection },
    })
}

/// What stands for a transport; never changed, because stores hold it.
fn number_of(transport: Transport) -> u8 {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
        Transport::Tls => 2,
        Transport::Ws => 3,
        Transport::Wss => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(flow: Flow, instance: Option<String>) -> Binding {
        Binding {
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
            path: "<sip:edge.example.com;lr>".to_owned(),
            expires_at: Timestamp::MAX,
        }
    }

    fn read(binding: &Binding, body: &[u8]) -> Option<Binding> {
        decode_binding(AccountId(1), binding.key().into_owned(), Timestamp::MAX, body)
    }

    #[test]
    fn a_registration_over_every_flow_comes_back() {
        let peers: [SocketAddr; 2] =
            ["127.0.0.1:5060".parse().unwrap(), "[2001:db8::1]:40000".parse().unwrap()];
        for peer in peers {
            for transport in Transport::ALL {
                let flow = match transport {
                    Transport::Udp => Flow::Udp { peer, local: "203.0.113.7:5060".parse().unwrap() },
                    transport => Flow::Stream { transport, peer, connection: u64::MAX },
                };
                for instance in [None, Some("<urn:uuid:1>".to_owned())] {
                    let binding = binding(flow, instance);
                    assert_eq!(read(&binding, &encode_binding(&binding)), Some(binding));
                }
            }
        }
    }

    #[test]
    fn a_registration_of_the_version_before_is_read_and_leaves_by_whichever_socket() {
        let (peer, local) = ("[2001:db8::1]:40000".parse().unwrap(), "[2001:db8::2]:5060".parse().unwrap());
        let known = binding(Flow::Udp { peer, local }, None);
        let mut body = encode_binding(&known);
        body.truncate(body.len() - 1 - local.to_string().len());
        body[0] = 2;
        assert_eq!(read(&known, &body), Some(binding(Flow::datagrams(peer), None)));
        body[0] = VERSION;
        assert_eq!(read(&known, &body), None, "what is cut off is not read");
    }
}
