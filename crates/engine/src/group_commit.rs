//! The group commit: appends of many road maps share one transaction, and one wait for the disk.
//!
//! It owns the queue before the log; what is appended and what follows is the writers' affair.
//! Invariant: every append that was taken on is answered, each with its own outcome.

use std::sync::Arc;
use std::time::Instant;

use roadbook_store::{Append, AppendOutcome, EventLog, Hold, StoreError, StreamId};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::measures::Measures;
use crate::settings::Settings;

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Result<AppendOutcome, StoreError>>,
}

/// The way to the log for all writers of this process.
#[derive(Clone, Debug)]
pub(crate) struct GroupCommit {
    /// One for each append that the log takes at once; a road map always uses the same.
    queues: Arc<[mpsc::Sender<Waiting>]>,
    measures: Arc<Measures>,
}

impl GroupCommit {
    /// Starts the tasks that commit; they end once every clone of the handle is gone and the queues are empty.
    pub(crate) fn start(
        log: &Arc<dyn EventLog>,
        settings: &Settings,
        measures: &Arc<Measures>,
    ) -> (Self, Vec<JoinHandle<()>>) {
        let committer = |_| {
            let (queue, waiting) = mpsc::channel(settings.commit_queue_max);
            let (log, measures) = (Arc::clone(log), Arc::clone(measures));
            let committing = commit_all(log, waiting, settings.commit_appends_max, measures);
            (queue, tokio::spawn(committing))
        };
        let parallel = log.appends_in_parallel().max(1);
        let (queues, tasks): (Vec<_>, Vec<_>) = (0..parallel).map(committer).unzip();
        let way = Self {
            queues: queues.into(),
            measures: Arc::clone(measures),
        };
        (way, tasks)
    }

    fn queue(&self, stream: StreamId) -> &mpsc::Sender<Waiting> {
        // The last bytes of an id are those that differ most.
        let last = usize::from(u16::from_be_bytes([
            stream.0.as_bytes()[14],
            stream.0.as_bytes()[15],
        ]));
        &self.queues[last % self.queues.len()]
    }

    /// Appends through a hold of the stream: alone, since nobody else can be let in.
    pub(crate) async fn append_held(
        &self,
        hold: Box<dyn Hold + '_>,
        append: Append,
    ) -> Result<AppendOutcome, StoreError> {
        let (begun, events) = (Instant::now(), append.events.len());
        let appended = hold.append(append).await;
        self.measures.commit(begun, events, appended.is_ok());
        if let Err(error) = &appended {
            tracing::warn!(error = %error, "an append failed");
        }
        appended
    }

    /// Sends an append on its way, to go together with whatever else waits. Its outcome is what the receiver is told.
    pub(crate) async fn send(
        &self,
        append: Append,
    ) -> oneshot::Receiver<Result<AppendOutcome, StoreError>> {
        let (answer, outcome) = oneshot::channel();
        let queue = self.queue(append.stream_id);
        if let Err(mpsc::error::SendError(refused)) = queue.send(Waiting { append, answer }).await {
            // Whoever waits holds the receiver.
            drop(refused.answer.send(Err(StoreError::Closed)));
        }
        outcome
    }
}

async fn commit_all(
    log: Arc<dyn EventLog>,
    mut waiting: mpsc::Receiver<Waiting>,
    appends_max: usize,
    measures: Arc<Measures>,
) {
    let mut batch = Vec::with_capacity(appends_max);
    while waiting.recv_many(&mut batch, appends_max).await > 0 {
        let (appends, answers): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|waiting| (waiting.append, waiting.answer))
            .unzip();
        let events: usize = appends.iter().map(|append| append.events.len()).sum();
        let span = tracing::debug_span!(
            "commit",
            appends.count = appends.len(),
            events.count = events
        );
        let begun = Instant::now();
        let appended = log.append_batch(appends).instrument(span).await;
        measures.commit(begun, events, appended.is_ok());
        match appended {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A writer that no longer listens was stopped; the append stands all the same.
                    drop(answer.send(Ok(outcome)));
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "an append failed");
                for answer in answers {
                    drop(answer.send(Err(error.clone())));
                }
            }
        }
    }
}
