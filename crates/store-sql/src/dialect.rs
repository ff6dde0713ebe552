//! What differs from one database to the next, as far as the statements and the reading of rows go.
//!
//! Owns the trait that a database implements once; opening one, with its locks and settings, is its own module's.
//! Invariant: everything else in this crate is written once, against this trait.

use std::time::Duration;

use roadbook_store::{Decision, Head, Redaction, Room, Scrubbed, StoreError, Wakeups};
use sqlx::database::HasStatementCache;
use sqlx::error::BoxDynError;
use sqlx::{Database, Error, Executor, IntoArguments};
use uuid::Uuid;

use crate::connections::Connections;

/// A value handed to a statement.
#[derive(Debug, Clone)]
pub enum Value {
    /// A version, an instant, a limit.
    Integer(i64),
    /// The id of a stream, a subject, a command.
    Uuid(Uuid),
    /// Bytes: headers, payloads, digests, states.
    Bytes(Vec<u8>),
}

/// A database that the log can be kept in.
pub trait Dialect: Database<Arguments: IntoArguments<Self>> + HasStatementCache {
    /// What a store keeps of where its database is, for as long as it is open: a file with its lock, for example.
    type Place: Send + Sync + 'static;

    /// Begins a transaction that will write. It waits here for the right to, so that it cannot fail for it later.
    const BEGIN_WRITING: &'static str;

    /// How often a batch is judged at most, if others who write take the places that it was judged for.
    const JUDGEMENTS_MAX: u32;

    /// True if several connections write at once, so that the heads of a batch must be locked when they are read.
    const LOCKS_HEADS: bool;

    /// True if `?` is a placeholder that may be used instead of `$1`, `$2`, … where they are in order.
    const PLAIN_PLACEHOLDERS: bool;

    /// True if a statement that is kept may keep the plan of a day when there was less.
    const PLANS_AGE: bool;

    /// Asks the server for the time, in microseconds since 1970; `None` if the database has no clock of its own.
    const NOW: Option<&'static str>;

    /// Writes what was accepted of a batch, within the transaction that judged it.
    fn write(
        connection: &mut Self::Connection,
        decision: &Decision,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Writes what was accepted of a batch as a transaction of its own, in as few calls as may be. After an error the
    /// connection is good for more only if it is a lost race.
    fn write_alone(
        connection: &mut Self::Connection,
        decision: &Decision,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Takes the payloads of a redaction away within the transaction that appended its event, with all that carries them.
    fn redact(
        connection: &mut Self::Connection,
        redaction: &Redaction,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Cleans the files of what was deleted, as far as this process can.
    fn scrub(
        place: &Self::Place,
        writers: &Connections<Self>,
    ) -> impl Future<Output = Result<Scrubbed, StoreError>> + Send;

    /// The connection as sqlx wants it. (That every connection can be used so is a bound on references, which a trait
    /// cannot pass on to those who use it.)
    fn executor(connection: &mut Self::Connection) -> impl Executor<'_, Database = Self>;

    /// Adds a value to those of a statement.
    fn bind(arguments: &mut Self::Arguments, value: Value) -> Result<(), BoxDynError>;

    /// The integer in a column, counted from 0.
    fn integer(row: &Self::Row, column: usize) -> Result<i64, Error>;

    /// The id in a column, counted from 0.
    fn uuid(row: &Self::Row, column: usize) -> Result<Uuid, Error>;

    /// The bytes in a column, counted from 0, where the row holds them; `None` if there are none because a joined row is
    /// missing.
    fn bytes(row: &Self::Row, column: usize) -> Result<Option<&[u8]>, Error>;

    /// How many rows a statement wrote or deleted.
    fn rows_affected(result: &Self::QueryResult) -> u64;

    /// True if the error tells that what is stored is damaged, rather than that it cannot be reached.
    fn is_damage(error: &Error) -> bool;

    /// True if the error tells that the disk is full, and so that nothing was written, not even by a commit.
    fn is_full(error: &Error) -> bool;

    /// True if the error tells that somebody else was faster, that nothing was written, and that judging the same batch
    /// again can come to an answer.
    fn is_lost_race(error: &Error) -> bool;

    /// True if the error tells that [`write_alone`](Self::write_alone) has written nothing, and will not.
    fn is_without_effect(error: &Error) -> bool;

    /// The room on the disk, if it is on this machine.
    fn room(place: &Self::Place) -> Option<Room>;

    /// How long a call may wait for the database before it is given up; `None` where the database is part of this process.
    fn answer_wait(place: &Self::Place) -> Option<Duration>;

    /// Takes note of what was appended, to pass it on to other nodes. Must not wait.
    fn appended(place: &Self::Place, heads: &[Head]);

    /// Passes a note on to other nodes. Must not wait.
    fn tell(place: &Self::Place, note: String);

    /// What other nodes pass on, from now on.
    fn wakeups(place: &Self::Place) -> Wakeups;
}

/// What an error means to the caller of the log, when it came before a commit.
pub(crate) fn store_error<DB: Dialect>(doing: &'static str, error: Error) -> StoreError {
    match error {
        Error::PoolClosed => StoreError::Closed,
        error if DB::is_full(&error) => StoreError::NoRoom {
            detail: doing.to_owned(),
            source: Some(std::sync::Arc::new(error)),
        },
        error if is_undecodable(&error) || DB::is_damage(&error) => StoreError::Corrupt {
            place: doing.to_owned(),
            detail: error.to_string(),
            source: Some(std::sync::Arc::new(error)),
        },
        error => StoreError::unavailable(doing, error),
    }
}

fn is_undecodable(error: &Error) -> bool {
    matches!(
        error,
        Error::ColumnDecode { .. } | Error::Decode(_) | Error::TypeNotFound { .. }
    )
}
