//! Connecting to a database and letting it go: its version, its tables, and the pools of a node.
//!
//! Owns every refusal to connect. A database that is not a Roadbook is never changed. Invariant: a log that is open for
//! writing has the newest tables, and commits are on the disk of its server before they are answered.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use roadbook_store::{EventLog, Head, Wakeups};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, Error, Pool, Postgres};
use tokio::time::timeout;

use super::contents::{Standing, check_version, check_writable, look};
use super::error::ConnectError;
use super::notifier::Notifier;
use super::server::Server;
use super::settings::PostgresSettings;
use super::wakeups::Listener;
use crate::migrations;
use crate::store::SqlStore;
use crate::writer::Writer;

/// The database that a log stands in, and how its nodes hear of each other.
pub struct PostgresPlace {
    server: Server,
    settings: PostgresSettings,
    /// None if the log was opened for reading only, or if its nodes tell each other in another way.
    nodes: Option<(Notifier, Listener)>,
}

impl SqlStore<Postgres> {
    /// The store as a log. Made here, so that the body of the store is compiled in this crate and not in each that uses it.
    pub fn log(self: &Arc<Self>) -> Arc<dyn EventLog> {
        Arc::<Self>::clone(self)
    }

    /// Connects to write, as one of any number of nodes, and brings the tables up to date if the role may.
    pub async fn connect(url: &str, settings: &PostgresSettings) -> Result<Self, ConnectError> {
        let server = Server::at(url)?;
        let mut connection = first_connection(&server, settings).await?;
        check_version(&mut connection, &server).await?;
        check_writable(&mut connection, &server).await?;
        let standing = look(&mut connection, &server).await?;
        drop(connection);
        if standing == Standing::Behind {
            migrate(&server).await?;
        }
        let writer = settings.writer(&server.options);
        let connections = settings.write_connections_max.max(1).saturating_mul(2);
        let writer = pool(&server, settings, connections, writer).await?;
        let readers = readers(&server, settings).await?;
        let nodes = settings.notify.then(|| {
            let notifier = Notifier::start(&writer, settings);
            let listener = Listener::start(&writer, settings, notifier.own_session());
            (notifier, listener)
        });
        Ok(Self {
            readers,
            writer: Some(Arc::new(Writer::new(writer))),
            place: Arc::new(PostgresPlace {
                server,
                settings: settings.clone(),
                nodes,
            }),
        })
    }

    /// Connects to read only, also to a standby. The tables must be there and up to date.
    pub async fn connect_read_only(
        url: &str,
        settings: &PostgresSettings,
    ) -> Result<Self, ConnectError> {
        let server = Server::at(url)?;
        let mut connection = first_connection(&server, settings).await?;
        check_version(&mut connection, &server).await?;
        let standing = look(&mut connection, &server).await?;
        drop(connection);
        if standing == Standing::Behind {
            return Err(ConnectError::NotMigrated(server.place));
        }
        Ok(Self {
            readers: readers(&server, settings).await?,
            writer: None,
            place: Arc::new(PostgresPlace {
                server,
                settings: settings.clone(),
                nodes: None,
            }),
        })
    }

    /// The server and database, as they are told to people.
    pub fn place(&self) -> &str {
        &self.place.server.place
    }

    /// Connects from now on as another URL says, which must name the same database: its password has changed, or its role.
    /// Connections that are open stay.
    pub fn connect_as(&self, url: &str) -> Result<(), ConnectError> {
        let server = Server::at(url)?;
        if server.place != self.place.server.place {
            return Err(ConnectError::Elsewhere {
                place: self.place.server.place.clone(),
                other: server.place,
            });
        }
        let settings = &self.place.settings;
        let reader = settings.reader(&server.options);
        self.readers.set_connect_options(reader);
        if let Some(writer) = &self.writer {
            let pool = writer.connections.pool();
            pool.set_connect_options(settings.writer(&server.options));
        }
        Ok(())
    }

    /// Tells the other nodes what they were not told yet, waits for what is being done, and closes every connection.
    /// Every later call is answered [`Closed`](roadbook_store::StoreError::Closed).
    pub async fn close(&self) {
        if let Some((notifier, listener)) = &self.place.nodes {
            notifier.stop().await;
            listener.stop();
        }
        if let Some(writer) = &self.writer {
            writer.connections.close().await;
        }
        self.readers.close().await;
    }
}

impl PostgresPlace {
    pub(super) fn answer_wait(&self) -> Duration {
        self.settings.answer_wait()
    }

    pub(super) fn appended(&self, heads: &[Head]) {
        if let Some((notifier, _)) = &self.nodes {
            notifier.appended(heads);
        }
    }

    pub(super) fn tell(&self, note: String) {
        if let Some((notifier, _)) = &self.nodes {
            notifier.tell(note);
        }
    }

    pub(super) fn wakeups(&self) -> Wakeups {
        match &self.nodes {
            Some((_, listener)) => listener.wakeups(),
            None => Wakeups::never(),
        }
    }
}

impl fmt::Debug for SqlStore<Postgres> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SqlStore")
            .field("place", &self.place.server)
            .finish_non_exhaustive()
    }
}

async fn first_connection(
    server: &Server,
    settings: &PostgresSettings,
) -> Result<PgConnection, ConnectError> {
    let options = settings.writer(&server.options);
    let connected = timeout(settings.connect_timeout(), options.connect()).await;
    connected
        .unwrap_or(Err(Error::PoolTimedOut))
        .map_err(|source| ConnectError::connecting(&server.place, source))
}

/// One node at a time migrates; the others wait and find it done.
async fn migrate(server: &Server) -> Result<(), ConnectError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(PostgresSettings::migrator(&server.options))
        .await
        .map_err(|source| ConnectError::connecting(&server.place, source))?;
    let migrated = migrations::postgres().run(&pool).await;
    pool.close().await;
    migrated.map_err(|source| ConnectError::migrating(&server.place, source))
}

async fn readers(
    server: &Server,
    settings: &PostgresSettings,
) -> Result<Pool<Postgres>, ConnectError> {
    let options = settings.reader(&server.options);
    pool(server, settings, settings.read_connections_max, options).await
}

async fn pool(
    server: &Server,
    settings: &PostgresSettings,
    connections: u32,
    options: PgConnectOptions,
) -> Result<Pool<Postgres>, ConnectError> {
    let connect_timeout = settings.connect_timeout();
    PgPoolOptions::new()
        .min_connections(1)
        .max_connections(connections.max(1))
        .acquire_timeout(settings.connect_timeout())
        // A server that was started again leaves dead connections behind: they are found out before they are used.
        .test_before_acquire(true)
        // A caller may have gone away while its answer was on the way. A connection on which it never comes would take its
        // place in the pool along: what sqlx itself asks when a connection comes back has no end.
        .after_release(move |connection, _| {
            Box::pin(async move {
                let answered = timeout(connect_timeout, connection.ping()).await;
                answered.unwrap_or(Err(Error::PoolTimedOut)).map(|()| true)
            })
        })
        .connect_with(options)
        .await
        .map_err(|source| ConnectError::connecting(&server.place, source))
}
