//! Writing what a batch appends: one statement for all tables.
//!
//! Owns that statement, and the view that it inserts into, which each connection that writes makes for itself. A statement of
//! SQLite inserts into one table, but a trigger into several. With a statement for each table, an append went to the thread
//! of SQLite and back for each of them, and each time two threads were woken, which takes longer than a row.
//! Invariant: all of a statement is written or nothing, and one that finds a key taken undoes its transaction.

use roadbook_store::{CommandRecord, Decision, Head, SealedRow, StreamId};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments as _, AssertSqlSafe, Error, SqlSafeStr as _, SqlStr, Sqlite};
use uuid::Uuid;

use crate::append::touches;
use crate::call::Call;
use crate::dialect::Dialect as _;
use crate::sql::Repeated;

/// The view, of which nothing is ever read. A row has a head, an event and a command, or some of them; they need not belong
/// together.
const VIEW: &str = "CREATE TEMP VIEW appending (\
     head_stream, head_version, head_recorded_at, head_effective_max, opened_at, \
     stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header, salt, payload, subjects, \
     command_stream, command_id, fingerprint, last_version, answer) \
     AS SELECT NULL, NULL, NULL, NULL, NULL, \
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
     NULL, NULL, NULL, NULL, NULL";

const PUT_HEAD: &str = "INSERT INTO streams (stream_id, version, recorded_at, effective_max, opened_at) \
     SELECT NEW.head_stream, NEW.head_version, NEW.head_recorded_at, NEW.head_effective_max, NEW.opened_at \
     WHERE NEW.head_stream IS NOT NULL \
     ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, recorded_at = excluded.recorded_at, \
     effective_max = excluded.effective_max";

const INSERT_EVENT: &str = "INSERT INTO events \
     (stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header) \
     SELECT NEW.stream_id, NEW.version, NEW.recorded_at, NEW.effective_at, NEW.effective_max, \
     NEW.payload_digest, NEW.digest, NEW.header WHERE NEW.stream_id IS NOT NULL";

const INSERT_PAYLOAD: &str = "INSERT INTO payloads (stream_id, version, salt, payload) \
     SELECT NEW.stream_id, NEW.version, NEW.salt, NEW.payload WHERE NEW.stream_id IS NOT NULL";

const INSERT_BACKDATED: &str = "INSERT INTO backdated (stream_id, version, effective_at) \
     SELECT NEW.stream_id, NEW.version, NEW.effective_at WHERE NEW.effective_at < NEW.effective_max";

const INSERT_SUBJECTS: &str = "INSERT INTO subjects (stream_id, subject, version) \
     SELECT NEW.stream_id, unhex(value), NEW.version FROM json_each(NEW.subjects)";

const INSERT_COMMAND: &str = "INSERT INTO commands (stream_id, command_id, fingerprint, last_version, answer) \
     SELECT NEW.command_stream, NEW.command_id, NEW.fingerprint, NEW.last_version, NEW.answer \
     WHERE NEW.command_stream IS NOT NULL";

/// The statement, with so many rows. Rows without anything fill it up.
pub(crate) static APPEND: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO appending \
     (head_stream, head_version, head_recorded_at, head_effective_max, opened_at, \
     stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header, salt, payload, subjects, \
     command_stream, command_id, fingerprint, last_version, answer) VALUES ",
    0,
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ", ",
    "",
);

/// What a connection is told before it appends. It is told to no other, and nothing of it gets into the file.
pub(super) fn preparation() -> SqlStr {
    let parts = [
        PUT_HEAD,
        INSERT_EVENT,
        INSERT_PAYLOAD,
        INSERT_BACKDATED,
        INSERT_SUBJECTS,
        INSERT_COMMAND,
    ];
    let trigger = "CREATE TEMP TRIGGER append INSTEAD OF INSERT ON appending BEGIN";
    let parts = parts.join("; ");
    AssertSqlSafe(format!("{VIEW}; {trigger} {parts}; END")).into_sql_str()
}

/// Writes what was accepted of a batch within a transaction.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    decision: &Decision,
) -> Result<(), Error> {
    let mut rows = Rows::of(decision);
    while let Some((count, arguments)) = rows.next_statement().map_err(Error::Encode)? {
        sqlx::query_with(APPEND.sql::<Sqlite>(count), arguments)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Writes it as a transaction of its own, which a statement is by itself.
pub(super) async fn write_alone(
    connection: &mut SqliteConnection,
    decision: &Decision,
) -> Result<(), Error> {
    if Rows::of(decision).count <= Repeated::ITEMS_MAX {
        return write(connection, decision).await;
    }
    Call::<Sqlite>::new(Sqlite::BEGIN_WRITING)
        .run(connection)
        .await?;
    write(connection, decision).await?;
    Call::<Sqlite>::new("COMMIT").run(connection).await?;
    Ok(())
}

/// The rows to insert, as far as they were not handed over.
struct Rows<'a> {
    heads: Vec<&'a Head>,
    events: &'a [SealedRow],
    commands: &'a [(StreamId, CommandRecord)],
    next: usize,
    count: usize,
}

impl<'a> Rows<'a> {
    fn of(decision: &'a Decision) -> Self {
        let heads: Vec<&Head> = decision.heads.values().collect();
        let (events, commands) = (&decision.events[..], &decision.commands[..]);
        Self {
            count: heads.len().max(events.len()).max(commands.len()),
            heads,
            events,
            commands,
            next: 0,
        }
    }

    /// How many rows the next statement takes, and its values; none if nothing is left.
    fn next_statement(&mut self) -> Result<Option<(usize, SqliteArguments)>, BoxDynError> {
        let left = (self.count - self.next).min(Repeated::ITEMS_MAX);
        if left == 0 {
            return Ok(None);
        }
        let count = Repeated::not_below(left);
        let mut arguments = SqliteArguments::default();
        for row in self.next..self.next + count {
            add_head(&mut arguments, self.heads.get(row).copied())?;
            add_event(&mut arguments, self.events.get(row))?;
            add_command(&mut arguments, self.commands.get(row))?;
        }
        self.next += left;
        Ok(Some((count, arguments)))
    }
}

fn add_head(row: &mut SqliteArguments, head: Option<&Head>) -> Result<(), BoxDynError> {
    row.add(head.map(|head| bytes(head.stream_id.0)))?;
    row.add(head.map(|head| head.version.0.cast_signed()))?;
    row.add(head.map(|head| head.recorded_at.0))?;
    row.add(head.map(|head| head.effective_max.0))?;
    row.add(head.map(|head| head.opened_at.0))
}

fn add_event(row: &mut SqliteArguments, event: Option<&SealedRow>) -> Result<(), BoxDynError> {
    row.add(event.map(|event| bytes(event.header.stream_id.0)))?;
    row.add(event.map(|event| event.header.version.0.cast_signed()))?;
    row.add(event.map(|event| event.header.recorded_at.0))?;
    row.add(event.map(|event| event.header.effective_at.0))?;
    row.add(event.map(|event| event.effective_max.0))?;
    row.add(event.map(|event| event.payload_digest.0.to_vec()))?;
    row.add(event.map(|event| event.digest.0.to_vec()))?;
    row.add(event.map(|event| event.header_bytes.clone()))?;
    row.add(event.map(|event| event.salt.to_vec()))?;
    row.add(event.map(|event| event.payload.to_vec()))?;
    row.add(event.map(subjects))
}

fn add_command(
    row: &mut SqliteArguments,
    command: Option<&(StreamId, CommandRecord)>,
) -> Result<(), BoxDynError> {
    row.add(command.map(|(stream, _)| bytes(stream.0)))?;
    row.add(command.map(|(_, command)| bytes(command.command_id)))?;
    row.add(command.map(|(_, command)| command.fingerprint.to_vec()))?;
    row.add(command.map(|(_, command)| command.last_version.0.cast_signed()))?;
    row.add(command.map(|(_, command)| command.answer.to_vec()))
}

fn bytes(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// The subjects of an event, as JSON: a statement takes no list.
fn subjects(event: &SealedRow) -> String {
    let ids = touches(event).map(|(_, subject, _)| format!("\"{}\"", subject.simple()));
    format!("[{}]", ids.collect::<Vec<_>>().join(","))
}
