//! Traces that began elsewhere: what a request does goes on with the trace that its caller names.
//!
//! It owns the header `traceparent`, as the Trace Context of the W3C has it; requests without one begin a trace of their
//! own. Whether callers are to be followed is the operator's choice, since a caller then decides what is traced.
//! Invariant: a header that is not well formed counts as none.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The same routes, each request of which goes on with the trace of its caller.
pub(super) fn followed(routes: Router) -> Router {
    routes.layer(middleware::from_fn(follow))
}

async fn follow(request: Request, next: Next) -> Response {
    let theirs = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
    if !theirs.span().span_context().is_valid() {
        return next.run(request).await;
    }
    let span = tracing::info_span!("http.request");
    if let Err(error) = span.set_parent(theirs) {
        tracing::debug!(error = %error, "a caller's trace could not be followed");
    }
    next.run(request).instrument(span).await
}
