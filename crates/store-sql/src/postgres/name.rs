//! The name by which nodes that share a database know that they do.
//!
//! Owns what the name is made of. Invariant: every node of a database finds the same name, whatever it calls the server,
//! and a copy that was made by `pg_dump` has another; one of the server's files is told apart by its epoch.

use roadbook_store::LogName;
use sqlx::Postgres;

use super::error::ConnectError;
use crate::store::SqlStore;

/// The identity that a server was given when it was made, the database in it, and in that the table of the epoch.
const NAME: &str = "SELECT system_identifier, \
     (SELECT oid::int8 FROM pg_database WHERE datname = current_database()), 'log'::regclass::oid::int8 \
     FROM pg_control_system()";

impl SqlStore<Postgres> {
    /// The name of the log among all logs.
    pub async fn name(&self) -> Result<LogName, ConnectError> {
        let named: Result<(i64, i64, i64), _> = sqlx::query_as(NAME).fetch_one(&self.readers).await;
        let (server, database, table) =
            named.map_err(|source| ConnectError::using(self.place(), source))?;
        // Object ids have 32 bits.
        let place = (database << 32) | table;
        let mut name = [0; 16];
        name[..8].copy_from_slice(&server.to_be_bytes());
        name[8..].copy_from_slice(&place.to_be_bytes());
        Ok(LogName(name))
    }
}
