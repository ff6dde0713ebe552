//! A road map at a moment: what every object of the API looks at.
//!
//! It owns the look-ups that objects share; the objects themselves stand in files of their own.
//! Invariant: everything reached from one such place shows the same moment.

mod gate;

use std::sync::Arc;

use async_graphql::ID;
use roadbook_domain::{
    Date, Instant, Outline, Participation, RoadMapId, Sight, Standing, State, Thing,
};
use roadbook_engine::{Engine, Moment, Published, RoadMap};

use crate::cursor::Cursor;
use crate::identity::Part;

pub(crate) use gate::{recorded, visible, visible_after};

/// A road map at a moment.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) engine: Arc<Engine>,
    road_map: Arc<RoadMap>,
    published: Arc<Published>,
    /// What of the road map exists for the caller.
    sight: Sight,
}

impl At {
    pub(crate) fn road_map_id(&self) -> RoadMapId {
        self.road_map.id()
    }

    /// What of the road map exists for the caller, as it was when it was asked for.
    pub(crate) fn sight(&self) -> Sight {
        self.sight
    }

    /// The present instant, by the engine's clock.
    pub(crate) fn now(&self) -> Instant {
        self.road_map.now()
    }

    /// Everything recorded so far, for the look-up of ids.
    pub(crate) fn current(&self) -> Arc<Published> {
        self.road_map.current()
    }

    /// Whether an organisation takes no part in the road map's working party today.
    pub(crate) fn is_outsider(&self, organisation: &str) -> bool {
        self.road_map.participation(organisation) == Participation::Outsider
    }

    /// Who an organisation is on the road map now, as far as its rights depend on it.
    pub(crate) fn standing<'a>(&self, organisation: &'a str) -> Standing<'a> {
        self.road_map.standing(organisation)
    }

    pub(crate) fn state(&self) -> &State {
        &self.published.state
    }

    pub(crate) fn outline(&self) -> &Outline {
        self.published.outline()
    }

    pub(crate) fn moment(&self) -> Moment {
        self.published.moment
    }

    pub(crate) fn cursor(&self) -> Cursor {
        Cursor::of(self.engine.epoch(), self.moment())
    }

    pub(crate) fn id(&self, part: Part) -> ID {
        part.id(self.road_map.id(), self.moment())
    }

    pub(crate) fn key(&self, part: Part) -> ID {
        part.key(self.road_map.id())
    }

    pub(crate) fn label(&self, thing: Thing) -> String {
        self.outline().label(thing).unwrap_or_default()
    }

    /// The day at which this moment is judged, in Brussels: today for the current state.
    pub(crate) fn day(&self) -> Date {
        let moment = self.moment();
        if moment.live {
            self.road_map.now().brussels_day()
        } else {
            moment.effective.brussels_day()
        }
    }

    /// The same road map at another moment.
    pub(crate) fn with(&self, published: Arc<Published>) -> Self {
        Self {
            published,
            ..self.clone()
        }
    }
}
