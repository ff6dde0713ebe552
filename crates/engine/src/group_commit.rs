//! The group commit: appends of many road maps share one transaction, and one wait for the disk.
//!
//! It owns the queue before the log, and tells the bus of what came out of it; what is appended and what follows is the
//! writers' affair. Invariant: every append that was taken on is answered, each with its own outcome, and only what is
//! durable is put on the bus.

use std::sync::Arc;
use std::time::Instant;

use roadbook_store::{
    Append, AppendOutcome, Appended, EventLog, Hold, Redaction, StoreError, StreamId,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
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
    /// One for each append that the log takes at once; a road map always uses the same.
    queues: Arc<[mpsc::Sender<Waiting>]>,
    bus: Option<OwnBus>,
    measures: Arc<Measures>,
}

impl GroupCommit {
    /// Starts the tasks that commit; they end once every clone of the handle is gone and the queues are empty.
    pub(crate) fn start(
        log: &Arc<dyn EventLog>,
        bus: Option<&OwnBus>,
        settings: &Settings,
        measures: &Arc<Measures>,
    ) -> (Self, Vec<JoinHandle<()>>) {
        let committer = |_| {
            let (queue, waiting) = mpsc::channel(settings.commit_queue_max);
            let committer = Committer {
                log: Arc::clone(log),
                bus: bus.cloned(),
                appends_max: settings.commit_appends_max,
                measures: Arc::clone(measures),
            };
            (queue, tokio::spawn(committer.run(waiting)))
        };
        let parallel = log.appends_in_parallel().max(1);
        let (queues, tasks): (Vec<_>, Vec<_>) = (0..parallel).map(committer).unzip();
        let way = Self {
            queues: queues.into(),
            bus: bus.cloned(),
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
        let queue = self.queue(append.stream_id);
        if let Err(mpsc::error::SendError(refused)) = queue.send(Waiting { append, answer }).await {
            // Whoever waits holds the receiver.
            drop(refused.answer.send(Err(StoreError::Closed)));
        }
        outcome
    }
}

/// A task that commits.
struct Committer {
    log: Arc<dyn EventLog>,
    bus: Option<OwnBus>,
    appends_max: usize,
    measures: Arc<Measures>,
}

impl Committer {
    async fn run(self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::with_capacity(self.appends_max);
        while waiting.recv_many(&mut batch, self.appends_max).await > 0 {
            self.commit(batch.drain(..)).await;
        }
    }

    async fn commit(&self, batch: impl Iterator<Item = Waiting>) {
        let (appends, answers): (Vec<_>, Vec<_>) = batch
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
