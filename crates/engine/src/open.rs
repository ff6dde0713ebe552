//! The road maps in memory: found by id, and let go of when there are too many and nobody uses them.
//!
//! It owns which of them stay; how one is loaded is `engine`'s affair. Invariant: a road map leaves memory only if nobody
//! but this register and its writer holds it, so none that is followed, read or edited, and none whose edit waits or is
//! on its way to the disk.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roadbook_domain::RoadMapId;
use tokio::sync::mpsc;

use crate::edit::Edit;
use crate::feed::Topics;
use crate::measures::Measures;
use crate::redaction::Redact;
use crate::road_map::{PastStates, RoadMap};
use crate::settings::Settings;

/// Road maps that are loaded at once: those that share a place here wait for one another.
const LOADS_MAX: usize = 64;

/// Of so many that may stay, one more goes when room is made: to look through all of them for each would cost too much.
const SHARE_OF_ROOM: usize = 16;

/// A road map in memory and the way to its writer, which ends once this is dropped.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) road_map: Arc<RoadMap>,
    pub(crate) inbox: mpsc::Sender<Edit>,
    pub(crate) redactions: mpsc::Sender<Redact>,
}

/// All that are in memory.
pub(crate) struct OpenRoadMaps {
    held: Mutex<Register>,
    loading: Vec<tokio::sync::Mutex<()>>,
    places: RandomState,
    /// Counts the uses, by which the last one of each is known.
    uses: AtomicU64,
    /// How many stay while nobody uses them.
    most: usize,
    /// Those of all, as far as they are in memory.
    pub(crate) past_states: PastStates,
    measures: Arc<Measures>,
}

#[derive(Default)]
struct Register {
    road_maps: HashMap<RoadMapId, Held>,
    is_closed: bool,
}

struct Held {
    open: Open,
    /// How often it is held while nobody uses it: here and by its writer.
    unused: usize,
    last_use: AtomicU64,
}

impl Held {
    /// Whether it may go. Without a writer it is halted: it stays, so that not every request reads so far again to find the
    /// same.
    fn is_unused(&self) -> bool {
        Arc::strong_count(&self.open.road_map) == self.unused && !self.open.inbox.is_closed()
    }
}

impl OpenRoadMaps {
    /// None yet.
    pub(crate) fn new(settings: &Settings, measures: &Arc<Measures>) -> Self {
        let past_states = u64::try_from(settings.past_states_max).unwrap_or(u64::MAX);
        Self {
            held: Mutex::default(),
            loading: (0..LOADS_MAX)
                .map(|_| tokio::sync::Mutex::default())
                .collect(),
            places: RandomState::new(),
            uses: AtomicU64::new(0),
            most: settings.road_maps_max,
            past_states: PastStates::new(past_states),
            measures: Arc::clone(measures),
        }
    }

    /// One that is in memory, for use.
    pub(crate) fn get(&self, id: RoadMapId) -> Option<Open> {
        let held = self.lock();
        let found = held.road_maps.get(&id)?;
        found.last_use.store(self.next_use(), Ordering::Relaxed);
        Some(found.open.clone())
    }

    /// One that is in memory, to tell it something: that is no use of it.
    pub(crate) fn peek(&self, id: RoadMapId) -> Option<Arc<RoadMap>> {
        let held = self.lock();
        let found = held.road_maps.get(&id)?;
        Some(Arc::clone(&found.open.road_map))
    }

    /// Those in memory.
    pub(crate) fn ids(&self) -> Vec<RoadMapId> {
        self.lock().road_maps.keys().copied().collect()
    }

    /// The topics of all of them: no road map that is followed is anywhere else.
    pub(crate) fn topics(&self) -> Vec<Arc<Topics>> {
        let held = self.lock();
        let all = held.road_maps.values();
        all.map(|held| Arc::clone(&held.open.road_map.topics))
            .collect()
    }

    /// The turn to load a road map: nobody else loads it meanwhile.
    pub(crate) async fn turn(&self, id: RoadMapId) -> tokio::sync::MutexGuard<'_, ()> {
        let place = self.places.hash_one(id) % LOADS_MAX as u64;
        let place = usize::try_from(place).unwrap_or_default();
        self.loading[place].lock().await
    }

    /// Keeps one that was loaded, with its writer but nobody else holding it, for use. None if it is too late for that.
    pub(crate) fn insert(&self, id: RoadMapId, open: Open) -> Option<Open> {
        let used = open.clone();
        let gone = {
            let mut held = self.lock();
            if held.is_closed {
                return None;
            }
            let loaded = Held {
                unused: Arc::strong_count(&open.road_map) - 1,
                open,
                last_use: AtomicU64::new(self.next_use()),
            };
            held.road_maps.insert(id, loaded);
            let gone = self.make_room(&mut held.road_maps);
            self.count(&held);
            gone
        };
        self.forget_past(&gone);
        Some(used)
    }

    /// Lets go of one if that is so.
    pub(crate) fn remove_if(&self, id: RoadMapId, is_so: impl FnOnce(&RoadMap) -> bool) {
        let mut held = self.lock();
        let found = held.road_maps.get(&id);
        if found.is_some_and(|held| is_so(&held.open.road_map)) {
            held.road_maps.remove(&id);
        }
        self.count(&held);
    }

    /// Lets go of all, and takes none any more.
    pub(crate) fn close(&self) -> Vec<Arc<RoadMap>> {
        let mut held = self.lock();
        held.is_closed = true;
        let all = held.road_maps.drain();
        let all = all.map(|(_, held)| held.open.road_map).collect();
        self.count(&held);
        all
    }

    /// Takes out those that were used least lately, as far as nobody uses them, if there are too many.
    fn make_room(&self, road_maps: &mut HashMap<RoadMapId, Held>) -> Vec<(RoadMapId, Open)> {
        if road_maps.len() <= self.most {
            return Vec::new();
        }
        let wanted = road_maps.len() - self.most + self.most / SHARE_OF_ROOM;
        let unused = road_maps.iter().filter(|(_, held)| held.is_unused());
        let mut unused: Vec<(u64, RoadMapId)> = unused
            .map(|(id, held)| (held.last_use.load(Ordering::Relaxed), *id))
            .collect();
        if unused.len() > wanted {
            unused.select_nth_unstable(wanted);
            unused.truncate(wanted);
        }
        let taken = unused.into_iter().filter_map(|(_, id)| {
            let Held { open, .. } = road_maps.remove(&id)?;
            // What was read from it holds no longer than it is told of changes.
            open.road_map.changes.happened();
            Some((id, open))
        });
        taken.collect()
    }

    /// Lets go of past states, too: a road map that is not in memory hears of no redaction.
    fn forget_past(&self, gone: &[(RoadMapId, Open)]) {
        if gone.is_empty() {
            return;
        }
        let ids: HashSet<RoadMapId> = gone.iter().map(|(id, _)| *id).collect();
        for (key, _) in &self.past_states {
            if ids.contains(&key.0) {
                self.past_states.invalidate(&*key);
            }
        }
        let count = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        self.measures.road_maps_let_go.inc_by(count);
    }

    fn count(&self, held: &Register) {
        let count = i64::try_from(held.road_maps.len()).unwrap_or(i64::MAX);
        self.measures.road_maps_in_memory.set(count);
    }

    fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Register> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
