//! GraphQL over HTTP: one operation per request, by GET for queries and by POST for queries and mutations; by either for
//! subscriptions, which are answered by events.
//!
//! A foreign page cannot make a browser send a request that executes: the token travels in `Authorization` and
//! a POST is `application/json`, and neither can be sent across sites without a preflight, which is never granted.
//! Invariant: nothing is read of a body before its caller is verified, and a mutation never runs by GET.

mod body;
mod events;
mod reply;

use async_graphql::Executor;
use async_graphql::parser::types::OperationType;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use tracing::Instrument as _;

use crate::connection::Connection;
use crate::failure::{Cause, Failure};
use crate::identity::{
    self, Credential, Identity, IdentityError, ORGANISATION_HEADER, Remembered, Shown,
};
use crate::negotiation::{MediaType, Wanted};
use crate::operation::{Answer, Ending};
use crate::parameters::{self, Parameters};
use crate::peer::Peer;
use crate::transport::Transport;

/// Whence a request comes: its connection, and the address of whoever sent it as far as that is known.
type Origin<'a> = (&'a Connection, Option<Peer>);

/// Where a client that lost its stream of events was.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What became of an operation.
enum Outcome {
    /// It gave one result.
    Answer(Answer),
    /// Its results come as events.
    Events(Response),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// Answers a GET: the parameters are in the URL.
pub(crate) async fn get<E: Executor>(
    transport: &Transport<E>,
    from: Origin<'_>,
    request: Request,
) -> Response {
    let Some(wanted) = Wanted::by(request.headers()) else {
        return not_acceptable();
    };
    let (head, _) = request.into_parts();
    match get_outcome(transport, from, &head, wanted).await {
        Ok(Outcome::Events(response)) => response,
        Ok(Outcome::Answer(answer)) => {
            reply::respond_to_get(Ok(answer), wanted.media_type(), &head.headers)
        }
        Err(failure) => reply::respond_to_get(Err(failure), wanted.media_type(), &head.headers),
    }
}

async fn get_outcome<E: Executor>(
    transport: &Transport<E>,
    from: Origin<'_>,
    request: &Parts,
    wanted: Wanted,
) -> Result<Outcome, Failure> {
    let caller = caller(transport, from, &request.headers).await?;
    let mut parameters = parameters::from_url(
        request.uri.query().unwrap_or_default(),
        &transport.settings.limits,
    )?;
    parameters.resume_after = last_event(&request.headers, wanted)?;
    run(transport, from, (Method::Get, wanted), parameters, &caller).await
}

/// Answers a POST: the parameters are a JSON object in the body.
pub(crate) async fn post<E: Executor>(
    transport: &Transport<E>,
    from: Origin<'_>,
    request: Request,
) -> Response {
    let Some(wanted) = Wanted::by(request.headers()) else {
        return not_acceptable();
    };
    match post_outcome(transport, from, request, wanted).await {
        Ok(Outcome::Events(response)) => response,
        Ok(Outcome::Answer(answer)) => reply::respond(Ok(answer), wanted.media_type()),
        Err(failure) => reply::respond(Err(failure), wanted.media_type()),
    }
}

async fn post_outcome<E: Executor>(
    transport: &Transport<E>,
    from: Origin<'_>,
    request: Request,
    wanted: Wanted,
) -> Result<Outcome, Failure> {
    let limits = &transport.settings.limits;
    require_json(request.headers())?;
    let caller = caller(transport, from, request.headers()).await?;
    let resume_after = last_event(request.headers(), wanted)?;
    let bytes = body::read(request.into_body(), limits).await?;
    let mut parameters = parameters::from_json(&bytes, limits)?;
    drop(bytes);
    parameters.resume_after = resume_after;
    run(transport, from, (Method::Post, wanted), parameters, &caller).await
}

/// Where a stream of events is to go on, if the client says so.
fn last_event(headers: &HeaderMap, wanted: Wanted) -> Result<Option<String>, Failure> {
    let last = headers.get(LAST_EVENT_ID).filter(|_| wanted.takes_events());
    let last = last.map(HeaderValue::to_str).transpose();
    let last = last.map_err(|_| Failure::bad_request("`Last-Event-ID` is no cursor"))?;
    Ok(last.filter(|last| !last.is_empty()).map(str::to_owned))
}

async fn run<E: Executor>(
    transport: &Transport<E>,
    from: Origin<'_>,
    (method, wanted): (Method, Wanted),
    parameters: Parameters,
    caller: &Credential,
) -> Result<Outcome, Failure> {
    let refuse = |kind| refusal(kind, method, wanted);
    let operations = &transport.operations;
    if !wanted.takes_events() {
        let answer = operations.answer(parameters, caller, refuse).await;
        return answer.map(Outcome::Answer);
    }
    // Its kind decides whether there are events.
    let operation = operations.prepare(parameters, caller).await?;
    if let Some(failure) = refuse(operation.kind) {
        operation.trace.end(&Ending::Refused(failure.code()));
        return Err(failure);
    }
    if wanted == Wanted::Events || operation.kind == OperationType::Subscription {
        return events::respond(transport, from, caller, operation).map(Outcome::Events);
    }
    let answer = operations.answer_once(operation.asked);
    let answer = answer.instrument(operation.trace.span()).await;
    operation.trace.end(&Ending::of(&answer));
    answer.map(Outcome::Answer)
}

/// Why an operation of a kind is not executed for a request of a method.
fn refusal(kind: OperationType, method: Method, wanted: Wanted) -> Option<Failure> {
    match (kind, method) {
        (OperationType::Subscription, _) if !wanted.takes_events() => Some(Failure::new(
            Cause::BadRequest,
            "SUBSCRIPTION_OVER_HTTP",
            "subscriptions are answered by events, to Accept: text/event-stream, or served over WebSocket, by the subprotocol graphql-transport-ws at this same path",
        )),
        (OperationType::Mutation, Method::Get) => Some(Failure::new(
            Cause::MethodNotAllowed,
            "MUTATION_BY_GET",
            "a mutation cannot be sent by GET: use POST",
        )),
        _ => None,
    }
}

/// Whoever asks, if it is known and may ask now.
async fn caller<E>(
    transport: &Transport<E>,
    from: Origin<'_>,
    headers: &HeaderMap,
) -> Result<Credential, Failure> {
    let (connection, peer) = from;
    let shown = headers.get(AUTHORIZATION);
    let verified = match shown {
        Some(value) => known(transport, connection, value, headers).await,
        None => transport.stranger(),
    };
    match verified {
        Ok(caller) => {
            if let Some(value) = shown
                && transport.audit.is_kept()
                && connection.signs_in(value, &caller.viewer.organisation)
            {
                transport.audit.signed_in(&caller.viewer, peer);
            }
            if let Err(too_often) = transport.rates.operation(&caller.viewer, peer) {
                let failure = Failure::from(too_often);
                if too_often.is_told {
                    transport.audit.refused(&caller.viewer, &failure.code());
                }
                return Err(failure);
            }
            Ok(caller)
        }
        Err(error) => {
            transport.rates.refusal(peer)?;
            let failure = Failure::from(error);
            transport.audit.turned_away(peer, failure.code());
            Err(failure)
        }
    }
}

/// The caller by its token, verified now or a moment ago on the same connection.
async fn known<E>(
    transport: &Transport<E>,
    connection: &Connection,
    value: &HeaderValue,
    headers: &HeaderMap,
) -> Result<Credential, IdentityError> {
    let shown = Remembered::shown_by(headers);
    let most = transport.settings.limits.token_remembered();
    if let Some(caller) = connection.remembered.find(shown, most) {
        return Ok(caller);
    }
    let caller = verify(&*transport.identity, value, headers).await?;
    connection.remembered.keep(shown, &caller);
    Ok(caller)
}

async fn verify(
    identity: &dyn Identity,
    value: &HeaderValue,
    headers: &HeaderMap,
) -> Result<Credential, IdentityError> {
    let value = value.to_str().map_err(|_| IdentityError::Malformed)?;
    let organisation = headers
        .get(ORGANISATION_HEADER)
        .map(|named| named.to_str().map_err(|_| IdentityError::OtherOrganisation))
        .transpose()?;
    let shown = Shown {
        token: identity::bearer(value)?,
        organisation,
    };
    identity.verify(shown).await
}

/// Only JSON, said to be JSON: a form or plain text is what a foreign page could send without asking.
fn require_json(headers: &HeaderMap) -> Result<(), Failure> {
    let unsupported = |message: &str| {
        Failure::new(
            Cause::UnsupportedMediaType,
            "UNSUPPORTED_MEDIA_TYPE",
            message,
        )
    };
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unsupported("expected one Content-Type: application/json"));
    };
    let mut parts = value.to_str().unwrap_or_default().split(';').map(str::trim);
    if !parts
        .next()
        .unwrap_or_default()
        .eq_ignore_ascii_case("application/json")
    {
        return Err(unsupported("expected Content-Type: application/json"));
    }
    for parameter in parts {
        let (key, charset) = parameter.split_once('=').unwrap_or((parameter, ""));
        if key.trim().eq_ignore_ascii_case("charset")
            && !charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8")
        {
            return Err(unsupported("expected charset=utf-8"));
        }
    }
    Ok(())
}

fn not_acceptable() -> Response {
    let failure = Failure::new(
        Cause::NotAcceptable,
        "NOT_ACCEPTABLE",
        "expected Accept: application/graphql-response+json, application/json or text/event-stream",
    );
    reply::respond(Err(failure), MediaType::Json)
}
