//! The statements about snapshots and their transactions.
//!
//! Owns how a family and a key become columns. Invariant: a snapshot and its state are written in one transaction, so
//! neither is ever found without the other.

use std::collections::BTreeMap;

use roadbook_store::{
    Instant, Snapshot, SnapshotFamily, SnapshotPoint, StoreError, StreamId, Version,
};
use sqlx::{Error, Pool};

use crate::call::Call;
use crate::dialect::{Dialect, store_error};
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
    writer: &Pool<DB>,
    snapshots: Vec<Snapshot>,
) -> Result<(), StoreError> {
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
        let mut transaction = Transaction::begin(writer).await?;
        for snapshot in snapshots.into_values() {
            put_one::<DB>(transaction.connection(), snapshot).await?;
        }
        transaction.commit().await
    };
    written
        .await
        .map_err(|error| store_error::<DB>("keeping snapshots", error))
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
