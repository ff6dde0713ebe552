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

/// Scripts and styles come from files of this server alone; nothing is inline, and nothing may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is said of the page; what is said of every answer is added by whoever serves it.
const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (CACHE_CONTROL, "no-cache"),
    (ETAG, PAGE_TAG),
];

/// Serves the page at the addresses that it has.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(page))
        .route("/road-maps/{*view}", get(page))
}

async fn page(asked: HeaderMap) -> Response {
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
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
