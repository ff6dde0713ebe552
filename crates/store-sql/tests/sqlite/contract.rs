//! The claims that every log is held to, and answers compared with those of the log in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roadbook_store::testing::{compare_logs, run_all, stream};
use roadbook_store::{EventLog, MemoryLog, StoreError, Version, verify_log};
use tempfile::TempDir;

use crate::{file, fill, open};

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
    for seed in 1..=6 {
        let folder = TempDir::new().unwrap();
        let sqlite = open(&file(&folder)).await;
        let compared = compare_logs(seed, 400, &sqlite, &MemoryLog::new()).await;
        let enough = compared.appended > 100 && compared.conflicts > 10 && compared.refused > 0;
        assert!(enough, "{compared:?}");
    }
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 3).await;
    log.close().await.unwrap();
    drop(log);
    let log = open(&file(&folder)).await;
    let head = log.head(stream(1)).await.unwrap().unwrap();
    assert_eq!(head.version, Version(6));
    let verified = verify_log(&log, &mut |_| {}).await.unwrap();
    assert_eq!(verified.events, 6);
}

#[tokio::test]
async fn a_closed_log_says_so() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    log.close().await.unwrap();
    assert!(matches!(log.head(stream(1)).await, Err(StoreError::Closed)));
    assert!(matches!(
        log.append_batch(Vec::new()).await,
        Err(StoreError::Closed)
    ));
    assert!(matches!(log.raise_epoch(2).await, Err(StoreError::Closed)));
    log.close().await.unwrap();
}

#[tokio::test]
async fn closing_folds_the_write_ahead_file_into_the_main_one() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 3).await;
    log.close().await.unwrap();
    assert!(!folder.path().join("log.db-wal").exists());
    let copy = folder.path().join("copy.db");
    std::fs::copy(file(&folder), &copy).unwrap();
    assert_eq!(
        verify_log(&open(&copy).await, &mut |_| {})
            .await
            .unwrap()
            .events,
        6
    );
}
