//! One road map's room: who is in it at this node, and who is said to be at others.
//!
//! It owns who is shown to whom. Invariant: only whoever has come in moves its own presence, and every change is told.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::note::Note;
use super::{Gathering, Participant, Place};
use crate::recorded::Author;

/// A node that is silent for so long has nobody here any more: it says who is there much more often.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(15);
/// Nodes whose people are known. More are passed over.
const NODES_MAX: usize = 64;

#[derive(Debug)]
struct Guest {
    who: Author,
    place: Option<Place>,
}

/// What another node has told last.
#[derive(Debug)]
struct Elsewhere {
    count: usize,
    participants: Vec<Participant>,
    heard: Instant,
}

/// Who is in a room.
#[derive(Debug)]
pub(super) struct Room {
    /// By id, and so in the order of their coming.
    here: BTreeMap<Uuid, Guest>,
    elsewhere: HashMap<Uuid, Elsewhere>,
    changed: watch::Sender<()>,
    /// Whether the other nodes have not been told what is here now.
    untold: bool,
    /// Whether this node does not know yet who is elsewhere.
    asks: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            here: BTreeMap::new(),
            elsewhere: HashMap::new(),
            changed: watch::Sender::new(()),
            untold: false,
            asks: true,
        }
    }
}

impl Room {
    pub(super) fn present_here(&self) -> usize {
        self.here.len()
    }

    pub(super) fn enter(&mut self, id: Uuid, who: Author) -> watch::Receiver<()> {
        self.here.insert(id, Guest { who, place: None });
        self.changed_here();
        self.changed.subscribe()
    }

    pub(super) fn show(&mut self, id: Uuid, who: &Author, place: Option<Place>) -> bool {
        let guest = self.here.get_mut(&id).filter(|guest| guest.who == *who);
        let Some(guest) = guest else {
            return false;
        };
        if guest.place != place {
            guest.place = place;
            self.changed_here();
        }
        true
    }

    pub(super) fn leave(&mut self, id: Uuid) {
        self.here.remove(&id);
        self.changed_here();
    }

    pub(super) fn seen_by(&self, id: Uuid, shown_max: usize) -> Gathering {
        let others = self.at_a_place().filter(|participant| participant.id != id);
        let told = self.elsewhere.values();
        let told = told.flat_map(|elsewhere| elsewhere.participants.iter().cloned());
        let mut participants: Vec<Participant> = others.chain(told).collect();
        participants.sort_by_key(|participant| participant.id);
        participants.truncate(shown_max);
        let elsewhere = self.elsewhere.values().map(|elsewhere| elsewhere.count);
        Gathering {
            count: self.here.len() + elsewhere.sum::<usize>(),
            participants,
        }
    }

    pub(super) fn at_a_place(&self) -> impl Iterator<Item = Participant> {
        self.here.iter().filter_map(|(id, guest)| {
            Some(Participant {
                id: *id,
                organisation: guest.who.organisation.clone(),
                place: guest.place?,
            })
        })
    }

    /// Takes note of who is at another node.
    pub(super) fn hear(&mut self, note: Note, people_max: usize) {
        self.untold |= note.asks;
        if !self.elsewhere.contains_key(&note.node) && self.elsewhere.len() >= NODES_MAX {
            return;
        }
        let heard = Elsewhere {
            count: note.count.min(people_max),
            participants: note.participants,
            heard: Instant::now(),
        };
        let before = if heard.count == 0 {
            self.elsewhere.remove(&note.node)
        } else {
            self.elsewhere.insert(note.node, heard)
        };
        let after = self.elsewhere.get(&note.node);
        let same = |before: &Elsewhere, after: &Elsewhere| {
            before.count == after.count && before.participants == after.participants
        };
        let is_same = match (&before, after) {
            (Some(before), Some(after)) => same(before, after),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.changed.send_replace(());
        }
    }

    /// Lets go of nodes that have fallen silent.
    pub(super) fn forget_silent(&mut self) {
        let known = self.elsewhere.len();
        self.elsewhere
            .retain(|_, elsewhere| elsewhere.heard.elapsed() < SILENCE_MAX);
        if self.elsewhere.len() < known {
            self.changed.send_replace(());
        }
    }

    /// Has all that is here told again.
    pub(super) fn tell_again(&mut self) {
        self.untold |= !self.here.is_empty();
    }

    /// Whether there is something to tell the other nodes, and whether they are asked; they count as told and asked then.
    pub(super) fn take_untold(&mut self) -> Option<bool> {
        let untold = std::mem::take(&mut self.untold);
        untold.then(|| std::mem::take(&mut self.asks))
    }

    /// Whether nobody is here and nobody must be told so.
    pub(super) fn is_over(&self) -> bool {
        self.here.is_empty() && !self.untold
    }

    fn changed_here(&mut self) {
        self.untold = true;
        self.changed.send_replace(());
    }
}
