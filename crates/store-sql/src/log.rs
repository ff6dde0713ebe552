//! The log's contract, on SQLite.
//!
//! It owns nothing but the way from each call to its statement.
//! Invariant: writes go through the one writing connection, reads never wait for them.

use std::sync::Arc;

use async_trait::async_trait;
use roadbook_store::{
    Append, AppendOutcome, CommandRecord, EventLog, Head, Instant, SealedEvent, Snapshot,
    SnapshotFamily, SnapshotPoint, StoreError, StoredEvent, StreamId, Version,
};
use uuid::Uuid;

use crate::append;
use crate::error::classify;
use crate::rows::{self, family_number, snapshot_key, to_sql};
use crate::store::SqlStore;
use crate::{read, sql};

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl EventLog for SqlStore {
    async fn epoch(&self) -> Result<u64, StoreError> {
        let row = sqlx::query(sql::EPOCH).fetch_one(&self.readers).await;
        let epoch = append::number(&row.map_err(|error| classify("reading the epoch", error))?)?;
        u64::try_from(epoch).map_err(|_| StoreError::corrupt("the log", "its epoch is negative"))
    }

    async fn append_batch(&self, appends: Vec<Append>) -> Result<Vec<AppendOutcome>, StoreError> {
        let writer = Arc::clone(&self.writer);
        // A task of its own: a caller that goes away must not leave a transaction half open.
        let task = tokio::spawn(async move {
            let mut held = writer.lock().await;
            let connection = held.as_mut().ok_or(StoreError::Closed)?;
            append::append_batch(connection, appends).await
        });
        match task.await {
            Ok(outcome) => outcome,
            Err(error) => Err(StoreError::outcome_unknown(error)),
        }
    }

    async fn head(&self, stream: StreamId) -> Result<Option<Head>, StoreError> {
        let row = sqlx::query(sql::HEAD)
            .bind(stream.0.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| classify("reading a head", error))?;
        row.as_ref().map(rows::head).transpose()
    }

    async fn heads(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<Head>, StoreError> {
        // An empty blob sorts before every id.
        let after = after.map_or_else(Vec::new, |stream| stream.0.as_bytes().to_vec());
        let rows = sqlx::query(sql::HEADS)
            .bind(after)
            .bind(limit_of(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| classify("reading heads", error))?;
        rows.iter().map(rows::head).collect()
    }

    async fn read_versions(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::versions(&self.readers, stream, after, through, subjects, limit).await
    }

    async fn read_effective(
        &self,
        stream: StreamId,
        after: (Instant, Version),
        until: Instant,
        through: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query(sql::READ_EFFECTIVE)
            .bind(stream.0.as_bytes().as_slice())
            .bind(after.0.0)
            .bind(to_sql(after.1))
            .bind(until.0)
            .bind(to_sql(through))
            .bind(limit_of(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| classify("reading along effective time", error))?;
        rows.iter().map(rows::stored_event).collect()
    }

    async fn read_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        until: Instant,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query(sql::READ_BACKDATED)
            .bind(stream.0.as_bytes().as_slice())
            .bind(to_sql(after))
            .bind(to_sql(through))
            .bind(until.0)
            .bind(limit_of(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| classify("reading backdated events", error))?;
        rows.iter().map(rows::stored_event).collect()
    }

    async fn count_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
    ) -> Result<u64, StoreError> {
        let row = sqlx::query(sql::COUNT_BACKDATED)
            .bind(stream.0.as_bytes().as_slice())
            .bind(to_sql(after))
            .bind(to_sql(through))
            .fetch_one(&self.readers)
            .await
            .map_err(|error| classify("counting backdated events", error))?;
        Ok(append::number(&row)?.unsigned_abs())
    }

    async fn version_at(&self, stream: StreamId, recorded: Instant) -> Result<Version, StoreError> {
        let row = sqlx::query(sql::VERSION_AT)
            .bind(stream.0.as_bytes().as_slice())
            .bind(recorded.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| classify("looking for a version", error))?;
        row.map_or(Ok(Version::NONE), |row| rows::version(&row, 0))
    }

    async fn effective_max_at(
        &self,
        stream: StreamId,
        version: Version,
    ) -> Result<Instant, StoreError> {
        let row = sqlx::query(sql::EFFECTIVE_MAX_AT)
            .bind(stream.0.as_bytes().as_slice())
            .bind(to_sql(version))
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| classify("looking for an instant", error))?;
        row.map_or(Ok(Instant::MIN), |row| rows::instant(&row, 0))
    }

    async fn commands(
        &self,
        stream: StreamId,
        ids: &[Uuid],
    ) -> Result<Vec<CommandRecord>, StoreError> {
        let reader = self.readers.acquire().await;
        let mut reader = reader.map_err(|error| classify("reading commands", error))?;
        append::commands(&mut reader, stream, ids).await
    }

    async fn read_sealed(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<SealedEvent>, StoreError> {
        let rows = sqlx::query(sql::READ_SEALED)
            .bind(stream.0.as_bytes().as_slice())
            .bind(to_sql(after))
            .bind(limit_of(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| classify("reading sealed events", error))?;
        rows.iter().map(rows::sealed_event).collect()
    }

    async fn put_snapshots(&self, snapshots: Vec<Snapshot>) -> Result<(), StoreError> {
        let mut held = self.writer.lock().await;
        let writer = held.as_mut().ok_or(StoreError::Closed)?;
        for snapshot in &snapshots {
            sqlx::query(sql::PUT_SNAPSHOT)
                .bind(snapshot.stream_id.0.as_bytes().as_slice())
                .bind(family_number(snapshot.family))
                .bind(snapshot_key(&snapshot.point()))
                .bind(to_sql(snapshot.version))
                .bind(snapshot.effective_at.0)
                .bind(i64::from(snapshot.format))
                .bind(snapshot.state.as_ref())
                .execute(&mut *writer)
                .await
                .map_err(|error| classify("keeping a snapshot", error))?;
        }
        Ok(())
    }

    async fn nearest_snapshot(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
        effective: Instant,
        version: Version,
        format: u16,
    ) -> Result<Option<Snapshot>, StoreError> {
        let key = match family {
            SnapshotFamily::Log => to_sql(version),
            SnapshotFamily::Effective => effective.0,
        };
        let row = sqlx::query(sql::NEAREST_SNAPSHOT)
            .bind(stream.0.as_bytes().as_slice())
            .bind(family_number(family))
            .bind(key)
            .bind(effective.0)
            .bind(to_sql(version))
            .bind(i64::from(format))
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| classify("looking for a snapshot", error))?;
        row.as_ref().map(rows::snapshot).transpose()
    }

    async fn snapshot_points(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
    ) -> Result<Vec<SnapshotPoint>, StoreError> {
        let rows = sqlx::query(sql::SNAPSHOT_POINTS)
            .bind(stream.0.as_bytes().as_slice())
            .bind(family_number(family))
            .fetch_all(&self.readers)
            .await
            .map_err(|error| classify("listing snapshots", error))?;
        rows.iter().map(rows::snapshot_point).collect()
    }

    async fn snapshot(
        &self,
        stream: StreamId,
        point: SnapshotPoint,
    ) -> Result<Option<Snapshot>, StoreError> {
        let row = sqlx::query(sql::SNAPSHOT)
            .bind(stream.0.as_bytes().as_slice())
            .bind(family_number(point.family))
            .bind(snapshot_key(&point))
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| classify("reading a snapshot", error))?;
        row.as_ref().map(rows::snapshot).transpose()
    }

    async fn advance_snapshots(
        &self,
        stream: StreamId,
        from: Version,
        to: Version,
        below: Instant,
    ) -> Result<(), StoreError> {
        let mut held = self.writer.lock().await;
        let writer = held.as_mut().ok_or(StoreError::Closed)?;
        sqlx::query(sql::ADVANCE_SNAPSHOTS)
            .bind(to_sql(to))
            .bind(stream.0.as_bytes().as_slice())
            .bind(below.0)
            .bind(to_sql(from))
            .execute(&mut *writer)
            .await
            .map_err(|error| classify("advancing snapshots", error))?;
        Ok(())
    }

    async fn delete_snapshots(
        &self,
        stream: StreamId,
        family: Option<SnapshotFamily>,
    ) -> Result<u64, StoreError> {
        let mut held = self.writer.lock().await;
        // A store that only reads leaves an unreadable cache to the process that writes.
        let Some(writer) = held.as_mut() else {
            return Ok(0);
        };
        let id = stream.0.as_bytes().as_slice();
        let query = match family {
            Some(family) => sqlx::query(sql::DELETE_FAMILY)
                .bind(id)
                .bind(family_number(family)),
            None => sqlx::query(sql::DELETE_SNAPSHOTS).bind(id),
        };
        let done = query
            .execute(&mut *writer)
            .await
            .map_err(|error| classify("dropping snapshots", error))?;
        Ok(done.rows_affected())
    }
}
