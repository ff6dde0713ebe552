//! The writer of one road map: it decides every edit, one after another, and answers when it is durable.
//!
//! It owns the scratch state between two commits and the retries; deciding itself is the domain's affair.
//! Invariant: the scratch becomes the current state only when the log holds it, and every edit is answered once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use roadbook_domain::decide::Need;
use roadbook_domain::{
    Batch, Capacity, Decision, Instant, Rejection, State, Version, View, decide, effective_instant,
};
use roadbook_store::{Append, AppendOutcome, CommandRecord, EventLog, Hold, NewEvent, StoreError};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::codec::{encode, from_store, stream_of, to_store};
use crate::edit::{Edit, EditDone, KeptAnswer};
use crate::error::EngineError;
use crate::group_commit::GroupCommit;
use crate::ids::Ids;
use crate::published::{Moment, Published};
use crate::recorded::RecordedEvent;
use crate::road_map::{Committed, RoadMap};
use crate::snapshotter::Snapshotter;

/// Appends for which another node is taken to go on writing after it was last heard of.
const TURNS: u32 = 16;

/// The task that writes one road map.
pub(crate) struct Writer {
    pub(crate) road_map: Arc<RoadMap>,
    pub(crate) inbox: mpsc::Receiver<Edit>,
    pub(crate) commit: GroupCommit,
    pub(crate) snapshotter: Snapshotter,
    pub(crate) ids: Arc<dyn Ids>,
    /// The version of the last snapshot along the log.
    pub(crate) snapshot: Version,
    /// For how many appends to come another node is taken to write the same road map.
    pub(crate) turns: u32,
}

/// Accepted commands by their ids, as the log holds them.
type Known = HashMap<Uuid, CommandRecord>;

/// An edit that was decided but is not durable yet.
struct Planned {
    edit: Edit,
    events: Vec<Arc<RecordedEvent>>,
    published: Arc<Published>,
    kept: KeptAnswer,
}

/// What became of one edit on the scratch.
enum Plan {
    Accepted(Box<Planned>),
    /// It is answered with an error, once everything that it was judged by is durable.
    Rejected(Edit, EngineError),
    /// It needs a past state of what is not durable yet: commit first.
    Later(Edit),
}

impl Writer {
    /// Serves the inbox until it is closed and empty.
    pub(crate) async fn run(mut self) {
        let most = self.road_map.settings.batch_edits_max;
        let mut edits = Vec::with_capacity(most);
        let road_map = Arc::clone(&self.road_map);
        loop {
            tokio::select! {
                received = self.inbox.recv_many(&mut edits, most) => {
                    if received == 0 {
                        return;
                    }
                    self.serve(edits.drain(..).collect()).await;
                }
                () = road_map.behind.notified() => self.catch_up().await,
            }
        }
    }

    /// Learns of what others appended. If that fails it is tried again at the next look.
    async fn catch_up(&mut self) {
        match self.road_map.catch_up().await {
            Ok(events) => self.noticed(events),
            Err(error) => {
                tracing::warn!(road_map.id = %self.road_map.id, error = %error, "catching up failed");
            }
        }
    }

    /// The stream to this node alone for one append, if another node writes it too, with the state brought up to the log:
    /// of two that append whenever they can, the slower one would lose every race and decide in vain.
    async fn hold<'log>(
        &mut self,
        log: &'log dyn EventLog,
    ) -> Result<Option<Box<dyn Hold + 'log>>, EngineError> {
        if self.turns == 0 {
            return Ok(None);
        }
        let hold = log.hold(stream_of(self.road_map.id)).await?;
        if hold.is_some() {
            self.turns -= 1;
            self.noticed(self.road_map.catch_up().await?);
        }
        Ok(hold)
    }

    /// Takes what has come in meanwhile, too: waiting for a turn is long, and the next one is far.
    fn take_more(&mut self, edits: &mut VecDeque<Edit>) {
        while edits.len() < self.road_map.settings.batch_edits_max {
            match self.inbox.try_recv() {
                Ok(edit) => edits.push_back(edit),
                Err(_) => return,
            }
        }
    }

    /// Others wrote: for some time to come they are likely to.
    fn noticed(&mut self, events_of_others: usize) {
        if events_of_others > 0 {
            self.turns = TURNS;
        }
    }

    /// That an edit was accepted before is found out when its append is refused, or when it is about to be rejected:
    /// nearly none was, and asking first would cost every batch a read.
    async fn serve(&mut self, mut edits: VecDeque<Edit>) {
        let log = Arc::clone(self.road_map.past.log());
        let mut tries = 0;
        while !edits.is_empty() {
            if tries > self.road_map.settings.retries_max {
                return answer_all(edits, &EngineError::Overloaded);
            }
            let hold = match self.hold(&*log).await {
                Ok(hold) => hold,
                Err(error) => return answer_all(edits, &error),
            };
            if hold.is_some() {
                self.take_more(&mut edits);
            }
            let (planned, rejected) = self.plan(&mut edits).await;
            match self.append(&planned, hold).await {
                Ok(true) => {
                    tries = 0;
                    self.publish(planned);
                    self.reject(rejected).await;
                }
                // Another writer came first, an edit was accepted before, or nobody knows whether the log took it:
                // look, and decide again.
                Ok(false) | Err(StoreError::OutcomeUnknown { .. }) => {
                    tries += 1;
                    let again = planned.into_iter().map(|planned| planned.edit);
                    let again = again.chain(rejected.into_iter().map(|(edit, _)| edit));
                    let again: Vec<Edit> = again.chain(edits).collect();
                    let known = match self.look(&again).await {
                        Ok(known) => known,
                        Err(error) => return answer_all(again, &error),
                    };
                    edits = VecDeque::with_capacity(again.len());
                    for edit in again {
                        edits.extend(self.answer_known(edit, &known).await);
                    }
                }
                Err(error) => {
                    let failed = planned.into_iter().map(|planned| planned.edit);
                    let failed = failed.chain(rejected.into_iter().map(|(edit, _)| edit));
                    answer_all(failed, &EngineError::Store(error));
                }
            }
        }
    }

    /// Brings the current state up to the log, and finds those edits that the log holds.
    async fn look(&mut self, edits: &[Edit]) -> Result<Known, EngineError> {
        let events = self.road_map.catch_up().await?;
        self.noticed(events);
        Ok(self.known(edits.iter()).await?)
    }

    /// Answers the edits that were rejected, those that were accepted before with their first answer.
    async fn reject(&self, rejected: Vec<(Edit, EngineError)>) {
        if rejected.is_empty() {
            return;
        }
        let known = match self.known(rejected.iter().map(|(edit, _)| edit)).await {
            Ok(known) => known,
            Err(error) => {
                let edits = rejected.into_iter().map(|(edit, _)| edit);
                return answer_all(edits, &error.into());
            }
        };
        for (edit, error) in rejected {
            if let Some(edit) = self.answer_known(edit, &known).await {
                answer(edit, Err(error));
            }
        }
    }

    /// Those of the edits that were accepted before.
    async fn known(&self, edits: impl Iterator<Item = &Edit>) -> Result<Known, StoreError> {
        let ids: Vec<Uuid> = edits.map(|edit| edit.request.command_id).collect();
        let stream = stream_of(self.road_map.id);
        let records = self.road_map.past.log().commands(stream, &ids).await?;
        let by_id = records
            .into_iter()
            .map(|record| (record.command_id, record));
        Ok(by_id.collect())
    }

    /// Answers an edit that was accepted before, and hands back one that was not.
    async fn answer_known(&self, edit: Edit, known: &Known) -> Option<Edit> {
        let Some(record) = known.get(&edit.request.command_id) else {
            return Some(edit);
        };
        let first = if record.fingerprint == edit.fingerprint {
            self.first_answer(record).await
        } else {
            Err(EngineError::CommandIdReused)
        };
        answer(edit, first);
        None
    }

    async fn first_answer(&self, record: &CommandRecord) -> Result<EditDone, EngineError> {
        let kept = KeptAnswer::decode(&record.answer).ok_or_else(|| {
            let place = format!("the answer of command {}", record.command_id);
            StoreError::corrupt(place, "it cannot be read")
        })?;
        let (after, through) = (Version(kept.after), Version(kept.through));
        let mut events = Vec::new();
        let mut read = after;
        while read < through {
            let limit = self.road_map.settings.page_events;
            let page = self.road_map.events(read, through, &[], limit).await?;
            let Some(last) = page.last() else { break };
            read = last.version;
            events.extend(page);
        }
        let selector = crate::moment::MomentSelector::Version(through);
        Ok(EditDone {
            published: self.road_map.at(&selector).await?,
            events,
            outcomes: kept.outcomes(),
            repeated: true,
        })
    }

    /// Decides edits one after another on a scratch; those that must wait for a commit stay in the queue.
    async fn plan(&self, edits: &mut VecDeque<Edit>) -> (Vec<Planned>, Vec<(Edit, EngineError)>) {
        let mut scratch = self.road_map.current();
        let mut planned: Vec<Planned> = Vec::new();
        let mut rejected = Vec::new();
        while let Some(edit) = edits.pop_front() {
            let id = edit.request.command_id;
            let twice = planned
                .iter()
                .any(|held| held.edit.request.command_id == id);
            let plan = if twice {
                Plan::Later(edit)
            } else {
                self.plan_one(&scratch, edit, planned.is_empty()).await
            };
            match plan {
                Plan::Accepted(held) => {
                    scratch = Arc::clone(&held.published);
                    planned.push(*held);
                }
                Plan::Rejected(edit, error) => rejected.push((edit, error)),
                Plan::Later(edit) => {
                    edits.push_front(edit);
                    break;
                }
            }
        }
        (planned, rejected)
    }

    async fn plan_one(&self, scratch: &Arc<Published>, edit: Edit, durable: bool) -> Plan {
        let request = &edit.request;
        let recorded_at = self.road_map.clock.now().max(scratch.recorded_at.next());
        let effective = effective_instant(request.effective, recorded_at);
        let batch = Batch {
            commands: &request.commands,
            base: request.base,
            recorded_at,
            effective,
            capacity: Capacity::of(&request.author.organisation, recorded_at),
        };
        let mut at: Option<State> = None;
        let mut base: Option<Arc<Published>> = None;
        loop {
            let view = View {
                head: &scratch.state,
                version: scratch.moment.version,
                at: at.as_ref(),
                base: base.as_ref().map(|base| &base.state),
                bounds: &self.road_map.settings.bounds,
            };
            let needed = match decide(view, &batch) {
                Ok(decision) => {
                    let planned = self.planned(scratch, edit, &decision, recorded_at, effective);
                    return Plan::Accepted(Box::new(planned));
                }
                Err(Rejection::Refused(refusals)) => {
                    return Plan::Rejected(edit, EngineError::Refused(refusals));
                }
                Err(Rejection::Conflicts(conflicts)) => {
                    return Plan::Rejected(edit, EngineError::Conflicts(conflicts));
                }
                Err(Rejection::Needs(needed)) => needed,
            };
            let loaded = match needed {
                Need::At if !durable => return Plan::Later(edit),
                Need::At => self
                    .load_at(scratch.moment.version, effective)
                    .await
                    .map(|state| {
                        at = Some(state);
                    }),
                Need::Base => self.load_base(&edit).await.map(|state| {
                    base = Some(state);
                }),
            };
            if let Err(error) = loaded {
                return Plan::Rejected(edit, error);
            }
        }
    }

    /// `asof(effective, head)` of the durable log.
    async fn load_at(&self, version: Version, effective: Instant) -> Result<State, EngineError> {
        let moment = Moment {
            version,
            effective,
            live: false,
        };
        Ok(self.road_map.state_at(moment).await?.state.clone())
    }

    /// The state that the author read. It is durable, since nobody is shown anything that is not.
    async fn load_base(&self, edit: &Edit) -> Result<Arc<Published>, EngineError> {
        let base = edit.request.base;
        if base.version == Version::ZERO {
            return Ok(Arc::new(Published::nothing(self.road_map.id)));
        }
        let selector = crate::moment::MomentSelector::At {
            version: base.version,
            effective: base.effective,
        };
        self.road_map.at(&selector).await
    }

    fn planned(
        &self,
        scratch: &Arc<Published>,
        edit: Edit,
        decision: &Decision,
        recorded_at: Instant,
        effective_at: Instant,
    ) -> Planned {
        let before = scratch.moment.version;
        let last = Version(before.0 + decision.events.len() as u64);
        let request = &edit.request;
        let capacity = Capacity::of(&request.author.organisation, recorded_at);
        let events: Vec<Arc<RecordedEvent>> = (before.0 + 1..)
            .zip(&decision.events)
            .map(|(version, decided)| {
                Arc::new(RecordedEvent {
                    id: self.ids.id(),
                    version: Version(version),
                    recorded_at,
                    effective_at,
                    author: request.author.clone(),
                    capacity,
                    command_id: request.command_id,
                    batch: last,
                    reason: request.reason.clone(),
                    source: request.source.clone(),
                    subjects: decided.subjects.clone(),
                    event: decided.event.clone(),
                })
            })
            .collect();
        let published = if events.is_empty() {
            Arc::clone(scratch)
        } else {
            Arc::new(scratch.after(&events, decision.head.clone()))
        };
        Planned {
            kept: KeptAnswer::new(before, last, &decision.outcomes),
            edit,
            events,
            published,
        }
    }

    /// Appends what was planned as one; true if it is durable, false if another writer came first.
    async fn append(
        &self,
        planned: &[Planned],
        hold: Option<Box<dyn Hold + '_>>,
    ) -> Result<bool, StoreError> {
        if planned.is_empty() {
            if let Some(hold) = hold {
                hold.release().await;
            }
            return Ok(true);
        }
        let stream_id = stream_of(self.road_map.id);
        let events: Vec<NewEvent> = planned
            .iter()
            .flat_map(|planned| &planned.events)
            .map(|recorded| encode(stream_id, recorded, self.ids.salt()))
            .collect();
        let commands = planned
            .iter()
            .map(|planned| CommandRecord {
                command_id: planned.edit.request.command_id,
                fingerprint: planned.edit.fingerprint,
                last_version: to_store(Version(planned.kept.through)),
                answer: planned.kept.encode(),
            })
            .collect();
        let append = Append {
            stream_id,
            expected_version: to_store(self.road_map.current().moment.version),
            events,
            commands,
        };
        let appended = match hold {
            Some(hold) => self.commit.append_held(hold, append).await,
            None => self.commit.append(append).await,
        };
        match appended? {
            AppendOutcome::Appended { .. } => Ok(true),
            AppendOutcome::Conflict { head } => {
                self.road_map.measures.lost_races.inc();
                tracing::debug!(road_map.id = %self.road_map.id, head = from_store(head).0, "another writer came first");
                Ok(false)
            }
        }
    }

    fn publish(&mut self, planned: Vec<Planned>) {
        for planned in planned {
            if !planned.events.is_empty() {
                self.road_map.publish(Committed {
                    events: planned.events.clone(),
                    published: Arc::clone(&planned.published),
                });
            }
            if self.snapshotter.offer(&planned.published, self.snapshot) {
                self.snapshot = planned.published.moment.version;
            }
            let done = EditDone {
                published: planned.published,
                events: planned.events,
                outcomes: planned.kept.outcomes(),
                repeated: false,
            };
            answer(planned.edit, Ok(done));
        }
    }
}

fn answer(edit: Edit, result: Result<EditDone, EngineError>) {
    // A caller that went away asked in vain, but what was accepted stands.
    drop(edit.answer.send(result));
}

fn answer_all(edits: impl IntoIterator<Item = Edit>, error: &EngineError) {
    for edit in edits {
        answer(edit, Err(error.clone()));
    }
}
