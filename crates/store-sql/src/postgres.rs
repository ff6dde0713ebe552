//! PostgreSQL, 15 or newer: one database, written and read by any number of nodes.
//!
//! Owns what the dialect of PostgreSQL differs in; connecting, migrating, rights and wake-ups are in the modules below.
//! Invariant: whoever appends holds the heads of its streams locked from reading them to its commit, or says by one statement
//! where they are taken to stand.

mod contents;
mod error;
mod grant;
mod name;
mod notifier;
mod open;
mod redaction;
mod server;
mod settings;
mod wakeups;
mod write;

pub use error::ConnectError;
pub use open::PostgresPlace;
pub use settings::PostgresSettings;

use std::time::Duration;

use roadbook_store::{Decision, Head, Redaction, Room, Scrubbed, StoreError, Wakeups};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection, PgQueryResult, PgRow};
use sqlx::{Arguments, Error, Executor, Postgres, Row};
use uuid::Uuid;

use crate::connections::Connections;
use crate::dialect::{Dialect, Value};

/// Another transaction was faster: a key is taken, a stream stands elsewhere, two waited for each other, a snapshot is too
/// old.
const LOST_RACES: [&str; 4] = ["23505", "23502", "40P01", "40001"];

/// The beginnings of codes that tell of damage: damaged pages and indexes, values of the wrong kind, and
/// constraints that only a damaged database can break here, when no race explains it.
const DAMAGE: [&str; 4] = ["XX001", "XX002", "22", "23"];

/// The server's disk is full.
const FULL: &str = "53100";

impl Dialect for Postgres {
    type Place = PostgresPlace;

    const PLAIN_PLACEHOLDERS: bool = false;

    const PLANS_AGE: bool = true;

    /// Said in full, since a server can have other defaults. Under READ COMMITTED a statement that waited for a lock
    /// sees what the one before it wrote.
    const BEGIN_WRITING: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

    /// A second judgement finds the heads that beat the first and waits for whoever holds them. Only streams that are
    /// just being opened, by several nodes, can need a third.
    const JUDGEMENTS_MAX: u32 = 5;

    const LOCKS_HEADS: bool = true;

    const NOW: Option<&'static str> =
        Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");

    async fn write_alone(connection: &mut PgConnection, decision: &Decision) -> Result<(), Error> {
        // One statement is a transaction by itself.
        write::write(connection, decision).await
    }

    async fn write(connection: &mut PgConnection, decision: &Decision) -> Result<(), Error> {
        write::write(connection, decision).await
    }

    async fn redact(connection: &mut PgConnection, redaction: &Redaction) -> Result<(), Error> {
        redaction::redact(connection, redaction).await
    }

    /// Only the owner of the tables can have them written anew, and nobody can use them meanwhile.
    async fn scrub(
        _place: &PostgresPlace,
        _writers: &Connections<Self>,
    ) -> Result<Scrubbed, StoreError> {
        Ok(Scrubbed::LeftToOperator)
    }

    fn executor(connection: &mut PgConnection) -> impl Executor<'_, Database = Self> {
        connection
    }

    fn bind(arguments: &mut PgArguments, value: Value) -> Result<(), BoxDynError> {
        match value {
            Value::Integer(integer) => arguments.add(integer),
            Value::Uuid(uuid) => arguments.add(uuid),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
    }

    fn integer(row: &PgRow, column: usize) -> Result<i64, Error> {
        row.try_get(column)
    }

    fn uuid(row: &PgRow, column: usize) -> Result<Uuid, Error> {
        row.try_get(column)
    }

    fn bytes(row: &PgRow, column: usize) -> Result<Option<&[u8]>, Error> {
        row.try_get(column)
    }

    fn rows_affected(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }

    fn is_damage(error: &Error) -> bool {
        code(error).is_some_and(|code| DAMAGE.iter().any(|class| code.starts_with(class)))
    }

    fn is_full(error: &Error) -> bool {
        code(error).is_some_and(|code| code == FULL)
    }

    fn is_lost_race(error: &Error) -> bool {
        code(error).is_some_and(|code| LOST_RACES.contains(&code.as_str()))
    }

    fn is_without_effect(error: &Error) -> bool {
        matches!(error, Error::Database(_))
    }

    fn room(_place: &PostgresPlace) -> Option<Room> {
        None
    }

    fn answer_wait(place: &PostgresPlace) -> Option<Duration> {
        Some(place.answer_wait())
    }

    fn appended(place: &PostgresPlace, heads: &[Head]) {
        place.appended(heads);
    }

    fn tell(place: &PostgresPlace, note: String) {
        place.tell(note);
    }

    fn wakeups(place: &PostgresPlace) -> Wakeups {
        place.wakeups()
    }
}

/// The code by which PostgreSQL names an error.
fn code(error: &Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

#[cfg(test)]
mod tests;
