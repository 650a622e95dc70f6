//! A node that knows a provider, a carrier, and the phones of one account.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use iwf_sim::carrier::{Carrier, CarrierOptions, Receipt, Submission};
use iwf_sim::node::{Installation, Node, Setting};
use iwf_sim::phone::{Phone, PhoneOptions, Text, Transport};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use crate::provider::Provider;

/// So long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

const GIVEN: &str = "[[carrier]]\nname = \"Carrier1\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\n\
    [[account]]\nusername = \"111\"\npassword = \"secret\"\ndids = [\"111\"]\n";

pub(crate) struct World {
    installation: Installation,
    node: Option<Node>,
    carrier: Option<(Carrier, Receiver<Receipt>)>,
}

impl World {
    /// The provider is called `own`; `more` are lines of its table.
    pub(crate) async fn open(provider: &Provider, more: &str) -> Self {
        let mut installation = Installation::new(Path::new(env!("CARGO_BIN_EXE_iwf")), Vec::new()).unwrap();
        let token = installation.directory().join("token");
        std::fs::write(&token, "open sesame\n").unwrap();
        let lines = [
            ("provider", "\"own\"".to_owned()),
            ("url", format!("\"http://{}/wake\"", provider.address)),
            ("token_file", format!("{token:?}\n{more}")),
        ];
        // The section of an array of tables.
        let setting = |(key, value): &(&str, String)| Setting {
            section: "[push]".to_owned(),
            key: (*key).to_owned(),
            value: value.clone(),
        };
        installation.configure(lines.iter().map(setting).collect());
        installation.import(GIVEN).await.unwrap();
        let node = installation.start().await.unwrap();
        Self { installation, node: Some(node), carrier: None }
    }

    fn node(&self) -> &Node {
        self.node.as_ref().unwrap()
    }

    pub(crate) fn server(&self, transport: Transport) -> SocketAddr {
        let addresses = self.node().addresses();
        match transport {
            Transport::Tcp => addresses.sip_tcp[0],
            _ => addresses.sip_udp[0],
        }
    }

    pub(crate) async fn restart(&mut self) {
        self.installation.stop(self.node.take().unwrap()).await.unwrap();
        self.node = Some(self.installation.start().await.unwrap());
        self.carrier = None;
    }

    /// A phone of the account.
    pub(crate) async fn phone(
        &self,
        transport: Transport,
        uri: &str,
        contact: &str,
    ) -> (Phone, Receiver<Text>) {
        let mut options = PhoneOptions::new("111", "secret", self.server(transport));
        options.transport = transport;
        options.uri_params = uri.to_owned();
        options.contact_params = contact.to_owned();
        Phone::start(options).await.unwrap()
    }

    /// Its connection is gone, and the node knows.
    pub(crate) async fn fall_asleep(&self, phone: &Phone) {
        phone.hang_up().await;
        self.counts("iwf_sip_connections{transport=\"tcp\"}", 0.0).await;
    }

    /// The carrier submits a text to the account; its id.
    pub(crate) async fn submit(&mut self, text: &str) -> String {
        if self.carrier.is_none() {
            let options = CarrierOptions { patience: PATIENCE, ..CarrierOptions::new("carrier1", "secret1") };
            self.carrier = Some(Carrier::bind(self.node().addresses().smpp[0], &options).await.unwrap());
        }
        let submission = Submission { registered_delivery: 1, ..Submission::new("222333", "111", text) };
        let (carrier, _) = self.carrier.as_ref().unwrap();
        carrier.submit(&submission).await.unwrap().id
    }

    pub(crate) async fn receipt(&mut self) -> Receipt {
        let (_, receipts) = self.carrier.as_mut().unwrap();
        timeout(PATIENCE, receipts.recv()).await.expect("no receipt").unwrap()
    }

    /// Waits until a metric has a value.
    pub(crate) async fn counts(&self, name: &str, expected: f64) {
        let come = self.node().counts(name, expected).await;
        come.unwrap_or_else(|error| panic!("{error}\n{}", self.log()));
    }

    pub(crate) fn log(&self) -> String {
        self.installation.log_tail()
    }
}

/// The next text that a phone shows.
pub(crate) async fn received(texts: &mut Receiver<Text>, world: &World) -> Text {
    let text = timeout(PATIENCE, texts.recv()).await;
    text.unwrap_or_else(|_| panic!("no text\n{}", world.log())).unwrap()
}
