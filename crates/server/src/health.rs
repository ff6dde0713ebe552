//! Whether the process lives, and whether it wants requests.
//!
//! Invariant: neither answer needs a token, and neither tells more than one word.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::transport::Readiness;

/// `GET /health/live`: 200 as long as the process answers at all.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, "live")
}

/// `GET /health/ready`: 200 if the process wants requests, else 503.
pub(crate) fn ready(ready: &Readiness) -> Response {
    if ready() {
        answer(StatusCode::OK, "ready")
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, "unready")
    }
}

fn answer(status: StatusCode, word: &str) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        format!("{{\"status\":\"{word}\"}}\n"),
    )
        .into_response()
}
