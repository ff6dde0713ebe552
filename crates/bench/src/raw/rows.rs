//! Rows: how long it takes to read all events of a database by plain SQL, without looking at what they say.
//!
//! It owns the one statement. Invariant: it reads what a fold reads, the header and the payload of each event in order.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _};

use crate::error::BenchError;

const DOING: &str = "reading rows by plain SQL";

const EVENTS: &str = "SELECT e.header, e.digest, p.payload FROM events e \
    JOIN payloads p USING (stream_id, version) ORDER BY e.stream_id, e.version";

/// Reads them once; tells how many they are and how long that took.
pub(crate) async fn read_events(file: &Path) -> Result<(u64, Duration), BenchError> {
    let failed = |error: sqlx::Error| BenchError::unexpected(DOING, &error.to_string());
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.map_err(failed)?;
    let started = Instant::now();
    let mut rows = sqlx::query(EVENTS).fetch(&mut connection);
    let mut count = 0;
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let payload: Vec<u8> = row.try_get(2).map_err(failed)?;
        count += u64::from(!payload.is_empty());
    }
    Ok((count, started.elapsed()))
}
