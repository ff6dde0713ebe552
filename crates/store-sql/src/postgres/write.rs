//! Writing what a batch appends: one statement for all tables, its rows handed over as columns.
//!
//! Owns that statement. A statement is a way to the server and back, during which nobody else appends to the same streams:
//! with one for each table and count of rows an append took three times as many.
//! Invariant: the number of statements does not depend on how much is appended.

use std::collections::BTreeMap;

use roadbook_store::{Decision, StreamId, Version};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments as _, Encode, Error, Postgres, Type};

use crate::append::touches;

/// The heads are written by the statement proper, before the others and in the order of the streams: of two nodes that
/// append to the same ones, one waits there for the other and then finds the events written. A head that is behind what is
/// appended to it gets no version, which its column does not take: so the statement fails as a whole wherever a stream does
/// not stand as expected.
pub(super) const APPEND: &str = "WITH event AS MATERIALIZED (\
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
         $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[]) AS event \
         (stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header, salt, payload)), \
     events_written AS (\
         INSERT INTO events (stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header) \
         SELECT stream_id, version, recorded_at, effective_at, effective_max, payload_digest, digest, header FROM event), \
     payloads_written AS (\
         INSERT INTO payloads (stream_id, version, salt, payload) \
         SELECT stream_id, version, salt, payload FROM event), \
     backdated_written AS (\
         INSERT INTO backdated (stream_id, version, effective_at) \
         SELECT stream_id, version, effective_at FROM event WHERE effective_at < effective_max), \
     subjects_written AS (\
         INSERT INTO subjects (stream_id, subject, version) \
         SELECT * FROM unnest($11::uuid[], $12::uuid[], $13::bigint[])), \
     commands_written AS (\
         INSERT INTO commands (stream_id, command_id, fingerprint, last_version, answer) \
         SELECT * FROM unnest($14::uuid[], $15::uuid[], $16::bytea[], $17::bigint[], $18::bytea[])) \
     INSERT INTO streams (stream_id, version, recorded_at, effective_max, opened_at) \
     SELECT head.stream_id, CASE WHEN coalesce(streams.version, 0) = head.expected THEN head.version END, \
     head.recorded_at, head.effective_max, head.opened_at \
     FROM unnest($19::uuid[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[]) AS head \
     (stream_id, expected, version, recorded_at, effective_max, opened_at) \
     LEFT JOIN streams ON streams.stream_id = head.stream_id \
     ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, recorded_at = excluded.recorded_at, \
     effective_max = excluded.effective_max";

/// Writes what was accepted of a batch.
pub(super) async fn write(connection: &mut PgConnection, decision: &Decision) -> Result<(), Error> {
    let arguments = arguments(decision).map_err(Error::Encode)?;
    sqlx::query_with(APPEND, arguments)
        .execute(connection)
        .await?;
    Ok(())
}

fn arguments(decision: &Decision) -> Result<PgArguments, BoxDynError> {
    let Decision {
        heads,
        events,
        commands,
        ..
    } = decision;
    let mut expected: BTreeMap<StreamId, Version> = BTreeMap::new();
    for header in events.iter().map(|event| &event.header) {
        let before = Version(header.version.0 - 1);
        expected.entry(header.stream_id).or_insert(before);
    }
    let mut columns = Columns::default();
    columns.add(events, |event| event.header.stream_id.0)?;
    columns.add(events, |event| event.header.version.0.cast_signed())?;
    columns.add(events, |event| event.header.recorded_at.0)?;
    columns.add(events, |event| event.header.effective_at.0)?;
    columns.add(events, |event| event.effective_max.0)?;
    columns.add(events, |event| &event.payload_digest.0[..])?;
    columns.add(events, |event| &event.digest.0[..])?;
    columns.add(events, |event| &event.header_bytes[..])?;
    columns.add(events, |event| &event.salt[..])?;
    columns.add(events, |event| &event.payload[..])?;
    let touched: Vec<_> = events.iter().flat_map(touches).collect();
    columns.add(&touched, |(stream, _, _)| stream.0)?;
    columns.add(&touched, |(_, subject, _)| *subject)?;
    columns.add(&touched, |(_, _, version)| version.0.cast_signed())?;
    columns.add(commands, |(stream, _)| stream.0)?;
    columns.add(commands, |(_, command)| command.command_id)?;
    columns.add(commands, |(_, command)| &command.fingerprint[..])?;
    columns.add(commands, |(_, command)| {
        command.last_version.0.cast_signed()
    })?;
    columns.add(commands, |(_, command)| &command.answer[..])?;
    columns.add(heads.values(), |head| head.stream_id.0)?;
    columns.add(heads.values(), |head| {
        expected[&head.stream_id].0.cast_signed()
    })?;
    columns.add(heads.values(), |head| head.version.0.cast_signed())?;
    columns.add(heads.values(), |head| head.recorded_at.0)?;
    columns.add(heads.values(), |head| head.effective_max.0)?;
    columns.add(heads.values(), |head| head.opened_at.0)?;
    Ok(columns.0)
}

/// The values of a statement, each a column.
#[derive(Default)]
struct Columns(PgArguments);

impl Columns {
    fn add<'rows, Row: 'rows, Value>(
        &mut self,
        rows: impl IntoIterator<Item = &'rows Row>,
        value: impl Fn(&'rows Row) -> Value,
    ) -> Result<(), BoxDynError>
    where
        Vec<Value>: for<'q> Encode<'q, Postgres> + Type<Postgres>,
    {
        let column: Vec<Value> = rows.into_iter().map(value).collect();
        self.0.add(column)
    }
}
