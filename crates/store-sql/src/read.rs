//! Reading events: ranges of versions, by subject, along effective time.
//!
//! It owns the queries whose text depends on how much is asked for.
//! Invariant: a read by subject finds its events by index, however many others there are.

use roadbook_store::{StoreError, StoredEvent, StreamId, Version};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqlitePool;
use uuid::Uuid;

use crate::error::classify;
use crate::rows::{self, to_sql};
use crate::sql;

const READING: &str = "reading events";

/// Events of the versions in `(after, through]`; with subjects, those that touch any of them.
pub(crate) async fn versions(
    readers: &SqlitePool,
    stream: StreamId,
    after: Version,
    through: Version,
    subjects: &[Uuid],
    limit: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = if subjects.is_empty() {
        sqlx::query(sql::READ_VERSIONS)
            .bind(stream.0.as_bytes().as_slice())
            .bind(to_sql(after))
            .bind(to_sql(through))
            .bind(limit)
            .fetch_all(readers)
            .await
    } else {
        // Each subject's versions come in order from the index; the inner limit bounds what is put together.
        let one = "SELECT version FROM (SELECT version FROM subjects WHERE stream_id = ? \
                   AND subject = ? AND version > ? AND version <= ? ORDER BY version LIMIT ?)";
        let versions = vec![one; subjects.len()].join(" UNION ");
        let statement = format!(
            "SELECT e.header, e.digest, p.payload FROM ({versions} ORDER BY version LIMIT ?) s \
             JOIN events e ON e.stream_id = ? AND e.version = s.version \
             LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
             ORDER BY e.version"
        );
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for subject in subjects {
            query = query
                .bind(stream.0.as_bytes().as_slice())
                .bind(subject.as_bytes().as_slice())
                .bind(to_sql(after))
                .bind(to_sql(through))
                .bind(limit);
        }
        query
            .bind(limit)
            .bind(stream.0.as_bytes().as_slice())
            .fetch_all(readers)
            .await
    };
    let rows = rows.map_err(|error| classify(READING, error))?;
    rows.iter().map(rows::stored_event).collect()
}
