//! The command line as a client of the admin API: of the node that runs on the data directory, of a node elsewhere, or,
//! when none runs, of the same API in this process on the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request, Response, Uri};
use iwf_store::{Options, Sqlite, Store};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

use super::Failure;
use super::heard::Heard;
use super::place::Place;
use super::running::Running;
use crate::api::{Api, router};
use crate::config::TlsClientConfig;
use crate::http;
use crate::machines;
use crate::tls;

/// Which node is asked.
#[derive(Debug, Args)]
pub(super) struct Target {
    #[command(flatten)]
    pub(super) place: Place,
    /// A node elsewhere, as https://HOST:PORT; without it the one of the data directory
    #[arg(long, value_name = "URL", env = "IWF_NODE", requires = "token_file")]
    node: Option<String>,
    /// The file with the token for it
    #[arg(long, value_name = "FILE", env = "IWF_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Who signs its certificate, in PEM; without it a public authority
    #[arg(long, value_name = "FILE", env = "IWF_NODE_CA")]
    node_ca: Option<PathBuf>,
}

/// What is needed where no node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A store with something in it.
    Existing,
    /// A store, which is made where there is none.
    Any,
    /// Without a node there is nothing to be told.
    Node,
}

/// Asks the API.
pub(super) struct Client {
    way: Way,
    token: String,
}

enum Way {
    /// Through the network; what the paths are put behind, and whom to name when nobody answers.
    Network(Box<http::Client>, String, String),
    /// In this process.
    Here(axum::Router),
}

impl Target {
    /// Lets `work` ask, and gives back what it found.
    pub(super) fn ask<T>(
        &self,
        need: Need,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            if let Some(client) = self.elsewhere().transpose()? {
                return work(&client).await;
            }
            match Running::find(&self.place.data)? {
                Some(node) if need == Need::Node || node.listens() => {
                    work(&Client::of(&node, &self.place.data)?).await
                }
                _ if need == Need::Node => Err(Running::none(&self.place.data)),
                _ => self.here(need, work).await,
            }
        })
    }

    fn elsewhere(&self) -> Option<Result<Client, Failure>> {
        let node = self.node.as_ref()?;
        let file = self.token_file.clone().unwrap_or_default();
        Some(Client::new(node.trim_end_matches('/').to_owned(), &file, self.node_ca.clone(), node.clone()))
    }

    /// On the store, which no node has.
    async fn here<T>(
        &self,
        need: Need,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let config = self.place.load()?;
        let path = config.store.file(&self.place.data);
        if need == Need::Existing && !path.exists() {
            let what = "holds no store yet: name the data directory of the node with --data, or import something first";
            return Err(format!("{} {what}", self.place.data.display()).into());
        }
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path, Options::tool()).await?);
        let policy = machines::policy(&config, store.environment().await?);
        let api = Arc::new(Api::new(Arc::clone(&store), (&config.sip.realm, policy), None));
        let client = Client { way: Way::Here(router(&api)), token: api.local.reveal().to_owned() };
        let done = work(&client).await;
        store.close().await?;
        done
    }
}

impl Client {
    fn of(node: &Running, data: &Path) -> Result<Self, Failure> {
        let address = node.admin().ok_or("the node has no admin address")?;
        let whom = format!("(process {})", node.pid);
        Self::new(format!("http://{address}"), &data.join(crate::admin::TOKEN_FILE), None, whom)
    }

    fn new(base: String, token: &Path, server_ca: Option<PathBuf>, whom: String) -> Result<Self, Failure> {
        let uri: Uri = base.parse().map_err(|error| format!("{base} is no URL: {error}"))?;
        if uri.scheme_str() != Some("https") && !is_loopback(&uri) {
            return Err(format!("{base}: a token is sent over https only, or to this machine").into());
        }
        let read = std::fs::read_to_string(token);
        let read =
            read.map_err(|error| format!("cannot read the token from {}: {error}", token.display()))?;
        let tls = tls::client(&TlsClientConfig { server_ca, shown: None })?;
        let way = Way::Network(Box::new(http::Client::new(&tls)), base, whom);
        Ok(Self { way, token: read.trim().to_owned() })
    }

    /// What is answered to a GET.
    pub(super) async fn get(&self, path: &str) -> Result<Heard, Failure> {
        self.send(Method::GET, path, &[], None).await
    }

    /// Every item of a list, page by page.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let mut page = self.get(&path).await?.done()?;
            let read: Vec<T> = serde_json::from_value(page["items"].take())?;
            items.extend(read);
            next = page["next"].as_str().map(str::to_owned);
        }
        Ok(items)
    }

    /// What is answered to another method, with these headers and this body.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Heard, Failure> {
        let octets = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let mut request = Request::builder().method(method);
        request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = match &self.way {
            Way::Network(client, base, whom) => {
                let request = request.uri(format!("{base}{path}")).body(Full::new(octets))?;
                exchange(client, request, whom).await?
            }
            Way::Here(router) => {
                let request = request.uri(path).body(Body::from(octets))?;
                let (head, body) = router.clone().oneshot(request).await?.into_parts();
                Response::from_parts(head, body.collect().await?.to_bytes())
            }
        };
        Heard::of(response)
    }
}

/// The name of a host is not looked up here: only what can't lead elsewhere is this machine.
fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn exchange(
    client: &http::Client,
    request: Request<Full<Bytes>>,
    whom: &str,
) -> Result<Response<Bytes>, Failure> {
    let silent = |why: String| {
        format!(
            "the node {whom} does not answer: {why}; it may have been killed: `iwf serve` starts it again"
        )
    };
    match tokio::time::timeout(TIMEOUT, client.fetch(request, LONGEST)).await {
        Ok(answered) => answered.map_err(|error| silent(error.to_string()).into()),
        Err(_) => Err(silent(format!("nothing came within {} seconds", TIMEOUT.as_secs())).into()),
    }
}

/// An import of many accounts takes its time.
const TIMEOUT: Duration = Duration::from_secs(120);
const LONGEST: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_sent_in_the_clear_but_to_this_machine() {
        for here in ["http://127.0.0.1:8025", "http://[::1]:8025", "http://localhost:1"] {
            assert!(is_loopback(&here.parse().unwrap()), "{here}");
        }
        let elsewhere = "http://192.0.2.7:8025".to_owned();
        let refused = Client::new(elsewhere, Path::new("absent"), None, String::new()).err().unwrap();
        assert!(refused.to_string().contains("over https only"), "{refused}");
    }
}
