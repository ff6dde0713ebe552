//! Writing what a batch appends: one statement for each table, or two where the rows ask for it.
//!
//! Owns the order of the columns, and what makes one call. Rows cannot be handed to SQLite as columns.
//! Invariant: every value stands where its statement has its column.

use roadbook_store::{CommandRecord, Decision, Head, SealedRow, StreamId};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Error, Sqlite};

use crate::append::{Touch, touches};
use crate::call::Call;
use crate::sql::Repeated;

/// One event that touches no more, with its command, is written by one call. A call goes to the thread of SQLite and back,
/// which takes longer than a row; but more rows could be joined in so many ways that a text would seldom be met again.
const TOUCHED_MAX: usize = 8;

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
    let backdated: Vec<&SealedRow> = events.iter().filter(|event| event.is_backdated()).collect();
    let touched: Vec<Touch> = events.iter().flat_map(touches).collect();
    let few = events.len() == 1 && commands.len() <= 1 && touched.len() <= TOUCHED_MAX;
    let mut script = Script::new(few);
    script.insert(&PUT_HEADS, heads.values(), bind_head);
    script.insert(&INSERT_EVENTS, events.iter(), bind_event);
    script.insert(&INSERT_PAYLOADS, events.iter(), bind_payload);
    script.insert(&INSERT_BACKDATED, backdated.into_iter(), bind_backdated);
    script.insert(&INSERT_SUBJECTS, touched.into_iter(), bind_touch);
    script.insert(&INSERT_COMMANDS, commands.iter(), bind_command);
    script.run(connection).await
}

/// Statements that are run in their order.
struct Script {
    calls: Vec<Call<Sqlite>>,
    /// Whether they make one call.
    together: bool,
}

impl Script {
    const fn new(together: bool) -> Self {
        let calls = Vec::new();
        Self { calls, together }
    }

    /// Inserts rows with as few statements as the counts that are made allow: 100 rows as 96 and 4.
    fn insert<T>(
        &mut self,
        statement: &'static Repeated,
        rows: impl ExactSizeIterator<Item = T>,
        bind: impl Fn(Call<Sqlite>, T) -> Call<Sqlite>,
    ) {
        let mut rows = rows;
        while rows.len() > 0 {
            let count = Repeated::not_beyond(rows.len());
            let sql = statement.sql::<Sqlite>(count);
            let call = match self.calls.pop_if(|_| self.together) {
                Some(before) => before.then(&sql),
                None => Call::new(sql),
            };
            self.calls.push(rows.by_ref().take(count).fold(call, &bind));
        }
    }

    async fn run(self, connection: &mut SqliteConnection) -> Result<(), Error> {
        for call in self.calls {
            call.run(connection).await?;
        }
        Ok(())
    }
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
