//! Accepting connections, bounding them, and stopping: the life of a server from its listener to its last task.
//!
//! What is served is the router's business.
//! Invariant: when `serve` returns, every task that it started has ended.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service as _;

use crate::connection::{Connection, Place};
use crate::headers;
use crate::peer::{self, Peer};
use crate::settings::{Limits, Settings};
use crate::shares::{Share, Shares};
use crate::stall::StallGuard;
use crate::tls::ServerCertificate;

/// Connections beyond the bound that are told so at once; beyond these, new ones wait in the listener's queue.
const TURNED_AWAY_MAX: usize = 64;
/// Wait before accepting again after the system refused, most often for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// hyper refuses a smaller buffer.
const HEADER_BYTES_MIN: usize = 8192;

const TOO_MANY: (StatusCode, &str) = (
    StatusCode::SERVICE_UNAVAILABLE,
    r#"{"errors":[{"message":"too many connections","extensions":{"code":"OVERLOADED"}}]}"#,
);
const TOO_MANY_OF_ADDRESS: (StatusCode, &str) = (
    StatusCode::TOO_MANY_REQUESTS,
    r#"{"errors":[{"message":"too many connections from this address","extensions":{"code":"RATE_LIMITED"}}]}"#,
);

/// Serves `router` on `listener`, by TLS if there is a certificate, until `shutdown` is ready, then stops gracefully.
///
/// To stop is: accept nothing more; let requests in flight finish; let sockets finish their operations and
/// close them with 1001; after `settings.grace_ms` drop what is left. When this returns, all of that is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    certificate: Option<Arc<ServerCertificate>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Server::new(router, settings, certificate);
    server.accept(&listener, shutdown).await;
    drop(listener);
    server.stop(settings).await;
    Ok(())
}

struct Server {
    router: Router,
    certificate: Option<Arc<ServerCertificate>>,
    limits: Limits,
    trusted_proxies: Vec<IpAddr>,
    addresses: Shares<Peer>,
    places: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    stopping: CancellationToken,
    ended: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    fn new(
        router: Router,
        settings: &Settings,
        certificate: Option<Arc<ServerCertificate>>,
    ) -> Self {
        let limits = settings.limits.clone();
        Self {
            router,
            certificate,
            places: Arc::new(Semaphore::new(
                limits.connections_max.min(Semaphore::MAX_PERMITS),
            )),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY_MAX)),
            addresses: Shares::new(limits.connections_per_address_max),
            trusted_proxies: settings.trusted_proxies.clone(),
            limits,
            stopping: CancellationToken::new(),
            ended: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    async fn accept(&self, listener: &TcpListener, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::select! {
                        () = &mut shutdown => return,
                        () = tokio::time::sleep(ACCEPT_RETRY) => continue,
                    }
                }
            };
            // Answers are written whole; waiting to fill a segment would only delay them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(error = %error, "a connection broke before it was served");
                continue;
            }
            let away = match self.place(address) {
                Ok(place) => {
                    let router = self.router.clone();
                    self.tasks
                        .spawn(self.connection(stream, address, place, router));
                    continue;
                }
                Err(away) => away,
            };
            let place = tokio::select! {
                () = &mut shutdown => return,
                place = Arc::clone(&self.turned_away).acquire_owned() => place,
            };
            if let Ok(among_all) = place {
                let place = Place {
                    _among_all: among_all,
                    _of_address: None,
                };
                self.tasks
                    .spawn(self.connection(stream, address, place, away));
            }
        }
    }

    /// A place for a connection, or what tells it that there is none.
    fn place(&self, address: IpAddr) -> Result<Place, Router> {
        let of_address = self.share(address)?;
        let among_all = Arc::clone(&self.places).try_acquire_owned();
        let among_all = among_all.map_err(|_| away(TOO_MANY))?;
        Ok(Place {
            _among_all: among_all,
            _of_address: of_address,
        })
    }

    /// A place among those of an address, which a trusted proxy does not need.
    fn share(&self, address: IpAddr) -> Result<Option<Share<Peer>>, Router> {
        if peer::is_listed(address, &self.trusted_proxies) {
            return Ok(None);
        }
        let share = self.addresses.take(&Peer::at(address));
        share.map(Some).ok_or_else(|| away(TOO_MANY_OF_ADDRESS))
    }

    /// Serves one connection to its end, or until it grows into a socket.
    fn connection(
        &self,
        stream: TcpStream,
        address: IpAddr,
        place: Place,
        router: Router,
    ) -> impl Future<Output = ()> + Send + 'static {
        let connection = Connection::new(&self.stopping, &self.ended, &self.tasks, address, place);
        let stopping = self.stopping.clone();
        let acceptor = self
            .certificate
            .as_ref()
            .map(|certificate| certificate.acceptor());
        let limits = self.limits.clone();
        let stream = StallGuard::new(stream, limits.write_stall());
        async move {
            let Some(acceptor) = acceptor else {
                return converse(stream, connection, router, &limits).await;
            };
            let secured = tokio::select! {
                secured = timeout(limits.header_read(), acceptor.accept(stream)) => secured,
                () = stopping.cancelled() => return,
            };
            match secured {
                Ok(Ok(stream)) => converse(stream, connection, router, &limits).await,
                Ok(Err(error)) => tracing::debug!(error = %error, "a connection was not secured"),
                Err(_late) => tracing::debug!("a connection was not secured in time"),
            }
        }
    }

    async fn stop(self, settings: &Settings) {
        tracing::info!(grace_ms = settings.grace_ms, "stopping");
        self.stopping.cancel();
        self.tasks.close();
        // Sockets say goodbye after the grace, so they get the time of the closing handshake on top of it.
        let patience = settings.grace() + settings.limits.socket_close_wait();
        if tokio::time::timeout(patience, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = self.tasks.len(),
                "dropping what did not finish in time"
            );
            self.ended.cancel();
            self.tasks.wait().await;
        }
    }
}

/// Serves one connection to its end, or until it grows into a socket.
async fn converse<S>(stream: S, connection: Connection, router: Router, limits: &Limits)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (stopping, ended) = (connection.stopping.clone(), connection.ended.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(call(&mut router, request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read())
        .max_buf_size(limits.header_bytes_max.max(HEADER_BYTES_MIN))
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        () = stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = serving.as_mut() => outcome,
                () = ended.cancelled() => return,
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(error = %error, "a connection ended early");
    }
}

async fn call(router: &mut Router, request: Request<Incoming>) -> Response<Body> {
    // A router is always ready, and cannot fail.
    match router.call(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The answer of a server that has no room for a connection.
fn away((status, body): (StatusCode, &'static str)) -> Router {
    let headers = [
        ("retry-after", "1"),
        ("connection", "close"),
        ("content-type", "application/json"),
    ];
    Router::new().fallback(move || {
        let response = (status, headers, body).into_response();
        std::future::ready(headers::secure(response, false))
    })
}
