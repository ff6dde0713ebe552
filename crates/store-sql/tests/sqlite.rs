//! The SQLite log kept to the contract, and to what only a file can promise.

#![allow(clippy::unwrap_used, reason = "a failed call fails its test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roadbook_store::testing::{append, compare_logs, run_all, stream};
use roadbook_store::{
    AppendOutcome, EventLog, MemoryLog, StoreError, VerifyError, Version, verify_log,
};
use roadbook_store_sql::{OpenError, Settings, SqlStore};
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

async fn open(path: &Path) -> SqlStore {
    SqlStore::open(path, &Settings::default()).await.unwrap()
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("log.db")
}

async fn fill(log: &SqlStore, appends: u64) {
    for number in 0..appends {
        let outcomes = log
            .append_batch(vec![append(stream(1), number * 2, &[1, 2])])
            .await
            .unwrap();
        assert!(matches!(outcomes[0], AppendOutcome::Appended { .. }));
    }
}

/// Changes the file behind the log's back, with the triggers out of the way.
async fn tamper(path: &Path, statement: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await.unwrap();
    for trigger in [
        "DROP TRIGGER events_are_never_updated",
        "DROP TRIGGER payloads_are_never_updated",
    ] {
        sqlx::query(trigger).execute(&mut connection).await.unwrap();
    }
    let done = sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    let count = AtomicU64::new(0);
    run_all(async || {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let log: Arc<dyn EventLog> =
            Arc::new(open(&folder.path().join(format!("{number}.db"))).await);
        log
    })
    .await;
}

#[tokio::test]
async fn sqlite_and_memory_answer_alike() {
    for seed in 1..=4 {
        let folder = TempDir::new().unwrap();
        let sqlite = open(&file(&folder)).await;
        let compared = compare_logs(seed, 400, &sqlite, &MemoryLog::new()).await;
        assert!(
            compared.appended > 20 && compared.conflicts > 5,
            "{compared:?}"
        );
    }
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 3).await;
    log.close().await.unwrap();
    assert!(matches!(log.head(stream(1)).await, Err(StoreError::Closed)));
    drop(log);
    let log = open(&file(&folder)).await;
    let head = log.head(stream(1)).await.unwrap().unwrap();
    assert_eq!(head.version, Version(6));
    let verified = verify_log(&log, &mut |_| {}).await.unwrap();
    assert_eq!(verified.events, 6);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    let second = SqlStore::open(&file(&folder), &Settings::default()).await;
    assert!(matches!(second, Err(OpenError::Locked(_))), "{second:?}");
    let reader = SqlStore::open_read_only(&file(&folder), &Settings::default())
        .await
        .unwrap();
    fill(&log, 1).await;
    assert_eq!(
        reader.head(stream(1)).await.unwrap().unwrap().version,
        Version(2)
    );
    let refused = reader.append_batch(vec![append(stream(1), 2, &[3])]).await;
    assert!(matches!(refused, Err(StoreError::Closed)), "{refused:?}");
    drop(log);
    open(&file(&folder)).await;
}

#[tokio::test]
async fn headers_can_be_neither_updated_nor_deleted() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 1).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file(&folder));
    let mut connection = options.connect().await.unwrap();
    for statement in [
        "UPDATE events SET recorded_at = 0",
        "DELETE FROM events",
        "UPDATE payloads SET payload = x'00'",
    ] {
        let refused = sqlx::query(statement).execute(&mut connection).await;
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("append-only"), "{statement}: {message}");
    }
}

#[tokio::test]
async fn verification_names_the_first_bad_event() {
    let damages = [
        ("UPDATE payloads SET payload = x'7b7d' WHERE version = 4", 4),
        (
            "UPDATE payloads SET salt = zeroblob(16) WHERE version = 3",
            3,
        ),
        (
            "UPDATE events SET digest = zeroblob(32) WHERE version = 2",
            2,
        ),
        (
            "UPDATE events SET header = CAST(header || x'00' AS BLOB) WHERE version = 5",
            5,
        ),
    ];
    for (damage, version) in damages {
        let folder = TempDir::new().unwrap();
        let log = open(&file(&folder)).await;
        fill(&log, 3).await;
        log.close().await.unwrap();
        drop(log);
        tamper(&file(&folder), damage).await;
        let log = open(&file(&folder)).await;
        match verify_log(&log, &mut |_| {}).await {
            Err(VerifyError::Fault(fault)) => {
                assert_eq!(fault.version, Version(version), "{damage}");
            }
            Err(VerifyError::Store(StoreError::Corrupt { .. })) => {
                assert_eq!(version, 5, "{damage}");
            }
            other => panic!("{damage}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_backup_made_while_events_are_appended_verifies() {
    let folder = TempDir::new().unwrap();
    let log = Arc::new(open(&file(&folder)).await);
    fill(&log, 5).await;
    let appending = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            for number in 5..40 {
                let appends = vec![append(stream(1), number * 2, &[1, 2])];
                log.append_batch(appends).await.unwrap();
            }
        }
    });
    let target = folder.path().join("copy.db");
    log.backup(&target).await.unwrap();
    appending.await.unwrap();
    let again = log.backup(&target).await;
    assert!(matches!(again, Err(OpenError::Exists(_))), "{again:?}");
    let copy = open(&target).await;
    let verified = verify_log(&copy, &mut |_| {}).await.unwrap();
    assert!(verified.events >= 10, "{verified:?}");
    assert_eq!(copy.epoch().await.unwrap(), log.epoch().await.unwrap());
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is no database, but long enough to look like one".repeat(40),
    )
    .unwrap();
    let refused = SqlStore::open(&text, &Settings::default()).await;
    assert!(matches!(refused, Err(OpenError::Foreign(_))), "{refused:?}");
    let missing = folder.path().join("missing.db");
    let refused = SqlStore::open_read_only(&missing, &Settings::default()).await;
    assert!(matches!(refused, Err(OpenError::Missing(_))), "{refused:?}");
    let nowhere = folder.path().join("no/such/folder/log.db");
    let refused = SqlStore::open(&nowhere, &Settings::default()).await;
    assert!(
        matches!(refused, Err(OpenError::Unreachable { .. })),
        "{refused:?}"
    );
    let newer = folder.path().join("newer.db");
    open(&newer).await.close().await.unwrap();
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&newer)
        .connect()
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let refused = SqlStore::open(&newer, &Settings::default()).await;
    assert!(
        matches!(refused, Err(OpenError::Newer { found: 99, .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_restored_log_has_another_epoch() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    let before = log.epoch().await.unwrap();
    log.raise_epoch().await.unwrap();
    assert_eq!(log.epoch().await.unwrap(), before + 1);
}
