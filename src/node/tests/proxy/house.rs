//! A node with a carrier, an account that nobody has registered, and a proxy.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use iwf_sim::carrier::{Carrier, CarrierOptions, Coding, Receipt, Submission};
use iwf_sim::node::{Installation, Node, Setting};
use iwf_sim::phone::{Phone, PhoneOptions, Text};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// So long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct House {
    pub(crate) installation: Installation,
    pub(crate) node: Node,
    carrier: Carrier,
    receipts: mpsc::Receiver<Receipt>,
}

const PROVISIONING: &str = "
    [[carrier]]
    name = \"Carrier1\"
    system_id = \"carrier1\"
    password = \"secret1\"
    [[account]]
    username = \"anna\"
    password = \"secret\"
    dids = [\"111\"]
    [[account]]
    username = \"bob\"
    password = \"secret\"
    dids = [\"222\"]";

impl House {
    /// With `[section] key = value` lines of configuration.
    pub(crate) async fn open(lines: &[(&str, &str, String)]) -> Self {
        let setting = |(section, key, value): &(&str, &str, String)| Setting {
            section: (*section).to_owned(),
            key: (*key).to_owned(),
            value: value.clone(),
        };
        let settings = lines.iter().map(setting).collect();
        let installation = Installation::new(Path::new(env!("CARGO_BIN_EXE_iwf")), settings).unwrap();
        installation.import(PROVISIONING).await.unwrap();
        Self::begin(installation).await
    }

    async fn begin(mut installation: Installation) -> Self {
        let node = installation.start().await.unwrap();
        let options = CarrierOptions { patience: PATIENCE, ..CarrierOptions::new("carrier1", "secret1") };
        let (carrier, receipts) = Carrier::bind(node.addresses().smpp[0], &options).await.unwrap();
        Self { installation, node, carrier, receipts }
    }

    /// The next run of the node, on the same ports.
    pub(crate) async fn restart(self) -> Self {
        let Self { installation, node, .. } = self;
        installation.stop(node).await.unwrap();
        Self::begin(installation).await
    }

    /// With this proxy for accounts that have no app here.
    pub(crate) async fn behind(uri: &str) -> Self {
        Self::open(&[("sip.proxy", "uri", format!("{uri:?}"))]).await
    }

    /// An app that has registered, and what it shows.
    pub(crate) async fn phone(&self, username: &str, server: SocketAddr) -> (Phone, mpsc::Receiver<Text>) {
        let (phone, shown) = Phone::start(PhoneOptions::new(username, "secret", server)).await.unwrap();
        phone.register().await.unwrap();
        (phone, shown)
    }

    /// A text that was accepted: its id.
    pub(crate) async fn submit(&self, to: &str, text: &str) -> String {
        self.carrier.submit(&Submission::new("333", to, text)).await.unwrap().id
    }

    /// The next receipt: the id, the state, the error.
    pub(crate) async fn receipt(&mut self) -> (String, String, String) {
        let receipt = timeout(PATIENCE, self.receipts.recv()).await;
        let receipt =
            receipt.unwrap_or_else(|_| panic!("no receipt; {}", self.installation.log_tail())).unwrap();
        (receipt.id, receipt.stat, receipt.err)
    }

    /// A text that arrives.
    pub(crate) async fn delivers(&mut self, to: &str, text: &str) -> String {
        let id = self.submit(to, text).await;
        let receipt = self.receipt().await;
        assert_eq!((&*receipt.0, &*receipt.1), (&*id, "DELIVRD"), "{}", self.story(&id).await);
        id
    }

    /// A text of several parts that arrives as one.
    pub(crate) async fn delivers_long(&mut self, to: &str, text: &str) -> String {
        let long = Submission { coding: Coding::Ucs2, payload: true, ..Submission::new("333", to, text) };
        let id = self.carrier.submit(&long).await.unwrap().id;
        let receipt = self.receipt().await;
        assert_eq!((&*receipt.0, &*receipt.1), (&*id, "DELIVRD"), "{}", self.story(&id).await);
        id
    }

    /// What is told of a message.
    pub(crate) async fn story(&self, id: &str) -> String {
        self.installation.story_text(id).await.unwrap()
    }
}
