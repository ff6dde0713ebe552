//! Settings of a SQLite file, and the connections that are made with them.
//!
//! Owns the numbers, their units and defaults, and the options that sqlx makes of them. Invariant: no setting weakens
//! durability; a commit is on the disk before it is answered.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// Prepared statements kept in each connection: more than there are, with all their counts of items and what is joined of
/// them.
const STATEMENTS_MAX: usize = 320;

/// Rows on their way from a connection's thread to the reader. The default of sqlx, 50, makes reading half as fast.
const ROWS_UNDER_WAY_MAX: usize = 1024;

/// How many times as long as it is meant to be the write-ahead file may become, if those who read keep it from being begun
/// anew, or if it grows faster than it is folded.
const LENGTH_MAX: u32 = 4;

/// How long beginning the write-ahead file anew waits for those who read. Commits wait with it.
const RESTART_WAIT: Duration = Duration::from_millis(10);

/// Settings of a SQLite file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Connections that read at once. Beyond it readers wait.
    pub read_connections_max: u32,
    /// Milliseconds that a reader waits for a connection, or a connection for a lock, before it is told "unavailable".
    pub busy_timeout_ms: u64,
    /// Page cache of each connection, in KiB. Some appends go through all that is kept, so that more makes them slower.
    pub cache_kib: u32,
    /// Pages in the write-ahead file after which it is begun anew. At four times as many the commit that comes there
    /// folds it, and takes long.
    pub checkpoint_pages: u32,
    /// Milliseconds between two times that the write-ahead file is folded into the main file, while there are appends.
    pub checkpoint_interval_ms: u64,
    /// Mebibytes that must be free on the disk of the file. Below it nothing is written until there is room again, and
    /// reads go on. 0: the disk is not looked at.
    pub disk_free_min_mib: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            read_connections_max: 4,
            busy_timeout_ms: 5_000,
            cache_kib: 4_096,
            checkpoint_pages: 32_000,
            checkpoint_interval_ms: 4_000,
            disk_free_min_mib: 1_024,
        }
    }
}

impl Settings {
    /// The one connection that writes. A file that is not there is made.
    pub(super) fn writer(&self, path: &Path) -> SqliteConnectOptions {
        self.connection(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // An insert of many rows keeps what it would need to undo them. In memory that costs nothing; otherwise each
            // batch makes a file.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", self.length_max().to_string())
    }

    /// The one connection that folds the write-ahead file.
    pub(super) fn checkpointer(&self, path: &Path) -> SqliteConnectOptions {
        self.connection(path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(RESTART_WAIT)
    }

    /// A connection that writes the whole file anew. What it needs for that is too much to be kept in memory.
    pub(super) fn cleaner(&self, path: &Path) -> SqliteConnectOptions {
        self.connection(path)
            .synchronous(SqliteSynchronous::Full)
            .pragma("temp_store", "FILE")
    }

    const fn length_max(&self) -> u32 {
        self.checkpoint_pages.saturating_mul(LENGTH_MAX)
    }

    /// A connection that reads, and cannot do anything else.
    pub(super) fn reader(&self, path: &Path) -> SqliteConnectOptions {
        self.connection(path).read_only(true)
    }

    pub(super) const fn wait(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms)
    }

    fn connection(&self, path: &Path) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(self.wait())
            .statement_cache_capacity(STATEMENTS_MAX)
            .row_buffer_size(ROWS_UNDER_WAY_MAX)
            // A negative size is in KiB, a positive one in pages.
            .pragma("cache_size", format!("-{}", self.cache_kib))
            .disable_statement_logging()
    }
}
