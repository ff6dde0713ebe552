//! The group commit: appends of many road maps share one transaction, and one wait for the disk.
//!
//! It owns the queue before the log, and tells the bus of what came out of it; what is appended and what follows is the
//! writers' affair. While one transaction is on its way, what comes in waits to share the next: a log that works on several
//! at once is given another only when as much waits as one takes, or when the last one has been away for long.
//! Invariant: every append that was taken on is answered, each with its own outcome, and only what is durable is put on
//! the bus.

use std::sync::Arc;
use std::time::{Duration, Instant};

use roadbook_store::{
    Append, AppendOutcome, Appended, EventLog, Hold, Redaction, StoreError, StreamId,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{self, sleep_until};
use tracing::Instrument;

use crate::bus::OwnBus;
use crate::measures::Measures;
use crate::settings::Settings;

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Result<AppendOutcome, StoreError>>,
}

/// The way to the log for all writers of this process.
#[derive(Clone, Debug)]
pub(crate) struct GroupCommit {
    queue: mpsc::Sender<Waiting>,
    bus: Option<OwnBus>,
    measures: Arc<Measures>,
}

impl GroupCommit {
    /// Starts the task that commits; it ends once every clone of the handle is gone and the queue is empty.
    pub(crate) fn start(
        log: &Arc<dyn EventLog>,
        bus: Option<&OwnBus>,
        settings: &Settings,
        measures: &Arc<Measures>,
    ) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(settings.commit_queue_max);
        let committer = Committer {
            log: Arc::clone(log),
            bus: bus.cloned(),
            measures: Arc::clone(measures),
        };
        let queued = Queued {
            committer: Arc::new(committer),
            waiting,
            batch: Vec::new(),
            appends_max: settings.commit_appends_max,
            on_their_way: JoinSet::new(),
            parallel: log.appends_in_parallel().max(1),
            patience: Duration::from_millis(settings.commit_patience_ms),
            sent: time::Instant::now(),
        };
        let way = Self {
            queue,
            bus: bus.cloned(),
            measures: Arc::clone(measures),
        };
        (way, tokio::spawn(queued.run()))
    }

    /// Appends through a hold of the stream: alone, since nobody else can be let in.
    pub(crate) async fn append_held(
        &self,
        hold: Box<dyn Hold + '_>,
        append: Append,
    ) -> Result<AppendOutcome, StoreError> {
        let (begun, events) = (Instant::now(), append.events.len());
        let note = self.bus.as_ref().map(|bus| bus.note(&append));
        let appended = hold.append(append).await;
        self.measures.commit(begun, events, appended.is_ok());
        match &appended {
            Ok(outcome) => {
                if let (Some(bus), Some(note)) = (&self.bus, note) {
                    bus.publish(note, *outcome);
                }
            }
            Err(error) => tracing::warn!(error = %error, "an append failed"),
        }
        appended
    }

    /// Has the bus drop what it keeps of a stream, once more: it may not have been there when something was redacted.
    pub(crate) fn forget(&self, stream: StreamId) {
        if let Some(bus) = &self.bus {
            bus.forget(stream);
        }
    }

    /// Redacts, alone: what goes with it is no append.
    pub(crate) async fn redact(
        &self,
        log: &dyn EventLog,
        redaction: Redaction,
    ) -> Result<AppendOutcome, StoreError> {
        let begun = Instant::now();
        let note = self.bus.as_ref().map(|bus| bus.note(&redaction.append));
        let stream = redaction.append.stream_id;
        let redacted = log.redact(redaction).await;
        self.measures.commit(begun, 1, redacted.is_ok());
        match &redacted {
            Ok(outcome) => {
                if let (Some(bus), Some(note)) = (&self.bus, note) {
                    bus.forget(stream);
                    bus.publish(note, *outcome);
                }
            }
            Err(error) => tracing::warn!(error = %error, "a redaction failed"),
        }
        redacted
    }

    /// Sends an append on its way, to go together with whatever else waits. Its outcome is what the receiver is told.
    pub(crate) async fn send(
        &self,
        append: Append,
    ) -> oneshot::Receiver<Result<AppendOutcome, StoreError>> {
        let (answer, outcome) = oneshot::channel();
        let sent = self.queue.send(Waiting { append, answer }).await;
        if let Err(mpsc::error::SendError(refused)) = sent {
            // Whoever waits holds the receiver.
            drop(refused.answer.send(Err(StoreError::Closed)));
        }
        outcome
    }
}

/// What waits to be committed, and what is on its way.
struct Queued {
    committer: Arc<Committer>,
    waiting: mpsc::Receiver<Waiting>,
    /// What the next transaction takes.
    batch: Vec<Waiting>,
    appends_max: usize,
    on_their_way: JoinSet<()>,
    parallel: usize,
    patience: Duration,
    /// When the last transaction was sent.
    sent: time::Instant,
}

impl Queued {
    async fn run(mut self) {
        let mut open = true;
        while open || !self.batch.is_empty() || !self.on_their_way.is_empty() {
            let room = self.appends_max - self.batch.len();
            let overdue = !self.batch.is_empty() && self.on_their_way.len() < self.parallel;
            tokio::select! {
                biased;
                // In this order, so that the next transaction takes all that waits.
                count = self.waiting.recv_many(&mut self.batch, room), if open && room > 0 => {
                    open = count > 0;
                }
                Some(_) = self.on_their_way.join_next() => {}
                () = sleep_until(self.sent + self.patience), if overdue => {}
            }
            if self.is_time() {
                self.send();
            }
        }
    }

    /// Whether what waits goes now.
    fn is_time(&self) -> bool {
        let beside = self.batch.len() >= self.appends_max || self.sent.elapsed() >= self.patience;
        let free = self.on_their_way.len() < self.parallel;
        !self.batch.is_empty() && (self.on_their_way.is_empty() || (free && beside))
    }

    fn send(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        let committer = Arc::clone(&self.committer);
        self.sent = time::Instant::now();
        self.on_their_way
            .spawn(async move { committer.commit(batch).await });
    }
}

/// What a transaction needs.
struct Committer {
    log: Arc<dyn EventLog>,
    bus: Option<OwnBus>,
    measures: Arc<Measures>,
}

impl Committer {
    async fn commit(&self, batch: Vec<Waiting>) {
        let (appends, answers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.append, waiting.answer))
            .unzip();
        let events: usize = appends.iter().map(|append| append.events.len()).sum();
        let bus = self.bus.as_ref();
        let notes: Vec<Appended> = bus
            .map(|bus| appends.iter().map(|append| bus.note(append)).collect())
            .unwrap_or_default();
        let span = tracing::debug_span!(
            "commit",
            appends.count = appends.len(),
            events.count = events
        );
        let begun = Instant::now();
        let appended = self.log.append_batch(appends).instrument(span).await;
        self.measures.commit(begun, events, appended.is_ok());
        match appended {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(&outcomes) {
                    // A writer that no longer listens was stopped; the append stands all the same.
                    drop(answer.send(Ok(*outcome)));
                }
                // Whoever waits for an answer has it before anybody else hears.
                if let Some(bus) = bus {
                    for (note, outcome) in notes.into_iter().zip(outcomes) {
                        bus.publish(note, outcome);
                    }
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

#[cfg(test)]
mod tests;
