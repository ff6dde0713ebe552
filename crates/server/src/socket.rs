//! The WebSocket handshake: who may open a socket, and with which subprotocol.
//!
//! What happens on an open socket is in [`session`]. Invariant: a page of a foreign origin never gets a socket.

mod bells;
mod closing;
mod deadlines;
mod message;
mod origin;
mod session;
mod streams;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Waker;

use async_graphql::Executor;
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::either::Either;

use crate::connection::Connection;
use crate::peer::Peer;
use crate::settings::Limits;
use crate::stall::StallGuard;
use crate::transport::Transport;

use bells::Board;
use closing::Closing;
use session::Session;

/// The one subprotocol; the older `graphql-ws` is another and is not served.
const SUBPROTOCOL: &str = "graphql-transport-ws";
/// The library's own 128 KiB would be nearly all that an idle socket costs.
const READ_BUFFER_BYTES: usize = 4096;
/// Written through at this many bytes, even if more follows at once.
const WRITE_BUFFER_BYTES: usize = 4096;
/// Room beside the outgoing bytes for control frames, which are never refused.
const CONTROL_BYTES: usize = 4096;

/// What a client asked for may be one of two protocols, or none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subprotocol {
    Ours,
    Other,
}

/// Whether the request asks for a WebSocket.
pub(crate) fn wants_upgrade(headers: &HeaderMap) -> bool {
    lists(headers, &UPGRADE, "websocket")
}

/// Answers the handshake, and lets the session run on the connection once it is over.
pub(crate) fn upgrade<E: Executor>(
    transport: Arc<Transport<E>>,
    connection: Connection,
    peer: Option<Peer>,
    mut request: Request,
) -> Response {
    let key = match check(&request, &transport) {
        Ok(key) => key,
        Err(refusal) => return *refusal,
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return (
            StatusCode::BAD_REQUEST,
            "this connection cannot be upgraded\n",
        )
            .into_response();
    };
    let subprotocol = if lists(request.headers(), &SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        Subprotocol::Ours
    } else {
        Subprotocol::Other
    };
    let (tasks, ended) = (connection.tasks.clone(), connection.ended.clone());
    let board = Arc::default();
    tasks.spawn(async move {
        let socket = pin!(run(
            transport,
            connection,
            peer,
            upgrade,
            subprotocol,
            &board
        ));
        unless(pin!(ended.cancelled()), socket, &board).await;
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if subprotocol == Subprotocol::Ours {
        headers.insert(
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        );
    }
    response
}

/// The key to answer, or the refusal of the handshake.
fn check<E>(request: &Request, transport: &Transport<E>) -> Result<HeaderValue, Box<Response>> {
    let headers = request.headers();
    let refuse = |status: StatusCode, why: &'static str| Box::new((status, why).into_response());
    if request.method() != Method::GET || !lists(headers, &CONNECTION, "upgrade") {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "an upgrade is a GET with Connection: upgrade\n",
        ));
    }
    if !lists(headers, &SEC_WEBSOCKET_VERSION, "13") {
        let mut response = StatusCode::UPGRADE_REQUIRED.into_response();
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(Box::new(response));
    }
    let key = headers
        .get(SEC_WEBSOCKET_KEY)
        .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing\n"))?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let allowed = headers.get_all(ORIGIN).iter().all(|origin| {
        origin.to_str().is_ok_and(|origin| {
            origin::is_allowed(origin, host, &transport.settings.allowed_origins)
        })
    });
    if !allowed {
        return Err(refuse(
            StatusCode::FORBIDDEN,
            "pages of this origin may not open a socket\n",
        ));
    }
    Ok(key.clone())
}

/// Does some work until it is done or its end has come, and wakes it by the bells of the board.
async fn unless(
    mut end: Pin<&mut impl Future<Output = ()>>,
    mut work: Pin<&mut impl Future<Output = ()>>,
    board: &Arc<Board>,
) {
    let mut listening: Option<Waker> = None;
    poll_fn(|cx| {
        // A task has one waker for all of its life, most often.
        let waker = cx.waker();
        if !listening.as_ref().is_some_and(|it| it.will_wake(waker)) {
            board.listen(waker.clone());
            listening = Some(waker.clone());
        }
        let ended = board.answer(|cx| end.as_mut().poll(cx));
        if ended.is_ready() {
            return ended;
        }
        work.as_mut().poll(cx)
    })
    .await;
}

async fn run<E: Executor>(
    transport: Arc<Transport<E>>,
    connection: Connection,
    peer: Option<Peer>,
    upgrade: OnUpgrade,
    subprotocol: Subprotocol,
    board: &Arc<Board>,
) {
    let upgraded = match upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!(error = %error, "an upgrade was not completed");
            return;
        }
    };
    let limits = &transport.settings.limits;
    let (wire, read) = unwrap(upgraded);
    let config = Some(config(limits));
    let stream = WebSocketStream::from_partially_read(wire, read, Role::Server, config).await;
    // Before the place among all, which whoever is turned away must not hold while it is told so.
    let place = match peer.map(|peer| transport.strangers.take(&peer)) {
        Some(None) => {
            closing::close(
                stream,
                &Closing::too_many_of_address(),
                limits.socket_close_wait(),
            )
            .await;
            return;
        }
        place => place.flatten(),
    };
    let Ok(_among_all) = Arc::clone(&transport.sockets).try_acquire_owned() else {
        closing::close(
            stream,
            &Closing::too_many_sockets(),
            limits.socket_close_wait(),
        )
        .await;
        return;
    };
    if subprotocol == Subprotocol::Other {
        closing::close(
            stream,
            &Closing::subprotocol(SUBPROTOCOL),
            limits.socket_close_wait(),
        )
        .await;
        return;
    }
    Session::new(&transport, &connection, (peer, place), stream, board)
        .run()
        .await;
}

/// What the frames go over: a plain connection of this server, or any other behind what hyper knows of it.
type Wire = Either<StallGuard<TcpStream>, TokioIo<Upgraded>>;

/// The connection itself, if it is a plain one of this server, and what was read of it already. Behind hyper's wrapping
/// every write goes by three more places in memory, which nothing else has touched.
fn unwrap(upgraded: Upgraded) -> (Wire, Vec<u8>) {
    match upgraded.downcast::<TokioIo<StallGuard<TcpStream>>>() {
        // Copied, since the buffer that it lies in is large, and most often there is nothing.
        Ok(parts) => (Either::Left(parts.io.into_inner()), parts.read_buf.to_vec()),
        Err(upgraded) => (Either::Right(TokioIo::new(upgraded)), Vec::new()),
    }
}

fn config(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(
            limits
                .socket_outgoing_bytes_max
                .saturating_add(WRITE_BUFFER_BYTES + CONTROL_BYTES),
        )
        .max_message_size(Some(limits.socket_message_bytes_max))
        .max_frame_size(Some(limits.socket_message_bytes_max))
}

/// Whether a header whose value is a list has the item, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(item))
}
