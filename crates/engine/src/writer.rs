//! The writer of one road map: it decides every edit, one after another, and answers when it is durable.
//!
//! While one append is on its way to the disk, it decides what comes in meanwhile on the state that the append will leave;
//! that becomes the next append, which is sent only when the first one is durable. It owns this order, the turns between
//! nodes and the retries; how edits are decided is `decided`'s affair, who was answered before is `repeats`', and how
//! something is redacted between two edits is `redacting`'s.
//! Invariant: a state becomes the current one only when the log holds it, and every edit is answered once.

mod decided;
mod forgetting;
mod redacting;
mod repeats;

use std::collections::VecDeque;
use std::sync::Arc;

use roadbook_domain::Version;
use roadbook_store::{AppendOutcome, EventLog, Hold, StoreError};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, Span};

use self::decided::{Accepted, Decided, Decider};
use self::repeats::AcceptedBefore;
use crate::codec::{from_store, stream_of};
use crate::edit::{Edit, EditDone};
use crate::error::EngineError;
use crate::group_commit::GroupCommit;
use crate::ids::Ids;
use crate::redaction::Redact;
use crate::road_map::{Committed, RoadMap};
use crate::snapshotter::Snapshotter;

/// Appends for which another node is taken to go on writing after it was last heard of.
const TURNS: u32 = 16;

/// The task that writes one road map.
pub(crate) struct Writer {
    road_map: Arc<RoadMap>,
    inbox: mpsc::Receiver<Edit>,
    redactions: mpsc::Receiver<Redact>,
    /// A redaction that comes next: it has to be alone.
    redaction: Option<Redact>,
    commit: GroupCommit,
    snapshotter: Snapshotter,
    decider: Decider,
    /// The version of the last snapshot along the log.
    snapshot: Version,
    /// For how many appends to come another node is taken to write the same road map.
    turns: u32,
    /// How often in a row an append came too late, or nobody knew what became of it.
    tries: usize,
    /// Edits that are not decided yet.
    queue: VecDeque<Edit>,
    in_flight: Option<InFlight>,
    /// What was decided on the state that the append on its way will leave.
    next: Decided,
}

/// An append whose outcome is not known yet.
struct InFlight {
    decided: Decided,
    outcome: oneshot::Receiver<Result<AppendOutcome, StoreError>>,
    /// Lasts as long as the append is on its way.
    _span: Span,
}

impl Writer {
    /// A writer that goes on from the current state; `snapshot` is the version of the last snapshot along the log.
    pub(crate) fn new(
        road_map: Arc<RoadMap>,
        (inbox, redactions): (mpsc::Receiver<Edit>, mpsc::Receiver<Redact>),
        commit: GroupCommit,
        snapshotter: Snapshotter,
        ids: Arc<dyn Ids>,
        snapshot: Version,
    ) -> Self {
        Self {
            decider: Decider {
                road_map: Arc::clone(&road_map),
                ids,
            },
            next: Decided::on(road_map.current()),
            road_map,
            inbox,
            redactions,
            redaction: None,
            commit,
            snapshotter,
            snapshot,
            turns: 0,
            tries: 0,
            queue: VecDeque::new(),
            in_flight: None,
        }
    }

    /// Serves the inbox until it is closed and everything in it is answered.
    pub(crate) async fn run(mut self) {
        let most = self.road_map.settings.batch_edits_max;
        let mut received = Vec::with_capacity(most);
        let mut open = true;
        while open || self.in_flight.is_some() {
            let room = most.saturating_sub(self.queue.len());
            let idle = self.in_flight.is_none();
            tokio::select! {
                biased;
                outcome = outcome(&mut self.in_flight) => {
                    if let Some(InFlight { decided, .. }) = self.in_flight.take() {
                        self.end(decided, outcome).await;
                    }
                }
                count = self.inbox.recv_many(&mut received, room), if open && room > 0 => {
                    open = count > 0;
                    self.queue.extend(received.drain(..));
                }
                Some(redaction) = self.redactions.recv(), if self.redaction.is_none() => {
                    self.redaction = Some(redaction);
                }
                // With an append on its way it shows by itself whether others wrote.
                () = self.road_map.tidings.come(), if idle => self.catch_up().await,
            }
            self.go_on().await;
        }
    }

    /// Decides what waits, and sends an append if none is on its way. Leaves nothing waiting if none is.
    async fn go_on(&mut self) {
        loop {
            if let Some(in_flight) = &self.in_flight {
                let before = Some(&in_flight.decided);
                let decider = &self.decider;
                return decider
                    .decide(&mut self.queue, before, &mut self.next)
                    .await;
            }
            if let Some(redaction) = self.redaction.take() {
                self.redact(redaction).await;
            } else if !self.next.is_empty() {
                self.send().await;
            } else if self.queue.is_empty() {
                return;
            } else if self.turns > 0 {
                self.take_turn().await;
            } else {
                self.decide().await;
            }
        }
    }

    /// Decides what waits on the current state.
    async fn decide(&mut self) {
        self.next = Decided::on(self.road_map.current());
        let decider = &self.decider;
        decider.decide(&mut self.queue, None, &mut self.next).await;
    }

    /// Sends what is decided on its way, and begins the next.
    async fn send(&mut self) {
        let next = self.next.next();
        let decided = std::mem::replace(&mut self.next, next);
        if decided.accepted.is_empty() {
            return self.reject(decided.rejected).await;
        }
        let span = self.decider.span(&decided);
        let outcome = self.commit.send(self.decider.append(&decided)).await;
        self.in_flight = Some(InFlight {
            decided,
            outcome,
            _span: span,
        });
    }

    /// Decides and appends with the stream to this node alone, if another node writes it too: of two that append whenever
    /// they can, the slower one would lose every race and decide in vain.
    async fn take_turn(&mut self) {
        let log = Arc::clone(self.road_map.past.log());
        let hold = match self.hold(&*log).await {
            Ok(hold) => hold,
            Err(error) => return answer_all(self.queue.drain(..), &error),
        };
        let Some(hold) = hold else {
            return self.decide().await;
        };
        self.take_more();
        self.decide().await;
        let next = Decided::on(self.road_map.current());
        let decided = std::mem::replace(&mut self.next, next);
        if decided.accepted.is_empty() {
            hold.release().await;
            return self.reject(decided.rejected).await;
        }
        let append = self.decider.append(&decided);
        let span = self.decider.span(&decided);
        let appended = self.commit.append_held(hold, append).instrument(span).await;
        self.end(decided, appended).await;
    }

    /// The stream to this node alone for one append, with the state brought up to the log.
    async fn hold<'log>(
        &mut self,
        log: &'log dyn EventLog,
    ) -> Result<Option<Box<dyn Hold + 'log>>, EngineError> {
        let mut hold = log.hold(stream_of(self.road_map.id)).await?;
        if let Some(hold) = &mut hold {
            self.turns -= 1;
            self.noticed(self.road_map.catch_up_through(Some(&mut **hold)).await?);
        }
        Ok(hold)
    }

    /// Takes what has come in meanwhile, too: waiting for a turn is long, and the next one is far.
    fn take_more(&mut self) {
        while self.queue.len() < self.road_map.settings.batch_edits_max
            && let Ok(edit) = self.inbox.try_recv()
        {
            self.queue.push_back(edit);
        }
    }

    /// Learns of what others appended. If that fails it is tried again at the next look.
    async fn catch_up(&mut self) {
        match self.road_map.follow_tidings().await {
            Ok(events) => self.noticed(events),
            Err(error) => {
                tracing::warn!(road_map.id = %self.road_map.id, error = %error, "catching up failed");
            }
        }
    }

    /// Others wrote: for some time to come they are likely to.
    fn noticed(&mut self, events_of_others: usize) {
        if events_of_others > 0 {
            self.turns = TURNS;
        }
    }

    /// What follows from the outcome of an append.
    async fn end(&mut self, decided: Decided, appended: Result<AppendOutcome, StoreError>) {
        match appended {
            Ok(AppendOutcome::Appended { .. }) => {
                self.tries = 0;
                self.publish(decided.accepted);
                self.reject(decided.rejected).await;
            }
            Ok(AppendOutcome::Conflict { head }) => {
                self.road_map.measures.lost_races.inc();
                tracing::debug!(road_map.id = %self.road_map.id, head = from_store(head).0, "another writer came first");
                self.decide_again(decided).await;
            }
            Err(StoreError::OutcomeUnknown { .. }) => self.decide_again(decided).await,
            Err(error) => {
                answer_all(decided.into_edits(), &error.into());
                // What was decided on top of it has lost its ground, but not its chance.
                self.queue_again(Vec::new());
            }
        }
    }

    /// Another writer came first, an edit was accepted before, or nobody knows whether the log took the append: look, and
    /// decide again.
    ///
    /// That an edit was accepted before is found out here and when it is about to be rejected: nearly none was, and asking
    /// first would cost every append a read.
    async fn decide_again(&mut self, decided: Decided) {
        self.tries += 1;
        let edits: Vec<Edit> = decided.into_edits().collect();
        if self.tries > self.road_map.settings.retries_max {
            self.tries = 0;
            answer_all(edits, &EngineError::Overloaded);
            return self.queue_again(Vec::new());
        }
        let mut again = Vec::with_capacity(edits.len());
        match self.look(&edits).await {
            Ok(accepted) => {
                for edit in edits {
                    again.extend(self.road_map.answer_as_before(edit, &accepted).await);
                }
            }
            Err(error) => answer_all(edits, &error),
        }
        self.queue_again(again);
    }

    /// Brings the current state up to the log, and finds those edits that the log holds.
    async fn look(&mut self, edits: &[Edit]) -> Result<AcceptedBefore, EngineError> {
        let events = self.road_map.catch_up().await?;
        self.noticed(events);
        Ok(self.road_map.accepted_before(edits.iter()).await?)
    }

    /// Puts edits back before those that wait, and after them those that were decided on what did not come to be.
    fn queue_again(&mut self, edits: Vec<Edit>) {
        let nothing = Decided::on(self.road_map.current());
        let next = std::mem::replace(&mut self.next, nothing);
        let again = edits.into_iter().chain(next.into_edits());
        self.queue = again.chain(self.queue.drain(..)).collect();
    }

    /// Answers the edits that were rejected, those that were accepted before with their first answer.
    async fn reject(&self, rejected: Vec<(Edit, EngineError)>) {
        if rejected.is_empty() {
            return;
        }
        let edits = rejected.iter().map(|(edit, _)| edit);
        let accepted = match self.road_map.accepted_before(edits).await {
            Ok(accepted) => accepted,
            Err(error) => {
                let edits = rejected.into_iter().map(|(edit, _)| edit);
                return answer_all(edits, &error.into());
            }
        };
        for (edit, error) in rejected {
            if let Some(edit) = self.road_map.answer_as_before(edit, &accepted).await {
                answer(edit, Err(error));
            }
        }
    }

    fn publish(&mut self, accepted: Vec<Accepted>) {
        for accepted in accepted {
            if !accepted.events.is_empty() {
                self.road_map.publish(Committed {
                    events: accepted.events.clone(),
                    published: Arc::clone(&accepted.published),
                });
            }
            if self.snapshotter.offer(&accepted.published, self.snapshot) {
                self.snapshot = accepted.published.moment.version;
            }
            let done = EditDone {
                published: accepted.published,
                events: accepted.events,
                outcomes: accepted.kept.outcomes(),
                repeated: false,
            };
            answer(accepted.edit, Ok(done));
        }
    }
}

/// Waits for the outcome of the append that is on its way; for ever if none is.
async fn outcome(in_flight: &mut Option<InFlight>) -> Result<AppendOutcome, StoreError> {
    match in_flight {
        // The group commit answers everything it takes on; if it died, nobody knows how far it came.
        Some(in_flight) => (&mut in_flight.outcome)
            .await
            .unwrap_or(Err(StoreError::OutcomeUnknown { source: None })),
        None => std::future::pending().await,
    }
}

fn answer(edit: Edit, result: Result<EditDone, EngineError>) {
    let Edit { answer, used, .. } = edit;
    // Whoever hears the answer finds it done with.
    drop(used);
    // A caller that went away asked in vain, but what was accepted stands.
    drop(answer.send(result));
}

fn answer_all(edits: impl IntoIterator<Item = Edit>, error: &EngineError) {
    for edit in edits {
        answer(edit, Err(error.clone()));
    }
}
