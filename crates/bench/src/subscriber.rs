//! A subscriber: a socket that follows a road map in the protocol `graphql-transport-ws`.
//!
//! It owns the few messages that such a client sends and expects.
//! Invariant: the instant of a receipt is taken before its message is looked at.

use std::net::SocketAddr;
use std::time::Instant;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::editor::number_after;
use crate::error::BenchError;

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes read at once.
const READ_BYTES: usize = 4 * 1024;
const DOING: &str = "following a road map";

/// What one who follows would ask for: what happened, to what, and where to resume.
const CHANGES: &str = "subscription($id: ID!, $filter: ChangeFilter, $after: Cursor) { \
    changes(roadMap: $id, filter: $filter, after: $after) { __typename \
    ... on Changed { cursor event { version summary } affected { key } } ... on Resync { reason } } }";

/// A socket that follows.
#[derive(Debug)]
pub(crate) struct Subscriber {
    socket: WebSocketStream<TcpStream>,
}

/// A change that came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    /// The version of the event.
    pub(crate) version: u64,
    /// When it came.
    pub(crate) at: Instant,
}

impl Subscriber {
    /// Connects, signs in and follows a road map after a cursor.
    pub(crate) async fn open(
        address: SocketAddr,
        token: &str,
        road_map: &str,
        after: &str,
    ) -> Result<Self, BenchError> {
        Self::open_with(address, token, road_map, (after, &Json::Null)).await
    }

    /// The same with a filter.
    pub(crate) async fn open_with(
        address: SocketAddr,
        token: &str,
        road_map: &str,
        (after, filter): (&str, &Json),
    ) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(BenchError::io("connecting a socket"))?;
        stream
            .set_nodelay(true)
            .map_err(BenchError::io("connecting a socket"))?;
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .map_err(BenchError::socket(DOING))?;
        let protocol = HeaderValue::from_static(PROTOCOL);
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let config = WebSocketConfig::default().read_buffer_size(READ_BYTES);
        let (socket, _response) = client_async_with_config(request, stream, Some(config))
            .await
            .map_err(BenchError::socket(DOING))?;
        let mut subscriber = Self { socket };
        subscriber.sign_in(token).await?;
        let variables = json!({ "id": road_map, "after": after, "filter": filter });
        let payload = json!({ "query": CHANGES, "variables": variables });
        subscriber
            .send(&json!({ "type": "subscribe", "id": "1", "payload": payload }))
            .await?;
        Ok(subscriber)
    }

    /// Waits for the next message that tells of something, and gives it as it came.
    pub(crate) async fn next_message(&mut self) -> Result<String, BenchError> {
        let (_, text) = self.next_text().await?;
        Ok(text)
    }

    /// The connection, once what was there before has been told: nothing of it is kept back here.
    pub(crate) async fn into_stream(mut self) -> Result<TcpStream, BenchError> {
        let text = self.next_message().await?;
        if text.contains("\"__typename\":\"CaughtUp\"") {
            Ok(self.socket.into_inner())
        } else {
            Err(BenchError::unexpected(DOING, &text))
        }
    }

    /// Waits for the next change.
    pub(crate) async fn next_change(&mut self) -> Result<Receipt, BenchError> {
        loop {
            let (at, text) = self.next_text().await?;
            if text.contains("\"__typename\":\"Changed\"") {
                let version = number_after(&text, "\"version\":");
                let version = version.ok_or_else(|| BenchError::unexpected(DOING, &text))?;
                return Ok(Receipt { version, at });
            }
            if !text.contains("\"__typename\":\"CaughtUp\"") {
                return Err(BenchError::unexpected(DOING, &text));
            }
        }
    }

    async fn sign_in(&mut self, token: &str) -> Result<(), BenchError> {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.send(&json!({ "type": "connection_init", "payload": payload }))
            .await?;
        let (_, text) = self.next_text().await?;
        if text.contains("\"connection_ack\"") {
            Ok(())
        } else {
            Err(BenchError::unexpected(DOING, &text))
        }
    }

    /// The next message that is no ping of the protocol, and when it came; pings of the socket the library answers itself.
    async fn next_text(&mut self) -> Result<(Instant, String), BenchError> {
        loop {
            let received = self.socket.next().await;
            let at = Instant::now();
            match received {
                Some(Ok(Message::Text(text))) if is_ping(text.as_str()) => {
                    self.send(&json!({ "type": "pong" })).await?;
                }
                Some(Ok(Message::Text(text))) => return Ok((at, text.as_str().to_owned())),
                Some(Ok(Message::Close(frame))) => {
                    let frame = format!("closed: {frame:?}");
                    return Err(BenchError::unexpected(DOING, &frame));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(BenchError::socket(DOING)(error)),
                None => return Err(BenchError::unexpected(DOING, "the socket ended")),
            }
        }
    }

    async fn send(&mut self, message: &Json) -> Result<(), BenchError> {
        let message = Message::text(message.to_string());
        self.socket
            .send(message)
            .await
            .map_err(BenchError::socket(DOING))
    }
}

fn is_ping(text: &str) -> bool {
    text.contains("\"type\":\"ping\"")
}
