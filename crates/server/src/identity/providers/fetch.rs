//! Fetching a JSON document of an identity provider, over HTTPS.
//!
//! It follows no redirect and keeps no connection: what is fetched is small and asked for seldom. Invariant: it ends within
//! its wait, reads no more than its bound, and never leaves TLS unless it was told that it may.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT, CONNECTION, HOST};
use axum::http::{Request, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// Why a document was not fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("\"{0}\" is no address of HTTPS")]
    Address(String),
    #[error("it is not reached by HTTPS, and the setting `allow_http` is not on")]
    Insecure,
    #[error("it cannot be connected to")]
    Connect(#[from] std::io::Error),
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
    #[error("it did not answer within {0} ms")]
    Late(u128),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its answer is longer than {0} bytes, or broke off")]
    Body(usize),
    #[error("its answer is not what was expected")]
    Content(#[from] serde_json::Error),
}

/// Fetches documents.
pub(super) struct Fetch {
    pub(super) tls: Arc<ClientConfig>,
    pub(super) wait: Duration,
    pub(super) bytes_max: usize,
    pub(super) allow_http: bool,
}

/// Where a document is.
struct Address {
    secure: bool,
    host: String,
    port: u16,
    /// As the request's `Host` names it.
    authority: String,
    path: String,
}

/// Whether documents can be fetched from there.
pub(super) fn check(url: &str, allow_http: bool) -> Result<(), FetchError> {
    Address::of(url, allow_http).map(drop)
}

impl Fetch {
    /// The document at `url`.
    pub(super) async fn json<T: DeserializeOwned>(&self, url: &str) -> Result<T, FetchError> {
        let address = Address::of(url, self.allow_http)?;
        let fetched = timeout(self.wait, self.bytes(&address)).await;
        let fetched = fetched.map_err(|_| FetchError::Late(self.wait.as_millis()))?;
        Ok(serde_json::from_slice(&fetched?)?)
    }

    async fn bytes(&self, address: &Address) -> Result<Bytes, FetchError> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
        if !address.secure {
            return self.ask(stream, address).await;
        }
        let name = ServerName::try_from(address.host.clone())
            .map_err(|_| FetchError::Address(address.host.clone()))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        self.ask(connector.connect(name, stream).await?, address)
            .await
    }

    async fn ask<S>(&self, stream: S, address: &Address) -> Result<Bytes, FetchError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get(&address.path)
            .header(HOST, &address.authority)
            .header(ACCEPT, "application/json")
            .header(CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|_| FetchError::Address(address.path.clone()))?;
        let mut answer = std::pin::pin!(async {
            let response = sender.send_request(request).await?;
            if response.status() != StatusCode::OK {
                return Err(FetchError::Status(response.status()));
            }
            let body = Limited::new(response.into_body(), self.bytes_max).collect();
            let body = body.await.map_err(|_| FetchError::Body(self.bytes_max))?;
            Ok(body.to_bytes())
        });
        tokio::select! {
            answer = answer.as_mut() => answer,
            // What was received before the connection ended is still to be read.
            ended = connection => match ended {
                Ok(()) => answer.await,
                Err(error) => Err(error.into()),
            },
        }
    }
}

impl Address {
    fn of(url: &str, allow_http: bool) -> Result<Self, FetchError> {
        let wrong = || FetchError::Address(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (secure, port) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if !secure && !allow_http && !is_loopback(&host) {
            return Err(FetchError::Insecure);
        }
        Ok(Self {
            secure,
            port: authority.port_u16().unwrap_or(port),
            authority: authority.as_str().to_owned(),
            path: uri.path().to_owned(),
            host,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_or_where_it_is_allowed() {
        for url in ["http://127.0.0.1:9", "http://localhost/x", "http://[::1]:9"] {
            assert!(check(url, false).is_ok(), "{url}");
        }
        for url in ["http://id.example", "http://127.0.0.1.id.example"] {
            assert!(
                matches!(check(url, false), Err(FetchError::Insecure)),
                "{url}"
            );
            assert!(check(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "id.example",
            "ftp://id.example",
            "https://",
            "https://eve@id.example",
            "https://x/?a=b",
        ] {
            assert!(
                matches!(check(url, true), Err(FetchError::Address(_))),
                "{url}"
            );
        }
    }
}
