//! A server on a port of its own, and the clients that talk to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::ValidationMode;
use axum::Router;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use prometheus_client::registry::Registry;
use roadbook_server::{
    DevelopmentTokens, Executors, Identity, Limits, Probes, Ready, Safeguards, Settings,
    TrustedDocuments, Viewer, router, serve,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::toy::{self, Probe};

pub(crate) const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
pub(crate) const JSON: &str = "application/json";

/// What a test waits for comes at once or never; this only keeps a failing test from hanging.
const PATIENCE: Duration = Duration::from_secs(30);
const NOW: u64 = 1_000_000;

/// Waits for an event that must come.
pub(crate) async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event)
        .await
        .expect("it did not happen")
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) probe: Probe,
    pub(crate) tokens: Arc<DevelopmentTokens>,
    pub(crate) ready: Arc<Mutex<Ready>>,
    /// The time that tokens are checked at, in seconds.
    pub(crate) clock: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// A server with these limits.
    pub(crate) async fn with(limits: Limits) -> Self {
        Self::start(Settings {
            limits,
            ..Settings::default()
        })
        .await
    }

    pub(crate) async fn start(settings: Settings) -> Self {
        Self::with_identity(None, settings).await
    }

    /// A server that asks another identity than its development tokens.
    pub(crate) async fn with_identity(
        identity: Option<Arc<dyn Identity>>,
        settings: Settings,
    ) -> Self {
        Self::with_all(identity, settings, Safeguards::default()).await
    }

    /// A server that executes only these documents.
    pub(crate) async fn trusting(trusted: TrustedDocuments) -> Self {
        let safeguards = Safeguards {
            trusted: Some(trusted),
            ..Safeguards::default()
        };
        Self::with_all(None, Settings::default(), safeguards).await
    }

    pub(crate) async fn with_all(
        identity: Option<Arc<dyn Identity>>,
        settings: Settings,
        safeguards: Safeguards,
    ) -> Self {
        let probe = Probe::default();
        let clock = Arc::new(AtomicU64::new(NOW));
        let time = Arc::clone(&clock);
        let tokens = DevelopmentTokens::new(b"a secret of thirty-two bytes, ok", move || {
            time.load(Ordering::Relaxed)
        });
        let tokens = Arc::new(tokens.unwrap());
        let ready = Arc::new(Mutex::new(Ready::Yes));
        let asked = Arc::clone(&ready);
        let identity = identity.unwrap_or_else(|| Arc::clone(&tokens) as Arc<dyn Identity>);
        let readiness = Arc::new(move || asked.lock().unwrap().clone());
        let executors = Executors {
            validating: toy::schema(&probe, ValidationMode::Strict),
            trusting: toy::schema(&probe, ValidationMode::Fast),
        };
        let probes = Probes {
            ready: readiness,
            registry: Registry::default(),
        };
        let router = router(executors, identity, settings.clone(), safeguards, probes);
        let (address, stop, served) = start(router, settings).await;
        Self {
            address,
            probe,
            tokens,
            ready,
            clock,
            stop: Some(stop),
            served,
        }
    }

    pub(crate) async fn default() -> Self {
        Self::with(Limits::default()).await
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until all of the server has ended.
    pub(crate) async fn ended(self) {
        soon(self.served).await.unwrap().unwrap();
    }

    pub(crate) fn token(&self) -> String {
        self.token_for(Duration::from_hours(1))
    }

    pub(crate) fn token_for(&self, lifetime: Duration) -> String {
        let viewer = Viewer {
            organisation: "LV".into(),
            person: None,
        };
        self.tokens.sign(&viewer, lifetime).unwrap()
    }

    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token())
    }

    /// Sends a request as it stands.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = soon(sender.send_request(request.body(Full::new(body.into())).unwrap()))
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = soon(body.collect()).await.unwrap().to_bytes();
        drop(sender);
        drop(connection);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// A POST with a token.
    pub(crate) async fn post(&self, accept: &str, body: &Value) -> Answer {
        self.post_text(accept, body.to_string()).await
    }

    pub(crate) async fn post_text(&self, accept: &str, body: impl Into<Bytes>) -> Answer {
        let bearer = self.bearer();
        let headers = [
            ("content-type", JSON),
            ("accept", accept),
            ("authorization", bearer.as_str()),
        ];
        self.send(Method::POST, "/graphql", &headers, body).await
    }

    /// A GET with a token.
    pub(crate) async fn get(&self, accept: &str, parameters: &[(&str, &str)]) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let bearer = self.bearer();
        let headers = [("accept", accept), ("authorization", bearer.as_str())];
        self.send(Method::GET, &format!("/graphql?{query}"), &headers, "")
            .await
    }

    /// Opens a socket with these headers instead of the usual ones.
    pub(crate) async fn handshake(
        &self,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, StatusCode> {
        self.handshake_over(TcpStream::connect(self.address).await.unwrap(), headers)
            .await
    }

    pub(crate) async fn handshake_over(
        &self,
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, StatusCode> {
        Socket::open(self.address, stream, headers).await
    }

    /// Opens a socket.
    pub(crate) async fn connect(&self) -> Socket {
        self.handshake(&[("sec-websocket-protocol", "graphql-transport-ws")])
            .await
            .unwrap()
    }

    /// Opens a socket and makes itself known.
    pub(crate) async fn acknowledged(&self) -> Socket {
        let mut socket = self.connect().await;
        socket.init(&self.token()).await;
        socket
    }
}

/// Serves a router on a port of its own, until it is told to stop or nobody can tell it any more.
pub(crate) async fn start(
    router: Router,
    settings: Settings,
) -> (
    SocketAddr,
    oneshot::Sender<()>,
    JoinHandle<std::io::Result<()>>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        serve(listener, router, &settings, None, async {
            drop(stopped.await);
        })
        .await
    });
    (address, stop, served)
}

/// A POST of which nothing is expected: gives whatever came until the server closed the connection.
pub(crate) async fn raw_post(address: SocketAddr, bearer: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nAuthorization: {bearer}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A reset is an end like any other.
    let _ = soon(stream.read_to_string(&mut answer)).await;
    answer
}

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a refusal: the status, the code, and that there is no data.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        let body = self.json();
        assert_eq!(body["errors"][0]["extensions"]["code"], code, "{body}");
        assert!(body.get("data").is_none(), "{body}");
        body["errors"][0].clone()
    }
}

/// The client's side of a socket.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Opens a socket over a connection, with these headers instead of the usual ones.
    pub(crate) async fn open(
        address: SocketAddr,
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, StatusCode> {
        let uri: Uri = format!("ws://{address}/graphql").parse().unwrap();
        let mut request = uri.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        // The client must be able to send what the server must refuse.
        let config = WebSocketConfig::default()
            .max_frame_size(None)
            .max_message_size(None);
        match soon(tokio_tungstenite::client_async_with_config(
            request,
            stream,
            Some(config),
        ))
        .await
        {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        soon(self.stream.send(Message::text(text))).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(&json!({"type": "subscribe", "id": id, "payload": {"query": query}}))
            .await;
    }

    pub(crate) async fn init(&mut self, token: &str) {
        let payload = json!({"Authorization": format!("Bearer {token}")});
        self.send(&json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(self.receive().await, json!({"type": "connection_ack"}));
    }

    /// The next message.
    pub(crate) async fn receive(&mut self) -> Value {
        loop {
            match soon(self.stream.next())
                .await
                .expect("the socket ended")
                .unwrap()
            {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("expected a message, got {other:?}"),
            }
        }
    }

    /// Reads until the socket is closed, and gives the code and the reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match soon(self.stream.next())
                .await
                .expect("the socket ended without a close frame")
                .unwrap()
            {
                Message::Close(Some(frame)) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Message::Close(None) => return (1005, String::new()),
                _ => {}
            }
        }
    }
}
