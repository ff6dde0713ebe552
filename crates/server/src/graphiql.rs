//! The GraphiQL page, for development and demonstration: one page with its script and style, embedded.
//!
//! Nothing of it comes from another host, since ministries are offline. It is built by `assets/graphiql/source`.
//! Invariant: the page can reach nothing but this server.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, IF_NONE_MATCH,
};
use axum::response::Response;
use axum::routing::get;

use crate::digest::Digest;

/// The editor sets styles on its elements, hence `unsafe-inline` for styles; scripts come from files alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Asset {
    path: &'static str,
    content_type: &'static str,
    /// Every browser takes gzip, so it is kept in no other form.
    gzipped: bool,
    bytes: &'static [u8],
}

static ASSETS: [Asset; 3] = [
    Asset {
        path: "/graphiql",
        content_type: "text/html; charset=utf-8",
        gzipped: false,
        bytes: include_bytes!("../assets/graphiql/page.html"),
    },
    Asset {
        path: "/graphiql/page.js",
        content_type: "text/javascript; charset=utf-8",
        gzipped: true,
        bytes: include_bytes!("../assets/graphiql/page.js.gz"),
    },
    Asset {
        path: "/graphiql/page.css",
        content_type: "text/css; charset=utf-8",
        gzipped: true,
        bytes: include_bytes!("../assets/graphiql/page.css.gz"),
    },
];

/// Serves `/graphiql` and what the page needs.
pub(crate) fn router() -> Router {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        let path = asset.path;
        let etag = etag(asset.bytes);
        router.route(
            path,
            get(move |headers: HeaderMap| async move { serve(asset, &etag, &headers) }),
        )
    })
}

fn serve(asset: &Asset, etag: &HeaderValue, asked: &HeaderMap) -> Response {
    let known = asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|value| value == etag);
    let mut response = Response::new(if known {
        Body::empty()
    } else {
        Body::from(asset.bytes)
    });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(ETAG, etag.clone());
    // Kept, but asked about each time: another version of the server has another page.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if asset.gzipped {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn etag(bytes: &[u8]) -> HeaderValue {
    let digest = format!("\"{}\"", Digest::of(bytes));
    // Hexadecimal digits between quotes are a valid value.
    HeaderValue::from_str(&digest).unwrap_or(HeaderValue::from_static("\"\""))
}
