//! A log in one SQLite file: opening, closing, backing up, restoring.
//!
//! It owns the connections: one that writes, a pool that reads.
//! Invariant: a store that writes holds the writer's lock from before its first statement until it is dropped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use roadbook_store::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::Mutex;

use crate::error::{OpenError, classify};
use crate::lock::WriterLock;
use crate::settings::Settings;
use crate::{migrations, sql};

/// Prepared statements kept for each connection: multi-row inserts have one for every number of rows.
const STATEMENTS_MAX: usize = 1_024;

/// A log in one SQLite file.
#[derive(Debug)]
pub struct SqlStore {
    path: PathBuf,
    /// The one connection that writes; absent in a store that only reads, gone once it is closed.
    pub(crate) writer: Arc<Mutex<Option<SqliteConnection>>>,
    pub(crate) readers: SqlitePool,
    _lock: Option<WriterLock>,
}

impl SqlStore {
    /// Opens a file for writing; makes it if it is not there, and brings it up to this program's schema.
    pub async fn open(path: &Path, settings: &Settings) -> Result<Self, OpenError> {
        let lock = WriterLock::acquire(path)?;
        let options = options(path, settings)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", settings.checkpoint_pages.to_string());
        let mut writer = options
            .connect()
            .await
            .map_err(|source| OpenError::database(path, source))?;
        migrations::run(&mut writer, path).await?;
        Ok(Self {
            path: path.to_owned(),
            writer: Arc::new(Mutex::new(Some(writer))),
            readers: readers(path, settings),
            _lock: Some(lock),
        })
    }

    /// Opens a file for reading only, also beside a process that writes.
    pub async fn open_read_only(path: &Path, settings: &Settings) -> Result<Self, OpenError> {
        if !path.is_file() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        let readers = readers(path, settings);
        {
            let mut reader = readers
                .acquire()
                .await
                .map_err(|source| OpenError::database(path, source))?;
            if !migrations::check(&mut reader, path).await? {
                return Err(OpenError::NotMigrated(path.to_owned()));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            writer: Arc::default(),
            readers,
            _lock: None,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a consistent copy to a new file, while appends go on. The copy opens, verifies and has the same epoch.
    pub async fn backup(&self, target: &Path) -> Result<(), OpenError> {
        if target.exists() {
            return Err(OpenError::Exists(target.to_owned()));
        }
        let failed = |source| OpenError::database(target, source);
        let name = target.to_string_lossy().replace('\'', "''");
        let mut reader = self.readers.acquire().await.map_err(failed)?;
        sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{name}'")))
            .execute(&mut *reader)
            .await
            .map_err(failed)?;
        let file = std::fs::File::open(target);
        file.and_then(|file| file.sync_all())
            .map_err(|source| OpenError::Unreachable {
                path: target.to_owned(),
                source,
            })
    }

    /// Raises the epoch: cursors that were given before are told apart from then on.
    pub async fn raise_epoch(&self) -> Result<(), StoreError> {
        let mut held = self.writer.lock().await;
        let writer = held.as_mut().ok_or(StoreError::Closed)?;
        sqlx::query(sql::RAISE_EPOCH)
            .execute(writer)
            .await
            .map_err(|error| classify("raising the epoch", error))?;
        Ok(())
    }

    /// Folds the write-ahead file into the main one and closes every connection. Later calls answer "closed".
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        let writer = self.writer.lock().await.take();
        let Some(writer) = writer else { return Ok(()) };
        writer
            .close()
            .await
            .map_err(|error| classify("closing the database", error))
    }
}

fn options(path: &Path, settings: &Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(settings.busy_timeout_ms))
        .statement_cache_capacity(STATEMENTS_MAX)
        .pragma("cache_size", format!("-{}", settings.cache_kib))
}

fn readers(path: &Path, settings: &Settings) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(settings.read_connections_max)
        .acquire_timeout(Duration::from_millis(settings.busy_timeout_ms))
        .connect_lazy_with(options(path, settings).read_only(true))
}
