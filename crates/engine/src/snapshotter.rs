//! The snapshotter: takes snapshots beside the writers, never in their way, and brings the older ones in order.
//!
//! It owns when that is done: a snapshot of the current state is written as soon as it is taken, and never waits for the
//! long work that it may call for. What that work is is `snapshot_keeper`'s affair.
//! Invariant: what is skipped because too much waits is made good at the road map's next snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use roadbook_domain::{RoadMapId, Version};
use roadbook_store::EventLog;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::measures::Measures;
use crate::published::Published;
use crate::settings::Settings;
use crate::snapshot_keeper::Keeper;

/// Snapshots that wait to be written, and road maps whose older ones wait to be brought in order. Beyond it they are
/// skipped.
const QUEUE_MAX: usize = 16;

/// The way to the background tasks.
#[derive(Clone, Debug)]
pub(crate) struct Snapshotter {
    queue: mpsc::Sender<Arc<Published>>,
    spacing: u64,
}

impl Snapshotter {
    /// Starts the tasks; they end once every clone of the handle is gone and the queues are empty.
    pub(crate) fn start(
        log: &Arc<dyn EventLog>,
        settings: &Settings,
        measures: Arc<Measures>,
    ) -> (Self, [JoinHandle<()>; 2]) {
        let (queue, taken) = mpsc::channel(QUEUE_MAX);
        let (written, tended) = mpsc::channel(QUEUE_MAX);
        let keeper = Keeper::new(Arc::clone(log), settings);
        let writing = tokio::spawn(write(keeper.clone(), taken, written, measures));
        let tending = tokio::spawn(tend(keeper, tended));
        let spacing = settings.snapshot_spacing_events;
        (Self { queue, spacing }, [writing, tending])
    }

    /// Takes a snapshot if the last one lies far enough back, and tells whether it was taken on.
    pub(crate) fn offer(&self, published: &Arc<Published>, last: Version) -> bool {
        let due = published.moment.version.0 >= last.0.saturating_add(self.spacing);
        due && self.queue.try_send(Arc::clone(published)).is_ok()
    }
}

/// Writes the snapshots that were taken.
async fn write(
    keeper: Keeper,
    mut taken: mpsc::Receiver<Arc<Published>>,
    written: mpsc::Sender<Arc<Published>>,
    measures: Arc<Measures>,
) {
    while let Some(published) = taken.recv().await {
        if let Err(error) = keeper.keep(&published).await {
            tracing::warn!(road_map.id = %published.road_map, error = %error, "a snapshot was not kept");
            continue;
        }
        measures.snapshots.inc();
        let reaches = published.recorded_at.as_micros() / 1_000_000;
        measures.snapshot_reaches.set(reaches);
        // If too much waits, the road map's next snapshot calls for it again.
        drop(written.try_send(published));
    }
}

/// Brings the older snapshots of road maps in order, of each once for all that has come in meanwhile.
async fn tend(keeper: Keeper, mut tended: mpsc::Receiver<Arc<Published>>) {
    let mut waiting = Vec::with_capacity(QUEUE_MAX);
    while tended.recv_many(&mut waiting, QUEUE_MAX).await > 0 {
        let newest: HashMap<RoadMapId, Arc<Published>> = waiting
            .drain(..)
            .map(|published| (published.road_map, published))
            .collect();
        for published in newest.values() {
            if let Err(error) = keeper.tend(published).await {
                tracing::warn!(road_map.id = %published.road_map, error = %error, "older snapshots were not brought in order");
            }
        }
    }
}
