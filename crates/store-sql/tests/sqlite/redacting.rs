//! What is left in the file and its companion after a redaction.

use std::fs;
use std::path::Path;

use roadbook_store::testing::{append, redaction, stream};
use roadbook_store::{EventLog, Scrubbed, Snapshot, SnapshotFamily, StoreError, Version};
use roadbook_store_sql::{Settings, SqliteStore};
use tempfile::TempDir;

use crate::{change, file, open};

/// In one payload and in a snapshot, and nowhere else.
const SECRET: &[u8] = b"the unmistakable 0815";

fn holds_secret(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(SECRET.len()).any(|part| part == SECRET)
}

/// In the file, and in the write-ahead file beside it.
fn files_hold_secret(path: &Path) -> (bool, bool) {
    let mut write_ahead = path.as_os_str().to_owned();
    write_ahead.push("-wal");
    (holds_secret(path), holds_secret(Path::new(&write_ahead)))
}

/// A log with many events, one of which holds the secret, as does a snapshot that another has taken the place of.
async fn with_secret(path: &Path) -> SqliteStore {
    let log = open(path).await;
    let secret = || SECRET.repeat(300);
    for expected in 0..60 {
        let mut new = append(stream(1), expected, &[1]);
        if expected == 29 {
            new.events[0].payload = secret().into();
        }
        log.append_batch(vec![new]).await.unwrap();
    }
    let snapshot = |state: Vec<u8>| Snapshot {
        stream_id: stream(1),
        family: SnapshotFamily::Log,
        version: Version(60),
        effective_at: roadbook_store::Instant(2),
        format: 1,
        redaction: Version::NONE,
        state: state.into(),
    };
    log.put_snapshots(vec![snapshot(secret())]).await.unwrap();
    log.put_snapshots(vec![snapshot(vec![1])]).await.unwrap();
    log
}

#[tokio::test]
async fn a_redacted_payload_is_in_no_file_once_it_is_scrubbed() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let log = with_secret(&path).await;
    let (main, write_ahead) = files_hold_secret(&path);
    assert!(main || write_ahead);
    log.redact(redaction(stream(1), 60, &[30])).await.unwrap();
    let (main, write_ahead) = files_hold_secret(&path);
    assert!(main || write_ahead, "deleting alone leaves it there");
    assert_eq!(log.scrub().await.unwrap(), Scrubbed::Clean);
    assert_eq!(files_hold_secret(&path), (false, false));
    let copy = folder.path().join("copy.db");
    log.backup(&copy).await.unwrap();
    assert!(!holds_secret(&copy));
    log.append_batch(vec![append(stream(1), 61, &[1])])
        .await
        .unwrap();
    log.close().await.unwrap();
    drop(log);
    assert!(!holds_secret(&path));
    let log = open(&path).await;
    let verified = roadbook_store::verify_log(&log, &mut |_| {}).await.unwrap();
    assert_eq!((verified.events, verified.redacted), (62, 1));
}

#[tokio::test]
async fn a_file_that_somebody_still_reads_is_not_said_to_be_clean() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    with_secret(&path).await.close().await.unwrap();
    let settings = Settings {
        busy_timeout_ms: 50,
        ..Settings::default()
    };
    let log = SqliteStore::open(&path, &settings).await.unwrap();
    let reader = sqlx::sqlite::SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(&path))
        .await
        .unwrap();
    let mut reading = reader.begin().await.unwrap();
    sqlx::query("SELECT * FROM streams")
        .fetch_all(&mut *reading)
        .await
        .unwrap();
    log.redact(redaction(stream(1), 60, &[30])).await.unwrap();
    let scrubbed = log.scrub().await;
    assert!(
        matches!(scrubbed, Err(StoreError::Unavailable { .. })),
        "{scrubbed:?}"
    );
    reading.rollback().await.unwrap();
    assert_eq!(log.scrub().await.unwrap(), Scrubbed::Clean);
    assert_eq!(files_hold_secret(&path), (false, false));
}

#[tokio::test]
async fn what_is_left_of_an_event_is_never_deleted() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let log = with_secret(&path).await;
    log.redact(redaction(stream(1), 60, &[30])).await.unwrap();
    log.close().await.unwrap();
    let disarmed = tokio::spawn(async move { change(&path, &["DELETE FROM redactions"]).await });
    assert!(disarmed.await.is_err(), "the trigger refuses it");
}
