//! Hearing of what other nodes append: by the bus or by wake-ups of the log, and underneath by a look at the heads now and
//! then.
//!
//! It owns the task that finds out which road maps in memory are behind; catching up is their writers' affair.
//! Invariant: what is not heard delays, and never loses.

use std::sync::Arc;
use std::time::Duration;

use roadbook_domain::RoadMapId;
use roadbook_store::{EventLog, Heard, StoreError, StreamId, Wakeup, Wakeups};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::bus::OwnBus;
use crate::codec::{from_store, stream_of};
use crate::condition::Condition;
use crate::directory::{DIRECTORY_STREAM, Registrar};
use crate::measures::Measures;
use crate::open::OpenRoadMaps;
use crate::presence::Presences;
use crate::road_map::RoadMap;
use crate::settings::Settings;

/// Heads that are asked for at once.
const HEADS_MAX: usize = 256;

/// What the task works with.
pub(crate) struct Others {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) bus: Option<OwnBus>,
    pub(crate) open: Arc<OpenRoadMaps>,
    pub(crate) registrar: Arc<Registrar>,
    pub(crate) presences: Arc<Presences>,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) condition: Arc<Condition>,
    pub(crate) measures: Arc<Measures>,
}

impl Others {
    /// Starts the task; it ends when the engine stops.
    pub(crate) fn start(self, settings: &Settings) -> JoinHandle<()> {
        // Asked for before anything is loaded: what is appended from now on is either loaded or heard.
        let wakeups = match &self.bus {
            Some(bus) => bus.wakeups(),
            None => self.log.wakeups(),
        };
        let poll = Duration::from_millis(settings.heads_poll_ms.max(1));
        tokio::spawn(self.run(wakeups, poll))
    }

    async fn run(mut self, mut wakeups: Wakeups, poll: Duration) {
        // There is nothing in memory yet, and the log was looked at a moment ago.
        let mut look = tokio::time::interval_at(tokio::time::Instant::now() + poll, poll);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wakeup = tokio::select! {
                biased;
                _ = self.stopping.wait_for(|stopping| *stopping) => return,
                wakeup = wakeups.next() => wakeup,
                _ = look.tick() => Wakeup::Anything,
            };
            if is_of_directory(&wakeup) {
                self.look_at_directory().await;
                continue;
            }
            match wakeup {
                Wakeup::Stream { stream, version } => {
                    if let Some(road_map) = self.road_map(stream) {
                        wake_if_behind(&road_map, version);
                    }
                }
                Wakeup::Appended(heard) => self.hear(&heard),
                Wakeup::Told(note) => self.presences.hear(note.as_bytes()),
                Wakeup::Anything => {
                    let mut looked = self.look().await;
                    if looked.is_ok() {
                        looked = self.registrar.catch_up().await.or_else(understood);
                    }
                    self.condition.answered(looked);
                }
            }
        }
    }

    async fn look_at_directory(&self) {
        let looked = self.registrar.catch_up().await;
        self.condition.answered(looked.or_else(understood));
    }

    /// Hands on what another node appended, if the road map is in memory and behind.
    fn hear(&self, heard: &Arc<Heard>) {
        self.measures.bus_heard.inc();
        if !self.bus.as_ref().is_some_and(|bus| bus.is_of(heard)) {
            tracing::debug!(stream.id = %heard.stream_id, "the bus told of another log");
            return;
        }
        if let Some(road_map) = self.road_map(heard.stream_id)
            && road_map.halt.reason().is_none()
            && from_store(heard.head) > road_map.current().moment.version
        {
            road_map.tidings.appended(Arc::clone(heard));
        }
    }

    /// Looks at the log itself, and compares every road map in memory with its head there.
    async fn look(&self) -> Result<(), StoreError> {
        self.condition.look(&*self.log).await?;
        let ids = self.open.ids().into_iter();
        let streams: Vec<StreamId> = ids.map(stream_of).collect();
        for streams in streams.chunks(HEADS_MAX) {
            for head in self.log.heads_of(streams).await? {
                if let Some(road_map) = self.road_map(head.stream_id) {
                    wake_if_behind(&road_map, head.version);
                }
            }
        }
        Ok(())
    }

    fn road_map(&self, stream: StreamId) -> Option<Arc<RoadMap>> {
        self.open.peek(RoadMapId(stream.0))
    }
}

/// Whether a wake-up tells of the directory alone.
fn is_of_directory(wakeup: &Wakeup) -> bool {
    match wakeup {
        Wakeup::Stream { stream, .. } => *stream == DIRECTORY_STREAM,
        Wakeup::Appended(heard) => heard.stream_id == DIRECTORY_STREAM,
        Wakeup::Told(_) | Wakeup::Anything => false,
    }
}

/// A log whose directory is not understood answers all the same; that is told where it is found out.
fn understood(error: StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::NewerFormat { .. } | StoreError::Corrupt { .. } => Ok(()),
        error => Err(error),
    }
}

fn wake_if_behind(road_map: &RoadMap, version: roadbook_store::Version) {
    let is_served = road_map.halt.reason().is_none();
    if is_served && from_store(version) > road_map.current().moment.version {
        road_map.tidings.log_is_at(from_store(version));
    }
}
