//! Writing under contention and under failure: races, callers that go away, guarded headers.

use std::sync::Arc;

use roadbook_store::testing::{append, command, stream};
use roadbook_store::{
    AppendOutcome, EventLog, Snapshot, SnapshotFamily, StoreError, Version, verify_log,
};
use roadbook_store_sql::{Settings, SqlStore};
use tempfile::TempDir;

use crate::{file, fill, open, stranger};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_race_for_a_version_one_wins() {
    const RACERS: u64 = 8;
    const ROUNDS: u64 = 25;
    let folder = TempDir::new().unwrap();
    let log = Arc::new(open(&file(&folder)).await);
    let racers = (0..RACERS).map(|racer| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut won = 0;
            for round in 0..ROUNDS {
                let mut attempt = append(stream(1), round, &[1]);
                attempt.commands = vec![command(u128::from(racer * ROUNDS + round), round + 1)];
                let outcomes = log.append_batch(vec![attempt]).await.unwrap();
                won += u64::from(matches!(outcomes[0], AppendOutcome::Appended { .. }));
            }
            won
        })
    });
    let racers: Vec<_> = racers.collect();
    let mut won = 0;
    for racer in racers {
        won += racer.await.unwrap();
    }
    let head = log.head(stream(1)).await.unwrap().unwrap();
    assert_eq!((head.version, won), (Version(ROUNDS), ROUNDS));
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn an_append_whose_caller_goes_away_is_written_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    for round in 0..20_u64 {
        let head = log
            .head(stream(1))
            .await
            .unwrap()
            .map_or(0, |head| head.version.0);
        let effects = vec![1; 100];
        let mut abandoned = Box::pin(log.append_batch(vec![append(stream(1), head, &effects)]));
        // Polled a different number of times in each round, and then dropped.
        for _ in 0..=round {
            let pending = std::future::poll_fn(|context| {
                let ready = abandoned.as_mut().poll(context).is_ready();
                std::task::Poll::Ready(!ready)
            });
            if !pending.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(abandoned);
        let next = log
            .append_batch(vec![append(stream(2), round, &[1])])
            .await
            .unwrap();
        assert_eq!(
            next,
            [AppendOutcome::Appended {
                head: Version(round + 1)
            }]
        );
    }
    let head = log
        .head(stream(1))
        .await
        .unwrap()
        .map_or(0, |head| head.version.0);
    assert_eq!(head % 100, 0);
    verify_log(&log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn an_append_after_a_refused_batch_works() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 1).await;
    let mut gap = append(stream(1), 2, &[1]);
    gap.events[0].header.version = Version(9);
    let refused = log.append_batch(vec![gap]).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    let outcomes = log
        .append_batch(vec![append(stream(1), 2, &[1])])
        .await
        .unwrap();
    assert_eq!(outcomes, [AppendOutcome::Appended { head: Version(3) }]);
}

#[tokio::test]
async fn nothing_is_written_while_less_is_free_than_there_must_be_and_reads_go_on() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 1).await;
    log.close().await.unwrap();
    // No disk has so much room.
    let settings = Settings {
        disk_free_min_mib: u64::MAX,
        ..Settings::default()
    };
    let log = SqlStore::open(&file(&folder), &settings).await.unwrap();
    let mut refused = append(stream(1), 2, &[1]);
    refused.commands = vec![command(7, 3)];
    let low = log.append_batch(vec![refused.clone()]).await;
    assert!(
        matches!(&low, Err(StoreError::NoRoom { source: None, .. })),
        "{low:?}"
    );
    let snapshot = Snapshot {
        stream_id: stream(1),
        family: SnapshotFamily::Log,
        version: Version(2),
        effective_at: roadbook_store::Instant(2),
        format: 1,
        redaction: Version::NONE,
        state: b"state".to_vec().into(),
    };
    let low = log.put_snapshots(vec![snapshot]).await;
    assert!(matches!(low, Err(StoreError::NoRoom { .. })), "{low:?}");
    assert!(log.room().unwrap().is_low());
    let points = log.snapshot_points(stream(1), SnapshotFamily::Log).await;
    assert_eq!(points.unwrap(), []);
    let head = log.head(stream(1)).await.unwrap().unwrap();
    assert_eq!(head.version, Version(2));
    assert_eq!(
        log.commands(stream(1), &[refused.commands[0].command_id])
            .await
            .unwrap(),
        []
    );
    log.close().await.unwrap();

    let settings = Settings {
        disk_free_min_mib: 0,
        ..Settings::default()
    };
    let log = SqlStore::open(&file(&folder), &settings).await.unwrap();
    assert_eq!(log.room(), None);
    let outcomes = log.append_batch(vec![refused]).await.unwrap();
    assert_eq!(outcomes, [AppendOutcome::Appended { head: Version(3) }]);
}

#[tokio::test]
async fn headers_can_be_neither_updated_nor_deleted() {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 1).await;
    let mut connection = stranger(&file(&folder)).await;
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
