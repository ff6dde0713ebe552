//! Edits that were decided, one after another, each on the state that the one before it leaves.
//!
//! It owns that chain and the loading of past states that a decision needs; deciding itself is the domain's affair, and
//! what becomes of the chain the writer's.
//! Invariant: the chain fits the log at the version that it began from, and at no other.

use std::collections::VecDeque;
use std::sync::Arc;

use roadbook_domain::decide::Need;
use roadbook_domain::{
    Batch, Command, Decision, Instant, Rejection, Standing, State, Version, View, decide,
    effective_instant,
};
use roadbook_store::{Append, CommandRecord, NewEvent};
use tracing::Span;
use uuid::Uuid;

use crate::codec::{Written, encode, stream_of, to_store, write};
use crate::edit::{Edit, EditRequest, KeptAnswer};
use crate::error::EngineError;
use crate::ids::Ids;
use crate::moment::MomentSelector;
use crate::published::{Moment, Published};
use crate::recorded::RecordedEvent;
use crate::road_map::RoadMap;
use crate::usage::Addition;

/// Edits that share an append.
pub(super) struct Decided {
    /// The version that the first of them was decided on.
    from: Version,
    /// The state that the last of them leaves.
    scratch: Arc<Published>,
    pub(super) accepted: Vec<Accepted>,
    /// They are answered once everything that they were judged by is durable.
    pub(super) rejected: Vec<(Edit, EngineError)>,
}

/// An edit that will be answered when its events are durable.
pub(super) struct Accepted {
    pub(super) edit: Edit,
    pub(super) events: Vec<Arc<RecordedEvent>>,
    /// What is written of each event.
    written: Vec<Written>,
    pub(super) published: Arc<Published>,
    pub(super) kept: KeptAnswer,
}

/// What an edit came to on the scratch.
enum Judgement {
    Accepted(Box<Accepted>),
    Rejected(Edit, EngineError),
    /// It needs a past state of what is not durable yet.
    Later(Edit),
}

/// What deciding needs besides a state.
pub(super) struct Decider {
    pub(super) road_map: Arc<RoadMap>,
    pub(super) ids: Arc<dyn Ids>,
}

impl Decided {
    /// Nothing yet, on a state.
    pub(super) fn on(scratch: Arc<Published>) -> Self {
        Self {
            from: scratch.moment.version,
            scratch,
            accepted: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// What is decided after this, before it is durable.
    pub(super) fn next(&self) -> Self {
        Self::on(Arc::clone(&self.scratch))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.accepted.is_empty() && self.rejected.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.accepted.len() + self.rejected.len()
    }

    pub(super) fn accepts(&self, command_id: Uuid) -> bool {
        let mut accepted = self.accepted.iter();
        accepted.any(|held| held.edit.request.command_id == command_id)
    }

    /// The edits as they came, to be decided again or to be answered otherwise.
    pub(super) fn into_edits(self) -> impl Iterator<Item = Edit> {
        let accepted = self.accepted.into_iter().map(|accepted| accepted.edit);
        accepted.chain(self.rejected.into_iter().map(|(edit, _)| edit))
    }
}

impl Decider {
    /// Decides edits of the queue, in order, until one must wait or there are as many as share an append.
    ///
    /// `before` is what the chain stands on and is not durable yet.
    pub(super) async fn decide(
        &self,
        queue: &mut VecDeque<Edit>,
        before: Option<&Decided>,
        chain: &mut Decided,
    ) {
        let most = self.road_map.settings.batch_edits_max;
        while chain.len() < most
            && let Some(edit) = queue.pop_front()
        {
            let id = edit.request.command_id;
            let twice = chain.accepts(id) || before.is_some_and(|before| before.accepts(id));
            let durable = before.is_none() && chain.accepted.is_empty();
            let judgement = if twice {
                Judgement::Later(edit)
            } else {
                self.judge(&chain.scratch, edit, durable).await
            };
            match judgement {
                Judgement::Accepted(accepted) => {
                    chain.scratch = Arc::clone(&accepted.published);
                    chain.accepted.push(*accepted);
                }
                Judgement::Rejected(edit, error) => chain.rejected.push((edit, error)),
                Judgement::Later(edit) => return queue.push_front(edit),
            }
        }
    }

    async fn judge(&self, scratch: &Arc<Published>, edit: Edit, durable: bool) -> Judgement {
        let request = &edit.request;
        let recorded_at = self.road_map.clock.now().max(scratch.recorded_at.next());
        let effective = effective_instant(request.effective, recorded_at);
        let batch = Batch {
            commands: &request.commands,
            base: request.base,
            standing: self.standing(scratch, request, recorded_at),
            effective,
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
                    let times = (recorded_at, effective);
                    return match self.write(scratch, &edit.request, &decision) {
                        Ok(written) => {
                            let accepted = self.accept(scratch, edit, &decision, written, times);
                            Judgement::Accepted(Box::new(accepted))
                        }
                        Err(error) => Judgement::Rejected(edit, error),
                    };
                }
                Err(Rejection::Refused(refusals)) => {
                    return Judgement::Rejected(edit, EngineError::Refused(refusals));
                }
                Err(Rejection::Conflicts(conflicts)) => {
                    return Judgement::Rejected(edit, EngineError::Conflicts(conflicts));
                }
                Err(Rejection::Needs(needed)) => needed,
            };
            let loaded = match needed {
                Need::At if !durable => return Judgement::Later(edit),
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
                return Judgement::Rejected(edit, error);
            }
        }
    }

    /// Who the author is once the edit is recorded; one that opens the road map is judged by whom it entrusts it to.
    fn standing<'a>(
        &self,
        scratch: &Published,
        request: &'a EditRequest,
        recorded_at: Instant,
    ) -> Standing<'a> {
        let opening = || request.commands.iter().find_map(Command::working_party);
        let working_party = match scratch.state.opened() {
            Some(_) => scratch.state.working_party(),
            None => opening(),
        };
        let organisation = &request.author.organisation;
        self.road_map
            .standing_in(working_party, organisation, recorded_at)
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
        let selector = MomentSelector::At {
            version: base.version,
            effective: base.effective,
        };
        self.road_map.at(&selector).await
    }

    /// What is written of each event of a decision, as far as the log's format level and the quotas allow.
    fn write(
        &self,
        scratch: &Published,
        request: &EditRequest,
        decision: &Decision,
    ) -> Result<Vec<Written>, EngineError> {
        let level = self.road_map.condition.format_level();
        let events = decision.events.iter();
        let written = events.map(|decided| write(&decided.event, level));
        let written: Vec<Written> = written.collect::<Result<_, _>>()?;
        let addition = Addition {
            organisation: &request.author.organisation,
            events_before: scratch.moment.version.0,
            events: written.len() as u64,
            bytes: written.iter().map(Written::bytes).sum(),
        };
        scratch.usage.check(&addition, &self.road_map.settings)?;
        Ok(written)
    }

    fn accept(
        &self,
        scratch: &Arc<Published>,
        edit: Edit,
        decision: &Decision,
        written: Vec<Written>,
        (recorded_at, effective_at): (Instant, Instant),
    ) -> Accepted {
        let before = scratch.moment.version;
        let last = Version(before.0 + decision.events.len() as u64);
        let request = &edit.request;
        let events: Vec<Arc<RecordedEvent>> = (before.0 + 1..)
            .zip(decision.events.iter().zip(&written))
            .map(|(version, (decided, written))| {
                Arc::new(RecordedEvent {
                    id: self.ids.id(),
                    version: Version(version),
                    recorded_at,
                    effective_at,
                    author: request.author.clone(),
                    capacity: decided.capacity,
                    command_id: request.command_id,
                    batch: last,
                    reason: request.reason.clone(),
                    source: request.source.clone(),
                    subjects: decided.subjects.clone(),
                    event: decided.event.clone(),
                    schema: written.schema(),
                    redacted_by: None,
                    payload_bytes: written.bytes(),
                })
            })
            .collect();
        let published = if events.is_empty() {
            Arc::clone(scratch)
        } else {
            Arc::new(scratch.after(&events, decision.head.clone()))
        };
        Accepted {
            kept: KeptAnswer::new(before, last, &decision.outcomes),
            edit,
            events,
            written,
            published,
        }
    }

    /// The span of an append, which follows from the operations that wait for it.
    pub(super) fn span(&self, decided: &Decided) -> Span {
        let span = tracing::debug_span!(
            "append",
            road_map.id = %self.road_map.id,
            edits.count = decided.accepted.len(),
        );
        for accepted in &decided.accepted {
            span.follows_from(&accepted.edit.span);
        }
        span
    }

    /// The append that makes what was accepted durable.
    pub(super) fn append(&self, chain: &Decided) -> Append {
        let stream_id = stream_of(self.road_map.id);
        let events: Vec<NewEvent> = chain
            .accepted
            .iter()
            .flat_map(|accepted| accepted.events.iter().zip(&accepted.written))
            .map(|(recorded, written)| encode(stream_id, recorded, written, self.ids.salt()))
            .collect();
        let commands = chain
            .accepted
            .iter()
            .map(|accepted| CommandRecord {
                command_id: accepted.edit.request.command_id,
                fingerprint: accepted.edit.fingerprint,
                last_version: to_store(Version(accepted.kept.through)),
                answer: accepted.kept.encode(),
            })
            .collect();
        Append {
            stream_id,
            expected_version: to_store(chain.from),
            events,
            commands,
        }
    }
}
