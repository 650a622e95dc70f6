//! The list of endpoints as a router.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::http::{Response, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, get};
use bytes::Bytes;

use super::document::document;
use super::endpoint::Endpoint;
use super::endpoints;
use super::frame;
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::state::Api;

/// Where the document is. It needs no token: it says nothing of this installation.
pub(crate) const DOCUMENT: &str = "/v1/openapi.json";

/// Serves every endpoint, and the document that describes them.
pub(crate) fn router(api: &Arc<Api>) -> Router {
    let endpoints = endpoints::all();
    let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    let text: Bytes = document(&endpoints).to_string().into();
    for endpoint in endpoints {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    let shown = move || async move { Response::from(Reply::of_octets(StatusCode::OK, text, false)) };
    let document = get(shown).fallback(|| async { not_allowed("GET, HEAD") });
    let router = Router::new().route(DOCUMENT, document);
    let router = paths
        .into_iter()
        .fold(router, |router, (path, endpoints)| router.route(path, methods(api, endpoints)));
    router.fallback(|request: Request| async move {
        let detail = format!("there is nothing at {}", request.uri().path());
        Response::<Body>::from(Reply::from(Problem::new(Kind::NotFound, detail)))
    })
}

/// The methods of one path.
fn methods(api: &Arc<Api>, endpoints: Vec<Endpoint>) -> MethodRouter {
    let mut names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    let allowed = names.join(", ");
    let router = MethodRouter::new().fallback(move || async move { not_allowed(&allowed) });
    endpoints.into_iter().fold(router, |router, endpoint| {
        let Ok(filter) = MethodFilter::try_from(endpoint.method.clone()) else { return router };
        let (api, endpoint) = (Arc::clone(api), Arc::new(endpoint));
        let handle = move |parameters: Result<RawPathParams, _>, request: Request| async move {
            let parameters = match parameters {
                Ok(parameters) => owned(&parameters),
                Err(error) => {
                    let _: axum::extract::rejection::RawPathParamsRejection = error;
                    let problem = Problem::new(Kind::Malformed, "the path is not UTF-8");
                    return Response::<Body>::from(Reply::from(problem));
                }
            };
            frame::answer(api, endpoint, parameters, request).await.into()
        };
        router.on(filter, handle)
    })
}

fn owned(parameters: &RawPathParams) -> BTreeMap<String, String> {
    parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn not_allowed(allowed: &str) -> Response<Body> {
    Reply::from(Problem::method(allowed)).into()
}
