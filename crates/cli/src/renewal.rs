//! Renewal: the secrets in files are read again while the server goes on, when the operator sends SIGHUP.
//!
//! It owns the signal and what is read; how a secret is used is its owner's affair. Invariant: what cannot be read or used
//! is logged, and leaves in force what was.

use std::sync::Arc;

use anyhow::Context as _;
use roadbook_server::DevelopmentTokens;
use roadbook_server::tls::ServerCertificate;

use crate::audit::AuditFile;
use crate::database::Store;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{tokens, trust};

/// The wish of the operator to have the secrets read again.
///
/// It is listened for before the address is announced, since the signal ends a process that does not.
pub(crate) struct Renewal {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Renewal {
    /// Begins to listen for it.
    #[cfg(unix)]
    pub(crate) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = signal(SignalKind::hangup()).context("signals cannot be listened for")?;
        Ok(Self { hangup })
    }

    /// There is no such signal here: secrets are read at the start alone.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    /// Reads the secrets again each time it is wished, for ever.
    pub(crate) async fn run(
        mut self,
        tokens: Option<Arc<DevelopmentTokens>>,
        certificate: Option<Arc<ServerCertificate>>,
        audit: Option<Arc<AuditFile>>,
        store: Store,
        settings: Settings,
    ) {
        while self.wished().await {
            if let Some(tokens) = &tokens {
                told("the signing secret", tokens::read_again(tokens, &settings));
            }
            if let Some(certificate) = &certificate {
                told("the certificate", trust::read_again(certificate, &settings));
            }
            if let Some(audit) = &audit {
                audit.reopen();
            }
            if settings.database_file.is_some() {
                told("the database URL", connect_as(&store, &settings));
            }
        }
    }

    #[cfg(unix)]
    async fn wished(&mut self) -> bool {
        self.hangup.recv().await.is_some()
    }

    #[cfg(not(unix))]
    async fn wished(&mut self) -> bool {
        std::future::pending().await
    }
}

fn connect_as(store: &Store, settings: &Settings) -> anyhow::Result<()> {
    match settings.read_database_file().map_err(Failure::Usage)? {
        Some(url) => store.connect_as(&url),
        None => Ok(()),
    }
}

fn told(what: &str, read: anyhow::Result<()>) {
    match read {
        Ok(()) => tracing::info!("{what} was read again"),
        Err(error) => {
            tracing::error!(
                error = format!("{error:#}"),
                "{what} was not read again; the one in force stays"
            );
        }
    }
}
