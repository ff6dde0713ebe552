//! Which files are opened, by whom, and which are refused and left as they were.

use roadbook_store::testing::{append, stream};
use roadbook_store::{EventLog, FormatLevel, StoreError, Version};
use roadbook_store_sql::{OpenError, Settings, SqlStore};
use tempfile::TempDir;

use crate::{change, file, fill, open, open_read_only};

async fn refusal(path: &std::path::Path) -> OpenError {
    SqlStore::open(path, &Settings::default())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    assert!(matches!(
        refusal(&file(&folder)).await,
        OpenError::Locked(_)
    ));
    let reader = open_read_only(&file(&folder)).await;
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
async fn closing_lets_the_next_writer_in() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    log.close().await.unwrap();
    fill(&open(&file(&folder)).await, 1).await;
}

#[cfg(unix)]
#[tokio::test]
async fn another_name_of_the_file_does_not_let_a_second_writer_in() {
    let folder = TempDir::new().unwrap();
    let _log = open(&file(&folder)).await;
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(file(&folder), &link).unwrap();
    assert!(matches!(refusal(&link).await, OpenError::Locked(_)));
}

#[tokio::test]
async fn a_log_is_read_after_its_writer_has_gone() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 2).await;
    log.close().await.unwrap();
    let reader = open_read_only(&file(&folder)).await;
    assert_eq!(
        reader.head(stream(1)).await.unwrap().unwrap().version,
        Version(4)
    );
}

#[tokio::test]
async fn a_file_that_holds_something_else_is_refused_and_left_as_it_was() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "no database, but long enough to look like one".repeat(40),
    )
    .unwrap();
    let other = folder.path().join("other.db");
    change(&other, &["CREATE TABLE recipes (name TEXT)"]).await;
    for path in [text, other] {
        let before = std::fs::read(&path).unwrap();
        let refused = refusal(&path).await;
        assert!(
            matches!(&refused, OpenError::Foreign(named) if *named == path),
            "{refused:?}"
        );
        assert!(refused.to_string().contains(&path.display().to_string()));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_out_of_reach_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing.db");
    let refused = SqlStore::open_read_only(&missing, &Settings::default()).await;
    assert!(matches!(refused, Err(OpenError::Missing(_))), "{refused:?}");
    assert!(!missing.exists());
    let nowhere = folder.path().join("no/such/folder/log.db");
    assert!(matches!(
        refusal(&nowhere).await,
        OpenError::Unreachable { .. }
    ));
}

#[tokio::test]
async fn a_file_that_a_later_version_migrated_is_still_written_and_read() {
    let folder = TempDir::new().unwrap();
    open(&file(&folder)).await.close().await.unwrap();
    let migrated = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                    VALUES (99, 'later', 1, x'00', 0)";
    let later = "ALTER TABLE log ADD COLUMN later TEXT NOT NULL DEFAULT ''";
    change(&file(&folder), &[migrated, later]).await;
    let log = open(&file(&folder)).await;
    fill(&log, 1).await;
    let reader = open_read_only(&file(&folder)).await;
    assert_eq!(
        reader.head(stream(1)).await.unwrap().unwrap().version,
        Version(2)
    );
}

#[tokio::test]
async fn a_file_of_the_first_migration_gets_the_first_format_level() {
    let folder = TempDir::new().unwrap();
    open(&file(&folder)).await.close().await.unwrap();
    let older = [
        "ALTER TABLE log DROP COLUMN format_level",
        "ALTER TABLE snapshots DROP COLUMN redaction",
        "DROP TABLE redactions",
        "DELETE FROM _sqlx_migrations WHERE version > 1",
    ];
    change(&file(&folder), &older).await;
    let refused = SqlStore::open_read_only(&file(&folder), &Settings::default()).await;
    assert!(
        matches!(refused, Err(OpenError::NotMigrated(_))),
        "{refused:?}"
    );
    let log = open(&file(&folder)).await;
    assert_eq!(log.format_level().await.unwrap(), FormatLevel::FIRST);
}

#[tokio::test]
async fn a_file_that_something_else_migrated_is_refused() {
    let folder = TempDir::new().unwrap();
    open(&file(&folder)).await.close().await.unwrap();
    change(
        &file(&folder),
        &["UPDATE _sqlx_migrations SET checksum = x'00'"],
    )
    .await;
    assert!(matches!(
        refusal(&file(&folder)).await,
        OpenError::Migration { .. }
    ));
}

#[tokio::test]
async fn an_empty_file_becomes_a_log_when_it_is_written_and_not_when_it_is_read() {
    let folder = TempDir::new().unwrap();
    std::fs::write(file(&folder), "").unwrap();
    let refused = SqlStore::open_read_only(&file(&folder), &Settings::default()).await;
    assert!(
        matches!(refused, Err(OpenError::NotMigrated(_))),
        "{refused:?}"
    );
    fill(&open(&file(&folder)).await, 1).await;
}
