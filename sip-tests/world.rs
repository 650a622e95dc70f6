//! An endpoint on a virtual clock, with everything it sends and says written down.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use iwf_model::{Flow, Now, Timestamp, Transport};
use iwf_sip::overload::Strain;
use iwf_sip::{
    Builder, Endpoint, EndpointConfig, Event, Lingering, Message, Method, Outgoing, Request, Response,
};
use iwf_sip::{ServerKey, Status};

/// An endpoint, its time, and its record.
#[derive(Debug)]
pub struct World {
    /// The endpoint under test.
    pub endpoint: Endpoint,
    /// What was sent, with the milliseconds since the start.
    pub sent: Vec<(u128, Flow, Bytes)>,
    /// What was said, with the milliseconds since the start.
    pub said: Vec<(u128, Event)>,
    start: Instant,
    now: Now,
}

/// A phone over UDP.
pub fn udp() -> Flow {
    Flow::datagrams(address("192.0.2.1:5060"))
}

/// A phone over TCP.
pub fn tcp() -> Flow {
    Flow::Stream { transport: Transport::Tcp, peer: address("192.0.2.1:40000"), connection: 1 }
}

/// An address from its text.
pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A request as text, its lines ended by CRLF; `extra` are whole lines, each with its CRLF.
pub fn request(method: &str, branch: &str, extra: &str) -> String {
    format!(
        "{method} sip:iwf.example.com SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:111@example.com>;tag=f1\r\n\
         To: <sip:222@example.com>\r\n\
         Call-ID: call-1\r\n\
         CSeq: 1 {method}\r\n\
         {extra}Content-Length: 0\r\n\r\n"
    )
}

/// A response to a MESSAGE of ours.
pub fn response(status: u16, branch: &str) -> String {
    let start = format!("SIP/2.0 {status} X");
    request("MESSAGE", branch, "").replacen("MESSAGE sip:iwf.example.com SIP/2.0", &start, 1)
}

/// An endpoint as it comes.
pub fn world() -> World {
    World::new(EndpointConfig::default())
}

impl World {
    /// A new endpoint at time 0.
    pub fn new(config: EndpointConfig) -> Self {
        let start = Instant::now();
        let now = Now { instant: start, utc: Timestamp::from_micros(1_795_219_200_000_000) };
        Self { endpoint: Endpoint::new(config), sent: Vec::new(), said: Vec::new(), start, now }
    }

    /// A message arrives.
    pub fn receive(&mut self, octets: impl AsRef<[u8]>, flow: Flow) {
        let octets = Bytes::copy_from_slice(octets.as_ref());
        self.endpoint.handle_message(octets, flow, address("198.51.100.1:5060"), self.now);
        self.drain();
    }

    /// The endpoint sends a MESSAGE of ours.
    pub fn send(&mut self, token: u64, branch: &str, flow: Flow) {
        let octets = Bytes::from(request("MESSAGE", branch, ""));
        let outgoing = Outgoing { token, branch: branch.into(), method: Method::Message, octets, flow };
        self.endpoint.send(outgoing, self.now);
        self.drain();
    }

    /// The user answers a request.
    pub fn answer(&mut self, request: &(ServerKey, Request), status: u16) {
        self.answer_to(request, status, Lingering::Keep);
    }

    /// The user answers a request, and says whether the answer is kept.
    pub fn answer_to(&mut self, request: &(ServerKey, Request), status: u16, lingering: Lingering) {
        let source = address("192.0.2.1:5060");
        let response = Builder::response(&request.1, source, Status::of(status), "t1").finish();
        self.endpoint.respond(request.0, (status, response), lingering, self.now);
        self.drain();
    }

    /// A flow breaks.
    pub fn break_flow(&mut self, flow: Flow) {
        self.endpoint.handle_flow_error(flow);
        self.drain();
    }

    /// The connection for a flow can't be made.
    pub fn refuse_flow(&mut self, flow: Flow) {
        self.endpoint.handle_no_connection(flow);
        self.drain();
    }

    /// The network says that datagrams of a flow do not arrive.
    pub fn lose_flow(&mut self, flow: Flow) {
        self.endpoint.handle_unreachable(flow);
        self.drain();
    }

    /// Lets time pass until this many milliseconds after the start; every timer fires at its own time.
    pub fn run_until(&mut self, ms: u64) {
        let end = self.start + Duration::from_millis(ms);
        while let Some((at, _)) = self.endpoint.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.after(at.saturating_duration_since(self.now.instant));
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        self.now = self.now.after(end.saturating_duration_since(self.now.instant));
    }

    /// The node is late: its store by so many milliseconds, its input by so many.
    pub fn strain(&mut self, store: u64, input: u64) {
        let [store, input] = [store, input].map(Duration::from_millis);
        self.endpoint.handle_strain(Strain { store, input }, self.now);
        self.drain();
    }

    /// The milliseconds at which something was sent.
    pub fn sent_at(&self) -> Vec<u128> {
        self.sent.iter().map(|(at, _, _)| *at).collect()
    }

    /// The status codes sent, in order.
    pub fn statuses(&self) -> Vec<u16> {
        let parsed = self.sent.iter().map(|(_, _, octets)| Response::parse(octets.clone()));
        parsed.map(|response| response.expect("we send what we can read").status()).collect()
    }

    /// The requests passed up, in order.
    pub fn requests(&self) -> Vec<(ServerKey, Request)> {
        let requests = self.said.iter().filter_map(|(_, event)| match event {
            Event::Request { transaction, request, .. } => Some((*transaction, request.clone())),
            Event::Response { .. } | Event::Failed { .. } | Event::Dropped(_) | Event::Overload(_) => None,
        });
        requests.collect()
    }

    /// The events as short text: `200 for 7`, `Timeout for 7`, `request`, `dropped ...`.
    pub fn events(&self) -> Vec<String> {
        let texts = self.said.iter().map(|(_, event)| match event {
            Event::Request { request, .. } => format!("request {}", request.method_text()),
            Event::Response { token, response } => format!("{} for {token}", response.status()),
            Event::Failed { token, failure } => format!("{failure:?} for {token}"),
            Event::Dropped(what) => format!("dropped {what:?}"),
            Event::Overload(change) => format!("overload {change:?}"),
        });
        texts.collect()
    }

    fn drain(&mut self) {
        let at = self.now.instant.saturating_duration_since(self.start).as_millis();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.sent.push((at, transmit.flow, transmit.octets));
        }
        while let Some(event) = self.endpoint.poll_event() {
            self.said.push((at, event));
        }
    }
}

/// Asks a message everything it can tell; returns how much that was, so that nothing is left out.
pub fn ask_everything(message: &Message) -> usize {
    let fields = match message {
        Message::Request(request) => {
            let uri = request.request_uri();
            let _ = (uri.user(), uri.is_equivalent(&uri), uri.without_headers(), request.method_text());
            &**request
        }
        Message::Response(response) => {
            let _ = response.reason();
            &**response
        }
    };
    let addresses = [fields.from(), fields.to()];
    let contacts = match fields.contacts() {
        Ok(iwf_sip::Contacts::Entries(entries)) => entries,
        Ok(iwf_sip::Contacts::None | iwf_sip::Contacts::Star) | Err(_) => Vec::new(),
    };
    let told = addresses.iter().chain(&contacts).map(|address| {
        let params: usize = address.params().iter().map(|param| param.unquoted().len()).sum();
        let user = address.uri().user().map_or(0, |user| user.len());
        params
            + user
            + address.display().len()
            + usize::from(address.q())
            + address.expires().map_or(0, |_| 1)
    });
    let told: usize = told.sum();
    let numbers = [fields.expires(), fields.content_length(), fields.max_forwards().map(u32::from)];
    let vias: usize = fields.vias().map(|via| via.host().len() + via.branch().map_or(0, str::len)).sum();
    let lines: usize = fields.all().map(|(_, name, value)| name.len() + value.len()).sum();
    let types = fields.content_type().map_or(0, |(kind, _)| kind.len());
    told + vias + lines + types + numbers.iter().flatten().count() + fields.body().len()
}
