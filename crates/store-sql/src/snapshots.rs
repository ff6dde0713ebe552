//! The statements about snapshots and their transactions.
//!
//! Owns how a family and a key become columns. Invariant: a snapshot and its state are written in one transaction, so
//! neither is ever found without the other, and none of before a redaction is written after it.

use std::collections::BTreeMap;

use roadbook_store::{
    Instant, Snapshot, SnapshotFamily, SnapshotPoint, StoreError, StreamId, Version,
};
use sqlx::Error;

use crate::call::Call;
use crate::connections::Connections;
use crate::dialect::{Dialect, store_error};
use crate::row;
use crate::sql;
use crate::transaction::Transaction;

pub(crate) fn nearest<DB: Dialect>(
    stream: StreamId,
    family: SnapshotFamily,
    effective: Instant,
    version: Version,
    format: u16,
) -> Call<DB> {
    let farthest = SnapshotPoint {
        family,
        version: version.min(Version::MAX),
        effective_at: effective,
        format,
    };
    key(Call::new(sql::NEAREST_SNAPSHOT), stream, farthest)
        .version(version)
        .instant(effective)
        .integer(i64::from(format))
}

pub(crate) fn points<DB: Dialect>(stream: StreamId, family: SnapshotFamily) -> Call<DB> {
    Call::new(sql::SNAPSHOT_POINTS)
        .stream(stream)
        .integer(number(family))
}

pub(crate) fn at<DB: Dialect>(stream: StreamId, point: SnapshotPoint) -> Call<DB> {
    key(Call::new(sql::SNAPSHOT), stream, point)
}

pub(crate) fn delete<DB: Dialect>(stream: StreamId, family: Option<SnapshotFamily>) -> Call<DB> {
    match family {
        None => Call::new(sql::DELETE_SNAPSHOTS).stream(stream),
        Some(family) => Call::new(sql::DELETE_SNAPSHOT_FAMILY)
            .stream(stream)
            .integer(number(family)),
    }
}

pub(crate) async fn put<DB: Dialect>(
    writers: &Connections<DB>,
    snapshots: Vec<Snapshot>,
) -> Result<(), StoreError> {
    let known = known_redactions(&snapshots);
    // The last of several with one key is the one that stays, so the others need not be written.
    let keyed = snapshots.into_iter().map(|snapshot| {
        let point = snapshot.point();
        ((snapshot.stream_id, point.family, point.key()), snapshot)
    });
    let snapshots: BTreeMap<_, Snapshot> = keyed.collect();
    if snapshots.is_empty() {
        return Ok(());
    }
    let written = async {
        let mut transaction = Transaction::begin(writers).await?;
        for snapshot in snapshots.into_values() {
            put_one::<DB>(transaction.connection(), snapshot).await?;
        }
        // Only now: what was written keeps redactions waiting, which then delete it.
        if is_outdated::<DB>(transaction.connection(), known).await? {
            transaction.roll_back().await;
            return Ok(());
        }
        transaction.commit().await
    };
    written
        .await
        .map_err(|error| store_error::<DB>("keeping snapshots", error))
}

/// The last redaction of each stream that whoever made any of its snapshots knew of.
fn known_redactions(snapshots: &[Snapshot]) -> BTreeMap<StreamId, Version> {
    let mut known: BTreeMap<StreamId, Version> = BTreeMap::new();
    for snapshot in snapshots {
        let least = known
            .entry(snapshot.stream_id)
            .or_insert(snapshot.redaction);
        *least = snapshot.redaction.min(*least);
    }
    known
}

/// Whether a stream has had a redaction after the one that is known of it.
async fn is_outdated<DB: Dialect>(
    connection: &mut DB::Connection,
    known: BTreeMap<StreamId, Version>,
) -> Result<bool, Error> {
    for (stream, known) in known {
        let last = Call::<DB>::new(sql::LAST_REDACTION).stream(stream);
        let last = last.row(connection).await?;
        let last = last.map(|row| row::version::<DB>(&row, 0)).transpose()?;
        if last.is_some_and(|last| last > known) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn put_one<DB: Dialect>(
    connection: &mut DB::Connection,
    snapshot: Snapshot,
) -> Result<(), Error> {
    let (stream, point) = (snapshot.stream_id, snapshot.point());
    key::<DB>(Call::new(sql::PUT_SNAPSHOT), stream, point)
        .version(point.version)
        .instant(point.effective_at)
        .integer(i64::from(point.format))
        .version(snapshot.redaction)
        .run(connection)
        .await?;
    key::<DB>(Call::new(sql::PUT_SNAPSHOT_STATE), stream, point)
        .bytes(snapshot.state.into())
        .run(connection)
        .await?;
    Ok(())
}

fn key<DB: Dialect>(call: Call<DB>, stream: StreamId, point: SnapshotPoint) -> Call<DB> {
    call.stream(stream)
        .integer(number(point.family))
        .integer(point.key())
}

const fn number(family: SnapshotFamily) -> i64 {
    match family {
        SnapshotFamily::Log => 0,
        SnapshotFamily::Effective => 1,
    }
}
