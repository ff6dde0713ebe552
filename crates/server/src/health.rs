//! Whether the process lives, and whether it wants requests.
//!
//! Invariant: neither answer needs a token, and neither tells anything of a road map.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::transport::Readiness;

/// What the process wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Everything.
    Yes,
    /// Queries and subscriptions; mutations are refused, for these reasons.
    ReadOnly(Vec<ReadOnlyReason>),
    /// Nothing.
    No,
}

/// Why mutations are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadOnlyReason {
    /// The code that a mutation is answered with.
    pub code: &'static str,
    /// The same in a sentence.
    pub message: String,
}

/// What is answered.
#[derive(Serialize)]
struct Answer<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [ReadOnlyReason],
}

/// `GET /health/live`: 200 as long as the process answers at all.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, "live", &[])
}

/// `GET /health/ready`: 200 if the process wants requests, if only to read, else 503.
pub(crate) fn ready(ready: &Readiness) -> Response {
    match ready() {
        Ready::Yes => answer(StatusCode::OK, "ready", &[]),
        Ready::ReadOnly(reasons) => answer(StatusCode::OK, "read-only", &reasons),
        Ready::No => answer(StatusCode::SERVICE_UNAVAILABLE, "unready", &[]),
    }
}

fn answer(code: StatusCode, status: &'static str, reasons: &[ReadOnlyReason]) -> Response {
    let answer = Answer { status, reasons };
    // Texts alone, which JSON can always express.
    let body = serde_json::to_string(&answer).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (code, headers, format!("{body}\n")).into_response()
}
