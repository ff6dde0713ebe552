//! The transaction that appends: reads where the streams stand, decides, writes, commits.
//!
//! Owns the order of its statements. Which appends are accepted is decided by the contract's own rules. Invariant: one
//! commit for each batch, and nothing is written of an append that is not accepted.

use std::collections::BTreeSet;

use roadbook_store::{
    Append, AppendOutcome, CommandRecord, Decision, Head, SealedRow, Standing, StoreError,
    StreamId, Version,
};
use sqlx::{Error, Pool};
use uuid::Uuid;

use crate::call::{Call, find_all, insert_all};
use crate::dialect::{Dialect, store_error};
use crate::transaction::Transaction;
use crate::{row, sql};

/// Appends on a connection of the pool and tells what became of each append.
pub(crate) async fn append_batch<DB: Dialect>(
    writer: &Pool<DB>,
    appends: Vec<Append>,
) -> Result<Vec<AppendOutcome>, StoreError> {
    let unavailable = |error| store_error::<DB>("the append", error);
    let mut transaction = Transaction::begin(writer).await.map_err(unavailable)?;
    let standing = standing::<DB>(transaction.connection(), &appends)
        .await
        .map_err(unavailable)?;
    let decision = match standing.decide(appends) {
        Ok(decision) => decision,
        Err(refusal) => {
            transaction.roll_back().await;
            return Err(refusal);
        }
    };
    write::<DB>(transaction.connection(), &decision)
        .await
        .map_err(unavailable)?;
    transaction
        .commit()
        .await
        .map_err(StoreError::outcome_unknown)?;
    Ok(decision.outcomes)
}

async fn standing<DB: Dialect>(
    connection: &mut DB::Connection,
    appends: &[Append],
) -> Result<Standing, Error> {
    let streams: BTreeSet<StreamId> = appends.iter().map(|append| append.stream_id).collect();
    let streams: Vec<StreamId> = streams.into_iter().collect();
    let heads = find_all::<DB, _>(
        connection,
        &sql::HEADS_OF,
        &streams,
        |call| call,
        Call::stream,
    )
    .await?;

    let ids_of = |append: &Append| {
        let stream = append.stream_id.0;
        append
            .commands
            .iter()
            .map(|command| (stream, command.command_id))
            .collect::<Vec<_>>()
    };
    let ids: Vec<(Uuid, Uuid)> = appends.iter().flat_map(ids_of).collect();
    let bind = |call: Call<DB>, (stream, command)| call.uuid(stream).uuid(command);
    let recorded =
        find_all::<DB, _>(connection, &sql::RECORDED_COMMANDS, &ids, |call| call, bind).await?;

    let mut standing = Standing::default();
    for row in &heads {
        let head = row::head::<DB>(row)?;
        standing.heads.insert(head.stream_id, head);
    }
    for row in &recorded {
        standing
            .recorded
            .insert((StreamId(DB::uuid(row, 0)?), DB::uuid(row, 1)?));
    }
    Ok(standing)
}

async fn write<DB: Dialect>(
    connection: &mut DB::Connection,
    decision: &Decision,
) -> Result<(), Error> {
    let Decision {
        heads,
        events,
        commands,
        ..
    } = decision;
    insert_all::<DB, _>(connection, &sql::INSERT_EVENTS, events.iter(), bind_event).await?;
    insert_all::<DB, _>(
        connection,
        &sql::INSERT_PAYLOADS,
        events.iter(),
        bind_payload,
    )
    .await?;
    let backdated: Vec<&SealedRow> = events.iter().filter(|event| event.is_backdated()).collect();
    insert_all::<DB, _>(
        connection,
        &sql::INSERT_BACKDATED,
        backdated.into_iter(),
        bind_backdated,
    )
    .await?;
    let touched: Vec<Touch> = events.iter().flat_map(touches).collect();
    insert_all::<DB, _>(
        connection,
        &sql::INSERT_SUBJECTS,
        touched.into_iter(),
        bind_touch,
    )
    .await?;
    insert_all::<DB, _>(
        connection,
        &sql::INSERT_COMMANDS,
        commands.iter(),
        bind_command,
    )
    .await?;
    insert_all::<DB, _>(connection, &sql::PUT_HEADS, heads.values(), bind_head).await
}

/// That an event touches a subject.
type Touch = (StreamId, Uuid, Version);

/// Each subject once: a header may name one twice.
fn touches(event: &SealedRow) -> impl Iterator<Item = Touch> {
    let subjects: BTreeSet<Uuid> = event.header.subjects.iter().copied().collect();
    let (stream, version) = (event.header.stream_id, event.header.version);
    subjects
        .into_iter()
        .map(move |subject| (stream, subject, version))
}

fn bind_event<DB: Dialect>(call: Call<DB>, event: &SealedRow) -> Call<DB> {
    call.stream(event.header.stream_id)
        .version(event.header.version)
        .instant(event.header.recorded_at)
        .instant(event.header.effective_at)
        .instant(event.effective_max)
        .bytes(event.payload_digest.0.to_vec())
        .bytes(event.digest.0.to_vec())
        .bytes(event.header_bytes.clone())
}

fn bind_payload<DB: Dialect>(call: Call<DB>, event: &SealedRow) -> Call<DB> {
    call.stream(event.header.stream_id)
        .version(event.header.version)
        .bytes(event.salt.to_vec())
        .bytes(event.payload.to_vec())
}

fn bind_backdated<DB: Dialect>(call: Call<DB>, event: &SealedRow) -> Call<DB> {
    call.stream(event.header.stream_id)
        .version(event.header.version)
        .instant(event.header.effective_at)
}

fn bind_touch<DB: Dialect>(call: Call<DB>, (stream, subject, version): Touch) -> Call<DB> {
    call.stream(stream).uuid(subject).version(version)
}

fn bind_command<DB: Dialect>(
    call: Call<DB>,
    (stream, command): &(StreamId, CommandRecord),
) -> Call<DB> {
    call.stream(*stream)
        .uuid(command.command_id)
        .bytes(command.fingerprint.to_vec())
        .version(command.last_version)
        .bytes(command.answer.to_vec())
}

fn bind_head<DB: Dialect>(call: Call<DB>, head: &Head) -> Call<DB> {
    call.stream(head.stream_id)
        .version(head.version)
        .instant(head.recorded_at)
        .instant(head.effective_max)
        .instant(head.opened_at)
}
