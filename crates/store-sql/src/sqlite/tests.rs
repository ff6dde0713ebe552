//! What can only be seen from within: a disk that is full, and the way in which SQLite finds what is asked.

use std::collections::BTreeSet;

use roadbook_store::testing::{append, stream};
use roadbook_store::{AppendOutcome, EventLog, StoreError, Version, verify_log};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqlSafeStr as _, SqlStr, Sqlite};
use tempfile::TempDir;

use super::checkpoint::fold;
use super::settings::Settings;
use crate::sql;
use crate::store::SqlStore;

async fn open(folder: &TempDir) -> SqlStore {
    SqlStore::open(&folder.path().join("log.db"), &Settings::default())
        .await
        .unwrap()
}

/// How SQLite would run a statement, one line for each step.
async fn plan(log: &SqlStore, statement: SqlStr) -> Vec<String> {
    let explained = format!("EXPLAIN QUERY PLAN {}", statement.as_str());
    let rows = sqlx::query(AssertSqlSafe(explained))
        .fetch_all(&log.readers)
        .await
        .unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn no_read_scans_a_table() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    let constants = [
        sql::HEAD,
        sql::HEADS_AFTER,
        sql::READ_VERSIONS,
        sql::READ_EFFECTIVE,
        sql::READ_BACKDATED,
        sql::COUNT_BACKDATED,
        sql::VERSION_AT,
        sql::EFFECTIVE_MAX_AT,
        sql::LIST_COMMANDS,
        sql::LIST_COMMANDS_AFTER,
        sql::READ_SEALED,
        sql::LAST_REDACTION,
        sql::DELETE_PAYLOAD,
        sql::FORGET_COMMAND,
        sql::NEAREST_SNAPSHOT,
        sql::SNAPSHOT_POINTS,
        sql::SNAPSHOT,
        sql::ADVANCE_SNAPSHOTS,
        sql::DELETE_SNAPSHOTS,
        sql::DELETE_SNAPSHOT_FAMILY,
    ];
    let repeated = [
        &sql::HEADS_OF,
        &sql::READ_SUBJECTS,
        &sql::REMAINDERS,
        &sql::COMMANDS,
        &sql::RECORDED_COMMANDS,
    ];
    let statements = constants.map(sqlx::SqlSafeStr::into_sql_str).into_iter();
    for statement in statements.chain(repeated.map(|repeated| repeated.sql::<Sqlite>(8))) {
        let steps = plan(&log, statement.clone()).await;
        // The values that a statement is given, and what it found before, are short lists and may be gone through.
        let lists = [
            "SCAN 8-ROW VALUES CLAUSE",
            "SCAN 8 CONSTANT ROWS",
            "SCAN found",
            "SCAN n",
        ];
        let scans = |step: &&String| step.starts_with("SCAN") && !lists.contains(&step.as_str());
        assert_eq!(
            steps.iter().find(scans),
            None,
            "{}\n{steps:#?}",
            statement.as_str()
        );
        let sorts = steps
            .iter()
            .find(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
        assert_eq!(sorts, None, "{}\n{steps:#?}", statement.as_str());
    }
}

#[tokio::test]
async fn backdated_events_are_found_without_reading_the_others() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    for statement in [sql::READ_BACKDATED, sql::COUNT_BACKDATED] {
        let steps = plan(&log, statement.into_sql_str()).await;
        let ranges: Vec<&String> = steps
            .iter()
            .filter(|step| step.contains("version>?"))
            .collect();
        let in_table = |step: &&String| step.starts_with("SEARCH backdated");
        assert!(
            !ranges.is_empty() && ranges.iter().all(in_table),
            "{steps:#?}"
        );
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_next_append_after_it_works() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    log.append_batch(vec![append(stream(1), 0, &[1])])
        .await
        .unwrap();
    let mut writer = log.writer().unwrap().connections.acquire().await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut *writer)
        .await
        .unwrap();
    // The limit is the connection's own, and goes when the connection does.
    let limit = AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 2));
    sqlx::query(limit).execute(&mut *writer).await.unwrap();
    writer.give_back();
    let effects: Vec<i64> = (0..2_000).collect();
    let refused = log.append_batch(vec![append(stream(1), 1, &effects)]).await;
    assert!(
        matches!(refused, Err(StoreError::NoRoom { .. })),
        "{refused:?}"
    );
    assert_eq!(
        log.head(stream(1)).await.unwrap().unwrap().version,
        Version(1)
    );
    log.append_batch(vec![append(stream(1), 1, &effects)])
        .await
        .unwrap();
    assert_eq!(verify_log(&log, &mut |_| {}).await.unwrap().events, 2_001);
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_and_readers_cannot_write() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    let mut writer = log.writer().unwrap().connections.acquire().await.unwrap();
    let mut setting = async |name: &str| -> String {
        let question = AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
        let setting = sqlx::query_scalar(question).fetch_one(&mut *writer);
        setting.await.unwrap()
    };
    assert_eq!(setting("journal_mode").await, "wal");
    assert_eq!(setting("synchronous").await, "2", "2 is FULL");
    assert_eq!(setting("foreign_keys").await, "1");
    let refused = sqlx::query("DELETE FROM commands")
        .execute(&log.readers)
        .await;
    assert!(refused.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn the_write_ahead_file_is_begun_anew_once_nobody_reads_in_it() {
    let folder = TempDir::new().unwrap();
    let settings = Settings {
        checkpoint_interval_ms: u64::MAX,
        ..Settings::default()
    };
    let file = folder.path().join("log.db");
    let log = SqlStore::open(&file, &settings).await.unwrap();
    let mut folding = settings.checkpointer(&file).connect().await.unwrap();
    let write_ahead = folder.path().join("log.db-wal");
    let length = || std::fs::metadata(&write_ahead).unwrap().len();
    let append_some = async |after| {
        let some = append(stream(1), after, &[1; 500]);
        log.append_batch(vec![some]).await.unwrap();
    };
    append_some(0).await;
    let mut reader = log.readers.begin().await.unwrap();
    sqlx::query("SELECT * FROM streams")
        .fetch_all(&mut *reader)
        .await
        .unwrap();
    append_some(500).await;
    fold(&mut folding, 1).await.unwrap();
    let before = length();
    append_some(1_000).await;
    assert!(length() > before, "somebody still reads in it");
    reader.rollback().await.unwrap();
    fold(&mut folding, 1).await.unwrap();
    let before = length();
    append_some(1_500).await;
    assert_eq!(
        length(),
        before,
        "what is new takes the place of what is folded"
    );
    assert_eq!(verify_log(&log, &mut |_| {}).await.unwrap().events, 2_000);
}

#[tokio::test]
async fn a_subject_named_by_hundreds_of_events_is_read_in_pages_by_index() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    let mut many = append(stream(1), 0, &vec![1; 900]);
    let subject = uuid::Uuid::from_u128(1);
    for event in many.events.iter_mut().step_by(3) {
        event.header.subjects = vec![subject];
    }
    log.append_batch(vec![many]).await.unwrap();
    let (mut after, mut seen) = (Version::NONE, BTreeSet::new());
    loop {
        let page = log
            .read_versions(stream(1), after, Version::MAX, &[subject], 64)
            .await
            .unwrap();
        seen.extend(page.iter().map(|event| event.header.version.0));
        match page.last() {
            Some(last) => after = last.header.version,
            None => break,
        }
    }
    assert_eq!(seen, (1..=900).step_by(3).collect());
}

#[tokio::test]
async fn an_event_of_which_a_part_is_refused_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    log.append_batch(vec![append(stream(1), 0, &[1])])
        .await
        .unwrap();
    // The key of the next payload is taken, by whatever damage.
    let damage = "PRAGMA foreign_keys = OFF; \
         INSERT INTO payloads SELECT stream_id, 2, salt, payload FROM payloads; PRAGMA foreign_keys = ON";
    let repair = "DELETE FROM payloads WHERE version = 2";
    let run = async |sql: &'static str| {
        let mut writer = log.writer().unwrap().connections.acquire().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut *writer).await.unwrap();
        writer.give_back();
    };
    run(damage).await;
    let refused = log.append_batch(vec![append(stream(1), 1, &[1])]).await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt { .. })),
        "{refused:?}"
    );
    assert_eq!(
        log.head(stream(1)).await.unwrap().unwrap().version,
        Version(1)
    );
    run(repair).await;
    let next = log.append_batch(vec![append(stream(1), 1, &[1])]).await;
    let head = Version(2);
    assert_eq!(next.unwrap(), [AppendOutcome::Appended { head }]);
    assert_eq!(verify_log(&log, &mut |_| {}).await.unwrap().events, 2);
}

#[tokio::test]
async fn who_is_mistaken_about_a_stream_writes_nothing_and_asks() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    let first = log.append_batch(vec![append(stream(1), 0, &[1])]).await;
    assert_eq!(first.unwrap(), [appended(1)]);
    let stale = log.head(stream(1)).await.unwrap().unwrap();
    let others = vec![append(stream(1), 1, &[2]), append(stream(2), 0, &[1])];
    let second = log.append_batch(others).await.unwrap();
    assert_eq!(second, [appended(2), appended(1)]);
    let heads = &log.writer().unwrap().heads;
    let many: Vec<i64> = (0..200).collect();
    // The other stream stands where it is taken to stand; one batch is a statement, and one is several.
    for (events, head) in [(&[1][..], 2), (&many, 202)] {
        heads.learn(&[stale]);
        let beside = log.head(stream(2)).await.unwrap().unwrap().version;
        let both = vec![
            append(stream(2), beside.0, events),
            append(stream(1), 1, &[3]),
        ];
        let outcomes = log.append_batch(both).await.unwrap();
        let conflict = AppendOutcome::Conflict { head: Version(2) };
        assert_eq!(outcomes, [appended(head), conflict]);
    }
    let third = log.append_batch(vec![append(stream(1), 2, &[3])]).await;
    assert_eq!(third.unwrap(), [appended(3)]);
    assert_eq!(verify_log(&log, &mut |_| {}).await.unwrap().events, 205);
}

const fn appended(head: u64) -> AppendOutcome {
    AppendOutcome::Appended {
        head: Version(head),
    }
}

#[tokio::test]
async fn a_connection_that_is_not_given_back_is_closed_with_what_it_began() {
    let folder = TempDir::new().unwrap();
    let log = open(&folder).await;
    let connections = &log.writer().unwrap().connections;
    let marked = async || {
        let mut writer = connections.acquire().await.unwrap();
        let found = sqlx::query("SELECT 1 FROM temp.sqlite_schema WHERE name = 'mark'");
        let found = found.fetch_optional(&mut *writer).await.unwrap().is_some();
        writer.give_back();
        found
    };
    let mut writer = connections.acquire().await.unwrap();
    let mark = "CREATE TEMP TABLE mark (x)";
    sqlx::raw_sql(mark).execute(&mut *writer).await.unwrap();
    writer.give_back();
    assert!(marked().await, "the next one has the same connection");
    let mut writer = connections.acquire().await.unwrap();
    let begin = "BEGIN IMMEDIATE; UPDATE log SET epoch = 7";
    sqlx::raw_sql(begin).execute(&mut *writer).await.unwrap();
    drop(writer);
    assert!(!marked().await, "the next one has another");
    assert_eq!(log.epoch().await.unwrap(), 1);
    connections.close().await;
    let late = connections.acquire().await.err().unwrap();
    assert!(matches!(late, sqlx::Error::PoolClosed), "{late}");
}
