//! The script and the style of the page, compressed when they were built.
//!
//! Invariant: what stands under a name never changes, since the name holds a digest of it; a browser asks once.

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, VARY,
};
use axum::response::Response;
use axum::routing::get;

use crate::bundle::ASSETS;

/// One file of the bundle.
pub(crate) struct Asset {
    /// Where the page looks for it.
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) brotli: &'static [u8],
    pub(crate) gzip: &'static [u8],
}

/// Serves every file of the bundle.
pub(crate) fn router() -> Router {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        router.route(
            asset.path,
            get(move |asked: HeaderMap| async move { serve(asset, &asked) }),
        )
    })
}

/// Every browser takes gzip; most take brotli, if the way to the server is trusted.
fn serve(asset: &'static Asset, asked: &HeaderMap) -> Response {
    let (encoding, bytes) = if takes_brotli(asked) {
        ("br", asset.brotli)
    } else {
        ("gzip", asset.gzip)
    };
    let mut response = Response::new(Body::from(bytes));
    let headers: [(HeaderName, &'static str); 4] = [
        (CONTENT_TYPE, asset.content_type),
        (CONTENT_ENCODING, encoding),
        (VARY, "accept-encoding"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    asked
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            name.trim().eq_ignore_ascii_case("br") && !is_refused
        })
}
