//! The pages of the admin address: those of the API, and two for machines.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::health::{NodeView, Status};
use crate::api::{self, Api};
use crate::telemetry::of_connections;

/// What `/health` and `/metrics` tell of.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) node: Arc<dyn NodeView>,
    pub(super) metrics: PrometheusHandle,
    /// Who knows the tokens that they ask for; `None`: they ask for none.
    pub(super) guard: Option<Arc<Api>>,
}

/// These two, and the API.
pub(super) fn pages(pages: Pages, api: &Arc<Api>) -> Router {
    let machines = Router::new()
        .route("/health", get(health_page))
        .route("/metrics", get(metrics_page))
        .with_state(pages);
    api::router(api).merge(machines)
}

async fn health_page(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    if let Some(refused) = pages.refused(&headers).await {
        return refused;
    }
    let health = pages.node.health();
    let code = if health.status == Status::Ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health)).into_response()
}

async fn metrics_page(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    if let Some(refused) = pages.refused(&headers).await {
        return refused;
    }
    let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    let page = pages.metrics.render() + &of_connections(&pages.node.connections());
    ([kind], page).into_response()
}

impl Pages {
    async fn refused(&self, headers: &HeaderMap) -> Option<Response> {
        self.guard.as_ref()?.refuses(headers).await
    }
}
