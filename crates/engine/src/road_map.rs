//! A road map in memory: its current state, the way to its writer, and its past.
//!
//! It owns the reading side and resolves moments; writing is `writer`'s affair, following `feed`'s.
//! Invariant: the current state is replaced only by one that is durable.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use roadbook_domain::{Event, Instant, Participation, RoadMapId, Standing, Version};
use roadbook_store::{StoreError, StoredEvent};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::codec::{decode, from_store, instant_to_store, stream_of, to_store};
use crate::condition::Condition;
use crate::dependency::{Changes, Dependency};
use crate::directory::Registrar;
use crate::error::EngineError;
use crate::feed::Topics;
use crate::halt::Halt;
use crate::measures::{Measures, StateSource};
use crate::moment::MomentSelector;
use crate::past::Past;
use crate::published::{Moment, Published};
use crate::recorded::RecordedEvent;
use crate::settings::Settings;
use crate::tidings::Tidings;

/// Past states in memory, of all road maps, by what names them for good.
pub(crate) type PastStates = moka::sync::Cache<PastState, Arc<Published>>;

/// A moment of a road map, and the last redaction that was known when it was asked for: what was read before a redaction
/// never answers after it.
pub(crate) type PastState = (RoadMapId, Instant, Version, Version);

/// A batch that became durable, with the state right after it.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its events, in order; at least one.
    pub events: Vec<Arc<RecordedEvent>>,
    /// The state once all of them were folded in.
    pub published: Arc<Published>,
}

/// A road map that is open for reading, editing and following.
pub struct RoadMap {
    pub(crate) id: RoadMapId,
    pub(crate) current: ArcSwap<Published>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) draining: watch::Receiver<bool>,
    pub(crate) past: Past,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) past_states: PastStates,
    pub(crate) measures: Arc<Measures>,
    /// What the last look at the log has found.
    pub(crate) condition: Arc<Condition>,
    pub(crate) halt: Halt,
    pub(crate) registrar: Arc<Registrar>,
    pub(crate) recent: Mutex<VecDeque<Arc<Published>>>,
    /// Tells the writer what others appended, or that the log holds it.
    pub(crate) tidings: Tidings,
    /// Of what is read here: its current state and with it its past, and whether it is served.
    pub(crate) changes: Changes,
    /// Told of every redaction of any road map.
    pub(crate) redactions: Arc<watch::Sender<()>>,
}

impl RoadMap {
    /// Which one it is.
    pub const fn id(&self) -> RoadMapId {
        self.id
    }

    /// The current state. Touches no database.
    pub fn current(&self) -> Arc<Published> {
        self.current.load_full()
    }

    /// That nothing is read otherwise of any moment of it. Taken before it is read.
    pub fn unchanged(&self) -> Dependency {
        self.changes.none()
    }

    /// The present instant, by the engine's clock.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What an organisation is today in the working party that the road map is entrusted to.
    pub fn participation(&self, organisation: &str) -> Participation {
        self.standing(organisation).participation
    }

    /// Who an organisation is on this road map now, as far as its rights depend on it.
    pub fn standing<'a>(&self, organisation: &'a str) -> Standing<'a> {
        let current = self.current();
        self.standing_in(current.state.working_party(), organisation, self.now())
    }

    /// Who an organisation is at an instant on a road map that is entrusted to a working party.
    pub(crate) fn standing_in<'a>(
        &self,
        working_party: Option<&str>,
        organisation: &'a str,
        at: Instant,
    ) -> Standing<'a> {
        let directory = self.registrar.directory();
        Standing {
            organisation,
            participation: directory.participation(organisation, working_party, at.brussels_day()),
            recorded_at: at,
        }
    }

    /// The state at a moment.
    pub async fn at(&self, selector: &MomentSelector) -> Result<Arc<Published>, EngineError> {
        if *selector == MomentSelector::Live {
            return Ok(self.current());
        }
        let moment = self.resolve(selector).await?;
        let found = self.state_at(moment).await?;
        // What was the current state when it was kept is a past one now.
        if found.moment.live && !moment.live {
            return Ok(Arc::new(found.as_of(moment)));
        }
        Ok(found)
    }

    /// The `(effective, version)` that a selector comes to.
    pub async fn resolve(&self, selector: &MomentSelector) -> Result<Moment, EngineError> {
        if let MomentSelector::Version(version) | MomentSelector::At { version, .. } = selector {
            self.reach(*version).await?;
        }
        let current = self.current();
        let head = current.moment;
        let (version, effective) = match selector {
            MomentSelector::Live => return Ok(head),
            MomentSelector::Version(version) => self.end_of_batch(&current, *version).await?,
            MomentSelector::Recorded(instant) => {
                let version = self.version_at(*instant).await?;
                self.end_of_batch(&current, version).await?
            }
            MomentSelector::Effective { on, known } => {
                let version = match known {
                    Some(known) => self.version_at(*known).await?,
                    None => head.version,
                };
                let end = Instant::end_of_day(*on);
                if end >= self.clock.now() && version == head.version {
                    return Ok(head);
                }
                (version, end)
            }
            MomentSelector::Revision(number) => {
                let stamp = current
                    .state
                    .revisions()
                    .into_iter()
                    .find(|(_, revision)| revision.number == *number)
                    .map(|(stamp, _)| stamp)
                    .ok_or(EngineError::NotFound("revision"))?;
                let (version, _) = self.end_of_batch(&current, stamp.version).await?;
                (version, stamp.effective)
            }
            MomentSelector::Presidency { key, sealed } => {
                let version = if *sealed {
                    let seal = current.state.seal(key);
                    let seal = seal.ok_or(EngineError::NotFound("sealed presidency"))?;
                    self.end_of_batch(&current, seal.version).await?.0
                } else {
                    head.version
                };
                let end = key.term().last_instant();
                if end >= self.clock.now() && !*sealed {
                    return Ok(head);
                }
                (version, end)
            }
            MomentSelector::At { version, effective } => {
                let (version, _) = self.end_of_batch(&current, *version).await?;
                (version, *effective)
            }
        };
        let opened = current
            .state
            .opened()
            .ok_or(EngineError::NotFound("road map"))?;
        if effective < opened.effective || version == Version::ZERO {
            return Err(EngineError::NotFound(
                "moment: the road map begins after it",
            ));
        }
        let live = version == head.version && effective == head.effective;
        Ok(Moment {
            version,
            effective,
            live,
        })
    }

    /// The state at a resolved moment.
    pub async fn state_at(&self, moment: Moment) -> Result<Arc<Published>, EngineError> {
        let current = self.current();
        if moment.version == current.moment.version && moment.effective >= current.effective_max {
            return Ok(if moment.effective == current.moment.effective {
                current
            } else {
                Arc::new(current.as_of(moment))
            });
        }
        let redaction = current.redaction;
        let key = (self.id, moment.effective, moment.version, redaction);
        if let Some(known) = self.recent(moment).or_else(|| self.past_states.get(&key)) {
            self.measures.past_state(StateSource::Memory);
            return Ok(known);
        }
        self.measures.past_state(StateSource::Log);
        let folded = self
            .past
            .load(self.id, moment.effective, moment.version)
            .await
            .map_err(|error| self.noticed(error))?;
        let mut published = Published::new(self.id, moment, folded.state);
        published.redaction = redaction;
        let published = Arc::new(published);
        self.past_states.insert(key, Arc::clone(&published));
        Ok(published)
    }

    /// Events of the versions in `(after, through]`, ascending; with subjects, those that touch any of them.
    pub async fn events(
        &self,
        after: Version,
        through: Version,
        subjects: &[uuid::Uuid],
        limit: usize,
    ) -> Result<Vec<Arc<RecordedEvent>>, EngineError> {
        let (after, through) = (to_store(after), to_store(through));
        let limit = limit.min(self.settings.page_events);
        let log = self.past.log();
        let stored = log.read_versions(stream_of(self.id), after, through, subjects, limit);
        self.decoded(stored.await)
    }

    /// What was read of the log, as the events that it means.
    pub(crate) fn decoded(
        &self,
        stored: Result<Vec<StoredEvent>, StoreError>,
    ) -> Result<Vec<Arc<RecordedEvent>>, EngineError> {
        let stored = stored.map_err(|error| self.noticed(error))?;
        let decoded = stored.into_iter().map(|event| decode(event).map(Arc::new));
        let decoded: Result<_, StoreError> = decoded.collect();
        decoded.map_err(|error| self.noticed(error))
    }

    /// One event by its version.
    pub async fn event(&self, version: Version) -> Result<Option<Arc<RecordedEvent>>, EngineError> {
        let before = Version(version.0.saturating_sub(1));
        Ok(self.events(before, version, &[], 1).await?.pop())
    }

    /// The end of the batch in which a version stands, and when the batch was recorded.
    async fn end_of_batch(
        &self,
        current: &Published,
        version: Version,
    ) -> Result<(Version, Instant), EngineError> {
        if version > current.moment.version {
            return Err(EngineError::BadMoment(
                "the version lies ahead of the road map",
            ));
        }
        if version == current.moment.version {
            return Ok((version, current.moment.effective));
        }
        let event = self.event(version).await?;
        let event = event.ok_or(EngineError::NotFound("version"))?;
        Ok((event.batch, event.recorded_at))
    }

    async fn version_at(&self, recorded: Instant) -> Result<Version, EngineError> {
        let log = self.past.log();
        let version = log
            .version_at(stream_of(self.id), instant_to_store(recorded))
            .await?;
        match from_store(version) {
            Version::ZERO => Err(EngineError::NotFound(
                "moment: the road map was recorded after it",
            )),
            version => Ok(version),
        }
    }

    /// Replaces the current state by one that is durable, and tells the followers.
    pub(crate) fn publish(&self, committed: Committed) {
        {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            if recent.len() >= self.settings.recent_states_max {
                recent.pop_front();
            }
            recent.push_back(Arc::clone(&committed.published));
        }
        let changes_access = |recorded: &Arc<RecordedEvent>| {
            let event = &recorded.event;
            matches!(
                event,
                Event::RoadMapMarked { .. } | Event::RoadMapEntrusted { .. }
            )
        };
        let store = || self.current.store(Arc::clone(&committed.published));
        if committed.events.iter().any(changes_access) {
            // Whoever follows with a filter would not hear of it.
            self.registrar.road_map_changes(store);
        } else {
            store();
        }
        self.changes.happened();
        self.topics.send(committed);
    }

    /// Publishes a state that was read anew after a redaction, and lets go of all that were read before it.
    pub(crate) fn forget_past(&self, published: Arc<Published>, events: Vec<Arc<RecordedEvent>>) {
        self.recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.publish(Committed { events, published });
        let ours = self.past_states.iter().map(|(key, _)| *key);
        let ours: Vec<PastState> = ours.filter(|(id, ..)| *id == self.id).collect();
        for key in ours {
            self.past_states.invalidate(&key);
        }
        self.redactions.send_replace(());
    }

    fn recent(&self, moment: Moment) -> Option<Arc<Published>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let index = recent
            .binary_search_by_key(&moment.version, |published| published.moment.version)
            .ok()?;
        let found = &recent[index];
        (found.moment.effective == moment.effective).then(|| Arc::clone(found))
    }
}

impl std::fmt::Debug for RoadMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoadMap")
            .field("id", &self.id)
            .field("version", &self.current.load().moment.version)
            .finish_non_exhaustive()
    }
}
