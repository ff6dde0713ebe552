//! SQLite: one file, written by one process, read by any.
//!
//! Owns what the dialect of SQLite differs in; opening, locking and copying the file are in the modules below.
//! Invariant: a log has exactly one connection that writes.

mod backup;
mod checkpoint;
mod error;
mod lock;
mod open;
mod restore;
mod room;
mod scrub;
mod settings;
mod write;

pub use error::OpenError;
pub use open::SqliteFile;
pub use restore::{Restore, RestoreError, Restored};
pub use settings::Settings;
#[cfg(test)]
pub(crate) use write::APPEND;

use std::time::Duration;

use roadbook_store::{Decision, FORGOTTEN, Head, Redaction, Room, Scrubbed, StoreError, Wakeups};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteQueryResult, SqliteRow};
use sqlx::{Arguments, Error, Executor, Row, Sqlite};
use uuid::Uuid;

use crate::append::put_remainder;
use crate::call::Call;
use crate::connections::Connections;
use crate::dialect::{Dialect, Value};
use crate::{snapshots, sql};

/// The codes of SQLite (without their extensions) that tell of damage: a corrupt file, a file that is no database, a
/// value of the wrong type, and a constraint that only a damaged file can break here.
const DAMAGE: [i32; 4] = [11, 26, 20, 19];

/// The codes of SQLite, with their extensions, for a key that is taken. A statement that appends then undoes its transaction.
const TAKEN: [i32; 2] = [1555, 2067];

/// The codes of SQLite (without their extensions) for a file that somebody else writes, one that cannot be written, and any
/// constraint. None of them lets a transaction be committed.
const REFUSED: [i32; 3] = [5, 8, 19];

/// The code of SQLite for a full disk. A commit that ends so has not written the mark that would make it one.
const FULL: i32 = 13;

impl Dialect for Sqlite {
    type Place = SqliteFile;

    /// SQLite looks up the name of each numbered placeholder among all others: of 2,000 values, as rows to insert
    /// have, that takes longer than inserting them.
    const PLAIN_PLACEHOLDERS: bool = true;

    /// How much there is has no part in a plan, since nobody counts it.
    const PLANS_AGE: bool = false;

    const BEGIN_WRITING: &'static str = "BEGIN IMMEDIATE";

    /// There is one connection that writes, so nothing changes between reading and writing.
    const JUDGEMENTS_MAX: u32 = 1;

    const LOCKS_HEADS: bool = false;

    const NOW: Option<&'static str> = None;

    async fn write_alone(
        connection: &mut SqliteConnection,
        decision: &Decision,
    ) -> Result<(), Error> {
        write::write_alone(connection, decision).await
    }

    async fn write(connection: &mut SqliteConnection, decision: &Decision) -> Result<(), Error> {
        write::write(connection, decision).await
    }

    async fn redact(connection: &mut SqliteConnection, redaction: &Redaction) -> Result<(), Error> {
        let (stream, version) = (redaction.append.stream_id, redaction.version());
        for left in &redaction.remainders {
            put_remainder::<Self>(connection, stream, left, version).await?;
        }
        for command in &redaction.forgotten {
            Call::<Self>::new(sql::FORGET_COMMAND)
                .stream(stream)
                .uuid(*command)
                .bytes(FORGOTTEN.to_vec())
                .run(connection)
                .await?;
        }
        snapshots::delete::<Self>(stream, None)
            .run(connection)
            .await?;
        Ok(())
    }

    async fn scrub(
        place: &SqliteFile,
        writers: &Connections<Self>,
    ) -> Result<Scrubbed, StoreError> {
        scrub::scrub(place, writers).await
    }

    fn executor(connection: &mut SqliteConnection) -> impl Executor<'_, Database = Self> {
        connection
    }

    fn bind(arguments: &mut SqliteArguments, value: Value) -> Result<(), BoxDynError> {
        match value {
            Value::Integer(integer) => arguments.add(integer),
            Value::Uuid(uuid) => arguments.add(uuid.as_bytes().to_vec()),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
    }

    fn integer(row: &SqliteRow, column: usize) -> Result<i64, Error> {
        row.try_get(column)
    }

    fn uuid(row: &SqliteRow, column: usize) -> Result<Uuid, Error> {
        let bytes: &[u8] = row.try_get(column)?;
        let undecodable = |source| Error::ColumnDecode {
            index: column.to_string(),
            source: Box::new(source),
        };
        Uuid::from_slice(bytes).map_err(undecodable)
    }

    fn bytes(row: &SqliteRow, column: usize) -> Result<Option<&[u8]>, Error> {
        row.try_get(column)
    }

    fn rows_affected(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }

    fn is_damage(error: &Error) -> bool {
        code(error).is_some_and(|code| DAMAGE.contains(&code))
    }

    fn is_full(error: &Error) -> bool {
        code(error) == Some(FULL)
    }

    fn is_lost_race(error: &Error) -> bool {
        extended_code(error).is_some_and(|code| TAKEN.contains(&code))
    }

    fn is_without_effect(error: &Error) -> bool {
        code(error).is_some_and(|code| REFUSED.contains(&code))
    }

    fn room(place: &SqliteFile) -> Option<Room> {
        place.room()
    }

    fn answer_wait(_: &SqliteFile) -> Option<Duration> {
        None
    }

    fn appended(place: &SqliteFile, _heads: &[Head]) {
        place.appended();
    }

    /// There is no other process that it could be told.
    fn tell(_place: &SqliteFile, _note: String) {}

    fn wakeups(_place: &SqliteFile) -> Wakeups {
        Wakeups::never()
    }
}

/// The code by which SQLite names an error, without its extension.
fn code(error: &Error) -> Option<i32> {
    extended_code(error).map(|code| code & 0xFF)
}

fn extended_code(error: &Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

#[cfg(test)]
mod tests;
