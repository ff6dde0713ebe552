//! Copies of the log: whole, of one moment, and never over another file.

use std::sync::Arc;

use roadbook_store::testing::{append, stream};
use roadbook_store::{EventLog, verify_log};
use roadbook_store_sql::OpenError;
use tempfile::TempDir;

use crate::{file, fill, open, open_read_only};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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
    let copy = open(&target).await;
    let verified = verify_log(&copy, &mut |_| {}).await.unwrap();
    assert!(
        verified.events >= 10 && verified.events % 2 == 0,
        "{verified:?}"
    );
    assert_eq!(copy.epoch().await.unwrap(), log.epoch().await.unwrap());
}

#[tokio::test]
async fn a_backup_never_overwrites_and_leaves_nothing_else() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    let target = folder.path().join("copy.db");
    std::fs::write(&target, "mine").unwrap();
    let refused = log.backup(&target).await;
    assert!(matches!(refused, Err(OpenError::Exists(_))), "{refused:?}");
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    let nowhere = folder.path().join("no/such/folder/copy.db");
    assert!(log.backup(&nowhere).await.is_err());
    log.backup(&folder.path().join("other.db")).await.unwrap();
    let names = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let partial = names.filter(|name| name.to_string_lossy().ends_with(".partial"));
    assert_eq!(partial.count(), 0);
}

#[tokio::test]
async fn a_log_that_is_only_read_can_be_copied_too() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 2).await;
    let target = folder.path().join("copy.db");
    open_read_only(&file(&folder))
        .await
        .backup(&target)
        .await
        .unwrap();
    assert_eq!(
        verify_log(&open(&target).await, &mut |_| {})
            .await
            .unwrap()
            .events,
        4
    );
}
