//! Opening and closing a SQLite file: what it holds, who may write it, and whether its tables are those of today.
//!
//! Owns every refusal to open. A file that is not a Roadbook is never changed, not even its journal mode. Invariant: a
//! log that is open for writing holds the lock of its file and has the newest tables.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use roadbook_store::{EventLog, Room, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Error, Pool, Sqlite};

use super::checkpoint::Checkpointer;
use super::error::OpenError;
use super::lock::WriterLock;
use super::room::room;
use super::settings::Settings;
use super::write;
use crate::call::Call;
use crate::connections::Connections;
use crate::dialect::{Dialect, store_error};
use crate::migrations;
use crate::store::SqlStore;
use crate::writer::Writer;

/// Written into the header of every file by the first migration: "RBK1".
const APPLICATION_ID: i64 = 0x5242_4b31;

/// The file that a log stands in.
#[derive(Debug)]
pub struct SqliteFile {
    pub(super) path: PathBuf,
    pub(super) settings: Settings,
    lock: Mutex<Option<WriterLock>>,
    /// None if the file is only read.
    checkpointer: Mutex<Option<Checkpointer>>,
}

impl SqlStore<Sqlite> {
    /// The store as a log. Made here, so that the body of the store is compiled in this crate and not in each that uses it.
    pub fn log(self: &Arc<Self>) -> Arc<dyn EventLog> {
        Arc::<Self>::clone(self)
    }

    /// Opens a file for writing; makes it if it is not there, and brings its tables up to date.
    pub async fn open(path: &Path, settings: &Settings) -> Result<Self, OpenError> {
        let lock = WriterLock::acquire(path)?;
        // Looked at before the writing connection changes the journal mode of what may be somebody else's file.
        if path
            .try_exists()
            .map_err(|source| OpenError::unreachable(path, source))?
        {
            migration_of(path, settings).await?;
        }
        migrate(path, settings).await?;
        let writer = options(settings, 1).after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(write::preparation())
                    .execute(connection)
                    .await?;
                Ok(())
            })
        });
        let writer = pool(path, writer, settings.writer(path)).await?;
        let readers = readers(path, settings).await?;
        let checkpointer = Checkpointer::start(path, settings)
            .await
            .map_err(|source| OpenError::database(path, source))?;
        Ok(Self {
            readers,
            writer: Some(Arc::new(Writer::new(writer))),
            place: Arc::new(SqliteFile {
                lock: Mutex::new(Some(lock)),
                checkpointer: Mutex::new(Some(checkpointer)),
                ..SqliteFile::only_read(path, settings)
            }),
        })
    }

    /// Opens a file for reading only, also beside a process that writes. The file must be there and up to date.
    pub async fn open_read_only(path: &Path, settings: &Settings) -> Result<Self, OpenError> {
        if !path.is_file() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        match migration_of(path, settings).await? {
            Some(found) if found >= migrations::NEWEST => {}
            _ => return Err(OpenError::NotMigrated(path.to_owned())),
        }
        let readers = readers(path, settings).await?;
        Ok(Self {
            readers,
            writer: None,
            place: Arc::new(SqliteFile::only_read(path, settings)),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// Waits for what is being done, folds the write-ahead file into the main one, closes every connection and lets
    /// the file go. Every later call is answered [`StoreError::Closed`].
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        let checkpointer = self
            .place
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(checkpointer) = checkpointer {
            checkpointer.stop().await;
        }
        let folded = fold_write_ahead(&writer.connections).await;
        writer.connections.close().await;
        self.place
            .lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match folded {
            // Somebody else has closed it already.
            Err(Error::PoolClosed) => Ok(()),
            folded => folded.map_err(|error| store_error::<Sqlite>("closing the file", error)),
        }
    }
}

impl SqliteFile {
    pub(super) fn room(&self) -> Option<Room> {
        room(&self.path, &self.settings)
    }

    fn only_read(path: &Path, settings: &Settings) -> Self {
        Self {
            path: path.to_owned(),
            settings: settings.clone(),
            lock: Mutex::new(None),
            checkpointer: Mutex::new(None),
        }
    }

    /// Something was appended, and stands in the write-ahead file.
    pub(super) fn appended(&self) {
        let held = self
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(checkpointer) = &*held {
            checkpointer.appended();
        }
    }
}

impl fmt::Debug for SqlStore<Sqlite> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SqlStore")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

async fn migrate(path: &Path, settings: &Settings) -> Result<(), OpenError> {
    let pool = pool(path, options(settings, 1), settings.writer(path)).await?;
    let migrated = migrations::sqlite().run(&pool).await;
    pool.close().await;
    migrated.map_err(|source| OpenError::migration(path, source))
}

async fn readers(path: &Path, settings: &Settings) -> Result<Pool<Sqlite>, OpenError> {
    let options = options(settings, settings.read_connections_max);
    pool(path, options, settings.reader(path)).await
}

fn options(settings: &Settings, connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(connections.max(1))
        .acquire_timeout(settings.wait())
        // A connection is a thread of this process: it does not go stale, and its prepared statements are worth
        // keeping.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

async fn pool(
    path: &Path,
    options: SqlitePoolOptions,
    connecting: SqliteConnectOptions,
) -> Result<Pool<Sqlite>, OpenError> {
    let pool = options.connect_with(connecting).await;
    pool.map_err(|source| OpenError::database(path, source))
}

async fn fold_write_ahead(writers: &Connections<Sqlite>) -> Result<(), Error> {
    let mut connection = writers.acquire().await?;
    Call::<Sqlite>::new("PRAGMA wal_checkpoint(TRUNCATE)")
        .rows(&mut connection)
        .await?;
    connection.give_back();
    Ok(())
}

/// The newest migration that a file has had; `None` if there is nothing in it yet. Nothing is changed.
async fn migration_of(path: &Path, settings: &Settings) -> Result<Option<i64>, OpenError> {
    let failed = |source| OpenError::database(path, source);
    let mut connection = settings.reader(path).connect().await.map_err(failed)?;
    let contents = Contents::of(&mut connection).await;
    connection.close().await.map_err(failed)?;
    match contents.map_err(failed)? {
        Contents::Nothing => Ok(None),
        Contents::Migrated(newest) => Ok(Some(newest)),
        Contents::Foreign => Err(OpenError::Foreign(path.to_owned())),
    }
}

/// What a file holds.
enum Contents {
    Nothing,
    Migrated(i64),
    Foreign,
}

impl Contents {
    async fn of(connection: &mut SqliteConnection) -> Result<Self, Error> {
        // A process that was stopped before its first migration leaves a database with at most the list of them.
        let others = "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations'";
        if number(connection, others).await? == 0 {
            return Ok(Self::Nothing);
        }
        if number(connection, "PRAGMA application_id").await? != APPLICATION_ID {
            return Ok(Self::Foreign);
        }
        number(connection, "SELECT max(version) FROM _sqlx_migrations")
            .await
            .map(Self::Migrated)
    }
}

async fn number(connection: &mut SqliteConnection, question: &'static str) -> Result<i64, Error> {
    let row = Call::<Sqlite>::new(question).row(connection).await?;
    row.map_or(Ok(0), |row| Sqlite::integer(&row, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_migration_sets_the_application_id() {
        let text = format!("PRAGMA application_id = {APPLICATION_ID};");
        assert!(migrations::first_text().contains(&text));
    }
}
