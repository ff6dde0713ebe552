//! The page: one document for every address of the console, which reads its address by itself.
//!
//! Invariant: the page is asked for each time, so that another version of the server brings its own.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH,
};
use axum::response::Response;
use axum::routing::get;

use crate::bundle::{PAGE, PAGE_TAG};
use crate::sign_in::Provider;

/// Scripts and styles come from files of this server alone; nothing is inline, and nothing may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'";

/// What is said of the page beside its policy; what is said of every answer is added by whoever serves it.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-cache"),
    (ETAG, PAGE_TAG),
];

/// Serves the page at the addresses that it has; it may ask `providers` for tokens.
pub(crate) fn router(providers: &[Provider]) -> Router {
    let policy = policy(providers);
    let page = move |asked: HeaderMap| {
        let policy = policy.clone();
        async move { page(&asked, policy) }
    };
    Router::new()
        .route("/", get(page.clone()))
        .route("/signed-in", get(page.clone()))
        .route("/road-maps/{*view}", get(page))
}

/// The policy, which names the origin of each provider and nothing below it.
fn policy(providers: &[Provider]) -> HeaderValue {
    let mut policy = POLICY.to_owned();
    for origin in providers.iter().filter_map(Provider::origin) {
        policy.push(' ');
        policy.push_str(&origin);
    }
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY))
}

fn page(asked: &HeaderMap, policy: HeaderValue) -> Response {
    let is_known = asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|tag| tag == PAGE_TAG);
    let mut response = Response::new(if is_known {
        Body::empty()
    } else {
        Body::from(PAGE)
    });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
