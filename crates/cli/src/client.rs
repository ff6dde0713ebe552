//! A client of the API over WebSocket, in the protocol `graphql-transport-ws`.
//!
//! It owns one connection: its opening, queries, one subscription at a time, and what ends it.
//! Invariant: an error says whether trying again can help.

mod message;
mod readiness;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value as Json, json};
use thiserror::Error;
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use message::{ServerMessage, first_message};
pub(crate) use readiness::is_ready;
use stream::Stream;

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The path at which the API is served.
const PATH: &str = "/graphql";
/// How long opening a connection may take, up to the acknowledgement.
const OPENING: Duration = Duration::from_secs(10);
/// A server sends pings far more often than this: one that is silent for so long is gone.
const SILENCE: Duration = Duration::from_mins(1);
/// The longest message that is taken from a server, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// Close codes that say what is wrong with the client; another try would end the same.
const LASTING_CODES: std::ops::RangeInclusive<u16> = 4400..=4499;
/// The one among them that says that the server was slow.
const INIT_TIMEOUT: u16 = 4408;
/// The server does not know the caller, or no longer.
const FORBIDDEN: u16 = 4403;

/// Why a connection ended, or an answer did not come.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The address is none that can be connected to.
    #[error("{0}")]
    Address(String),
    /// The token was turned away.
    #[error("the server turned the token away: {0}")]
    TurnedAway(String),
    /// The server cannot be reached, went away, or is too busy.
    #[error("{0}")]
    Lost(String),
    /// The server answered with errors, or not as this program expects.
    #[error("the server answered: {0}")]
    Answer(String),
}

/// A connection that is acknowledged.
pub(crate) struct Connection {
    socket: WebSocketStream<Box<dyn Stream>>,
    next_id: u64,
}

impl Connection {
    /// Connects, by TLS if the URL says so, and signs in.
    pub(crate) async fn open(
        url: &str,
        tls: &Arc<ClientConfig>,
        token: &str,
    ) -> Result<Self, ClientError> {
        let opening = async {
            let mut connection = connect(url, tls).await?;
            let init = json!({
                "type": "connection_init",
                "payload": { "Authorization": format!("Bearer {token}") },
            });
            connection.send(&init).await?;
            match connection.receive().await? {
                ServerMessage::ConnectionAck => Ok(connection),
                _ => Err(ClientError::Answer(
                    "something else than an acknowledgement".to_owned(),
                )),
            }
        };
        let late = |_| ClientError::Lost(format!("{url} did not answer in time"));
        timeout(OPENING, opening).await.map_err(late)?
    }

    /// Asks a query and waits for its one answer.
    pub(crate) async fn query(
        &mut self,
        query: &str,
        variables: Json,
    ) -> Result<Json, ClientError> {
        let id = self.start(query, variables).await?;
        let answer = self.next(&id).await?;
        let answer = answer.ok_or_else(|| ClientError::Answer("nothing".to_owned()))?;
        while self.next(&id).await?.is_some() {}
        Ok(answer)
    }

    /// Begins an operation, and gives the id under which its answers come.
    pub(crate) async fn start(
        &mut self,
        query: &str,
        variables: Json,
    ) -> Result<String, ClientError> {
        self.next_id += 1;
        let id = self.next_id.to_string();
        let payload = json!({ "query": query, "variables": variables });
        let subscribe = json!({ "type": "subscribe", "id": id, "payload": payload });
        self.send(&subscribe).await?;
        Ok(id)
    }

    /// The next answer of an operation; none once it is complete.
    pub(crate) async fn next(&mut self, operation: &str) -> Result<Option<Json>, ClientError> {
        loop {
            match self.receive().await? {
                ServerMessage::Next { id, payload } if id == operation => {
                    return match first_message(&payload["errors"]) {
                        Some(message) => Err(ClientError::Answer(message)),
                        None => Ok(Some(payload["data"].clone())),
                    };
                }
                ServerMessage::Error { id, payload } if id == operation => {
                    let message = first_message(&payload).unwrap_or_default();
                    return Err(ClientError::Answer(message));
                }
                ServerMessage::Complete { id } if id == operation => return Ok(None),
                _ => {}
            }
        }
    }

    async fn send(&mut self, message: &Json) -> Result<(), ClientError> {
        let message = Message::text(message.to_string());
        self.socket
            .send(message)
            .await
            .map_err(|error| lost(&error))
    }

    /// The next message that is no ping. Pings are answered here.
    async fn receive(&mut self) -> Result<ServerMessage, ClientError> {
        loop {
            let received = timeout(SILENCE, self.socket.next()).await;
            let received =
                received.map_err(|_| ClientError::Lost("the server fell silent".to_owned()))?;
            match received {
                None => return Err(ClientError::Lost("the connection ended".to_owned())),
                Some(Err(error)) => return Err(lost(&error)),
                Some(Ok(Message::Text(text))) => match serde_json::from_str(text.as_str()) {
                    Ok(ServerMessage::Ping) => self.send(&json!({ "type": "pong" })).await?,
                    Ok(ServerMessage::Pong) => {}
                    Ok(message) => return Ok(message),
                    Err(error) => {
                        return Err(ClientError::Answer(format!(
                            "no message of the protocol: {error}"
                        )));
                    }
                },
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame.map_or((None, String::new()), |frame| {
                        (Some(u16::from(frame.code)), frame.reason.to_string())
                    });
                    return Err(closed(code, &reason));
                }
                // The library answers pings of the socket itself; other frames are not for us.
                Some(Ok(_)) => {}
            }
        }
    }
}

async fn connect(url: &str, tls: &Arc<ClientConfig>) -> Result<Connection, ClientError> {
    let address = Address::read(url)?;
    let (host, port) = (address.host.as_str(), address.port);
    let unreachable = |error: std::io::Error| {
        ClientError::Lost(format!("{host}:{port} cannot be reached: {error}"))
    };
    let stream = stream::open(&address, tls).await.map_err(unreachable)?;
    let scheme = if address.is_secure { "wss" } else { "ws" };
    let socket_url = format!("{scheme}://{host}:{port}{}", address.path);
    let mut request = socket_url
        .as_str()
        .into_client_request()
        .map_err(|error| ClientError::Address(format!("{url}: {error}")))?;
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", HeaderValue::from_static(PROTOCOL));
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let opened = client_async_with_config(request, stream, Some(config)).await;
    let (socket, _response) = opened.map_err(|error| lost(&error))?;
    Ok(Connection { socket, next_id: 0 })
}

/// Where a server is, read from a URL of a page or of a socket.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    is_secure: bool,
    host: String,
    port: u16,
    path: String,
}

impl Address {
    fn read(url: &str) -> Result<Self, ClientError> {
        let wrong = || {
            ClientError::Address(format!(
                "\"{url}\" is no address of a server; write http://HOST:PORT or https://HOST"
            ))
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (is_secure, port) = match uri.scheme_str() {
            Some("http" | "ws") => (false, 80),
            Some("https" | "wss") => (true, 443),
            _ => return Err(wrong()),
        };
        let path = uri.path().trim_end_matches('/');
        Ok(Self {
            is_secure,
            host: uri.host().ok_or_else(wrong)?.to_owned(),
            port: uri.port_u16().unwrap_or(port),
            path: if path.is_empty() { PATH } else { path }.to_owned(),
        })
    }
}

fn closed(code: Option<u16>, reason: &str) -> ClientError {
    match code {
        Some(FORBIDDEN) => ClientError::TurnedAway(reason.to_owned()),
        Some(code) if LASTING_CODES.contains(&code) && code != INIT_TIMEOUT => {
            ClientError::Answer(format!("close code {code} {reason}"))
        }
        Some(code) => ClientError::Lost(format!(
            "the server closed the connection ({code} {reason})"
        )),
        None => ClientError::Lost("the server closed the connection".to_owned()),
    }
}

fn lost(error: &SocketError) -> ClientError {
    match error {
        SocketError::Http(response) => match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                ClientError::TurnedAway(response.status().to_string())
            }
            status if status.is_client_error() => {
                ClientError::Answer(format!("{status} instead of a socket; is this Roadbook?"))
            }
            status => ClientError::Lost(format!("the server answered {status}")),
        },
        error => ClientError::Lost(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> (String, u16, String) {
        let Address {
            host, port, path, ..
        } = Address::read(url).unwrap();
        (host, port, path)
    }

    #[test]
    fn the_url_that_a_server_prints_is_enough() {
        let expected = ("127.0.0.1".to_owned(), 8080, "/graphql".to_owned());
        assert_eq!(address("http://127.0.0.1:8080"), expected);
        assert_eq!(address("http://127.0.0.1:8080/"), expected);
        assert_eq!(address("ws://127.0.0.1:8080/graphql"), expected);
    }

    #[test]
    fn tls_is_asked_for_by_the_url() {
        for (url, is_secure, port) in [
            ("https://example.eu", true, 443),
            ("wss://example.eu:8443/graphql", true, 8443),
            ("ws://example.eu", false, 80),
        ] {
            let address = Address::read(url).unwrap();
            assert_eq!(
                (address.is_secure, address.port),
                (is_secure, port),
                "{url}"
            );
        }
    }

    #[test]
    fn what_cannot_be_connected_to_is_refused() {
        for url in ["", "127.0.0.1:8080", "ftp://example.eu"] {
            assert!(
                matches!(Address::read(url), Err(ClientError::Address(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn only_a_fault_of_the_client_lasts() {
        assert!(matches!(closed(Some(4403), ""), ClientError::TurnedAway(_)));
        assert!(matches!(closed(Some(4409), ""), ClientError::Answer(_)));
        assert!(matches!(closed(Some(4408), ""), ClientError::Lost(_)));
        assert!(matches!(
            closed(Some(1001), "going away"),
            ClientError::Lost(_)
        ));
        assert!(matches!(closed(None, ""), ClientError::Lost(_)));
    }
}
