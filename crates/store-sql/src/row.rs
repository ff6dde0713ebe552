//! What a row of each statement means.
//!
//! Owns the decoding of columns into the types of the contract, in the order in which `sql` names them. Invariant:
//! what cannot be what was written is an error, never a guess.

use bytes::Bytes;
use roadbook_store::{
    CommandRecord, Digest, EventHeader, FormatLevel, Head, HeaderError, Instant, Remainder,
    SealedEvent, Snapshot, SnapshotFamily, SnapshotPoint, StoreError, StoredEvent, StreamId,
    Version,
};
use sqlx::Error;

use crate::dialect::Dialect;

pub(crate) fn version<DB: Dialect>(row: &DB::Row, column: usize) -> Result<Version, Error> {
    let version = DB::integer(row, column)?;
    u64::try_from(version)
        .map(Version)
        .map_err(|error| undecodable(column, error))
}

pub(crate) fn instant<DB: Dialect>(row: &DB::Row, column: usize) -> Result<Instant, Error> {
    DB::integer(row, column).map(Instant)
}

pub(crate) fn format_level<DB: Dialect>(row: &DB::Row) -> Result<FormatLevel, Error> {
    let level = DB::integer(row, 0)?;
    u32::try_from(level)
        .map(FormatLevel)
        .map_err(|error| undecodable(0, error))
}

pub(crate) fn head<DB: Dialect>(row: &DB::Row) -> Result<Head, Error> {
    Ok(Head {
        stream_id: StreamId(DB::uuid(row, 0)?),
        version: version::<DB>(row, 1)?,
        recorded_at: instant::<DB>(row, 2)?,
        effective_max: instant::<DB>(row, 3)?,
        opened_at: instant::<DB>(row, 4)?,
    })
}

pub(crate) fn stored_event<DB: Dialect>(row: &DB::Row) -> Result<StoredEvent, Error> {
    Ok(StoredEvent {
        header: header::<DB>(row, 0)?,
        digest: digest::<DB>(row, 1)?,
        payload: DB::bytes(row, 2)?.map(Bytes::copy_from_slice),
        remainder: None,
    })
}

/// What is left of an event, with its version.
pub(crate) fn remainder<DB: Dialect>(row: &DB::Row) -> Result<(Version, Remainder), Error> {
    let remainder = Remainder {
        redaction: version::<DB>(row, 1)?,
        salt: array(2, present::<DB>(row, 2)?)?,
        payload: Bytes::copy_from_slice(present::<DB>(row, 3)?),
    };
    Ok((version::<DB>(row, 0)?, remainder))
}

/// A sealed event, whose columns must say what its header says: indexes are made of the columns. The last column is its
/// `effective_at` as the table of backdated events has it, or else the greatest so far, which is then its own.
pub(crate) fn sealed_event<DB: Dialect>(row: &DB::Row) -> Result<SealedEvent, Error> {
    let header = header::<DB>(row, 4)?;
    let columns = (
        version::<DB>(row, 0)?,
        instant::<DB>(row, 1)?,
        instant::<DB>(row, 2)?,
        instant::<DB>(row, 9)?,
    );
    let effective_at = header.effective_at;
    if columns
        != (
            header.version,
            header.recorded_at,
            effective_at,
            effective_at,
        )
    {
        return Err(Error::Decode(
            "the columns of the event contradict its header".into(),
        ));
    }
    let salt = DB::bytes(row, 7)?.map(|salt| array(7, salt)).transpose()?;
    Ok(SealedEvent {
        effective_max: instant::<DB>(row, 3)?,
        payload_digest: digest::<DB>(row, 6)?,
        salt,
        event: StoredEvent {
            header,
            digest: digest::<DB>(row, 5)?,
            payload: DB::bytes(row, 8)?.map(Bytes::copy_from_slice),
            remainder: None,
        },
    })
}

pub(crate) fn command<DB: Dialect>(row: &DB::Row) -> Result<CommandRecord, Error> {
    Ok(CommandRecord {
        command_id: DB::uuid(row, 0)?,
        fingerprint: array(1, present::<DB>(row, 1)?)?,
        last_version: version::<DB>(row, 2)?,
        answer: Bytes::copy_from_slice(present::<DB>(row, 3)?),
    })
}

pub(crate) fn snapshot_point<DB: Dialect>(
    row: &DB::Row,
    family: SnapshotFamily,
) -> Result<SnapshotPoint, Error> {
    Ok(SnapshotPoint {
        family,
        version: version::<DB>(row, 0)?,
        effective_at: instant::<DB>(row, 1)?,
        format: u16::try_from(DB::integer(row, 2)?).map_err(|error| undecodable(2, error))?,
    })
}

pub(crate) fn snapshot<DB: Dialect>(
    row: &DB::Row,
    stream_id: StreamId,
    family: SnapshotFamily,
) -> Result<Snapshot, Error> {
    let SnapshotPoint {
        version,
        effective_at,
        format,
        ..
    } = snapshot_point::<DB>(row, family)?;
    let state = Bytes::copy_from_slice(present::<DB>(row, 3)?);
    let redaction = self::version::<DB>(row, 4)?;
    Ok(Snapshot {
        stream_id,
        family,
        version,
        effective_at,
        format,
        redaction,
        state,
    })
}

/// All rows, or the first that does not decode, as the error that the caller of the log gets.
pub(crate) fn all<DB: Dialect, T>(
    place: impl Fn() -> String,
    rows: &[DB::Row],
    decode: impl Fn(&DB::Row) -> Result<T, Error>,
) -> Result<Vec<T>, StoreError> {
    let decoded: Result<Vec<T>, Error> = rows.iter().map(decode).collect();
    decoded.map_err(|error| {
        if is_newer(&error) {
            return StoreError::newer_format(place(), error.to_string());
        }
        StoreError::Corrupt {
            place: place(),
            detail: error.to_string(),
            source: Some(std::sync::Arc::new(error)),
        }
    })
}

/// Whether a header is written in a later format than those known here, rather than damaged.
fn is_newer(error: &Error) -> bool {
    let Error::ColumnDecode { source, .. } = error else {
        return false;
    };
    let found = source.downcast_ref::<HeaderError>();
    matches!(found, Some(HeaderError::UnknownFormat(format)) if *format > EventHeader::FORMAT)
}

fn header<DB: Dialect>(row: &DB::Row, column: usize) -> Result<EventHeader, Error> {
    EventHeader::from_bytes(present::<DB>(row, column)?).map_err(|error| undecodable(column, error))
}

fn digest<DB: Dialect>(row: &DB::Row, column: usize) -> Result<Digest, Error> {
    array(column, present::<DB>(row, column)?).map(Digest)
}

fn present<DB: Dialect>(row: &DB::Row, column: usize) -> Result<&[u8], Error> {
    DB::bytes(row, column)?.ok_or_else(|| undecodable(column, sqlx::error::UnexpectedNullError))
}

fn array<const N: usize>(column: usize, bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|error| undecodable(column, error))
}

fn undecodable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::ColumnDecode {
        index: column.to_string(),
        source: Box::new(error),
    }
}
