//! From database errors to what a caller does next.
//!
//! It owns the classification; each error keeps the one beneath it.
//! Invariant: a failure after the commit was sent is never reported as if nothing had been written.

use std::path::{Path, PathBuf};

use roadbook_store::StoreError;
use thiserror::Error;

/// Why a database could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process writes to it.
    #[error("{} is in use by another process that writes; stop it first, or read only", .0.display())]
    Locked(PathBuf),
    /// The file is not there.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The file, its folder or its lock cannot be reached.
    #[error("{} cannot be opened", path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} is no Roadbook database", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer Roadbook.
    #[error("{} was written by a newer version of Roadbook (its migration {found} is unknown here)", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The unknown migration.
        found: i64,
    },
    /// The file needs a migration, which only the process that writes makes.
    #[error("{} is not migrated; open it once for writing", .0.display())]
    NotMigrated(PathBuf),
    /// The database failed.
    #[error("{} cannot be opened", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// A migration failed or was changed since it was applied.
    #[error("{} cannot be migrated", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The target of a backup exists.
    #[error("{} exists; a backup never overwrites", .0.display())]
    Exists(PathBuf),
}

impl OpenError {
    /// What the database said about a file; anything that SQLite cannot read as a database is somebody else's.
    pub(crate) fn database(path: &Path, source: sqlx::Error) -> Self {
        const NOT_A_DATABASE: &str = "26";
        let code = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        if code.as_deref() == Some(NOT_A_DATABASE) {
            return Self::Foreign(path.to_owned());
        }
        Self::Database {
            path: path.to_owned(),
            source,
        }
    }
}

/// A failed read, or a write that was rolled back: nothing was written.
pub(crate) fn classify(doing: &'static str, error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => StoreError::Closed,
        sqlx::Error::Database(database) if is_corruption(database.code().as_deref()) => {
            StoreError::Corrupt {
                place: "the database file".to_owned(),
                detail: doing.to_owned(),
                source: Some(std::sync::Arc::new(error)),
            }
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Corrupt {
            place: "a row of the database".to_owned(),
            detail: doing.to_owned(),
            source: Some(std::sync::Arc::new(error)),
        },
        _ => StoreError::unavailable(doing, error),
    }
}

/// SQLite's primary result codes `SQLITE_CORRUPT` and `SQLITE_NOTADB` stand in the low byte.
fn is_corruption(code: Option<&str>) -> bool {
    const CORRUPT: u32 = 11;
    const NOT_A_DATABASE: u32 = 26;
    let primary = code
        .and_then(|code| code.parse::<u32>().ok())
        .map(|code| code & 0xff);
    matches!(primary, Some(CORRUPT | NOT_A_DATABASE))
}
