//! The gate: the one way by which a resolver comes to a road map, and to any moment or event of it.
//!
//! It owns that what does not exist for the caller is answered as what does not exist at all; the rule itself is the domain's.
//! Invariant: nothing of a road map leaves this crate that was not reached from here.

use std::sync::Arc;

use async_graphql::Context;
use roadbook_domain::{AccessFacts, Participation, RoadMapId, Sight, State, Version};
use roadbook_engine::{
    EditDone, Engine, EngineError, Filter, Follower, Moment, MomentSelector, Published,
    RecordedEvent, RoadMap, Standing,
};
use uuid::Uuid;

use super::At;
use crate::basis;
use crate::query::{engine, viewer};
use crate::trail;

/// How a moment is answered of which nothing exists for the caller: as one before the road map began.
const CLOSED: EngineError = EngineError::NotFound("moment: the road map begins after it");

/// The caller, and what its rights depend on besides a road map.
struct Asker<'a> {
    engine: &'a Arc<Engine>,
    organisation: &'a str,
    standing: Standing,
}

impl<'a> Asker<'a> {
    fn of(ctx: &Context<'a>) -> async_graphql::Result<Self> {
        let engine = engine(ctx)?;
        basis::depend(ctx, engine.same_standing());
        Ok(Self {
            engine,
            organisation: &viewer(ctx)?.organisation,
            standing: engine.standing(),
        })
    }

    fn sight(&self, state: &State) -> Sight {
        let facts = AccessFacts::of(state);
        let Standing {
            directory, today, ..
        } = &self.standing;
        Sight::of(&facts, directory, self.organisation, *today)
    }

    fn sees(&self, state: &State) -> bool {
        self.sight(state) != Sight::Nothing
    }

    /// The current state, if it exists for the caller now that it was loaded.
    fn current(&self, road_map: Arc<RoadMap>) -> Option<At> {
        let published = road_map.current();
        let sight = self.sight(&published.state);
        (sight != Sight::Nothing).then(|| At {
            engine: Arc::clone(self.engine),
            road_map,
            published,
            sight,
        })
    }
}

/// A road map at its current state; none if there is none for the caller.
pub(crate) async fn visible(
    ctx: &Context<'_>,
    id: RoadMapId,
) -> async_graphql::Result<Result<Option<At>, EngineError>> {
    let asker = Asker::of(ctx)?;
    let found = asker
        .engine
        .road_map_for(id, |state| asker.sees(state))
        .await;
    let found = found.map(|found| {
        found.and_then(|road_map| {
            basis::depend(ctx, [road_map.unchanged()]);
            asker.current(road_map)
        })
    });
    if !matches!(found, Ok(Some(_))) {
        // That there is none is looked up in the log each time, whether it is hidden or was never there: the two take as long.
        basis::leave_open(ctx);
    }
    Ok(found.inspect(|found| trail::note(ctx, found)))
}

/// The state that the caller's own edit has left, also if that was the last that the caller sees of the road map: it is durable,
/// and must not be answered as if it were not.
pub(crate) async fn recorded(
    ctx: &Context<'_>,
    id: RoadMapId,
    done: &EditDone,
) -> async_graphql::Result<Result<Option<At>, EngineError>> {
    let at = match visible(ctx, id).await? {
        Ok(None) if !done.repeated => {
            let engine = engine(ctx)?;
            let found = engine.road_map(id).await;
            found.map(|found| {
                found.map(|road_map| At {
                    engine: Arc::clone(engine),
                    road_map,
                    published: Arc::clone(&done.published),
                    sight: Sight::Everything,
                })
            })
        }
        found => found,
    };
    Ok(at.map(|at| at.map(|at| at.with(Arc::clone(&done.published)))))
}

/// The first road maps after an id that exist for the caller, with an error for each of them that this node does not serve.
pub(crate) async fn visible_after(
    ctx: &Context<'_>,
    after: Option<RoadMapId>,
    limit: usize,
) -> async_graphql::Result<Result<(Vec<At>, Vec<EngineError>), EngineError>> {
    let asker = Asker::of(ctx)?;
    // Which road maps there are is asked of the log, where other nodes may add some.
    basis::leave_open(ctx);
    let listed = asker
        .engine
        .road_maps_for(after, limit, |state| asker.sees(state))
        .await;
    Ok(listed.map(|listed| {
        let served = listed.served.into_iter();
        let seen = served.filter_map(|road_map| asker.current(road_map));
        (seen.collect(), listed.not_served)
    }))
}

impl At {
    /// The same road map at the moment of a selector.
    pub(crate) async fn read(&self, selector: &MomentSelector) -> Result<Self, EngineError> {
        let found = self.road_map.at(selector).await;
        match found {
            Ok(published) => self.shown(published),
            // Which moments there were before it was made PUBLIC is nobody's business.
            Err(EngineError::NotFound(_)) if self.sight != Sight::Everything => Err(CLOSED),
            Err(error) => Err(error),
        }
    }

    /// The same road map at a resolved moment.
    pub(crate) async fn read_moment(&self, moment: Moment) -> Result<Self, EngineError> {
        if !self.sight.shows(moment.version, moment.effective) {
            return Err(CLOSED);
        }
        self.shown(self.road_map.state_at(moment).await?)
    }

    fn shown(&self, published: Arc<Published>) -> Result<Self, EngineError> {
        let moment = published.moment;
        if self.sight.shows(moment.version, moment.effective) {
            Ok(self.with(published))
        } else {
            Err(CLOSED)
        }
    }

    /// One event by its version; none if it is not there.
    pub(crate) async fn event(
        &self,
        version: Version,
    ) -> Result<Option<Arc<RecordedEvent>>, EngineError> {
        if !self.has_event(version) {
            return Ok(None);
        }
        let found = self.road_map.event(version).await?;
        Ok(found.filter(|event| self.shows_event(event)))
    }

    /// Events of the versions in `(after, through]`, as [`RoadMap::events`]; which of them exist for the caller is for
    /// [`At::shows_event`] to say.
    pub(crate) async fn events(
        &self,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<Arc<RecordedEvent>>, EngineError> {
        let after = self.earliest(after);
        self.road_map.events(after, through, subjects, limit).await
    }

    /// Whether an event exists for the caller.
    pub(crate) fn shows_event(&self, event: &RecordedEvent) -> bool {
        self.sight.shows_event(event.version, &event.event)
    }

    /// Whether amendments exist for the caller.
    pub(crate) fn shows_amendments(&self) -> bool {
        self.sight.shows_amendments()
    }

    /// The road map before an event of it, at the event's effective instant. Within the batch that made it PUBLIC there is no
    /// moment before an event that everybody may see.
    pub(crate) async fn before(&self, event: &RecordedEvent) -> Result<Self, EngineError> {
        if let Sight::From(since) = self.sight
            && let Some(marking) = self.road_map.event(since.version).await?
            && marking.batch == event.batch
        {
            return Err(CLOSED);
        }
        let moment = Moment {
            version: Version(event.version.0.saturating_sub(1)),
            effective: event.effective_at,
            live: false,
        };
        self.read_moment(moment).await
    }

    /// Whether the event of a version may exist for the caller, as far as the version tells.
    pub(crate) fn has_event(&self, version: Version) -> bool {
        self.sight
            .first_version()
            .is_some_and(|first| version >= first)
    }

    /// Follows the road map after a version; which of its events exist for the caller is for [`At::shows_event`] to say.
    pub(crate) fn follow(&self, after: Version, filter: Filter) -> Result<Follower, EngineError> {
        self.road_map.follow(self.earliest(after), filter)
    }

    /// What of the road map as it is now exists for an organisation, and what that is in its working party.
    pub(crate) fn judged(&self, organisation: &str) -> (Sight, Participation) {
        let asker = Asker {
            engine: &self.engine,
            organisation,
            standing: self.engine.standing(),
        };
        let sight = asker.sight(&self.road_map.current().state);
        (sight, self.road_map.participation(organisation))
    }

    /// Waits until this node knows a version that another one told of, as [`RoadMap::reach`].
    pub(crate) async fn reach(&self, version: Version) -> Result<(), EngineError> {
        self.road_map.reach(version).await
    }

    /// The current state anew.
    pub(crate) fn renewed(&self) -> Self {
        self.with(self.road_map.current())
    }

    /// A version after which to read, so that nothing is read that does not exist for the caller.
    fn earliest(&self, after: Version) -> Version {
        let first = self.sight.first_version().unwrap_or(Version(u64::MAX));
        after.max(Version(first.0.saturating_sub(1)))
    }
}
