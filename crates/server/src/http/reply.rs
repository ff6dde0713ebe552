//! The HTTP form of an outcome: status, headers and body, as GraphQL over HTTP says.
//!
//! Invariant: a refusal has no `data`, and its status depends on the cause and the media type alone.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER, VARY as VARY_FIELD,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;

use crate::failure::{Cause, Failure};
use crate::negotiation::MediaType;
use crate::operation::Answer;

#[derive(Serialize)]
struct Refusal<'a> {
    errors: &'a [async_graphql::ServerError],
}

/// What the answer to a GET depends on besides its URL.
const VARY: HeaderValue = HeaderValue::from_static("authorization, roadbook-organisation, accept");

/// The response to send.
pub(super) fn respond(outcome: Result<Answer, Failure>, media_type: MediaType) -> Response {
    match outcome {
        Ok(Answer::Executed(executed)) => {
            let mut response = json(StatusCode::OK, media_type, &*executed);
            response.headers_mut().extend(executed.http_headers);
            response
        }
        Ok(Answer::Kept(kept)) => of_bytes(StatusCode::OK, media_type, kept.body.clone()),
        Err(failure) => refuse(&failure, media_type),
    }
}

/// The response to send to a GET with these headers: of an answer that is kept, 304 to whoever has it.
///
/// A POST names nothing that could be compared, so it has no entity tag, and what it says of one is not looked at.
pub(super) fn respond_to_get(
    outcome: Result<Answer, Failure>,
    media_type: MediaType,
    headers: &HeaderMap,
) -> Response {
    let Ok(Answer::Kept(kept)) = &outcome else {
        return respond(outcome, media_type);
    };
    let kept = Arc::clone(kept);
    let tag = kept.tag(media_type);
    let mut response = if is_known(headers, tag) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        respond(outcome, media_type)
    };
    let fields = response.headers_mut();
    fields.insert(ETAG, tag.clone());
    fields.insert(VARY_FIELD, VARY);
    if kept.footprints.limite.is_empty() {
        // Kept by the client alone, and never shown by it before it has asked. What is LIMITE stays on no disk.
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

/// Whether the client names an entity tag as one that it has. The comparison is the weak one, as RFC 9110 says.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.as_bytes();
    let fields = headers.get_all(IF_NONE_MATCH).iter();
    let mut named = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
    named.any(|named| {
        let named = named.trim_ascii();
        named == b"*" || named.strip_prefix(b"W/").unwrap_or(named) == tag
    })
}

fn refuse(failure: &Failure, media_type: MediaType) -> Response {
    let mut response = json(
        status(failure.cause, media_type),
        media_type,
        &Refusal {
            errors: &failure.errors,
        },
    );
    if let Some(seconds) = failure.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    let header = match failure.cause {
        Cause::Unauthenticated => Some((WWW_AUTHENTICATE, "Bearer realm=\"roadbook\"")),
        Cause::MethodNotAllowed => Some((ALLOW, "POST")),
        Cause::Unavailable => Some((RETRY_AFTER, "1")),
        _ => None,
    };
    if let Some((name, value)) = header {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn status(cause: Cause, media_type: MediaType) -> StatusCode {
    match (cause, media_type) {
        // Old clients take any other status of `application/json` for a fault of the network.
        (Cause::Document, MediaType::Json) => StatusCode::OK,
        (Cause::Document, MediaType::GraphqlResponse) | (Cause::BadRequest, _) => {
            StatusCode::BAD_REQUEST
        }
        (Cause::Unauthenticated, _) => StatusCode::UNAUTHORIZED,
        (Cause::Forbidden, _) => StatusCode::FORBIDDEN,
        (Cause::TooOften, _) => StatusCode::TOO_MANY_REQUESTS,
        (Cause::MethodNotAllowed, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Cause::NotAcceptable, _) => StatusCode::NOT_ACCEPTABLE,
        (Cause::BodyTimeout, _) => StatusCode::REQUEST_TIMEOUT,
        (Cause::BodyTooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
        (Cause::UnsupportedMediaType, _) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        (Cause::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        (Cause::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn json(status: StatusCode, media_type: MediaType, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => of_bytes(status, media_type, bytes.into()),
        // Only a scalar of the schema that serialises to something else than JSON could come here.
        Err(_) => of_bytes(
            StatusCode::INTERNAL_SERVER_ERROR,
            media_type,
            Bytes::from_static(b"{\"errors\":[{\"message\":\"the result is not JSON\"}]}"),
        ),
    }
}

fn of_bytes(status: StatusCode, media_type: MediaType, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static(media_type.content_type()),
    );
    response
}
