//! Serving: an address, the schema behind the transport, and a stop that loses nothing.
//!
//! It owns what `demo` and `serve` share. Invariant: when it returns, every request in flight was answered or refused,
//! and the log is closed.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use futures_util::StreamExt as _;
use prometheus_client::registry::Registry;
use roadbook_console::Delegations;
use roadbook_engine::{Engine, Readiness};
use roadbook_server::tls::ServerCertificate;
use roadbook_server::{
    AuditLog, Executors, Probes, ReadOnlyReason, Ready, Responses, Safeguards, TrustedDocuments,
};
use tokio::net::TcpListener;

use crate::audit::AuditFile;
use crate::doors::Doors;
use crate::failure::Failure;
use crate::renewal::Renewal;
use crate::settings::Settings;
use crate::wiring::Wired;
use crate::{offer, terminal, trust};

/// An address that was bound, and where it is reached.
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Arc<ServerCertificate>>,
    trusted: Option<TrustedDocuments>,
    renewal: Renewal,
    delegations: Option<Delegations>,
}

impl Listening {
    /// Binds the address of the settings.
    pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let certificate = trust::own_certificate(settings)?.map(Arc::new);
        let bound = TcpListener::bind(&settings.listen).await;
        let listener = bound.map_err(|error| unavailable(&settings.listen, &error))?;
        let address = listener
            .local_addr()
            .context("the address cannot be read")?;
        Ok(Self {
            listener,
            address,
            certificate,
            trusted: trust::documents(settings)?,
            renewal: Renewal::listen()?,
            delegations: None,
        })
    }

    /// Lets whoever opens the console choose whom to be.
    pub(crate) fn offering(self, delegations: Delegations) -> Self {
        let delegations = Some(delegations);
        Self {
            delegations,
            ..self
        }
    }

    /// Where a browser on this machine finds the server.
    pub(crate) fn url(&self) -> String {
        let scheme = match self.certificate {
            Some(_) => "https",
            None => "http",
        };
        if self.address.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", self.address.port());
        }
        format!("{scheme}://{}", self.address)
    }

    /// Serves until the process is told to stop, and stops: first the transport, then the engine, then the database.
    pub(crate) async fn serve(
        self,
        wired: Wired,
        doors: Doors,
        settings: &Settings,
        stop: Stop,
    ) -> anyhow::Result<()> {
        let mut transport = settings.server.clone();
        // Whoever serves for development also wants the page to try things out, which asks what the schema is.
        let is_development = doors.development.is_some();
        transport.graphiql |= is_development;
        transport.introspection |= is_development;
        let executors = Executors {
            validating: roadbook_graphql::schema(Arc::clone(&wired.engine)),
            trusting: roadbook_graphql::trusting_schema(Arc::clone(&wired.engine)),
        };
        let engine = Arc::clone(&wired.engine);
        let mut registry = Registry::with_prefix("roadbook");
        wired.register(&mut registry);
        let probes = Probes {
            ready: Arc::new(move || ready(&engine)),
            registry,
        };
        let audit = AuditFile::open(&settings.audit)?;
        let development = doors.development.clone();
        let renewal = self.renewal.run(
            development,
            self.certificate.clone(),
            audit.clone(),
            wired.store.clone(),
            settings.clone(),
        );
        let responses = Responses::new(settings.server.limits.responses_bytes_max);
        let beside = [
            tokio::spawn(renewal),
            tokio::spawn(doors.keep_fresh()),
            tokio::spawn(forget_redacted(
                Arc::clone(&wired.engine),
                responses.clone(),
            )),
        ];
        let identity = Arc::new(doors.sign_in());
        let safeguards = Safeguards {
            trusted: self.trusted,
            audit: audit.clone().map(|audit| audit as Arc<dyn AuditLog>),
            responses: Some(responses),
        };
        let router = roadbook_server::api(executors, identity, transport, safeguards, probes)
            .merge(console(self.delegations, &doors, settings));
        let router = settings.traces.followed(router);
        let draining = Arc::clone(&wired.engine);
        let asked = async move {
            stop.asked().await;
            // Before their sockets are closed, so that each subscription ends with the cursor to go on from.
            draining.drain();
        };
        tracing::info!(address = %self.address, "serving");
        let served = roadbook_server::serve(
            self.listener,
            router,
            &settings.server,
            self.certificate,
            asked,
        );
        let served = served.await;
        tracing::info!("stopping");
        for task in &beside {
            task.abort();
        }
        wired.close().await?;
        if let Some(audit) = audit {
            audit.close();
        }
        served.context("the server failed")
    }
}

/// The page, and how one signs in there.
fn console(delegations: Option<Delegations>, doors: &Doors, settings: &Settings) -> Router {
    let ways = offer::ways(settings, delegations, doors.console_endpoints());
    let console = roadbook_console::router(ways);
    roadbook_server::secured(console, &settings.server)
}

/// Lets go of the answers kept whenever something was redacted that they may hold.
async fn forget_redacted(engine: Arc<Engine>, responses: Responses) {
    let mut redactions = pin!(engine.redactions());
    while redactions.next().await.is_some() {
        responses.clear();
    }
}

/// What the engine wants, in the words of the transport.
fn ready(engine: &Engine) -> Ready {
    match engine.readiness() {
        Readiness::Ready => Ready::Yes,
        Readiness::Unready => Ready::No,
        Readiness::ReadOnly(refusals) => {
            let reasons = refusals.iter().map(|refusal| {
                let (code, message) = roadbook_graphql::told(refusal);
                ReadOnlyReason { code, message }
            });
            Ready::ReadOnly(reasons.collect())
        }
    }
}

fn unavailable(address: &str, error: &io::Error) -> Failure {
    Failure::Unavailable(format!("{address} cannot be listened on: {error}"))
}

/// The wish of the operator to stop: an interrupt from the terminal, or a termination.
///
/// It is made before the address is announced, so that a stop right after that is heard.
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    /// Begins to listen for it.
    #[cfg(unix)]
    pub(crate) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("signals cannot be listened for");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Begins to listen for it.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    /// Comes to an end when it is wished. What can be said of it is said on standard error.
    #[cfg(unix)]
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        terminal::say("stopping: what is in flight is answered first");
    }

    /// Comes to an end when it is wished. What can be said of it is said on standard error.
    #[cfg(not(unix))]
    pub(crate) async fn asked(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a signal nobody could stop it gently; it goes on until it is ended.
            std::future::pending::<()>().await;
        }
        terminal::say("stopping: what is in flight is answered first");
    }
}
