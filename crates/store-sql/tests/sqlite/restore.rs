//! Restoring: the log is the backup again, its epoch is a new one, and the former file is kept whole.

use std::path::{Path, PathBuf};

use roadbook_store::{EventLog, Version, verify_log};
use roadbook_store_sql::{OpenError, Restore, RestoreError, Restored, Settings, SqlStore};
use tempfile::TempDir;

use crate::{change, file, fill, open};

/// A folder with a log of ten events and a backup of its first six.
struct Rehearsal {
    folder: TempDir,
    log: PathBuf,
    backup: PathBuf,
    kept: PathBuf,
}

impl Rehearsal {
    async fn begin() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (log, backup, kept) = (file(&folder), path("backup.db"), path("log.db.former"));
        let store = open(&log).await;
        fill(&store, 3).await;
        store.backup(&backup).await.unwrap();
        append_batches(&store, 3..5).await;
        store.close().await.unwrap();
        Self {
            folder,
            log,
            backup,
            kept,
        }
    }

    async fn restore(&self, keep: bool, epoch_min: u64) -> Result<Restored, RestoreError> {
        let restore = Restore {
            backup: &self.backup,
            target: &self.log,
            keep_ending: keep.then_some(".former"),
            epoch_min,
        };
        SqlStore::restore(&restore, &Settings::default(), &mut |_| {}).await
    }

    /// The names in the folder, in order.
    fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

async fn append_batches(log: &SqlStore, batches: std::ops::Range<u64>) {
    use roadbook_store::testing::{append, stream};
    for number in batches {
        let appends = vec![append(stream(1), number * 2, &[1, 2])];
        log.append_batch(appends).await.unwrap();
    }
}

/// Events that verify, and the epoch.
async fn contents(path: &Path) -> (u64, u64) {
    let log = open(path).await;
    let verified = verify_log(&log, &mut |_| {}).await.unwrap();
    let epoch = log.epoch().await.unwrap();
    log.close().await.unwrap();
    (verified.events, epoch)
}

#[tokio::test]
async fn a_restored_log_is_the_backup_and_the_former_file_is_kept() {
    let rehearsal = Rehearsal::begin().await;
    let restored = rehearsal.restore(true, 1).await.unwrap();
    assert_eq!((restored.verified.events, restored.epoch), (6, 2));
    assert_eq!(restored.kept, Some(rehearsal.kept.clone()));
    assert_eq!(
        rehearsal.names(),
        ["backup.db", "log.db", "log.db.former", "log.db.lock"]
    );
    assert_eq!(contents(&rehearsal.log).await, (6, 2));
    assert_eq!(contents(&rehearsal.kept).await, (10, 1));
    assert_eq!(contents(&rehearsal.backup).await, (6, 1));
}

#[tokio::test]
async fn a_backup_is_restored_where_the_file_is_gone() {
    let rehearsal = Rehearsal::begin().await;
    std::fs::remove_file(&rehearsal.log).unwrap();
    let restored = rehearsal.restore(false, 1).await.unwrap();
    assert_eq!(restored.kept, None);
    assert_eq!(contents(&rehearsal.log).await, (6, 2));
}

#[tokio::test]
async fn nothing_is_replaced_unless_it_is_asked_for() {
    let rehearsal = Rehearsal::begin().await;
    let refused = rehearsal.restore(false, 1).await;
    assert!(
        matches!(refused, Err(RestoreError::Exists(_))),
        "{refused:?}"
    );
    std::fs::write(&rehearsal.kept, "mine").unwrap();
    let refused = rehearsal.restore(true, 1).await;
    assert!(
        matches!(refused, Err(RestoreError::Exists(_))),
        "{refused:?}"
    );
    assert_eq!(std::fs::read(&rehearsal.kept).unwrap(), b"mine");
    assert_eq!(contents(&rehearsal.log).await, (10, 1));
}

#[tokio::test]
async fn a_write_ahead_file_that_was_left_alone_is_not_taken_for_the_copys() {
    let rehearsal = Rehearsal::begin().await;
    std::fs::remove_file(&rehearsal.log).unwrap();
    let left = rehearsal.folder.path().join("log.db-wal");
    std::fs::write(&left, "left by a crash").unwrap();
    let refused = rehearsal.restore(false, 1).await;
    assert!(
        matches!(refused, Err(RestoreError::Exists(_))),
        "{refused:?}"
    );
    rehearsal.restore(true, 1).await.unwrap();
    let kept = rehearsal.folder.path().join("log.db.former-wal");
    assert_eq!(std::fs::read(kept).unwrap(), b"left by a crash");
    assert_eq!(contents(&rehearsal.log).await, (6, 2));
}

#[tokio::test]
async fn a_former_file_is_kept_with_what_was_not_folded_into_it() {
    let rehearsal = Rehearsal::begin().await;
    let crashed = rehearsal.folder.path().join("crashed");
    std::fs::create_dir(&crashed).unwrap();
    let store = open(&rehearsal.log).await;
    append_batches(&store, 5..7).await;
    for ending in ["log.db", "log.db-wal"] {
        std::fs::copy(rehearsal.folder.path().join(ending), crashed.join(ending)).unwrap();
    }
    store.close().await.unwrap();
    let kept = crashed.join("log.db.former");
    let restore = Restore {
        backup: &rehearsal.backup,
        target: &crashed.join("log.db"),
        keep_ending: Some(".former"),
        epoch_min: 1,
    };
    SqlStore::restore(&restore, &Settings::default(), &mut |_| {})
        .await
        .unwrap();
    assert_eq!(contents(&crashed.join("log.db")).await, (6, 2));
    assert_eq!(contents(&kept).await, (14, 1));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_leads_to_the_restored_file_and_stays() {
    let rehearsal = Rehearsal::begin().await;
    let elsewhere = TempDir::new().unwrap();
    let link = elsewhere.path().join("link.db");
    std::os::unix::fs::symlink(&rehearsal.log, &link).unwrap();
    let restore = Restore {
        backup: &rehearsal.backup,
        target: &link,
        keep_ending: Some(".former"),
        epoch_min: 1,
    };
    let restored = SqlStore::restore(&restore, &Settings::default(), &mut |_| {}).await;
    let kept = restored.unwrap().kept.unwrap();
    assert_eq!(kept, rehearsal.kept.canonicalize().unwrap());
    assert!(link.is_symlink());
    assert_eq!(contents(&link).await, (6, 2));
    assert_eq!(contents(&kept).await, (10, 1));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_any_more_is_kept_too() {
    let rehearsal = Rehearsal::begin().await;
    std::fs::write(&rehearsal.log, "these were events once").unwrap();
    rehearsal.restore(true, 1).await.unwrap();
    assert_eq!(contents(&rehearsal.log).await, (6, 2));
    let kept = std::fs::read(&rehearsal.kept).unwrap();
    assert_eq!(kept, b"these were events once");
}

#[tokio::test]
async fn the_new_epoch_lies_beyond_every_one_that_a_cursor_may_have() {
    let rehearsal = Rehearsal::begin().await;
    let former = open(&rehearsal.log).await;
    former.raise_epoch(9).await.unwrap();
    former.close().await.unwrap();
    assert_eq!(rehearsal.restore(true, 4).await.unwrap().epoch, 10);
    std::fs::remove_file(&rehearsal.kept).unwrap();
    assert_eq!(rehearsal.restore(true, 500).await.unwrap().epoch, 500);
    assert_eq!(contents(&rehearsal.log).await, (6, 500));
}

#[tokio::test]
async fn a_log_that_somebody_writes_to_is_not_replaced() {
    let rehearsal = Rehearsal::begin().await;
    let store = open(&rehearsal.log).await;
    let refused = rehearsal.restore(true, 1).await;
    let locked = matches!(refused, Err(RestoreError::Open(OpenError::Locked(_))));
    assert!(locked, "{refused:?}");
    append_batches(&store, 5..6).await;
    store.close().await.unwrap();
    assert_eq!(contents(&rehearsal.log).await, (12, 1));
}

#[tokio::test]
async fn a_damaged_backup_is_refused_by_its_first_bad_event() {
    let rehearsal = Rehearsal::begin().await;
    let damage = [
        "DROP TRIGGER payloads_are_never_updated",
        "UPDATE payloads SET payload = x'7b7d' WHERE version IN (4, 5)",
    ];
    change(&rehearsal.backup, &damage).await;
    let refused = rehearsal.restore(true, 1).await;
    match refused {
        Err(RestoreError::Damaged(fault)) => assert_eq!(fault.version, Version(4)),
        other => panic!("{other:?}"),
    }
    std::fs::write(
        &rehearsal.backup,
        "not even a database, but long enough to be read",
    )
    .unwrap();
    let refused = rehearsal.restore(true, 1).await;
    let foreign = matches!(refused, Err(RestoreError::Open(OpenError::Foreign(_))));
    assert!(foreign, "{refused:?}");
    assert_eq!(contents(&rehearsal.log).await, (10, 1));
    assert!(!rehearsal.kept.exists());
}
