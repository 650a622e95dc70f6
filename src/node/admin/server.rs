//! The pages of the admin address: those of the API, and two for machines.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::health::{NodeView, Status};
use crate::api::{self, Api};
use crate::telemetry::of_connections;

#[derive(Clone)]
struct Pages {
    node: Arc<dyn NodeView>,
    metrics: PrometheusHandle,
}

/// `/health` and `/metrics`, which ask for no token, and the API, which does.
pub(crate) fn pages(node: Arc<dyn NodeView>, metrics: PrometheusHandle, api: &Arc<Api>) -> Router {
    let pages = Router::new()
        .route("/health", get(health_page))
        .route("/metrics", get(metrics_page))
        .with_state(Pages { node, metrics });
    api::router(api).merge(pages)
}

async fn health_page(State(pages): State<Pages>) -> impl IntoResponse {
    let health = pages.node.health();
    let code = if health.status == Status::Ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health))
}

async fn metrics_page(State(pages): State<Pages>) -> impl IntoResponse {
    let page = pages.metrics.render() + &of_connections(&pages.node.connections());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page)
}
