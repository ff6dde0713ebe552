//! GraphQL over server-sent events, in the mode of distinct connections: the results of one operation as the events of one
//! answer, `next` for each and `complete` at the end.
//!
//! The id of an event is the cursor to resume after it, and comes back as `Last-Event-ID`. An answer is bounded, counted and
//! ended as a socket is. Invariant: nothing is sent after the token has expired, and what did not end by itself has no
//! `complete`.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use async_graphql::Executor;
use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Origin;
use crate::Viewer;
use crate::connection::Connection;
use crate::failure::{Cause, Failure};
use crate::identity::Credential;
use crate::operation::{Answers, Ending, Operation, StreamResult, Trace};
use crate::peer::Peer;
use crate::settings::Settings;
use crate::shares::Share;
use crate::transport::Transport;

/// Asks a proxy that keeps answers back until they are whole to hand this one on as it comes.
const UNBUFFERED: (&str, HeaderValue) = ("x-accel-buffering", HeaderValue::from_static("no"));

/// What an answer of events holds as long as it lasts: its places among the sockets.
struct Places {
    _among_all: OwnedSemaphorePermit,
    _of_caller: Option<Share<Viewer>>,
    _of_stranger: Option<Share<Peer>>,
}

/// An answer that goes on.
struct Events {
    answers: Answers,
    trace: Option<Trace>,
    had_errors: bool,
    stopping: CancellationToken,
    /// Until when what runs may finish; none as long as the server does not stop.
    until: Option<Instant>,
    /// When the token is over; none if it never is.
    expires_at: Option<Instant>,
    /// When it counts as drained.
    quiet_at: Option<Instant>,
    settings: Settings,
    is_over: bool,
    _places: Places,
}

/// Answers an operation by events.
pub(super) fn respond<E: Executor>(
    transport: &Transport<E>,
    (connection, peer): Origin<'_>,
    caller: &Credential,
    operation: Operation,
) -> Result<Response, Failure> {
    let places = match places(transport, peer, caller) {
        Ok(places) => places,
        Err(failure) => {
            operation.trace.end(&Ending::Refused(failure.code()));
            return Err(failure);
        }
    };
    let (trace, answers) = answers(transport, connection, operation);
    let valid_for = caller.valid_for;
    let settings = &transport.settings;
    let events = Events {
        answers,
        trace: Some(trace),
        had_errors: false,
        stopping: connection.stopping.clone(),
        until: None,
        expires_at: valid_for.and_then(|left| Instant::now().checked_add(left)),
        quiet_at: None,
        settings: settings.clone(),
        is_over: false,
        _places: places,
    };
    let events = stream::unfold(events, async |mut events| {
        let event = events.next().await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let heartbeat = KeepAlive::new().interval(settings.limits.socket_ping_interval());
    let mut response = Sse::new(events).keep_alive(heartbeat).into_response();
    let (name, value) = UNBUFFERED;
    response.headers_mut().insert(name, value);
    Ok(response)
}

fn places<E>(
    transport: &Transport<E>,
    peer: Option<Peer>,
    caller: &Credential,
) -> Result<Places, Failure> {
    let too_many = |what| Failure::new(Cause::TooOften, "RATE_LIMITED", what);
    let viewer = &caller.viewer;
    let of_stranger = match peer.filter(|_| viewer.is_anonymous()) {
        Some(peer) => {
            let place = transport.strangers.take(&peer);
            Some(place.ok_or_else(|| too_many("too many sockets and streams of this address"))?)
        }
        None => None,
    };
    let of_caller = if viewer.person.is_some() {
        let place = transport.callers.take(viewer);
        Some(place.ok_or_else(|| too_many("too many sockets and streams of this caller"))?)
    } else {
        None
    };
    let among_all = transport.sockets.clone().try_acquire_owned();
    Ok(Places {
        _among_all: among_all.map_err(|_| {
            let what = "too many sockets and streams";
            Failure::new(Cause::Unavailable, "OVERLOADED", what)
        })?,
        _of_caller: of_caller,
        _of_stranger: of_stranger,
    })
}

/// What the operation answers. A panic ends it as a fault.
fn answers<E: Executor>(
    transport: &Transport<E>,
    connection: &Connection,
    operation: Operation,
) -> (Trace, Answers) {
    let operations = &transport.operations;
    let (trace, answers) = operations.answers(operation, &connection.tasks);
    let answers = AssertUnwindSafe(answers).catch_unwind();
    let answers = answers.map(|answer| answer.unwrap_or_else(|_| Err(Failure::internal())));
    (trace, answers.boxed())
}

impl Events {
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            let limit = [self.expires_at, self.quiet_at].into_iter().flatten().min();
            tokio::select! {
                biased;
                () = self.stopping.cancelled(), if self.until.is_none() => self.stop(),
                () = until(limit) => {
                    self.end(&Ending::Cancelled);
                    return None;
                }
                answer = self.answers.next() => return Some(self.event(answer)),
            }
        }
    }

    fn stop(&mut self) {
        self.until = Some(Instant::now() + self.settings.grace());
        self.put_off();
    }

    /// Something was heard while the server stops: the next silence decides.
    fn put_off(&mut self) {
        let quiet_at = Instant::now() + self.settings.drain_quiet();
        self.quiet_at = self.until.map(|until| until.min(quiet_at));
    }

    fn event(&mut self, answer: Option<Result<StreamResult, Failure>>) -> Event {
        self.put_off();
        let Some(answer) = answer else {
            let ending = if self.had_errors {
                Ending::Errors
            } else {
                Ending::Done
            };
            self.end(&ending);
            return Event::default().event("complete").data("");
        };
        let written = answer.and_then(|answer| self.written(answer));
        let (json, cursor) = written.unwrap_or_else(|failure| {
            // The answer has begun, so that its status cannot tell any more; `complete` follows.
            self.answers = stream::empty().boxed();
            self.had_errors = true;
            (json!({ "errors": failure.errors }).to_string(), None)
        });
        let event = Event::default().event("next").data(json);
        match cursor {
            Some(cursor) => event.id(cursor),
            None => event,
        }
    }

    fn written(&mut self, answer: StreamResult) -> Result<(String, Option<String>), Failure> {
        let (json, has_errors, cursor) = match answer {
            StreamResult::Response(response) => {
                let json = serde_json::to_string(&response).map_err(|_| Failure::internal())?;
                (json, !response.errors.is_empty(), None)
            }
            StreamResult::Words(words, cursor) => {
                let json = std::str::from_utf8(words.json()).map_err(|_| Failure::internal())?;
                let cursor = cursor.map(|cursor| cursor.to_string());
                (json.to_owned(), words.has_errors(), cursor)
            }
        };
        let bytes_max = self.settings.limits.socket_outgoing_bytes_max;
        if json.len() > bytes_max {
            let rule = "limits.socket_outgoing_bytes_max";
            return Err(Failure::beyond(rule, bytes_max, "the result is larger"));
        }
        if has_errors {
            self.had_errors = true;
        } else if let Some(trace) = &self.trace {
            trace.began();
        }
        Ok((json, cursor))
    }

    fn end(&mut self, ending: &Ending) {
        self.is_over = true;
        if let Some(trace) = self.trace.take() {
            trace.end(ending);
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.end(&Ending::Cancelled);
    }
}

async fn until(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => std::future::pending().await,
    }
}
