//! A provider of pushes on loopback: it answers by script and tells what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::any;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Status(u16),
    Silence,
}

/// What it was asked.
#[derive(Debug)]
pub(crate) struct Push {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
    pushes: mpsc::Receiver<Push>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    pushes: mpsc::Sender<Push>,
}

impl Provider {
    /// One reply for each push; 500 when there are no more.
    pub(crate) async fn start(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (told, pushes) = mpsc::channel(100);
        let script =
            Script { replies: Arc::new(Mutex::new(replies.iter().copied().collect())), pushes: told };
        let router = Router::new().fallback(any(answer)).with_state(script);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, pushes, task }
    }

    /// The next push.
    pub(crate) async fn next(&mut self) -> Push {
        timeout(Duration::from_secs(20), self.pushes.recv()).await.expect("no push").unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(script): State<Script>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 65_536).await.unwrap();
    let authorization = head.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let push = Push {
        path: head.uri.path().to_owned(),
        authorization,
        body: serde_json::from_slice(&body).unwrap(),
    };
    let _ = script.pushes.send(push).await;
    let reply = script.replies.lock().unwrap().pop_front().unwrap_or(Reply::Status(500));
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap(),
        Reply::Silence => std::future::pending().await,
    }
}
