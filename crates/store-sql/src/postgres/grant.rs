//! The rights of a role that runs nodes but does not own the tables.
//!
//! Owns what such a role may: add to what is append-only, and change only heads, snapshots and the epoch. Invariant: a
//! role with these rights can neither change nor delete an event, whatever happens to the triggers, and takes a payload
//! away only by the function that asks for an event that says so.

use roadbook_store::StoreError;
use sqlx::{AssertSqlSafe, Error, Postgres};

use super::error::ConnectError;
use crate::store::SqlStore;
use crate::transaction::Transaction;

/// What is granted on what. A snapshot's state goes with the snapshot, by the rights of the owner.
const GRANTS: [(&str, &str); 7] = [
    (
        "SELECT, INSERT",
        "events, payloads, backdated, subjects, commands",
    ),
    ("SELECT, INSERT, UPDATE", "streams, snapshot_states"),
    ("SELECT, INSERT, UPDATE, DELETE", "snapshots"),
    ("SELECT", "redactions"),
    ("EXECUTE", "FUNCTION redact_payloads"),
    ("SELECT, UPDATE", "log"),
    ("SELECT", "_sqlx_migrations"),
];

impl SqlStore<Postgres> {
    /// Lets a role, which must exist, run nodes on this database. To be called as the owner of the tables.
    pub async fn grant(&self, role: &str) -> Result<(), ConnectError> {
        let place = self.place();
        match self.grant_if_owner(role).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ConnectError::NotOwner(place.to_owned())),
            Err(error) => Err(ConnectError::granting(place, role, error)),
        }
    }

    /// False if this session's role does not own the tables. The server would only warn of that, and grant nothing.
    async fn grant_if_owner(&self, role: &str) -> Result<bool, Error> {
        let writer = self.writer().map_err(|_: StoreError| Error::PoolClosed)?;
        let mut transaction = Transaction::begin(&writer.connections).await?;
        let owned =
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'log'::regclass";
        if !sqlx::query_scalar(owned)
            .fetch_one(transaction.connection())
            .await?
        {
            return Ok(false);
        }
        // A name cannot be a value of a statement, so the server is asked to quote it.
        let names = "SELECT quote_ident($1), quote_ident(current_schema())";
        let (role, schema): (String, String) = sqlx::query_as(names)
            .bind(role)
            .fetch_one(transaction.connection())
            .await?;
        let on_schema = format!("GRANT USAGE ON SCHEMA {schema} TO {role}");
        let on_tables =
            GRANTS.map(|(rights, tables)| format!("GRANT {rights} ON {tables} TO {role}"));
        for statement in on_tables.into_iter().chain([on_schema]) {
            sqlx::query(AssertSqlSafe(statement))
                .execute(transaction.connection())
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}
