//! Why a SQLite file cannot be opened or copied.
//!
//! Owns the error type, every variant of which names the file. What goes wrong with an open log is a `StoreError`.
//! Invariant: a file that is refused was not changed.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// The code by which SQLite says that a file is not a database.
const NOT_A_DATABASE: &str = "26";

/// Why a file could not be opened or copied.
#[derive(Debug, thiserror::Error)]
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
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} is no Roadbook database", .0.display())]
    Foreign(PathBuf),
    /// The file needs a migration, which only the process that writes makes.
    #[error("{} is not migrated; open it once for writing", .0.display())]
    NotMigrated(PathBuf),
    /// The database failed.
    #[error("{} cannot be used", path.display())]
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
        source: MigrateError,
    },
    /// The target of a backup exists.
    #[error("{} exists; a backup never overwrites", .0.display())]
    Exists(PathBuf),
}

impl OpenError {
    pub(super) fn unreachable(path: &Path, source: io::Error) -> Self {
        Self::Unreachable {
            path: path.to_owned(),
            source,
        }
    }

    /// What is no database at all is found out by whatever reads it first.
    pub(super) fn database(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match source.as_database_error().and_then(DatabaseError::code) {
            Some(code) if code == NOT_A_DATABASE => Self::Foreign(path),
            _ => Self::Database { path, source },
        }
    }

    pub(super) fn migration(path: &Path, source: MigrateError) -> Self {
        Self::Migration {
            path: path.to_owned(),
            source,
        }
    }
}
