//! A node with a carrier, and what can be seen of it from outside.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iwf_sim::carrier::{Carrier, CarrierError, CarrierOptions};
use iwf_sim::node::{Installation, Node, Setting};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::authority::Pair;

/// So long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct House {
    pub(crate) installation: Installation,
    pub(crate) node: Node,
}

/// `[section] key = value`.
pub(crate) type Line<'a> = (&'a str, &'a str, String);

pub(crate) fn account() -> String {
    "[[account]]\nusername = \"111\"\npassword = \"secret\"\ndids = [\"111\"]\n".to_owned()
}

impl House {
    /// With one carrier, carrier1, that may do all.
    pub(crate) async fn open(lines: &[Line<'_>]) -> Self {
        let carrier = "[[carrier]]\nname = \"Carrier1\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\n";
        Self::open_to(&[carrier, &account()].concat(), lines).await
    }

    pub(crate) async fn open_to(provisioning: &str, lines: &[Line<'_>]) -> Self {
        let setting = |(section, key, value): &Line<'_>| Setting {
            section: (*section).to_owned(),
            key: (*key).to_owned(),
            value: value.clone(),
        };
        let settings = lines.iter().map(setting).collect();
        let mut installation = Installation::new(Path::new(env!("CARGO_BIN_EXE_iwf")), settings).unwrap();
        installation.import(provisioning).await.unwrap();
        let node = installation.start().await.unwrap();
        Self { installation, node }
    }

    pub(crate) fn plain(&self) -> SocketAddr {
        self.node.addresses().smpp[0]
    }

    pub(crate) fn tls(&self) -> SocketAddr {
        self.node.addresses().smpp_tls[0]
    }

    /// An open TLS connection.
    pub(crate) async fn connect(&self, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.tls()).await?;
        client.connect("localhost".try_into().unwrap(), stream).await
    }

    /// A bind of carrier1 over TLS.
    pub(crate) async fn bind(&self, client: &TlsConnector) -> Result<Carrier, CarrierError> {
        let stream = self.connect(client).await?;
        Carrier::bind_over(stream, &options("secret1")).await.map(|(carrier, _)| carrier)
    }

    /// A bind of carrier1 in the clear.
    pub(crate) async fn bind_plain(&self, password: &str) -> Result<Carrier, CarrierError> {
        Carrier::bind(self.plain(), &options(password)).await.map(|(carrier, _)| carrier)
    }

    /// The value of a metric with its labels, as the page has it.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        self.node.metric(name).await.unwrap()
    }

    /// Waits until a metric has a value.
    pub(crate) async fn counts(&self, name: &str, expected: f64) {
        let come = self.node.counts(name, expected).await;
        come.unwrap_or_else(|error| panic!("{error}\n{}", self.log()));
    }

    pub(crate) fn log(&self) -> String {
        self.installation.log_tail()
    }
}

pub(crate) fn options(password: &str) -> CarrierOptions {
    CarrierOptions { patience: PATIENCE, ..CarrierOptions::new("carrier1", password) }
}

/// Reads until the node closes; what it said.
pub(crate) async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset is an end too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the node does not close");
    said
}

/// The files of a server, in a directory that is gone with the test.
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("iwf-door-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn show(&self, pair: &Pair) {
        self.write("certificate.pem", &pair.certificate);
        self.write("key.pem", &pair.key);
    }

    /// The settings that name them.
    pub(crate) fn lines(&self) -> Vec<Line<'static>> {
        vec![
            ("smpp.tls", "listen", "[\"127.0.0.1:0\"]".to_owned()),
            ("smpp.tls", "certificate", self.named("certificate.pem")),
            ("smpp.tls", "key", self.named("key.pem")),
        ]
    }

    pub(crate) fn named(&self, name: &str) -> String {
        format!("{:?}", self.0.join(name))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
