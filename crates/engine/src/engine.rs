//! The engine: opens road maps on demand, takes edits on, and stops without losing one.
//!
//! It owns the background tasks; each road map serves itself, and which of them are in memory is `open`'s affair.
//! Invariant: in one process a road map has one writer.

mod opening;
mod standing;

use std::sync::{Arc, Mutex, PoisonError};

use roadbook_domain::{Command, Refusal, RoadMapId, State, Version};
use roadbook_store::{EventLog, Head, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::bus::{OnBus, OwnBus};
use crate::clock::Clock;
use crate::codec::stream_of;
use crate::condition::Condition;
use crate::directory::Registrar;
use crate::edit::{Edit, EditDone, EditRequest};
use crate::error::EngineError;
use crate::feed::Occasion;
use crate::group_commit::GroupCommit;
use crate::ids::Ids;
use crate::measures::Measures;
use crate::midnight::watch_midnight;
use crate::occasions::Occasions;
use crate::open::{Open, OpenRoadMaps};
use crate::others::Others;
use crate::presence::{Neighbours, Presences};
use crate::published::Published;
use crate::readiness::Readiness;
use crate::redaction::{Redact, RedactRequest, Redacted, RedactionDone};
use crate::road_map::{PastStates, RoadMap};
use crate::settings::Settings;
use crate::snapshot_keeper::Keeper;
use crate::snapshotter::Snapshotter;

/// Redactions that wait for the writer of one road map. Beyond it one is answered with "overloaded".
const REDACTIONS_MAX: usize = 8;

/// Everything that serves the road maps of one log.
pub struct Engine {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    settings: Settings,
    epoch: u64,
    past_states: PastStates,
    measures: Arc<Measures>,
    registrar: Arc<Registrar>,
    pub(crate) presences: Arc<Presences>,
    open: Arc<OpenRoadMaps>,
    background: Mutex<Option<Background>>,
    /// Set before it stops, while it still takes edits.
    pub(crate) draining: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
    condition: Arc<Condition>,
    redactions: Arc<watch::Sender<()>>,
}

/// A page of road maps.
#[derive(Debug, Default)]
pub struct Listed {
    /// Those that are served.
    pub served: Vec<Arc<RoadMap>>,
    /// For each that is not, since it holds events of a newer format, the error that names it.
    pub not_served: Vec<EngineError>,
}

/// The shared tasks; taken when the engine stops.
struct Background {
    commit: GroupCommit,
    commit_task: JoinHandle<()>,
    snapshotter: Snapshotter,
    snapshot_tasks: [JoinHandle<()>; 2],
    others_task: JoinHandle<()>,
    midnight_task: JoinHandle<()>,
    occasions_task: JoinHandle<()>,
    neighbours_task: JoinHandle<()>,
    writers: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts serving a log.
    pub async fn start(
        log: Arc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        settings: Settings,
    ) -> Result<Arc<Self>, EngineError> {
        Self::start_on(None, log, clock, ids, settings).await
    }

    /// Starts serving a log that other processes serve too, and tells them by a bus, if there is one, of every append. Of
    /// theirs it then hears there, and no longer by the wake-ups of the log.
    pub async fn start_on(
        bus: Option<OnBus>,
        log: Arc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        settings: Settings,
    ) -> Result<Arc<Self>, EngineError> {
        let epoch = log.epoch().await?;
        let bus = bus.map(|bus| OwnBus::of(bus, epoch));
        let measures = Arc::new(Measures::default());
        let condition = Condition::first_look(&*log, &clock, &settings, &measures).await?;
        let condition = Arc::new(condition);
        let (page, retries) = (settings.page_events, settings.retries_max);
        let registrar = Registrar::load(&log, &clock, &ids, page, retries).await?;
        let registrar = Arc::new(registrar);
        let (commit, commit_task) = GroupCommit::start(&log, bus.as_ref(), &settings, &measures);
        let (snapshotter, snapshot_tasks) =
            Snapshotter::start(&log, &settings, Arc::clone(&measures));
        let open = Arc::new(OpenRoadMaps::new(&settings, &measures));
        let stopping = watch::Sender::new(false);
        let presences = Arc::new(Presences::new(ids.id(), &settings));
        let neighbours = Neighbours {
            presences: Arc::clone(&presences),
            log: Arc::clone(&log),
            bus: bus.clone(),
        };
        let neighbours_task = neighbours.start(stopping.subscribe());
        let others = Others {
            log: Arc::clone(&log),
            bus,
            open: Arc::clone(&open),
            registrar: Arc::clone(&registrar),
            presences: Arc::clone(&presences),
            stopping: stopping.subscribe(),
            condition: Arc::clone(&condition),
            measures: Arc::clone(&measures),
        };
        let others_task = others.start(&settings);
        let midnight_task = watch_midnight(
            Arc::clone(&registrar),
            Arc::clone(&clock),
            stopping.subscribe(),
        );
        let background = Background {
            commit,
            commit_task,
            snapshotter,
            snapshot_tasks,
            others_task,
            midnight_task,
            occasions_task: Occasions::of(&open, &registrar, &settings).tell(&stopping),
            neighbours_task,
            writers: Vec::new(),
        };
        Ok(Arc::new(Self {
            log,
            clock,
            ids,
            past_states: open.past_states.clone(),
            measures,
            registrar,
            presences,
            settings,
            epoch,
            open,
            background: Mutex::new(Some(background)),
            draining: watch::Sender::new(false),
            stopping,
            condition,
            redactions: Arc::new(watch::Sender::new(())),
        }))
    }

    /// The epoch of the log: part of every cursor.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether it wants requests: the log answered when it was last looked at, and the engine is not stopping.
    pub fn readiness(&self) -> Readiness {
        if !self.condition.answers() || *self.stopping.borrow() {
            return Readiness::Unready;
        }
        match self.condition.refusals() {
            refusals if refusals.is_empty() => Readiness::Ready,
            refusals => Readiness::ReadOnly(refusals),
        }
    }

    /// What it counts and times.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// The engine's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The engine's source of ids.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.ids
    }

    /// The engine's settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A road map; none if the log holds no event of it. One that holds events of a newer format is not served.
    pub async fn road_map(&self, id: RoadMapId) -> Result<Option<Arc<RoadMap>>, EngineError> {
        let open = self.open(id, false).await?;
        Ok(open.map(|open| open.road_map))
    }

    /// As [`Engine::road_map`], for someone who may not see every one: `sees` judges by the current state.
    ///
    /// One that is not seen and one that is not there cost the same look at the log and are answered alike, unless the
    /// former was not in memory yet: then it is loaded once, to be judged.
    pub async fn road_map_for(
        &self,
        id: RoadMapId,
        sees: impl Fn(&State) -> bool,
    ) -> Result<Option<Arc<RoadMap>>, EngineError> {
        let is_held = self.open.peek(id).is_some();
        let found = match self.find(id, false).await {
            // Only of what is there can it be said that it is damaged.
            Err(EngineError::Store(StoreError::Corrupt { .. })) if !sees(&State::default()) => None,
            found => found?,
        };
        let visible = found.filter(|open| sees(&open.road_map.current().state));
        let Some(Open { road_map, .. }) = visible else {
            if is_held {
                self.log.head(stream_of(id)).await?;
            }
            return Ok(None);
        };
        road_map.check_served()?;
        Ok(Some(road_map))
    }

    /// The first road maps after an id, in the order of ids, with those in between that are not served.
    pub async fn road_maps(
        &self,
        after: Option<RoadMapId>,
        limit: usize,
    ) -> Result<Listed, EngineError> {
        self.road_maps_for(after, limit, |_| true).await
    }

    /// As [`Engine::road_maps`], for someone who may not see every one: those that are not seen are passed over.
    pub async fn road_maps_for(
        &self,
        after: Option<RoadMapId>,
        limit: usize,
        sees: impl Fn(&State) -> bool,
    ) -> Result<Listed, EngineError> {
        let mut listed = Listed::default();
        let mut after = after.map(stream_of);
        loop {
            let lacking = limit - listed.served.len();
            let heads = self.log.heads(after, lacking).await?;
            let is_last = heads.len() < lacking;
            for Head { stream_id, .. } in heads {
                after = Some(stream_id);
                let found = match self.find(RoadMapId(stream_id.0), false).await {
                    Err(EngineError::Store(StoreError::Corrupt { .. }))
                        if !sees(&State::default()) =>
                    {
                        None
                    }
                    found => found?,
                };
                let visible = found.filter(|open| sees(&open.road_map.current().state));
                let Some(Open { road_map, .. }) = visible else {
                    continue;
                };
                match road_map.check_served() {
                    Ok(()) => listed.served.push(road_map),
                    Err(error) => listed.not_served.push(error),
                }
            }
            if is_last || listed.served.len() == limit {
                return Ok(listed);
            }
        }
    }

    /// Takes an edit on and answers it once it is durable. One that opens a road map names an id that was never used.
    pub async fn edit(
        &self,
        road_map: RoadMapId,
        request: EditRequest,
    ) -> Result<EditDone, EngineError> {
        let opens = request.commands.iter().find_map(Command::opens);
        if opens.is_some_and(|id| id != road_map) {
            return Err(EngineError::NotFound("road map"));
        }
        self.check_working_parties(&request.commands)?;
        self.condition.check_clock()?;
        let target = self.open(road_map, opens.is_some()).await?;
        let target = target.ok_or(EngineError::NotFound("road map"))?;
        target.road_map.reach(request.base.version).await?;
        let (answer, answered) = oneshot::channel();
        let edit = Edit {
            fingerprint: request.fingerprint(road_map),
            request,
            answer,
            used: Arc::clone(&target.road_map),
            span: tracing::Span::current(),
        };
        match target.inbox.try_send(edit) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(EngineError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(EngineError::Stopping),
        }
        drop(target);
        let result = answered.await.unwrap_or(Err(EngineError::Stopping));
        self.measures.edit(&result);
        self.condition.edited(&result);
        if opens.is_some() && result.is_err() {
            // A road map that nobody managed to open leaves nothing in memory.
            self.open.remove_if(road_map, opening::is_unborn);
        }
        result
    }

    /// Tells every follower, present and to come, to resync elsewhere. Edits are still taken: what is in flight goes on while
    /// the followers leave.
    pub fn drain(&self) {
        self.draining.send_replace(true);
        for topics in self.open.topics() {
            topics.tell(Occasion::Ending);
        }
    }

    /// Redacts, or tells what would be redacted, and cleans the files of the log of it.
    ///
    /// If the files cannot be cleaned at once, that is told, and the same request sent again tries it again.
    pub async fn redact(
        &self,
        road_map: RoadMapId,
        request: RedactRequest,
    ) -> Result<Redacted, EngineError> {
        self.condition.check_clock()?;
        let target = self.open(road_map, false).await?;
        let target = target.ok_or(EngineError::NotFound("road map"))?;
        // Before it takes one of the few places that wait for the writer, who judges it again.
        target
            .road_map
            .check_redactor(&request.author.organisation)?;
        let (answer, answered) = oneshot::channel();
        let asked = Redact {
            request,
            answer,
            used: Arc::clone(&target.road_map),
        };
        match target.redactions.try_send(asked) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(EngineError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(EngineError::Stopping),
        }
        drop(target);
        let done = match answered.await.unwrap_or(Err(EngineError::Stopping))? {
            Redacted::Done(done) => done,
            found @ Redacted::Found(_) => return Ok(found),
        };
        let scrubbed = self.log.scrub().await;
        if let Err(error) = &scrubbed {
            tracing::warn!(road_map.id = %road_map, error = %error, "the files of the log still hold what was redacted");
        }
        Ok(Redacted::Done(RedactionDone {
            scrubbed: scrubbed.ok(),
            ..done
        }))
    }

    /// Stops: what was taken on is answered, followers are told to resync, and a last snapshot makes the next start quick.
    pub async fn stop(&self) {
        self.drain();
        self.stopping.send_replace(true);
        let background = {
            let mut held = self
                .background
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            held.take()
        };
        let Some(background) = background else { return };
        join(background.others_task, "the look at other nodes").await;
        join(background.midnight_task, "the look at the day").await;
        join(background.occasions_task, "the telling of followers").await;
        join(background.neighbours_task, "the talk with other nodes").await;
        // Dropping the inboxes lets each writer finish what it holds and end.
        let open = self.open.close();
        for writer in background.writers {
            join(writer, "a writer").await;
        }
        drop(background.commit);
        join(background.commit_task, "the group commit").await;
        drop(background.snapshotter);
        for task in background.snapshot_tasks {
            join(task, "the snapshotter").await;
        }
        for road_map in open {
            self.keep_last(&road_map.current()).await;
        }
    }

    /// Refuses to entrust a road map to a working party that the directory does not know.
    fn check_working_parties(&self, commands: &[Command]) -> Result<(), EngineError> {
        let directory = self.directory();
        let unknown = commands.iter().enumerate().filter(|(_, command)| {
            let named = command.working_party();
            named.is_some_and(|key| !directory.is_working_party(key))
        });
        let refusals: Vec<_> = unknown
            .map(|(index, _)| (Some(index), Refusal::WorkingPartyUnknown))
            .collect();
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(EngineError::Refused(refusals))
        }
    }

    async fn keep_last(&self, published: &Published) {
        if published.moment.version == Version::ZERO {
            return;
        }
        let keeper = Keeper::new(Arc::clone(&self.log), &self.settings);
        let kept = async {
            keeper.keep(published).await?;
            keeper.tend(published).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(road_map.id = %published.road_map, error = %error, "the last snapshot was not kept");
        }
    }
}

async fn join(task: JoinHandle<()>, name: &str) {
    if let Err(error) = task.await {
        tracing::error!(error = %error, "{name} ended abnormally");
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
