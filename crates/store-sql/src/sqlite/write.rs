//! Writing what a batch appends: one statement for each table, or two where the rows ask for it.
//!
//! Owns the order of the columns. A statement costs SQLite little, but rows cannot be handed to it as columns.
//! Invariant: every value stands where its statement has its column.

use roadbook_store::{CommandRecord, Decision, Head, SealedRow, StreamId};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Error, Sqlite};

use crate::append::{Touch, touches};
use crate::call::{Call, insert_all};
use crate::sql::Repeated;

static INSERT_EVENTS: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO events (stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header) \
     VALUES ",
    0,
    "(?, ?, ?, ?, ?, ?, ?, ?)",
    ", ",
    "",
);

static INSERT_PAYLOADS: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO payloads (stream_id, version, salt, payload) VALUES ",
    0,
    "(?, ?, ?, ?)",
    ", ",
    "",
);

static INSERT_BACKDATED: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO backdated (stream_id, version, effective_at) VALUES ",
    0,
    "(?, ?, ?)",
    ", ",
    "",
);

static INSERT_SUBJECTS: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO subjects (stream_id, subject, version) VALUES ",
    0,
    "(?, ?, ?)",
    ", ",
    "",
);

static INSERT_COMMANDS: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO commands (stream_id, command_id, fingerprint, last_version, answer) VALUES ",
    0,
    "(?, ?, ?, ?, ?)",
    ", ",
    "",
);

static PUT_HEADS: Repeated = Repeated::new(
    "INSERT OR ROLLBACK INTO streams (stream_id, version, recorded_at, effective_max, opened_at) VALUES ",
    0,
    "(?, ?, ?, ?, ?)",
    ", ",
    " ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, recorded_at = excluded.recorded_at, \
     effective_max = excluded.effective_max",
);

/// All of them, for the tests.
#[cfg(test)]
pub(crate) const INSERTING: [&Repeated; 6] = [
    &INSERT_EVENTS,
    &INSERT_PAYLOADS,
    &INSERT_BACKDATED,
    &INSERT_SUBJECTS,
    &INSERT_COMMANDS,
    &PUT_HEADS,
];

/// Writes what was accepted of a batch.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    decision: &Decision,
) -> Result<(), Error> {
    let Decision {
        heads,
        events,
        commands,
        ..
    } = decision;
    insert_all(connection, &PUT_HEADS, heads.values(), bind_head).await?;
    insert_all(connection, &INSERT_EVENTS, events.iter(), bind_event).await?;
    insert_all(connection, &INSERT_PAYLOADS, events.iter(), bind_payload).await?;
    let backdated: Vec<&SealedRow> = events.iter().filter(|event| event.is_backdated()).collect();
    insert_all(
        connection,
        &INSERT_BACKDATED,
        backdated.into_iter(),
        bind_backdated,
    )
    .await?;
    let touched: Vec<Touch> = events.iter().flat_map(touches).collect();
    insert_all(
        connection,
        &INSERT_SUBJECTS,
        touched.into_iter(),
        bind_touch,
    )
    .await?;
    insert_all(connection, &INSERT_COMMANDS, commands.iter(), bind_command).await
}

fn bind_event(call: Call<Sqlite>, event: &SealedRow) -> Call<Sqlite> {
    call.stream(event.header.stream_id)
        .version(event.header.version)
        .instant(event.header.recorded_at)
        .instant(event.header.effective_at)
        .instant(event.effective_max)
        .bytes(event.payload_digest.0.to_vec())
        .bytes(event.digest.0.to_vec())
        .bytes(event.header_bytes.clone())
}

fn bind_payload(call: Call<Sqlite>, event: &SealedRow) -> Call<Sqlite> {
    call.stream(event.header.stream_id)
        .version(event.header.version)
        .bytes(event.salt.to_vec())
        .bytes(event.payload.to_vec())
}

fn bind_backdated(call: Call<Sqlite>, event: &SealedRow) -> Call<Sqlite> {
    call.stream(event.header.stream_id)
        .version(event.header.version)
        .instant(event.header.effective_at)
}

fn bind_touch(call: Call<Sqlite>, (stream, subject, version): Touch) -> Call<Sqlite> {
    call.stream(stream).uuid(subject).version(version)
}

fn bind_command(call: Call<Sqlite>, (stream, command): &(StreamId, CommandRecord)) -> Call<Sqlite> {
    call.stream(*stream)
        .uuid(command.command_id)
        .bytes(command.fingerprint.to_vec())
        .version(command.last_version)
        .bytes(command.answer.to_vec())
}

fn bind_head(call: Call<Sqlite>, head: &Head) -> Call<Sqlite> {
    call.stream(head.stream_id)
        .version(head.version)
        .instant(head.recorded_at)
        .instant(head.effective_max)
        .instant(head.opened_at)
}
