//! Connections that are cut and sessions that are ended: what the caller is told, and what is true afterwards.

use std::sync::Arc;

use roadbook_store::testing::{append, stream};
use roadbook_store::{AppendOutcome, EventLog, StoreError, Version, verify_log};
use roadbook_store_sql::PostgresSettings;
use sqlx::Connection as _;

use crate::proxy::Proxy;
use crate::server::{PASSWORD, Server, url_of};
use crate::{Log, fill, fresh, open, version};

crate::claims![
    a_commit_whose_answer_is_lost_leaves_the_outcome_unknown,
    a_connection_lost_before_the_commit_means_that_nothing_was_written,
    an_append_whose_session_is_ended_fails_and_the_next_one_works,
    an_answer_that_never_comes_is_not_waited_for,
    sessions_that_were_ended_while_idle_are_replaced,
    a_lock_that_is_never_let_go_ends_the_append,
    a_full_disk_of_the_server_is_told_and_the_next_append_after_it_works,
    a_head_that_disagrees_with_the_events_is_damage,
];

async fn through(proxy: &Proxy, database: &str) -> Log {
    open(&url_of("postgres", PASSWORD, proxy.port(), database)).await
}

async fn a_commit_whose_answer_is_lost_leaves_the_outcome_unknown(server: &'static Server) {
    let (direct, database) = fresh(server).await;
    fill(&direct, 1).await;
    let proxy = Proxy::to(server.port()).await;
    let log = through(&proxy, &database).await;
    // The first append begins a transaction and commits it, since the node has written nothing of the stream yet; the next
    // ones are a statement each.
    for (head, answer) in [(2, &b"COMMIT\0"[..]), (4, b"INSERT 0 ")] {
        proxy.cut_at(answer);
        let lost = log.append_batch(vec![append(stream(1), head, &[1])]).await;
        assert!(
            matches!(lost, Err(StoreError::OutcomeUnknown { .. })),
            "{lost:?}"
        );
        // Whoever looks finds the truth, by any way.
        let after = head + 1;
        let found = (version(&log, 1).await, version(&direct, 1).await);
        assert_eq!(found, (after, after));
        let again = log.append_batch(vec![append(stream(1), head, &[1])]).await;
        let head = Version(after);
        assert_eq!(again.unwrap(), [AppendOutcome::Conflict { head }]);
        let next = log.append_batch(vec![append(stream(1), after, &[1])]).await;
        let head = Version(after + 1);
        assert_eq!(next.unwrap(), [AppendOutcome::Appended { head }]);
    }
    verify_log(&log, &mut |_| {}).await.unwrap();
}

async fn a_connection_lost_before_the_commit_means_that_nothing_was_written(
    server: &'static Server,
) {
    let (direct, database) = fresh(server).await;
    fill(&direct, 1).await;
    let proxy = Proxy::to(server.port()).await;
    let log = through(&proxy, &database).await;
    proxy.cut_at(b"INSERT 0 ");
    let failed = log.append_batch(vec![append(stream(1), 2, &[1])]).await;
    assert!(
        matches!(failed, Err(StoreError::Unavailable { .. })),
        "{failed:?}"
    );
    assert_eq!(version(&log, 1).await, 2);
    let next = log.append_batch(vec![append(stream(1), 2, &[1])]).await;
    assert_eq!(
        next.unwrap(),
        [AppendOutcome::Appended { head: Version(3) }]
    );
}

/// Ends the sessions of a database that wait for a lock.
const END_WAITING: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND wait_event_type = 'Lock'";

async fn an_append_whose_session_is_ended_fails_and_the_next_one_works(server: &'static Server) {
    let (direct, database) = fresh(server).await;
    fill(&direct, 1).await;
    let log = Arc::new(open(&server.url(&database)).await);
    let mut stranger = server.stranger(&database).await;
    let mut holding = stranger.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM streams FOR UPDATE")
        .execute(&mut *holding)
        .await
        .unwrap();
    let waiting = Arc::clone(&log);
    let waiting =
        tokio::spawn(async move { waiting.append_batch(vec![append(stream(1), 2, &[1])]).await });
    let mut executioner = server.stranger(&database).await;
    loop {
        let ended = sqlx::query(END_WAITING)
            .fetch_all(&mut executioner)
            .await
            .unwrap();
        if !ended.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let failed = waiting.await.unwrap();
    assert!(
        matches!(failed, Err(StoreError::Unavailable { .. })),
        "{failed:?}"
    );
    holding.rollback().await.unwrap();
    assert_eq!(version(&log, 1).await, 2);
    let next = log.append_batch(vec![append(stream(1), 2, &[1])]).await;
    assert_eq!(
        next.unwrap(),
        [AppendOutcome::Appended { head: Version(3) }]
    );
}

/// As when the server loses its power, or a network swallows everything: nobody says that the connection is gone.
async fn an_answer_that_never_comes_is_not_waited_for(server: &'static Server) {
    let (direct, database) = fresh(server).await;
    fill(&direct, 1).await;
    let proxy = Proxy::to(server.port()).await;
    let settings = PostgresSettings {
        read_connections_max: 1,
        write_connections_max: 1,
        connect_timeout_ms: 500,
        statement_timeout_ms: 500,
        ..PostgresSettings::default()
    };
    let url = url_of("postgres", PASSWORD, proxy.port(), &database);
    let log = Log::connect(&url, &settings).await.unwrap();
    for number in 0..3 {
        proxy.silence_at(b"COMMIT\0");
        let appended = log
            .append_batch(vec![append(stream(1), 2 + number, &[1])])
            .await;
        assert!(
            matches!(appended, Err(StoreError::OutcomeUnknown { .. })),
            "{appended:?}"
        );
        proxy.silence_at(b"SELECT");
        let read = log.head(stream(1)).await;
        assert!(
            matches!(read, Err(StoreError::Unavailable { .. })),
            "{read:?}"
        );
        // The one place in the pool is free again, once the connection in it was found dead.
        let mut head = log.head(stream(1)).await;
        for _ in 0..20 {
            if head.is_ok() {
                break;
            }
            head = log.head(stream(1)).await;
        }
        assert_eq!(head.unwrap().unwrap().version, Version(3 + number));
    }
    let next = log.append_batch(vec![append(stream(1), 5, &[1])]).await;
    assert_eq!(
        next.unwrap(),
        [AppendOutcome::Appended { head: Version(6) }]
    );
}

async fn sessions_that_were_ended_while_idle_are_replaced(server: &'static Server) {
    let (log, database) = fresh(server).await;
    fill(&log, 1).await;
    let all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    server.run(&database, &[all]).await;
    assert_eq!(version(&log, 1).await, 2);
    let next = log.append_batch(vec![append(stream(1), 2, &[1])]).await;
    assert_eq!(
        next.unwrap(),
        [AppendOutcome::Appended { head: Version(3) }]
    );
    server.run(&database, &[all]).await;
    // One was used just now, so that nothing is asked of it before a transaction is begun.
    let hold = log.hold(stream(1)).await.unwrap().unwrap();
    let outcome = hold.append(append(stream(1), 3, &[1])).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Appended { head: Version(4) });
}

async fn a_lock_that_is_never_let_go_ends_the_append(server: &'static Server) {
    let (log, database) = fresh(server).await;
    fill(&log, 1).await;
    let settings = PostgresSettings {
        lock_timeout_ms: 50,
        ..PostgresSettings::default()
    };
    let impatient = Log::connect(&server.url(&database), &settings)
        .await
        .unwrap();
    let mut stranger = server.stranger(&database).await;
    let mut holding = stranger.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM streams FOR UPDATE")
        .execute(&mut *holding)
        .await
        .unwrap();
    let failed = impatient
        .append_batch(vec![append(stream(1), 2, &[1])])
        .await;
    assert!(
        matches!(failed, Err(StoreError::Unavailable { .. })),
        "{failed:?}"
    );
}

/// A key that is taken is a lost race at first, and damage when it still is after the last judgement.
/// A statement, or the commit itself, finds no room left.
async fn a_full_disk_of_the_server_is_told_and_the_next_append_after_it_works(
    server: &'static Server,
) {
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$";
    for when in [
        "CREATE TRIGGER full_disk AFTER INSERT ON payloads FOR EACH ROW EXECUTE FUNCTION full_disk()",
        "CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON payloads DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ] {
        let (log, database) = fresh(server).await;
        fill(&log, 1).await;
        server.run(&database, &[full, when]).await;
        let failed = log.append_batch(vec![append(stream(1), 2, &[1])]).await;
        assert!(
            matches!(failed, Err(StoreError::NoRoom { .. })),
            "{failed:?}"
        );
        assert_eq!(version(&log, 1).await, 2);
        let room = "DROP TRIGGER full_disk ON payloads";
        server.run(&database, &[room]).await;
        let next = log.append_batch(vec![append(stream(1), 2, &[1])]).await;
        assert_eq!(
            next.unwrap(),
            [AppendOutcome::Appended { head: Version(3) }]
        );
        verify_log(&log, &mut |_| {}).await.unwrap();
    }
}

async fn a_head_that_disagrees_with_the_events_is_damage(server: &'static Server) {
    let (log, database) = fresh(server).await;
    fill(&log, 2).await;
    server
        .run(
            &database,
            &["UPDATE streams SET version = 2, recorded_at = 0"],
        )
        .await;
    let mut taken = append(stream(1), 2, &[1]);
    taken.commands.clear();
    let failed = log.append_batch(vec![taken]).await;
    assert!(
        matches!(failed, Err(StoreError::Corrupt { .. })),
        "{failed:?}"
    );
}
