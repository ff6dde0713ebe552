//! A small identity provider in this process, which answers rightly or not.

use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::signing::SigningKey;

/// How the provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answering {
    Rightly,
    /// It takes the request and says nothing.
    Nothing,
    /// With a status and the address of itself, as if to send the caller on.
    Status(u16),
    TooMuch,
    /// The same without saying beforehand how much it will be.
    TooMuchInChunks,
    NoJson,
    /// With the discovery document of another issuer.
    AsAnother,
    WithoutKeys,
    /// With less than it said it would be.
    BrokenOff,
}

/// A running provider.
pub(super) struct TestIssuer {
    pub(super) url: String,
    shared: Arc<Shared>,
    certificate: Option<CertificateDer<'static>>,
    running: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    url: String,
    keys: Mutex<Vec<Json>>,
    answering: Mutex<Answering>,
    /// How often its discovery document was asked for.
    asked: watch::Sender<usize>,
}

impl TestIssuer {
    pub(super) async fn start(keys: &[&SigningKey]) -> Self {
        Self::listen(keys, false).await
    }

    pub(super) async fn start_with_tls(keys: &[&SigningKey]) -> Self {
        Self::listen(keys, true).await
    }

    async fn listen(keys: &[&SigningKey], secure: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if secure { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{port}");
        let shared = Arc::new(Shared {
            url: url.clone(),
            keys: Mutex::new(keys.iter().map(|key| key.public()).collect()),
            answering: Mutex::new(Answering::Rightly),
            asked: watch::Sender::new(0),
        });
        let (acceptor, certificate) = if secure { acceptor() } else { (None, None) };
        let answering = Arc::clone(&shared);
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, acceptor) = (Arc::clone(&answering), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => shared.answer(stream).await,
                        // Whoever does not trust the certificate goes away.
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                shared.answer(stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            url,
            shared,
            certificate,
            running: Mutex::new(Some(running)),
        }
    }

    /// Whom one must trust to be sure of this provider.
    pub(super) fn authority(&self) -> Option<CertificateDer<'static>> {
        self.certificate.clone()
    }

    pub(super) fn publish(&self, keys: &[&SigningKey]) {
        self.publish_as(keys.iter().map(|key| key.public()).collect());
    }

    pub(super) fn publish_as(&self, keys: Vec<Json>) {
        *self.shared.keys.lock().unwrap() = keys;
    }

    pub(super) fn answer(&self, answering: Answering) {
        *self.shared.answering.lock().unwrap() = answering;
    }

    /// How often it was asked for its keys.
    pub(super) fn asked(&self) -> usize {
        *self.shared.asked.borrow()
    }

    /// Waits until it was asked and has answered that often.
    pub(super) async fn was_asked(&self, times: usize) {
        let mut asked = self.shared.asked.subscribe();
        asked.wait_for(|asked| *asked >= times).await.unwrap();
    }

    /// Ends it: nobody listens at its address from now on.
    pub(super) async fn stop(&self) {
        let running = self.running.lock().unwrap().take().unwrap();
        running.abort();
        drop(running.await);
    }
}

impl Shared {
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return,
            }
        }
        let is_discovery = request.starts_with(b"GET /.well-known/openid-configuration ");
        let answering = *self.answering.lock().unwrap();
        if answering == Answering::Nothing {
            std::future::pending::<()>().await;
        }
        let answer = self.answer_of(answering, is_discovery);
        // Whoever has read enough of it is gone.
        drop(stream.write_all(answer.as_bytes()).await);
        drop(stream.shutdown().await);
        if !is_discovery {
            self.asked.send_modify(|asked| *asked += 1);
        }
    }

    fn answer_of(&self, answering: Answering, is_discovery: bool) -> String {
        let url = &self.url;
        let body = if is_discovery {
            json!({
                "issuer": url,
                "jwks_uri": format!("{url}/keys"),
                "token_endpoint": "https://tokens.example/token",
                "revocation_endpoint": "http://unsafe.example/revoke",
            })
        } else {
            json!({ "keys": *self.keys.lock().unwrap() })
        };
        let with_length = |body: &str, length: usize| {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
        };
        let whole = |body: &str| with_length(body, body.len());
        let long = "x".repeat(300_000);
        match answering {
            Answering::Status(status) => {
                format!("HTTP/1.1 {status} X\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n")
            }
            Answering::TooMuch => whole(&format!("\"{long}\"")),
            Answering::TooMuchInChunks => format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
                long.len()
            ),
            Answering::NoJson => whole("<html>"),
            Answering::AsAnother if is_discovery => {
                let jwks_uri = format!("{url}/keys");
                whole(&json!({ "issuer": format!("{url}/"), "jwks_uri": jwks_uri }).to_string())
            }
            Answering::WithoutKeys if !is_discovery => whole("{\"keys\":[]}"),
            Answering::BrokenOff => with_length(&body.to_string(), body.to_string().len() + 1),
            _ => whole(&body.to_string()),
        }
    }
}

type Secured = (Option<TlsAcceptor>, Option<CertificateDer<'static>>);

fn acceptor() -> Secured {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = cert.der().clone();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (Some(TlsAcceptor::from(Arc::new(config))), Some(certificate))
}
