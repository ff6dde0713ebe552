//! Between rows and the values of the log's contract.
//!
//! It owns the conversions; a row that cannot be what was written is reported as damage.
//! Invariant: versions and instants are stored as 64-bit signed integers, ids as 16 bytes.

use bytes::Bytes;
use roadbook_store::{
    CommandRecord, Digest, EventHeader, Head, Instant, SealedEvent, Snapshot, SnapshotFamily,
    SnapshotPoint, StoreError, StoredEvent, StreamId, Version,
};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::error::classify;

const READING: &str = "reading a row";

pub(crate) fn family_number(family: SnapshotFamily) -> i64 {
    match family {
        SnapshotFamily::Log => 0,
        SnapshotFamily::Effective => 1,
    }
}

/// A version as SQLite stores it.
pub(crate) fn to_sql(version: Version) -> i64 {
    i64::try_from(version.0).unwrap_or(i64::MAX)
}

pub(crate) fn snapshot_key(point: &SnapshotPoint) -> i64 {
    match point.family {
        SnapshotFamily::Log => to_sql(point.version),
        SnapshotFamily::Effective => point.effective_at.0,
    }
}

pub(crate) fn head(row: &SqliteRow) -> Result<Head, StoreError> {
    Ok(Head {
        stream_id: StreamId(id(row, 0)?),
        version: version(row, 1)?,
        recorded_at: instant(row, 2)?,
        effective_max: instant(row, 3)?,
        opened_at: instant(row, 4)?,
    })
}

pub(crate) fn stored_event(row: &SqliteRow) -> Result<StoredEvent, StoreError> {
    let bytes: &[u8] = get(row, 0)?;
    let header = EventHeader::from_bytes(bytes).map_err(|source| StoreError::Corrupt {
        place: "an event's header".to_owned(),
        detail: "it cannot be read".to_owned(),
        source: Some(std::sync::Arc::new(source)),
    })?;
    let payload: Option<Vec<u8>> = get(row, 2)?;
    Ok(StoredEvent {
        header,
        payload: payload.map(Bytes::from),
        digest: Digest(array(row, 1)?),
    })
}

pub(crate) fn sealed_event(row: &SqliteRow) -> Result<SealedEvent, StoreError> {
    let salt: Option<&[u8]> = get(row, 3)?;
    let salt = salt.map(|salt| salt.try_into().map_err(|_| wrong_length("a salt")));
    Ok(SealedEvent {
        event: stored_event(row)?,
        salt: salt.transpose()?,
        payload_digest: Digest(array(row, 4)?),
        effective_max: instant(row, 5)?,
    })
}

pub(crate) fn command(row: &SqliteRow) -> Result<CommandRecord, StoreError> {
    let answer: Vec<u8> = get(row, 3)?;
    Ok(CommandRecord {
        command_id: id(row, 0)?,
        fingerprint: array(row, 1)?,
        last_version: version(row, 2)?,
        answer: Bytes::from(answer),
    })
}

pub(crate) fn snapshot(row: &SqliteRow) -> Result<Snapshot, StoreError> {
    let state: Vec<u8> = get(row, 5)?;
    Ok(Snapshot {
        stream_id: StreamId(id(row, 0)?),
        family: family(row, 1)?,
        version: version(row, 2)?,
        effective_at: instant(row, 3)?,
        format: format(row, 4)?,
        state: Bytes::from(state),
    })
}

pub(crate) fn snapshot_point(row: &SqliteRow) -> Result<SnapshotPoint, StoreError> {
    Ok(SnapshotPoint {
        family: family(row, 0)?,
        version: version(row, 1)?,
        effective_at: instant(row, 2)?,
        format: format(row, 3)?,
    })
}

fn family(row: &SqliteRow, column: usize) -> Result<SnapshotFamily, StoreError> {
    match get::<i64>(row, column)? {
        0 => Ok(SnapshotFamily::Log),
        1 => Ok(SnapshotFamily::Effective),
        _ => Err(StoreError::corrupt("a snapshot", "its family is unknown")),
    }
}

fn format(row: &SqliteRow, column: usize) -> Result<u16, StoreError> {
    u16::try_from(get::<i64>(row, column)?)
        .map_err(|_| StoreError::corrupt("a snapshot", "its format is no number of 16 bits"))
}

pub(crate) fn version(row: &SqliteRow, column: usize) -> Result<Version, StoreError> {
    u64::try_from(get::<i64>(row, column)?)
        .map(Version)
        .map_err(|_| StoreError::corrupt("a row", "a version is negative"))
}

pub(crate) fn instant(row: &SqliteRow, column: usize) -> Result<Instant, StoreError> {
    Ok(Instant(get(row, column)?))
}

fn id(row: &SqliteRow, column: usize) -> Result<Uuid, StoreError> {
    Ok(Uuid::from_bytes(array(row, column)?))
}

fn array<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = get(row, column)?;
    bytes
        .try_into()
        .map_err(|_| wrong_length("an id or digest"))
}

fn wrong_length(what: &str) -> StoreError {
    StoreError::corrupt("a row", format!("{what} has the wrong length"))
}

fn get<'r, T>(row: &'r SqliteRow, column: usize) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column)
        .map_err(|error| classify(READING, error))
}
