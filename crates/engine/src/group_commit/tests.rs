//! Appends go together while another is on its way, and beside it when they must not wait.

use std::sync::Arc;

use roadbook_store::testing::{DelayedAppend, FaultyLog, append, stream};
use roadbook_store::{AppendOutcome, EventLog, MemoryLog, StoreError};
use tokio::sync::oneshot;

use super::GroupCommit;
use crate::settings::Settings;

/// Longer than any test takes.
const FOR_EVER_MS: u64 = 1_000_000;
const TOGETHER: usize = 4;
/// Turns that other tasks get, enough to do whatever they can.
const YIELDS: usize = 100;

type Outcome = oneshot::Receiver<Result<AppendOutcome, StoreError>>;

/// A group commit whose first append, to stream 1, waits at the log.
struct Started {
    commit: GroupCommit,
    log: Arc<FaultyLog>,
    first: Outcome,
    delayed: DelayedAppend,
}

async fn start(in_parallel: usize, patience_ms: u64) -> Started {
    let log = FaultyLog::new(Arc::new(MemoryLog::new())).in_parallel(in_parallel);
    let log = Arc::new(log);
    let settings = Settings {
        commit_appends_max: TOGETHER,
        commit_patience_ms: patience_ms,
        ..Settings::default()
    };
    let shared: Arc<dyn EventLog> = log.clone();
    let (commit, _task) = GroupCommit::start(&shared, None, &settings, &Arc::default());
    let mut delayed = log.delay_append(1);
    let first = send(&commit, 1).await;
    delayed.arrived().await;
    Started {
        commit,
        log,
        first,
        delayed,
    }
}

/// Sends an append to a stream of its own.
async fn send(commit: &GroupCommit, number: u64) -> Outcome {
    commit.send(append(stream(number), 0, &[1])).await
}

async fn send_all(commit: &GroupCommit, numbers: std::ops::Range<u64>) -> Vec<Outcome> {
    let mut sent = Vec::new();
    for number in numbers {
        sent.push(send(commit, number).await);
    }
    sent
}

async fn all_appended(outcomes: impl IntoIterator<Item = Outcome>) {
    for outcome in outcomes {
        let outcome = outcome.await.expect("an answer").expect("an outcome");
        assert!(matches!(outcome, AppendOutcome::Appended { .. }));
    }
}

#[tokio::test]
async fn what_waits_for_one_that_is_on_its_way_goes_together() {
    let Started {
        commit,
        log,
        first,
        delayed,
    } = start(2, FOR_EVER_MS).await;
    let waiting = send_all(&commit, 2..5).await;
    drop(delayed);
    all_appended([first]).await;
    all_appended(waiting).await;
    assert_eq!(log.append_calls(), 2);
}

#[tokio::test]
async fn as_much_as_goes_together_does_not_wait() {
    let Started {
        commit,
        first,
        delayed,
        ..
    } = start(2, FOR_EVER_MS).await;
    let beside = send_all(&commit, 2..2 + TOGETHER as u64).await;
    all_appended(beside).await;
    drop(delayed);
    all_appended([first]).await;
}

#[tokio::test]
async fn nothing_waits_for_one_that_takes_long() {
    let Started {
        commit,
        first,
        delayed,
        ..
    } = start(2, 1).await;
    all_appended([send(&commit, 2).await]).await;
    drop(delayed);
    all_appended([first]).await;
}

#[tokio::test]
async fn a_log_is_given_no_more_than_it_takes_at_once() {
    let Started {
        commit,
        log,
        first,
        delayed,
    } = start(1, 1).await;
    let waiting = send_all(&commit, 2..2 + TOGETHER as u64).await;
    for _ in 0..YIELDS {
        tokio::task::yield_now().await;
    }
    assert_eq!(log.append_calls(), 1);
    drop(delayed);
    all_appended([first]).await;
    all_appended(waiting).await;
    assert_eq!(log.append_calls(), 2);
}

#[tokio::test]
async fn what_was_taken_on_is_answered_after_the_handle_is_gone() {
    let Started {
        commit,
        first,
        delayed,
        ..
    } = start(1, FOR_EVER_MS).await;
    let waiting = send_all(&commit, 2..4).await;
    drop(commit);
    drop(delayed);
    all_appended([first]).await;
    all_appended(waiting).await;
}
