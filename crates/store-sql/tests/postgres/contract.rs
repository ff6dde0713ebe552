//! The claims that every log is held to, and answers compared with those of the other logs.

use std::sync::Arc;

use roadbook_store::testing::{compare_logs, run_all as run_all_claims, stream};
use roadbook_store::{EventLog, MemoryLog, StoreError, Version, verify_log};
use roadbook_store_sql::{Settings, SqlStore};
use tempfile::TempDir;

use crate::server::Server;
use crate::{fill, fresh, open};

crate::claims![
    postgres_keeps_the_contract,
    postgres_sqlite_and_memory_answer_alike,
    everything_is_there_after_connecting_again,
    a_closed_log_says_so,
];

async fn postgres_keeps_the_contract(server: &'static Server) {
    let (log, database) = fresh(server).await;
    let log: Arc<dyn EventLog> = Arc::new(log);
    run_all_claims(async || {
        server.empty(&database).await;
        Arc::clone(&log)
    })
    .await;
}

async fn postgres_sqlite_and_memory_answer_alike(server: &'static Server) {
    let (postgres, database) = fresh(server).await;
    for seed in 1..=4 {
        server.empty(&database).await;
        let compared = compare_logs(seed, 400, &postgres, &MemoryLog::new()).await;
        let enough = compared.appended > 100 && compared.conflicts > 10 && compared.refused > 0;
        assert!(enough, "{compared:?}");
    }
    for seed in 5..=6 {
        server.empty(&database).await;
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("log.db");
        let sqlite = SqlStore::open(&file, &Settings::default()).await.unwrap();
        compare_logs(seed, 400, &postgres, &sqlite).await;
    }
}

async fn everything_is_there_after_connecting_again(server: &'static Server) {
    let (log, database) = fresh(server).await;
    fill(&log, 3).await;
    log.close().await;
    let log = open(&server.url(&database)).await;
    let head = log.head(stream(1)).await.unwrap().unwrap();
    assert_eq!(head.version, Version(6));
    let verified = verify_log(&log, &mut |_| {}).await.unwrap();
    assert_eq!(verified.events, 6);
}

async fn a_closed_log_says_so(server: &'static Server) {
    let (log, _) = fresh(server).await;
    log.close().await;
    assert!(matches!(log.head(stream(1)).await, Err(StoreError::Closed)));
    assert!(matches!(
        log.append_batch(Vec::new()).await,
        Err(StoreError::Closed)
    ));
    assert!(matches!(log.raise_epoch(2).await, Err(StoreError::Closed)));
    log.close().await;
}
