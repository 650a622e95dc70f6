//! The pages of the admin address.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::health::{HealthSource, Status};

#[derive(Clone)]
struct Pages {
    node: Arc<dyn HealthSource>,
    metrics: PrometheusHandle,
}

/// Serves `/health`, `/metrics` and `/carriers/NAME/probe` until `stopping` becomes true.
pub(crate) async fn serve(
    listener: TcpListener,
    node: Arc<dyn HealthSource>,
    metrics: PrometheusHandle,
    mut stopping: watch::Receiver<bool>,
) {
    let router = Router::new()
        .route("/health", get(health_page))
        .route("/metrics", get(metrics_page))
        .route("/carriers/{name}/probe", get(probe_page))
        .with_state(Pages { node, metrics });
    let stop = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the admin address ended");
    }
}

async fn health_page(State(pages): State<Pages>) -> impl IntoResponse {
    let health = pages.node.health();
    let code = if health.status == Status::Ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health))
}

async fn probe_page(State(pages): State<Pages>, Path(name): Path<String>) -> Response {
    match pages.node.probe(&name) {
        Some(report) => Json(report).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such carrier\n").into_response(),
    }
}

async fn metrics_page(State(pages): State<Pages>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], pages.metrics.render())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::task::JoinHandle;

    use super::super::health::{Health, Part};
    use super::*;
    use crate::smpp::probe::Report;
    use crate::telemetry::Metrics;

    struct Node {
        store_works: bool,
    }

    impl HealthSource for Node {
        fn health(&self) -> Health {
            let part = Part { name: "store".to_owned(), ok: self.store_works, detail: String::new() };
            Health::new("env1", 3, vec![part])
        }

        fn probe(&self, carrier: &str) -> Option<Report> {
            let report = Report { carrier: carrier.to_owned(), ..Report::default() };
            (carrier == "ACME Bank").then_some(report)
        }
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: iwf\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn started(store_works: bool) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_, metrics) = Metrics::install().unwrap();
        let stop = watch::Sender::new(false);
        let node = Arc::new(Node { store_works });
        let task = tokio::spawn(serve(listener, node, metrics, stop.subscribe()));
        (address, stop, task)
    }

    #[tokio::test]
    async fn health_says_ok_with_200_and_anything_else_with_503() {
        let (healthy, _stop, _) = started(true).await;
        let answer = get(healthy, "/health").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.contains("\"status\":\"ok\"") && answer.contains("\"environment\":\"env1\""),
            "{answer}"
        );

        let (sick, _stop, _) = started(false).await;
        let answer = get(sick, "/health").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("\"status\":\"degraded\""), "{answer}");
    }

    #[tokio::test]
    async fn metrics_are_served_as_prometheus_text() {
        let (address, _stop, _) = started(true).await;
        let answer = get(address, "/metrics").await;
        assert!(answer.contains("content-type: text/plain; version=0.0.4"), "{answer}");
        assert!(answer.contains("# TYPE iwf_smpp_binds gauge"), "{answer}");
    }

    #[tokio::test]
    async fn a_carrier_is_probed_by_its_name() {
        let (address, _stop, _) = started(true).await;
        let answer = get(address, "/carriers/ACME%20Bank/probe").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"findings\":[]"), "{answer}");
        let answer = get(address, "/carriers/nobody/probe").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }

    #[tokio::test]
    async fn it_ends_when_told_to_stop() {
        let (_, stop, task) = started(true).await;
        stop.send_replace(true);
        task.await.unwrap();
    }
}
