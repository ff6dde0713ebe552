//! Appending: many appends in one transaction, each with its own outcome.
//!
//! It owns the order of statements within the transaction; which appends are accepted is the contract's own decision.
//! Invariant: on an error nothing was written, unless the outcome of the commit itself is unknown.

use roadbook_store::{
    Append, AppendOutcome, CommandRecord, Decision, Head, SealedRow, Standing, StoreError, StreamId,
};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Row as _, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::error::classify;
use crate::rows::{self, to_sql};
use crate::sql::{self, placeholders};

/// Rows that one statement inserts at most.
const ROWS_MAX: usize = 128;

const APPENDING: &str = "appending events";

type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Appends in one transaction and commits it.
pub(crate) async fn append_batch(
    connection: &mut SqliteConnection,
    appends: Vec<Append>,
) -> Result<Vec<AppendOutcome>, StoreError> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    match write(connection, appends).await {
        Ok(outcomes) => {
            commit(connection).await?;
            Ok(outcomes)
        }
        Err(error) => {
            // The transaction is given up: whether or not this succeeds, nothing of it can become durable.
            drop(execute(connection, "ROLLBACK").await);
            Err(error)
        }
    }
}

async fn commit(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let Err(error) = sqlx::query("COMMIT").execute(&mut *connection).await else {
        return Ok(());
    };
    // A commit that fails leaves the transaction open, so a rollback that succeeds proves that nothing was written.
    match execute(connection, "ROLLBACK").await {
        Ok(()) => Err(classify("committing", error)),
        Err(_) => Err(StoreError::outcome_unknown(error)),
    }
}

async fn execute(
    connection: &mut SqliteConnection,
    statement: &'static str,
) -> Result<(), StoreError> {
    sqlx::query(statement)
        .execute(connection)
        .await
        .map_err(|error| classify(APPENDING, error))?;
    Ok(())
}

async fn write(
    connection: &mut SqliteConnection,
    appends: Vec<Append>,
) -> Result<Vec<AppendOutcome>, StoreError> {
    let standing = standing(connection, &appends).await?;
    let decision = standing.decide(appends)?;
    insert(connection, &decision).await?;
    Ok(decision.outcomes)
}

/// What the log holds that the appends depend on.
async fn standing(
    connection: &mut SqliteConnection,
    appends: &[Append],
) -> Result<Standing, StoreError> {
    let mut standing = Standing::default();
    for append in appends {
        let stream = append.stream_id;
        let row = sqlx::query(sql::HEAD)
            .bind(stream.0.as_bytes().as_slice())
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| classify(APPENDING, error))?;
        if let Some(row) = row {
            standing.heads.insert(stream, rows::head(&row)?);
        }
        let ids: Vec<Uuid> = append
            .commands
            .iter()
            .map(|command| command.command_id)
            .collect();
        for known in commands(connection, stream, &ids).await? {
            standing.recorded.insert((stream, known.command_id));
        }
    }
    Ok(standing)
}

/// The records of those of the given commands that were accepted.
pub(crate) async fn commands(
    connection: &mut SqliteConnection,
    stream: StreamId,
    ids: &[Uuid],
) -> Result<Vec<CommandRecord>, StoreError> {
    let mut found = Vec::new();
    for ids in ids.chunks(ROWS_MAX) {
        let statement = format!(
            "SELECT command_id, fingerprint, last_version, answer FROM commands \
             WHERE stream_id = ? AND command_id IN {} ORDER BY command_id",
            placeholders(1, ids.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(stream.0.as_bytes().to_vec());
        for id in ids {
            query = query.bind(id.as_bytes().to_vec());
        }
        let rows = query
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| classify("reading commands", error))?;
        for row in &rows {
            found.push(rows::command(row)?);
        }
    }
    found.sort_unstable_by_key(|record| record.command_id);
    // An id that was asked for twice may have been found in two chunks.
    found.dedup_by_key(|record| record.command_id);
    Ok(found)
}

async fn insert(connection: &mut SqliteConnection, decision: &Decision) -> Result<(), StoreError> {
    let events = &decision.events;
    let table = "events (stream_id, version, recorded_at, effective_at, effective_max, header, payload_digest, digest)";
    insert_rows(connection, table, 8, events, bind_event).await?;
    let table = "payloads (stream_id, version, salt, payload)";
    insert_rows(connection, table, 4, events, bind_payload).await?;
    let mut subjects: Vec<(StreamId, Uuid, i64)> = Vec::new();
    for event in events {
        let version = to_sql(event.header.version);
        let stream = event.header.stream_id;
        subjects.extend(
            event
                .header
                .subjects
                .iter()
                .map(|id| (stream, *id, version)),
        );
    }
    // An event may name a subject twice; the index holds it once.
    subjects.sort_unstable();
    subjects.dedup();
    let table = "subjects (stream_id, subject, version)";
    insert_rows(connection, table, 3, &subjects, bind_subject).await?;
    let table = "commands (stream_id, command_id, fingerprint, last_version, answer)";
    insert_rows(connection, table, 5, &decision.commands, bind_command).await?;
    for head in decision.heads.values() {
        put_head(connection, head).await?;
    }
    Ok(())
}

async fn put_head(connection: &mut SqliteConnection, head: &Head) -> Result<(), StoreError> {
    sqlx::query(sql::PUT_HEAD)
        .bind(head.stream_id.0.as_bytes().as_slice())
        .bind(to_sql(head.version))
        .bind(head.recorded_at.0)
        .bind(head.effective_max.0)
        .bind(head.opened_at.0)
        .execute(connection)
        .await
        .map_err(|error| classify(APPENDING, error))?;
    Ok(())
}

/// Inserts rows, many to a statement: each statement costs a trip to the database's thread.
async fn insert_rows<Row>(
    connection: &mut SqliteConnection,
    table: &'static str,
    columns: usize,
    rows: &[Row],
    bind: impl for<'q> Fn(Bound<'q>, &'q Row) -> Bound<'q>,
) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS_MAX) {
        let values = placeholders(rows.len(), columns);
        let mut query = sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO {table} VALUES {values}"
        )));
        for row in rows {
            query = bind(query, row);
        }
        query
            .execute(&mut *connection)
            .await
            .map_err(|error| classify(APPENDING, error))?;
    }
    Ok(())
}

fn bind_event<'q>(query: Bound<'q>, row: &'q SealedRow) -> Bound<'q> {
    query
        .bind(row.header.stream_id.0.as_bytes().as_slice())
        .bind(to_sql(row.header.version))
        .bind(row.header.recorded_at.0)
        .bind(row.header.effective_at.0)
        .bind(row.effective_max.0)
        .bind(row.header_bytes.as_slice())
        .bind(row.payload_digest.0.as_slice())
        .bind(row.digest.0.as_slice())
}

fn bind_payload<'q>(query: Bound<'q>, row: &'q SealedRow) -> Bound<'q> {
    query
        .bind(row.header.stream_id.0.as_bytes().as_slice())
        .bind(to_sql(row.header.version))
        .bind(row.salt.as_slice())
        .bind(row.payload.as_ref())
}

fn bind_subject<'q>(query: Bound<'q>, row: &'q (StreamId, Uuid, i64)) -> Bound<'q> {
    query
        .bind(row.0.0.as_bytes().as_slice())
        .bind(row.1.as_bytes().as_slice())
        .bind(row.2)
}

fn bind_command<'q>(query: Bound<'q>, row: &'q (StreamId, CommandRecord)) -> Bound<'q> {
    query
        .bind(row.0.0.as_bytes().as_slice())
        .bind(row.1.command_id.as_bytes().as_slice())
        .bind(row.1.fingerprint.as_slice())
        .bind(to_sql(row.1.last_version))
        .bind(row.1.answer.as_ref())
}

/// The single value of a row.
pub(crate) fn number(row: &sqlx::sqlite::SqliteRow) -> Result<i64, StoreError> {
    row.try_get(0)
        .map_err(|error| classify("reading a number", error))
}
