//! Moves of a log from a file to a server and back: what arrives is what left, and can be found by the same questions.

use std::path::Path;

use roadbook_store::testing::{append, command, compare_logs, stream};
use roadbook_store::{
    CommandRecord, EventLog, Instant, MemoryLog, SealedEvent, StoredEvent, TransferError,
    Transferred, Version, transfer, verify_log,
};
use roadbook_store_sql::{Settings, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

use crate::server::Server;
use crate::{fresh, open, version};

crate::claims![
    a_log_moves_from_a_file_to_a_server_and_back,
    a_move_to_a_server_goes_on_where_the_source_has_grown,
    a_server_with_other_content_is_refused,
];

/// What a stream answers to every kind of question.
#[derive(Debug, PartialEq)]
struct Answers {
    sealed: Vec<SealedEvent>,
    commands: Vec<CommandRecord>,
    in_effect: Vec<StoredEvent>,
    backdated: Vec<StoredEvent>,
    touching: Vec<StoredEvent>,
}

async fn answers(log: &dyn EventLog) -> Vec<Answers> {
    let (none, all, most) = (Version::NONE, Version::MAX, usize::MAX);
    let heads = log.heads(None, most).await.unwrap();
    let mut answers = Vec::new();
    for head in heads {
        let stream = head.stream_id;
        let sealed = log.read_sealed(stream, none, most).await.unwrap();
        let subjects = sealed.iter().flat_map(|event| &event.event.header.subjects);
        let subjects: Vec<Uuid> = subjects.copied().take(3).collect();
        answers.push(Answers {
            sealed,
            commands: log.commands_after(stream, None, most).await.unwrap(),
            in_effect: log
                .read_effective(stream, (Instant::MIN, none), Instant::MAX, all, most)
                .await
                .unwrap(),
            backdated: log
                .read_backdated(stream, none, all, Instant::MAX, most)
                .await
                .unwrap(),
            touching: log
                .read_versions(stream, none, all, &subjects, most)
                .await
                .unwrap(),
        });
    }
    answers
}

async fn file(folder: &TempDir, name: &str) -> SqliteStore {
    let path: &Path = &folder.path().join(name);
    SqliteStore::open(path, &Settings::default()).await.unwrap()
}

async fn moved(from: &dyn EventLog, to: &dyn EventLog) -> Result<Transferred, TransferError> {
    transfer(from, to, &mut |_| {}).await
}

async fn a_log_moves_from_a_file_to_a_server_and_back(server: &'static Server) {
    let folder = TempDir::new().unwrap();
    let from = file(&folder, "from.db").await;
    // A random run leaves something of everything that a log can hold.
    compare_logs(11, 600, &from, &MemoryLog::new()).await;
    let effects: Vec<i64> = (0..1_500).rev().collect();
    let outcome = from.append_batch(vec![append(stream(99), 0, &effects)]);
    outcome.await.unwrap();
    let mut nothing = append(stream(99), 1_500, &[]);
    nothing.commands = (0..1_100).map(|id| command(id, 1_500)).collect();
    from.append_batch(vec![nothing]).await.unwrap();
    from.raise_epoch(5).await.unwrap();

    let (between, database) = fresh(server).await;
    let there = moved(&from, &between).await.unwrap();
    between.close().await;
    let between = open(&server.url(&database)).await;
    let to = file(&folder, "to.db").await;
    let back = moved(&between, &to).await.unwrap();

    assert_eq!(there, back);
    assert!(there.events > 1_700 && there.commands > 1_200, "{there:?}");
    let expected = answers(&from).await;
    assert!(expected.iter().any(|answers| !answers.backdated.is_empty()));
    for log in [&between as &dyn EventLog, &to] {
        assert_eq!(log.epoch().await.unwrap(), 5);
        assert!(answers(log).await == expected);
        let verified = verify_log(log, &mut |_| {}).await.unwrap();
        assert_eq!(verified.events, there.events);
        assert!(verified.redacted > 0, "a random run redacts something");
    }
}

async fn a_move_to_a_server_goes_on_where_the_source_has_grown(server: &'static Server) {
    let folder = TempDir::new().unwrap();
    let from = file(&folder, "from.db").await;
    let (to, _) = fresh(server).await;
    for round in 0..3 {
        let appends = vec![append(stream(1), round * 2, &[2, 1])];
        from.append_batch(appends).await.unwrap();
        let transferred = moved(&from, &to).await.unwrap();
        assert_eq!(transferred.events_copied, 2);
        assert_eq!(transferred.commands_copied, 1);
    }
    assert!(answers(&to).await == answers(&from).await);
}

async fn a_server_with_other_content_is_refused(server: &'static Server) {
    let folder = TempDir::new().unwrap();
    let from = file(&folder, "from.db").await;
    let (to, _) = fresh(server).await;
    from.append_batch(vec![append(stream(1), 0, &[1, 2, 3])])
        .await
        .unwrap();
    to.append_batch(vec![append(stream(1), 0, &[1, 2])])
        .await
        .unwrap();
    let refused = moved(&from, &to).await;
    assert!(
        matches!(
            refused,
            Err(TransferError::OtherEvent {
                version: Version(1),
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(version(&to, 1).await, 2);
}
