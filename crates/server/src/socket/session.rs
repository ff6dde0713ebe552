//! One open socket, from its first message to its close: the server's side of `graphql-transport-ws`.
//!
//! One task reads, writes and polls the streams, so a peer that reads slowly slows its own streams and nobody else.
//! Invariant: no operation runs before the token was verified, and none after it has expired.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_graphql::Executor;
use futures_util::stream::StreamExt as _;
use futures_util::{FutureExt as _, SinkExt as _};
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tokio_util::task::TaskTracker;

use super::bells::{Bell, Board};
use super::closing::{self, Closing};
use super::deadlines::{Deadlines, Due};
use super::message::{self, Incoming, OperationId, Renewed};
use super::streams::{Item, Streams};
use crate::Viewer;
use crate::connection::Connection;
use crate::failure::{Cause, Failure};
use crate::identity::{Credential, Identity, IdentityError, Shown};
use crate::operation::{Ending, StreamResult};
use crate::parameters;
use crate::peer::Peer;
use crate::shares::Share;
use crate::transport::Transport;

/// Results written before they are flushed together, if as many are ready at once.
const FLUSHED_ITEMS_MAX: usize = 32;

/// Bells that are not those of the streams: the board's own, which tells of the socket's end, and those of the session.
const RESERVED_BELLS: usize = 4;
/// Those of the session among them.
const SESSION_BITS: u64 = 0b1110;

/// How far the conversation has come.
enum Phase {
    /// Before `connection_init`.
    Opened,
    /// After `connection_ack`.
    Acknowledged(Credential),
    /// The server stops: what runs may finish until then.
    Draining { until: Instant },
}

/// How the conversation goes on, or ends: with our close frame, or because the peer has gone (`None`).
type Step = ControlFlow<Option<Closing>>;

/// One socket.
pub(super) struct Session<E, S> {
    transport: Arc<Transport<E>>,
    /// Where what is made for others too is made.
    tasks: TaskTracker,
    /// Kept from step to step: all sockets wait for the same, in one list.
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    peer: Option<Peer>,
    /// The place among the sockets of strangers at its address, until its caller has signed in.
    stranger: Option<Share<Peer>>,
    /// The place among the sockets of its caller.
    place: Option<Share<Viewer>>,
    stream: WebSocketStream<S>,
    /// Items that were written and may not have gone yet.
    unflushed: usize,
    /// Whether the peer did not take them all at once.
    is_flushing: bool,
    streams: Streams,
    bells: Bells,
    deadlines: Deadlines,
    /// When the token is over; `None` if there is none, or it is good for ever.
    expires_at: Option<Instant>,
    phase: Phase,
}

/// What the session waits for besides its streams, each by a bell of the socket's board.
struct Bells {
    board: Arc<Board>,
    stop: Arc<Bell>,
    due: Arc<Bell>,
    frame: Arc<Bell>,
}

enum Event {
    Stop,
    Due(Due),
    Frame(Option<Result<Message, Error>>),
    Item(Item),
    Flushed(Result<(), Error>),
}

impl<E, S> Session<E, S>
where
    E: Executor,
    S: AsyncRead + AsyncWrite + Unpin,
{
    pub(super) fn new(
        transport: &Arc<Transport<E>>,
        connection: &Connection,
        (peer, stranger): (Option<Peer>, Option<Share<Peer>>),
        stream: WebSocketStream<S>,
        board: &Arc<Board>,
    ) -> Self {
        let limits = &transport.settings.limits;
        Self {
            unflushed: 0,
            is_flushing: false,
            streams: Streams::new(board, RESERVED_BELLS),
            bells: Bells::new(board),
            deadlines: Deadlines::new(
                Instant::now() + limits.socket_init_wait(),
                limits.socket_ping_interval(),
                limits.socket_pong_wait(),
            ),
            transport: Arc::clone(transport),
            tasks: connection.tasks.clone(),
            stopping: Box::pin(connection.stopping.clone().cancelled_owned()),
            peer,
            stranger,
            place: None,
            stream,
            expires_at: None,
            phase: Phase::Opened,
        }
    }

    /// Runs the conversation and closes the socket.
    pub(super) async fn run(mut self) {
        let closing = loop {
            if let ControlFlow::Break(closing) = self.step().await {
                break closing;
            }
        };
        // Sources are let go before the goodbye, which a silent peer can draw out.
        self.streams.close_all();
        let wait = self.transport.settings.limits.socket_close_wait();
        match closing {
            Some(closing) => closing::close(self.stream, &closing, wait).await,
            None => closing::hear_out(self.stream, wait).await,
        }
    }

    async fn step(&mut self) -> Step {
        match poll_fn(|cx| self.poll_event(cx)).await {
            Event::Stop => self.stop(),
            Event::Due(due) => self.due(due).await,
            Event::Frame(frame) => self.frame(frame).await,
            Event::Item(item) => self.write(item).await,
            Event::Flushed(flushed) => self.flushed(flushed),
        }
    }

    /// What comes next. What was written goes on its way before the task sleeps, or when enough of it waits.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if self.bells.board.have_rung(SESSION_BITS)
            && let Poll::Ready(event) = self.poll_own()
        {
            return Poll::Ready(event);
        }
        // What a peer does not take stays with its source.
        if self.is_flushing || self.unflushed >= FLUSHED_ITEMS_MAX {
            return self.poll_flush(cx).map(Event::Flushed);
        }
        if let Some(item) = self.streams.next_ready(cx) {
            return Poll::Ready(Event::Item(item));
        }
        if self.unflushed > 0 {
            let flushed = ready!(self.poll_flush(cx));
            if flushed.is_err() || matches!(self.phase, Phase::Draining { .. }) {
                return Poll::Ready(Event::Flushed(flushed));
            }
        }
        // The streams were asked just now, and each will call.
        Poll::Pending
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.is_flushing = true;
        let flushed = ready!(self.stream.poll_flush_unpin(cx));
        self.is_flushing = false;
        self.unflushed = 0;
        Poll::Ready(flushed)
    }

    /// In this order, so that a peer that sends without pause cannot outrun a stop or a limit. What is pending wakes the task,
    /// which listens to the board.
    fn poll_own(&mut self) -> Poll<Event> {
        let stopping = |cx: &mut Context<'_>| self.stopping.as_mut().poll(cx);
        if !matches!(self.phase, Phase::Draining { .. })
            && self.bells.stop.answer(stopping).is_ready()
        {
            return Poll::Ready(Event::Stop);
        }
        let due = |cx: &mut Context<'_>| self.deadlines.poll_due(cx);
        if let Poll::Ready(due) = self.bells.due.answer(due) {
            return Poll::Ready(Event::Due(due));
        }
        let frame = |cx: &mut Context<'_>| self.stream.poll_next_unpin(cx);
        self.bells.frame.answer(frame).map(Event::Frame)
    }

    async fn frame(&mut self, frame: Option<Result<Message, Error>>) -> Step {
        let message = match frame {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Step::Break(Closing::for_error(&error)),
            None => return Step::Break(None),
        };
        self.deadlines.heard();
        self.bells.due.ring();
        match message {
            // Boxed, since a socket hears little of its peer, and sockets are many.
            Message::Text(text) => Box::pin(self.message(&text)).await,
            Message::Binary(_) => close(Closing::bad_message("Messages are text")),
            Message::Close(_) => Step::Break(None),
            // The library answers pings by itself.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Step::Continue(()),
        }
    }

    async fn message(&mut self, text: &str) -> Step {
        match message::read(text) {
            Err(closing) => close(closing),
            Ok(Incoming::Init {
                token,
                organisation,
            }) => self.init(token.as_deref(), organisation.as_deref()).await,
            Ok(Incoming::Renewal { token }) => self.renew(&token).await,
            Ok(Incoming::Ping { payload }) => self.send(message::pong(payload)).await,
            Ok(Incoming::Pong) => Step::Continue(()),
            Ok(Incoming::Subscribe { id, payload }) => self.subscribe(id, payload).await,
            Ok(Incoming::Complete { id }) => {
                if let Some(place) = self.streams.find(&id) {
                    self.streams.close(place, &Ending::Cancelled);
                }
                self.finish_draining()
            }
        }
    }

    async fn init(&mut self, token: Option<&str>, organisation: Option<&str>) -> Step {
        if !matches!(self.phase, Phase::Opened) {
            return close(Closing::second_init());
        }
        let verified = match token {
            Some(token) => verify(&*self.transport.identity, token, organisation).await,
            None => self.transport.stranger(),
        };
        match verified {
            Ok(credential) => {
                if credential.viewer.person.is_some() {
                    self.place = self.transport.callers.take(&credential.viewer);
                    if self.place.is_none() {
                        return close(Closing::too_many_of_caller());
                    }
                }
                if !credential.viewer.is_anonymous() {
                    drop(self.stranger.take());
                    self.transport
                        .audit
                        .signed_in(&credential.viewer, self.peer);
                }
                self.set_expiry(&credential);
                self.phase = Phase::Acknowledged(credential);
                self.send(message::ack()).await
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// Closes the socket of somebody who is not let in.
    fn refuse(&self, error: &IdentityError) -> Step {
        close(match self.transport.rates.refusal(self.peer) {
            Ok(()) => {
                let code = Failure::from(error.clone()).code();
                self.transport.audit.turned_away(self.peer, code);
                Closing::refused(error)
            }
            Err(_too_often) => Closing::too_often(),
        })
    }

    /// Takes another token of the same caller in place of the present one. What is open goes on.
    async fn renew(&mut self, token: &str) -> Step {
        let viewer = match &self.phase {
            Phase::Opened => return close(Closing::unauthorized()),
            Phase::Acknowledged(caller) => caller.viewer.clone(),
            Phase::Draining { .. } => return Step::Continue(()),
        };
        if let Err(too_often) = self.transport.rates.operation(&viewer, self.peer) {
            let not_yet = Renewed::not_yet(&Failure::from(too_often));
            return self.send(message::renewed(not_yet)).await;
        }
        let organisation = Some(viewer.organisation.as_str());
        let identity = &*self.transport.identity;
        let renewed = match verify(identity, token, organisation).await {
            Ok(credential) if credential.viewer == viewer => {
                self.transport.audit.renewed(&viewer);
                self.set_expiry(&credential);
                let expires_in = credential.valid_for.map(|left| left.as_secs());
                self.phase = Phase::Acknowledged(credential);
                Renewed {
                    authorized: true,
                    expires_in,
                    code: None,
                }
            }
            Ok(_) => return self.refuse(&IdentityError::AnotherCaller),
            // The present token holds as long as it did; the client tries again.
            Err(error @ IdentityError::Unavailable) => Renewed::not_yet(&Failure::from(error)),
            Err(error) => return self.refuse(&error),
        };
        self.send(message::renewed(renewed)).await
    }

    fn set_expiry(&mut self, credential: &Credential) {
        let valid_for = credential.valid_for;
        self.expires_at = valid_for.and_then(|left| Instant::now().checked_add(left));
        self.set_limit(self.expires_at);
    }

    fn is_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= Instant::now())
    }

    /// Sets the limit of a draining socket, which is no reason for a token to be good any longer.
    fn drain_until(&mut self, limit: Instant) {
        let limit = self.expires_at.map_or(limit, |end| end.min(limit));
        self.set_limit(Some(limit));
    }

    /// A timer that was set anew does not promise to wake who was waiting for it before.
    fn set_limit(&mut self, limit: Option<Instant>) {
        self.deadlines.set_limit(limit);
        self.bells.due.ring();
    }

    async fn subscribe(&mut self, id: Arc<str>, payload: &RawValue) -> Step {
        let caller = match &self.phase {
            Phase::Opened => return close(Closing::unauthorized()),
            Phase::Acknowledged(caller) => caller.clone(),
            // The socket closes with 1001 in a moment, and the client tries again elsewhere by itself.
            Phase::Draining { .. } => return Step::Continue(()),
        };
        if self.streams.find(&id).is_some() {
            return close(Closing::duplicate(&id));
        }
        if let Err(too_often) = self.transport.rates.operation(&caller.viewer, self.peer) {
            let failure = Failure::from(too_often);
            if too_often.is_told {
                self.transport
                    .audit
                    .refused(&caller.viewer, &failure.code());
            }
            return self.send(message::error(&id, &failure.errors)).await;
        }
        let limits = &self.transport.settings.limits;
        if self.streams.len() >= limits.socket_operations_max {
            let failure = Failure::beyond(
                "limits.socket_operations_max",
                limits.socket_operations_max,
                "the socket has more operations open",
            );
            return self.send(message::error(&id, &failure.errors)).await;
        }
        let parameters = match parameters::from_json(payload.get().as_bytes(), limits) {
            Ok(parameters) => parameters,
            // A payload of another shape is a message of another protocol.
            Err(Failure {
                cause: Cause::BadRequest,
                errors,
            }) => {
                let reason = errors
                    .into_iter()
                    .next()
                    .map(|error| error.message)
                    .unwrap_or_default();
                return close(Closing::bad_message(reason));
            }
            Err(failure) => return self.send(message::error(&id, &failure.errors)).await,
        };
        let operation = match self.transport.operations.prepare(parameters, &caller).await {
            Ok(operation) => operation,
            Err(failure) => return self.send(message::error(&id, &failure.errors)).await,
        };
        let kind = operation.kind;
        let operations = &self.transport.operations;
        let (trace, answers) = operations.answers(operation, &self.tasks);
        self.streams.open(id, kind, trace, answers);
        Step::Continue(())
    }

    /// Writes an item, which goes on its way with whatever else is ready.
    async fn write(&mut self, item: Item) -> Step {
        if let Some(text) = self.item(item)
            && let Err(error) = self.stream.feed(Message::Text(text)).await
        {
            return Step::Break(Closing::for_error(&error));
        }
        self.unflushed += 1;
        Step::Continue(())
    }

    /// All that was written has gone.
    fn flushed(&mut self, flushed: Result<(), Error>) -> Step {
        if let Err(error) = flushed {
            return Step::Break(Closing::for_error(&error));
        }
        if let Phase::Draining { until } = self.phase {
            self.drain_until(until.min(Instant::now() + self.transport.settings.drain_quiet()));
        }
        self.finish_draining()
    }

    /// The message for an item, if there is one to send.
    fn item(&mut self, item: Item) -> Option<Utf8Bytes> {
        let Item { place, outcome } = item;
        let id = self.streams.id(place)?;
        let Some(outcome) = outcome else {
            let complete = message::complete(&id.text);
            self.streams.finish(place);
            return Some(complete);
        };
        match outcome.and_then(|answer| self.result(id, &answer)) {
            Ok((text, has_errors)) => {
                self.streams.tells(place, has_errors);
                Some(text)
            }
            Err(failure) => {
                let error = message::error(&id.text, &failure.errors);
                self.streams.close(place, &Ending::Refused(failure.code()));
                Some(error)
            }
        }
    }

    /// The message for a result, and whether the result has errors.
    fn result(
        &self,
        id: &OperationId,
        answer: &StreamResult,
    ) -> Result<(Utf8Bytes, bool), Failure> {
        let (text, has_errors) = match answer {
            StreamResult::Response(response) => {
                let text = message::next(&id.text, response);
                (text, !response.errors.is_empty())
            }
            StreamResult::Words(words, _) => (id.next_in_words(words)?, words.has_errors()),
        };
        let bytes_max = self.transport.settings.limits.socket_outgoing_bytes_max;
        if text.len() > bytes_max {
            return Err(Failure::beyond(
                "limits.socket_outgoing_bytes_max",
                bytes_max,
                "the result is larger",
            ));
        }
        Ok((text, has_errors))
    }

    async fn due(&mut self, due: Due) -> Step {
        match (due, &self.phase) {
            (Due::Limit, Phase::Opened) => close(Closing::init_timeout()),
            (Due::Limit, Phase::Draining { until }) if !self.is_expired() => {
                // Subscriptions have been silent; a query or mutation in flight gets all of the grace.
                if self.streams.has_single_result() && Instant::now() < *until {
                    self.drain_until(*until);
                    Step::Continue(())
                } else {
                    close(Closing::stopping())
                }
            }
            (Due::Limit, Phase::Acknowledged(_) | Phase::Draining { .. }) => {
                close(Closing::refused(&IdentityError::Expired))
            }
            (Due::Ping, _) => match self.stream.send(Message::Ping(bytes::Bytes::new())).await {
                Ok(()) => Step::Continue(()),
                Err(error) => Step::Break(Closing::for_error(&error)),
            },
            // What came while a long write held us up is heard before the peer is called silent.
            (Due::Silence, _) => {
                self.bells.frame.ring();
                match self.stream.next().now_or_never() {
                    Some(frame) => self.frame(frame).await,
                    None => close(Closing::silent()),
                }
            }
        }
    }

    fn stop(&mut self) -> Step {
        let settings = &self.transport.settings;
        let until = Instant::now() + settings.grace();
        let limit = until.min(Instant::now() + settings.drain_quiet());
        self.phase = Phase::Draining { until };
        self.drain_until(limit);
        self.finish_draining()
    }

    /// Ends a draining socket as soon as nothing is open on it.
    ///
    /// What is still open later is cut without `complete`: that would tell the client that its subscription had come
    /// to an end, and it would not try again.
    fn finish_draining(&self) -> Step {
        if matches!(self.phase, Phase::Draining { .. }) && self.streams.is_empty() {
            close(Closing::stopping())
        } else {
            Step::Continue(())
        }
    }

    async fn send(&mut self, text: Utf8Bytes) -> Step {
        match self.stream.send(Message::Text(text)).await {
            Ok(()) => Step::Continue(()),
            Err(error) => Step::Break(Closing::for_error(&error)),
        }
    }
}

impl Bells {
    fn new(board: &Arc<Board>) -> Self {
        let [stop, due, frame] = [1, 2, 3].map(|place| Bell::new(board, place));
        Self {
            board: Arc::clone(board),
            stop,
            due,
            frame,
        }
    }
}

async fn verify(
    identity: &dyn Identity,
    token: &str,
    organisation: Option<&str>,
) -> Result<Credential, IdentityError> {
    let shown = Shown {
        token,
        organisation,
    };
    identity.verify(shown).await
}

fn close(closing: Closing) -> Step {
    Step::Break(Some(closing))
}
