//! Why a PostgreSQL database cannot be connected to.
//!
//! Owns the error type, every variant of which names the server and database but neither role nor password, and says
//! which setting to look at. What goes wrong with an open log is a `StoreError`. Invariant: no password is in a message,
//! in what is beneath it, or in what is printed for a programmer.

use sqlx::Error;
use sqlx::migrate::MigrateError;

use super::code;

/// Why a database could not be connected to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not understood. It is not repeated here, since it may hold a password.
    #[error(
        "the database URL is not understood: {0}; it is written as postgres://ROLE:PASSWORD@HOST:PORT/DATABASE"
    )]
    Url(String),
    /// A URL that was to bring another password names another database.
    #[error("{place} is open, and the database URL now names {other}; to use that, start again")]
    Elsewhere {
        /// The server and database that are open.
        place: String,
        /// Those that the URL names.
        other: String,
    },
    /// The server does not answer.
    #[error(
        "{place} cannot be reached; are host and port of the database URL right, and is the server running?"
    )]
    Unreachable {
        /// The server.
        place: String,
        /// Why not.
        #[source]
        source: Error,
    },
    /// The role or its password is wrong, or the server takes neither from here.
    #[error(
        "{0} refused the role or its password; look at both in the database URL, and at pg_hba.conf of the server"
    )]
    Refused(String),
    /// There is no such database.
    #[error(
        "there is no database at {0}; make it with `createdb`, or name another in the database URL"
    )]
    Missing(String),
    /// The server is older than any that is tested.
    #[error("{place} is PostgreSQL {found}; 15 or newer is needed")]
    TooOld {
        /// The server.
        place: String,
        /// Its version, as it tells it.
        found: String,
    },
    /// The server takes no writes.
    #[error(
        "{0} takes no writes: it is a standby, or default_transaction_read_only is on; name the primary in the \
         database URL"
    )]
    ReadOnly(String),
    /// The database holds something else.
    #[error(
        "{place} is no Roadbook database: its table {table} is somebody else's; name another database"
    )]
    Foreign {
        /// The server and database.
        place: String,
        /// A table with a name that Roadbook needs.
        table: String,
    },
    /// The database needs a migration that this role may not make, or that one who reads does not make.
    #[error("{0} is not migrated; run `roadbook migrate` as the role that owns the database")]
    NotMigrated(String),
    /// The role lacks rights.
    #[error(
        "the role may not use the tables at {place}; run `roadbook migrate --grant-to ROLE` as their owner"
    )]
    Forbidden {
        /// The server and database.
        place: String,
        /// What it may not.
        #[source]
        source: Error,
    },
    /// The role that was to grant rights does not own the tables.
    #[error(
        "only the role that owns the tables at {0} can grant rights on them; name it in the database URL"
    )]
    NotOwner(String),
    /// The role that rights were to be granted to is not there.
    #[error("there is no role {role} at {place}; make it with `createuser`")]
    NoRole {
        /// The server and database.
        place: String,
        /// The role, as it was given.
        role: String,
    },
    /// The database failed.
    #[error("{place} cannot be used")]
    Database {
        /// The server and database.
        place: String,
        /// Why not.
        #[source]
        source: Error,
    },
    /// A migration failed or was changed since it was applied.
    #[error("{place} cannot be migrated")]
    Migration {
        /// The server and database.
        place: String,
        /// Why not.
        #[source]
        source: MigrateError,
    },
}

impl ConnectError {
    /// What an error of a first connection means.
    pub(super) fn connecting(place: &str, source: Error) -> Self {
        let place = place.to_owned();
        match code(&source).as_deref() {
            // What the server says about the role is not kept: it repeats the name.
            Some("28P01" | "28000") => Self::Refused(place),
            Some("3D000") => Self::Missing(place),
            // Starting, stopping, or full.
            Some("57P03" | "57P01" | "57P02" | "53300") | None => {
                Self::Unreachable { place, source }
            }
            Some(_) => Self::using(&place, source),
        }
    }

    /// What an error means once there is a connection.
    pub(super) fn using(place: &str, source: Error) -> Self {
        let place = place.to_owned();
        match code(&source).as_deref() {
            Some("42501") => Self::Forbidden { place, source },
            _ => Self::Database { place, source },
        }
    }

    pub(super) fn granting(place: &str, role: &str, source: Error) -> Self {
        match code(&source).as_deref() {
            Some("42704") => Self::NoRole {
                place: place.to_owned(),
                role: role.to_owned(),
            },
            _ => Self::using(place, source),
        }
    }

    pub(super) fn migrating(place: &str, source: MigrateError) -> Self {
        let place = place.to_owned();
        match source {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
                if code(&error).as_deref() == Some("42501") =>
            {
                Self::NotMigrated(place)
            }
            source => Self::Migration { place, source },
        }
    }
}
