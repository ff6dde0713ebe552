//! Telling the other nodes who is present at this one.
//!
//! It owns the task that tells; over what a note travels is the bus's affair or the log's. Invariant: what is lost on the
//! way is told again soon, and a node that has died is forgotten by the others.

use std::sync::Arc;
use std::time::Duration;

use roadbook_domain::RoadMapId;
use roadbook_store::EventLog;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::note::Note;
use super::{Presences, Room};
use crate::bus::OwnBus;

/// All that is here is told again after so long: others forget a node that is silent three times as long.
const AGAIN: Duration = Duration::from_secs(5);

/// The way to the other nodes.
pub(crate) struct Neighbours {
    pub(crate) presences: Arc<Presences>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) bus: Option<OwnBus>,
}

impl Neighbours {
    /// Starts the task; it ends when the engine stops.
    pub(crate) fn start(self, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut again = tokio::time::interval(AGAIN);
            again.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                    _ = again.tick() => self.look_around(),
                    () = self.presences.untold.notified() => {}
                }
                self.tell();
                // What changes meanwhile is told as one.
                tokio::time::sleep(self.presences.interval).await;
            }
        })
    }

    /// Has everything told again, and lets go of nodes that do not.
    fn look_around(&self) {
        for room in self.presences.rooms().values_mut() {
            room.forget_silent();
            room.tell_again();
        }
    }

    fn tell(&self) {
        let mut notes = Vec::new();
        let mut rooms = self.presences.rooms();
        for (road_map, room) in rooms.iter_mut() {
            if let Some(asks) = room.take_untold() {
                notes.push(self.note(*road_map, room, asks));
            }
        }
        rooms.retain(|_, room| !room.is_over());
        drop(rooms);
        for note in notes {
            let note = note.write();
            match &self.bus {
                Some(bus) => bus.tell(note),
                None => self.log.tell(note),
            }
        }
    }

    fn note(&self, road_map: RoadMapId, room: &Room, asks: bool) -> Note {
        Note {
            node: self.presences.node,
            road_map,
            asks,
            count: room.present_here(),
            participants: room.at_a_place().collect(),
        }
    }
}
