//! Who follows a road map at this moment, and at which cell or wording each of them is.
//!
//! It owns the rooms of this node, and when those in a room are told of each other; what other nodes tell is `neighbours`'.
//! Nothing of it is an event, and nothing of it is kept. Invariant: whoever has left is in no room, however it left.

mod neighbours;
mod note;
mod room;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roadbook_domain::{ActionId, ColumnId, RoadMapId, Thing};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::recorded::Author;
use crate::settings::Settings;

pub(crate) use neighbours::Neighbours;
use note::Note;
use room::Room;

/// What somebody can look at or type in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The cell of an action in a column.
    Cell(ActionId, ColumnId),
    /// The title or text of something.
    Wording(Thing),
}

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What is looked at.
    pub spot: Spot,
    /// Whether something is being typed there.
    pub typing: bool,
}

/// Somebody who is at a cell or a wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Names it as long as it is present, and tells nothing of it.
    pub id: Uuid,
    /// The code of its organisation.
    pub organisation: String,
    /// Where it is.
    pub place: Place,
}

/// Who is present, as one of them is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathering {
    /// How many are present, with the one who is told.
    pub count: usize,
    /// The others who are somewhere, in the order of their coming, as many as are told.
    pub participants: Vec<Participant>,
}

/// Everybody who is present at this node.
#[derive(Debug)]
pub(crate) struct Presences {
    /// This node, named anew whenever it starts.
    node: Uuid,
    rooms: Mutex<HashMap<RoadMapId, Room>>,
    /// Something in a room is not told to the other nodes.
    untold: Notify,
    people_max: usize,
    shown_max: usize,
    interval: Duration,
}

impl Presences {
    pub(crate) fn new(node: Uuid, settings: &Settings) -> Self {
        Self {
            node,
            rooms: Mutex::default(),
            untold: Notify::new(),
            people_max: settings.presence_people_max,
            shown_max: settings.presence_shown_max,
            interval: Duration::from_millis(settings.presence_interval_ms),
        }
    }

    /// What the lock guards is whole after every statement.
    fn rooms(&self) -> MutexGuard<'_, HashMap<RoadMapId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody in, until what is returned is dropped.
    fn join(
        self: &Arc<Self>,
        road_map: RoadMapId,
        id: Uuid,
        who: Author,
        ending: watch::Receiver<bool>,
    ) -> Result<Attendance, EngineError> {
        let mut rooms = self.rooms();
        let room = rooms.entry(road_map).or_default();
        if room.present_here() >= self.people_max {
            return Err(EngineError::Overloaded);
        }
        let mut changed = room.enter(id, who);
        changed.mark_changed();
        drop(rooms);
        self.untold.notify_one();
        Ok(Attendance {
            presences: Arc::clone(self),
            road_map,
            id,
            changed,
            ending,
            not_before: Instant::now(),
        })
    }

    /// Moves somebody to a place, or away from all. False if there is no such presence of this caller.
    fn show(&self, road_map: RoadMapId, id: Uuid, who: &Author, place: Option<Place>) -> bool {
        let mut rooms = self.rooms();
        let shown = rooms
            .get_mut(&road_map)
            .is_some_and(|room| room.show(id, who, place));
        drop(rooms);
        if shown {
            self.untold.notify_one();
        }
        shown
    }

    fn leave(&self, road_map: RoadMapId, id: Uuid) {
        if let Some(room) = self.rooms().get_mut(&road_map) {
            room.leave(id);
        }
        // The room itself goes once the other nodes were told that it is empty.
        self.untold.notify_one();
    }

    fn gathering(&self, road_map: RoadMapId, id: Uuid) -> Gathering {
        let rooms = self.rooms();
        let room = rooms.get(&road_map);
        room.map_or_else(Gathering::default, |room| room.seen_by(id, self.shown_max))
    }

    /// Hears what another node tells of its own people.
    pub(crate) fn hear(&self, note: &[u8]) {
        // Another version's, perhaps: a presence that is not shown is no loss.
        let Some(note) = Note::read(note) else {
            tracing::debug!("a note of another node was not understood");
            return;
        };
        if note.node == self.node {
            return;
        }
        let mut rooms = self.rooms();
        // A room in which nobody is has nobody to be told; whoever comes first asks.
        if let Some(room) = rooms.get_mut(&note.road_map) {
            let is_asked = note.asks;
            room.hear(note, self.people_max);
            if is_asked {
                self.untold.notify_one();
            }
        }
    }
}

impl Engine {
    /// Counts somebody as present at a road map, until what is returned is dropped.
    pub fn attend(&self, road_map: RoadMapId, who: Author) -> Result<Attendance, EngineError> {
        let ending = self.draining.subscribe();
        self.presences.join(road_map, self.ids.id(), who, ending)
    }

    /// Tells the others where somebody is, or that it is nowhere. False if there is no such presence of this caller.
    pub fn show_presence(
        &self,
        road_map: RoadMapId,
        id: Uuid,
        who: &Author,
        place: Option<Place>,
    ) -> bool {
        self.presences.show(road_map, id, who, place)
    }
}

/// The presence of one follower: it is there as long as this is.
#[derive(Debug)]
pub struct Attendance {
    presences: Arc<Presences>,
    road_map: RoadMapId,
    id: Uuid,
    changed: watch::Receiver<()>,
    ending: watch::Receiver<bool>,
    /// Changes until then are told as one.
    not_before: Instant,
}

impl Attendance {
    /// What names it.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Who is present: at once, then whenever that has changed, but not more often than the setting says. None once the
    /// server is stopping. May be dropped and asked again without losing anything.
    pub async fn next(&mut self) -> Option<Gathering> {
        let (changed, not_before) = (&mut self.changed, self.not_before);
        let told = async {
            tokio::time::sleep_until(not_before).await;
            changed.changed().await.ok()
        };
        tokio::select! {
            biased;
            _ = self.ending.wait_for(|ending| *ending) => return None,
            told = told => told?,
        }
        self.not_before = Instant::now() + self.presences.interval;
        Some(self.presences.gathering(self.road_map, self.id))
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.presences.leave(self.road_map, self.id);
    }
}
