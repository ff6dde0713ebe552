//! The page: one document for every address of the console, which reads its address by itself.
//!
//! Invariant: the page is asked for each time, so that another version of the server brings its own.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH,
};
use axum::http::uri::Uri;
use axum::response::Response;
use axum::routing::get;

use crate::bundle::{PAGE, PAGE_TAG};
use crate::sign_in::SignIn;

/// Scripts and styles come from files of this server alone; nothing is inline, and nothing may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'";

/// What is said of the page beside its policy; what is said of every answer is added by whoever serves it.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-cache"),
    (ETAG, PAGE_TAG),
];

/// Serves the page at the addresses that it has; it may ask the providers that it offers for tokens.
pub(crate) fn router(sign_in: Arc<SignIn>) -> Router {
    let page = move |asked: HeaderMap| {
        let policy = policy(&sign_in);
        async move { page(&asked, policy) }
    };
    Router::new()
        .route("/", get(page.clone()))
        .route("/signed-in", get(page.clone()))
        .route("/road-maps/{*view}", get(page))
}

/// The policy, which names the origins of each provider and of where it gives tokens, and nothing below them.
fn policy(sign_in: &SignIn) -> HeaderValue {
    let endpoints = (sign_in.endpoints)();
    let issuers = sign_in.providers.iter().map(|provider| &provider.issuer);
    let mut origins: Vec<String> = Vec::new();
    for origin in issuers.chain(&endpoints).filter_map(|url| origin(url)) {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    let policy = std::iter::once(POLICY.to_owned()).chain(origins);
    let policy = policy.collect::<Vec<_>>().join(" ");
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY))
}

/// The origin of an address; none if it is no address, or holds what would end the list of origins.
fn origin(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let (scheme, authority) = (url.scheme_str()?, url.authority()?.as_str());
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-.:[]".contains(letter);
    let is_origin = matches!(scheme, "http" | "https") && authority.chars().all(is_plain);
    is_origin.then(|| format!("{scheme}://{authority}"))
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
