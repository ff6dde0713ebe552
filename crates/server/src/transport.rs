//! The router: which path is answered by what, and what all of them share.
//!
//! Invariant: `/graphql` is the only path that executes anything.

use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use prometheus_client::registry::Registry;
use roadbook_graphql::Schema;
use tokio::sync::Semaphore;

use crate::audit::{Audit, AuditLog};
use crate::connection::Connection;
use crate::health::Ready;
use crate::identity::{Credential, Identity, IdentityError, Role};
use crate::measures::Measures;
use crate::operation::{Executors, Operations, Responses};
use crate::peer::Peer;
use crate::rates::Rates;
use crate::settings::Settings;
use crate::shares::Shares;
use crate::trusted::TrustedDocuments;
use crate::{Viewer, graphiql, headers, health, http, measures, socket};

/// Says whether the process is ready for requests: asked on every `GET /health/ready`, so it must be cheap.
pub type Readiness = Arc<dyn Fn() -> Ready + Send + Sync>;

/// What those who run the process may ask it, without a token.
pub struct Probes {
    /// Answers `/health/ready`.
    pub ready: Readiness,
    /// The measures of the other parts of the process; the transport adds its own. Read at `/metrics` if that is on.
    pub registry: Registry,
}

/// What stands between a caller and the schema besides the settings.
#[derive(Default)]
pub struct Safeguards {
    /// The only documents that are executed; `None`: any within bounds.
    pub trusted: Option<TrustedDocuments>,
    /// Where entries of the audit are kept; `None`: nowhere.
    pub audit: Option<Arc<dyn AuditLog>>,
    /// The answers kept; `None`: a cache of its own, which nobody clears.
    pub responses: Option<Responses>,
}

/// What every request shares.
pub(crate) struct Transport<E> {
    pub(crate) operations: Arc<Operations<E>>,
    pub(crate) identity: Arc<dyn Identity>,
    pub(crate) settings: Settings,
    pub(crate) rates: Rates,
    pub(crate) audit: Audit,
    /// One permit for each open socket.
    pub(crate) sockets: Arc<Semaphore>,
    /// The sockets of each caller.
    pub(crate) callers: Shares<Viewer>,
    /// The sockets at each address whose callers have not signed in.
    pub(crate) strangers: Shares<Peer>,
}

impl<E> Transport<E> {
    /// A caller without a token, if the server lets such callers read.
    pub(crate) fn stranger(&self) -> Result<Credential, IdentityError> {
        if self.settings.public_reading {
            Ok(Credential {
                viewer: Viewer::anonymous(),
                role: Role::Reader,
                valid_for: None,
            })
        } else {
            Err(IdentityError::Missing)
        }
    }

    fn sockets_open(&self) -> i64 {
        let most = self.settings.limits.sockets_max.min(Semaphore::MAX_PERMITS);
        let open = most.saturating_sub(self.sockets.available_permits());
        i64::try_from(open).unwrap_or(i64::MAX)
    }
}

/// The whole transport over the executors of a schema: `/graphql`, `/health/live`, `/health/ready`, and `/metrics` and
/// `/graphiql` if they are on.
///
/// Requests get their [`crate::Viewer`] as request data. Serve it with [`crate::serve()`], which adds the bounds on
/// connections and the graceful stop; under another server the router works without those.
pub fn router<E: Executor>(
    executors: Executors<E>,
    identity: Arc<dyn Identity>,
    settings: Settings,
    safeguards: Safeguards,
    probes: Probes,
) -> Router {
    let Safeguards {
        trusted,
        audit,
        responses,
    } = safeguards;
    let responses =
        responses.unwrap_or_else(|| Responses::new(settings.limits.responses_bytes_max));
    let audit = Audit(audit);
    let Probes {
        ready,
        mut registry,
    } = probes;
    let (with_graphiql, with_metrics) = (settings.graphiql, settings.metrics);
    let is_encrypted = is_encrypted(&settings);
    let measures = Arc::new(Measures::default());
    measures.register(&mut registry);
    let transport = Arc::new(Transport {
        operations: Arc::new(Operations::new(
            executors,
            &settings,
            trusted,
            responses,
            audit.clone(),
            Arc::clone(&measures),
        )),
        audit,
        identity,
        rates: Rates::new(&settings.limits),
        callers: Shares::new(settings.limits.sockets_per_caller_max),
        strangers: Shares::new(settings.limits.address_sockets_max),
        sockets: Arc::new(Semaphore::new(
            settings.limits.sockets_max.min(Semaphore::MAX_PERMITS),
        )),
        settings,
    });
    let mut router = Router::new()
        .route("/graphql", any(graphql::<E>))
        .with_state(Arc::clone(&transport))
        .route("/health/live", get(health::live))
        .route(
            "/health/ready",
            get(move || async move { health::ready(&ready) }),
        );
    if with_metrics {
        let registry = Arc::new(registry);
        let page = move || {
            measures.sockets.set(transport.sockets_open());
            std::future::ready(measures::page(&registry))
        };
        router = router.route("/metrics", get(page));
    }
    if with_graphiql {
        router = router.merge(graphiql::router());
    }
    secure(router.fallback(not_found), is_encrypted)
}

/// Gives the answers of pages that are served beside the transport the headers that its own answers have. A page that
/// brings a policy of its own keeps it.
pub fn secured(pages: Router, settings: &Settings) -> Router {
    secure(pages, is_encrypted(settings))
}

fn secure(router: Router, is_encrypted: bool) -> Router {
    router.layer(axum::middleware::map_response(move |response| {
        std::future::ready(headers::secure(response, is_encrypted))
    }))
}

fn is_encrypted(settings: &Settings) -> bool {
    settings.tls.certificate_file.is_some()
}

/// The [`router`] over Roadbook's own schema: compiled here once, and not anew in each crate that calls it.
pub fn api(
    executors: Executors<Schema>,
    identity: Arc<dyn Identity>,
    settings: Settings,
    safeguards: Safeguards,
    probes: Probes,
) -> Router {
    router(executors, identity, settings, safeguards, probes)
}

/// One path for both transports: an upgrade becomes a socket, the rest is GraphQL over HTTP.
async fn graphql<E: Executor>(
    State(transport): State<Arc<Transport<E>>>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Response {
    let connection = connection
        .map(|Extension(connection)| connection)
        .unwrap_or_default();
    let proxies = &transport.settings.trusted_proxies;
    let peer = connection
        .address
        .map(|address| Peer::of(address, request.headers(), proxies));
    if socket::wants_upgrade(request.headers()) {
        return socket::upgrade(transport, connection, peer, request);
    }
    match *request.method() {
        Method::GET => http::get(&transport, (&connection, peer), request).await,
        Method::POST => http::post(&transport, (&connection, peer), request).await,
        _ => (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, POST")],
        )
            .into_response(),
    }
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}
