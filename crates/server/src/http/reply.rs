//! The HTTP form of an outcome: status, headers and body, as GraphQL over HTTP says.
//!
//! Invariant: a refusal has no `data`, and its status depends on the cause and the media type alone.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::Response;
use serde::Serialize;

use crate::failure::{Cause, Failure};
use crate::negotiation::MediaType;

#[derive(Serialize)]
struct Refusal<'a> {
    errors: &'a [async_graphql::ServerError],
}

/// The response to send.
pub(super) fn respond(
    outcome: Result<async_graphql::Response, Failure>,
    media_type: MediaType,
) -> Response {
    match outcome {
        Ok(executed) => {
            let mut response = json(StatusCode::OK, media_type, &executed);
            response.headers_mut().extend(executed.http_headers);
            response
        }
        Err(failure) => refuse(&failure, media_type),
    }
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
    let (status, bytes) = match serde_json::to_vec(body) {
        Ok(bytes) => (status, bytes),
        // Only a scalar of the schema that serialises to something else than JSON could come here.
        Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            b"{\"errors\":[{\"message\":\"the result is not JSON\"}]}".to_vec(),
        ),
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static(media_type.content_type()),
    );
    response
}
