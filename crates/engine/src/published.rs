//! Published states: immutable, structurally shared, swapped whole.
//!
//! It owns a state together with the moment it shows and its outline, computed once and only if asked for.
//! Invariant: a published state never shows half a batch.

use std::sync::{Arc, OnceLock};

use roadbook_domain::{Base, Event, Instant, Outline, RoadMapId, State, Version};

use crate::recorded::RecordedEvent;
use crate::usage::Usage;

/// The moment that a state shows: `asof(effective, version)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    /// The version up to which events are known; the end of a batch.
    pub version: Version,
    /// The instant as of which it is so.
    pub effective: Instant,
    /// Whether this was the current state when it was asked for.
    pub live: bool,
}

impl Moment {
    /// The moment as the base of an edit.
    pub const fn base(self) -> Base {
        Base {
            version: self.version,
            effective: self.effective,
        }
    }
}

/// A state of a road map at a moment.
#[derive(Clone, Debug)]
pub struct Published {
    /// Of which road map.
    pub road_map: RoadMapId,
    /// The moment.
    pub moment: Moment,
    /// When the newest event that it knows was recorded.
    pub recorded_at: Instant,
    /// The greatest `effective_at` among the events that it knows.
    pub effective_max: Instant,
    /// The state.
    pub state: State,
    /// The last event that redacted something, as far as it was known before the state was read.
    pub redaction: Version,
    /// What the road map takes up in the log. Known of current states alone.
    pub usage: Usage,
    /// Shared by all states of the same structure.
    outline: Arc<OnceLock<Outline>>,
}

impl Published {
    /// A state as it is loaded; its outline is not known yet.
    pub fn new(road_map: RoadMapId, moment: Moment, state: State) -> Self {
        Self {
            road_map,
            moment,
            recorded_at: moment.effective,
            effective_max: moment.effective,
            state,
            redaction: Version::ZERO,
            usage: Usage::default(),
            outline: Arc::default(),
        }
    }

    /// Before the first event of a road map.
    pub fn nothing(road_map: RoadMapId) -> Self {
        let moment = Moment {
            version: Version::ZERO,
            effective: Instant::MIN,
            live: true,
        };
        Self::new(road_map, moment, State::default())
    }

    /// The current state after one more batch, which decides whether the outline can be shared.
    pub fn after(&self, batch: &[Arc<RecordedEvent>], state: State) -> Self {
        let Some(last) = batch.last() else {
            return self.clone();
        };
        let mut usage = self.usage.clone();
        for recorded in batch {
            usage.add(recorded);
        }
        let same = batch
            .iter()
            .all(|recorded| keeps_structure(&recorded.event));
        Self {
            road_map: self.road_map,
            moment: Moment {
                version: last.version,
                effective: last.recorded_at,
                live: true,
            },
            recorded_at: last.recorded_at,
            effective_max: self.effective_max.max(last.effective_at),
            state,
            redaction: self.redaction,
            usage,
            outline: if same {
                Arc::clone(&self.outline)
            } else {
                Arc::default()
            },
        }
    }

    /// The same state as of another instant, at which it is no different.
    pub fn as_of(&self, moment: Moment) -> Self {
        Self {
            moment,
            ..self.clone()
        }
    }

    /// What is present, in order.
    pub fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| Outline::of(&self.state))
    }
}

/// Whether an event leaves presence and order as they were.
const fn keeps_structure(event: &Event) -> bool {
    matches!(
        event,
        Event::CellSet { .. }
            | Event::CellsShared { .. }
            | Event::CellsUnshared { .. }
            | Event::Retitled { .. }
            | Event::StrandSourced { .. }
            | Event::ColumnFootnoted { .. }
            | Event::RoadMapRetitled { .. }
            | Event::RoadMapMarked { .. }
            | Event::RoadMapEntrusted { .. }
            | Event::RevisionIssued { .. }
            | Event::PresidencyClosed { .. }
            | Event::CorrigendumIssued { .. }
            | Event::AmendmentProposed { .. }
            | Event::AmendmentWithdrawn { .. }
            | Event::AmendmentAccepted { .. }
            | Event::AmendmentDeclined { .. }
            | Event::TextRedacted { .. }
    )
}
