//! The admin address as it is reached from outside.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use iwf_model::{Cancel, Connection, Denial};
use iwf_relay::Directory;
use iwf_store::{Options, Sqlite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::door::{Patience, serve};
use super::health::{Bound, Cancelling, Health, NodeView, Part};
use super::server::{Pages, pages};
use crate::api::Api;
use crate::entrance::Bounds;
use crate::machines::usual_policy;
use crate::smpp::client::board::BindReport;
use crate::smpp::probe::Report;
use crate::telemetry::Metrics;

/// So long anything may take.
const LONG: Duration = Duration::from_secs(20);

struct Node {
    store_works: bool,
}

impl NodeView for Node {
    fn health(&self) -> Health {
        let part = Part { name: "store".to_owned(), ok: self.store_works, detail: String::new() };
        Health::new("env1", 3, vec![part])
    }

    fn probe(&self, carrier: &str) -> Option<Report> {
        let report = Report { carrier: carrier.to_owned(), ..Report::default() };
        (carrier == "ACME Bank").then_some(report)
    }

    fn binds(&self) -> Vec<Bound> {
        Vec::new()
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::default()
    }

    fn takes_texts(&self, _: &Connection) -> bool {
        false
    }

    fn cancel(&self, _: Cancel) -> Cancelling {
        Box::pin(async { Err(Denial::Unknown) })
    }

    fn connections(&self) -> Vec<(String, Vec<BindReport>)> {
        Vec::new()
    }
}

struct House {
    address: SocketAddr,
    api: Arc<Api>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    directory: PathBuf,
}

impl House {
    async fn open(store_works: bool, patience: Patience) -> Self {
        Self::guarded(store_works, patience, false).await
    }

    async fn guarded(store_works: bool, patience: Patience, guarded: bool) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("iwf-admin-{}-{number}", std::process::id()));
        let store = Sqlite::open(&directory.join("iwf.db"), Options::tool()).await.unwrap();
        let node: Arc<dyn NodeView> = Arc::new(Node { store_works });
        let api = Arc::new(Api::new(Arc::new(store), ("iwf", usual_policy()), Some(Arc::clone(&node))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_, metrics) = Metrics::install().unwrap();
        let stop = watch::Sender::new(false);
        let guard = guarded.then(|| Arc::clone(&api));
        let pages = pages(Pages { node, metrics, guard }, &api);
        let task = tokio::spawn(serve(listener, None, pages, patience, stop.subscribe()));
        Self { address, api, stop, task, directory }
    }

    async fn usual(store_works: bool) -> Self {
        Self::open(store_works, Patience::default()).await
    }

    async fn get(&self, path: &str) -> String {
        let token = self.api.local.reveal();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: iwf\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        self.say(&request).await
    }

    /// Says something, and reads until the other side has said all.
    async fn say(&self, words: &str) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(words.as_bytes()).await.unwrap();
        until_closed(&mut socket).await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

async fn until_closed(socket: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A reset is an end too.
    let _ = timeout(LONG, socket.read_to_end(&mut said)).await.expect("the node does not close");
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn health_says_ok_with_200_and_anything_else_with_503() {
    let answer = House::usual(true).await.get("/health").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"status\":\"ok\"") && answer.contains("\"environment\":\"env1\""), "{answer}");

    let house = House::usual(false).await;
    let answer = house.say("GET /health HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 503"), "{answer}");
    assert!(answer.contains("\"status\":\"degraded\""), "{answer}");
    let answer = house.get("/v1/status").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("degraded"), "{answer}");
}

#[tokio::test]
async fn metrics_are_served_as_prometheus_text() {
    let answer = House::usual(true).await.say("GET /metrics HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains("content-type: text/plain; version=0.0.4"), "{answer}");
    assert!(answer.contains("# TYPE iwf_smpp_binds gauge"), "{answer}");
}

#[tokio::test]
async fn a_carrier_is_probed_by_its_name() {
    let house = House::usual(true).await;
    let answer = house.get("/v1/carriers/ACME%20Bank/probe").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"findings\":[]"), "{answer}");
    let answer = house.get("/v1/carriers/nobody/probe").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn it_ends_when_told_to_stop() {
    let mut house = House::usual(true).await;
    house.stop.send_replace(true);
    timeout(LONG, &mut house.task).await.unwrap().unwrap();
}

/// Slowloris: a connection is for those who ask something.
#[tokio::test]
async fn who_says_nothing_or_half_a_request_is_closed() {
    let patience = Patience { head: Duration::from_millis(200), ..Patience::default() };
    let house = House::open(true, patience).await;
    for words in ["", "GET /health HT", "GET /health HTTP/1.1\r\nHost: iwf\r\nX-A: b\r\n"] {
        let answer = house.say(words).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let house = House::usual(true).await;
    let answer = house.say(&format!("GET /health HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024))).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn who_comes_when_it_is_full_is_closed() {
    let connections = Bounds { all: 1, address: 1, unproved: 1 };
    let house = House::open(true, Patience { connections, ..Patience::default() }).await;
    let mut first = TcpStream::connect(house.address).await.unwrap();
    first.write_all(b"GET /health HTTP/1.1\r\nHost: iwf\r\n\r\n").await.unwrap();
    let mut some = [0; 8];
    first.read_exact(&mut some).await.unwrap();
    assert_eq!(house.say("").await, "");
    assert_eq!(&some, b"HTTP/1.1");
}

#[tokio::test]
async fn where_strangers_are_every_page_asks_for_a_token() {
    let house = House::guarded(true, Patience::default(), true).await;
    for page in ["/health", "/metrics", "/v1/carriers"] {
        let answer = house.say(&format!("GET {page} HTTP/1.0\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.0 401") && answer.contains("problem+json"), "{answer}");
        let answer = house.get(page).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
