//! The snapshotter: keeps both families of snapshots, beside the writers and never in their way.
//!
//! It owns when snapshots are taken and brought forward; how they are used is `past`'s affair.
//! Invariant: a snapshot is the fold at its `(effective_at, version)`, and every one can be deleted without loss.

use std::collections::VecDeque;
use std::sync::Arc;

use roadbook_domain::{Instant, RoadMapId, State, Version};
use roadbook_store::{EventLog, Snapshot, SnapshotFamily, SnapshotPoint, StoreError, StreamId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::codec::{decode, from_store, instant_to_store, stream_of, to_store};
use crate::measures::Measures;
use crate::published::Published;
use crate::settings::Settings;
use crate::snapshot_codec;

/// Snapshots that wait to be written. Beyond it a snapshot is skipped: the next one comes soon.
const QUEUE_MAX: usize = 16;
/// Snapshots that share a transaction: appends wait for it, so it is kept short.
const WRITTEN_TOGETHER_MAX: usize = 8;

/// The way to the background task.
#[derive(Clone, Debug)]
pub(crate) struct Snapshotter {
    queue: mpsc::Sender<Arc<Published>>,
    spacing: u64,
}

impl Snapshotter {
    /// Starts the task; it ends once every clone of the handle is gone and the queue is empty.
    pub(crate) fn start(
        log: Arc<dyn EventLog>,
        settings: &Settings,
        measures: Arc<Measures>,
    ) -> (Self, JoinHandle<()>) {
        let (queue, mut waiting) = mpsc::channel::<Arc<Published>>(QUEUE_MAX);
        let keeper = Keeper {
            log,
            spacing: settings.snapshot_spacing_events,
            refresh: settings.backdated_refresh_events,
            page_events: settings.page_events,
        };
        let task = tokio::spawn(async move {
            while let Some(published) = waiting.recv().await {
                match keeper.keep(&published).await {
                    Ok(()) => {
                        measures.snapshots.inc();
                        let reaches = published.recorded_at.as_micros() / 1_000_000;
                        measures.snapshot_reaches.set(reaches);
                    }
                    Err(error) => {
                        tracing::warn!(road_map.id = %published.road_map, error = %error, "a snapshot was not kept");
                    }
                }
            }
        });
        let spacing = settings.snapshot_spacing_events;
        (Self { queue, spacing }, task)
    }

    /// Takes a snapshot if the last one lies far enough back, and tells whether it was taken on.
    pub(crate) fn offer(&self, published: &Arc<Published>, last: Version) -> bool {
        let due = published.moment.version.0 >= last.0.saturating_add(self.spacing);
        due && self.queue.try_send(Arc::clone(published)).is_ok()
    }
}

/// What the background task works with; also used to rebuild snapshots in one go.
pub(crate) struct Keeper {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) spacing: u64,
    pub(crate) refresh: u64,
    pub(crate) page_events: usize,
}

impl Keeper {
    /// Keeps a snapshot of a current state, and brings those along effective time forward when it pays.
    pub(crate) async fn keep(&self, published: &Published) -> Result<(), StoreError> {
        let stream = stream_of(published.road_map);
        let version = to_store(published.moment.version);
        let snapshot = Snapshot {
            stream_id: stream,
            family: SnapshotFamily::Log,
            version,
            effective_at: instant_to_store(published.effective_max),
            format: snapshot_codec::FORMAT,
            state: snapshot_codec::encode(&published.state),
        };
        self.log.put_snapshots(vec![snapshot]).await?;
        let points = self
            .log
            .snapshot_points(stream, SnapshotFamily::Effective)
            .await?;
        let known = points.iter().map(|point| point.version).min();
        let known = known.unwrap_or(roadbook_store::Version::NONE);
        let backdated = self.log.count_backdated(stream, known, version).await?;
        if backdated >= self.refresh {
            self.bring_forward(
                published.road_map,
                &points,
                from_store(known),
                published.moment.version,
            )
            .await?;
        }
        Ok(())
    }

    /// Makes every snapshot along effective time one of the given version, and adds those that are missing.
    async fn bring_forward(
        &self,
        road_map: RoadMapId,
        points: &[SnapshotPoint],
        from: Version,
        to: Version,
    ) -> Result<(), StoreError> {
        let stream = stream_of(road_map);
        let (from, to) = (to_store(from), to_store(to));
        let earliest = self.earliest_backdated(stream, from, to).await?;
        let kept = points
            .iter()
            .rfind(|point| point.effective_at < earliest && point.format == snapshot_codec::FORMAT);
        let start = match kept {
            Some(point) => self.log.snapshot(stream, *point).await?,
            None => None,
        };
        let start = start.and_then(|held| {
            let state = snapshot_codec::decode(&held.state)?;
            Some((state, held.effective_at))
        });
        let (state, after) =
            start.unwrap_or_else(|| (State::default(), instant_to_store(Instant::MIN)));
        self.walk(stream, state, after, points, to).await?;
        self.log.advance_snapshots(stream, from, to, earliest).await
    }

    /// Folds along effective time and keeps a snapshot at every point that was there, and wherever none is near.
    async fn walk(
        &self,
        stream: StreamId,
        mut state: State,
        after: roadbook_store::Instant,
        points: &[SnapshotPoint],
        to: roadbook_store::Version,
    ) -> Result<(), StoreError> {
        let mut due: VecDeque<_> = points.iter().map(|point| point.effective_at).collect();
        due.retain(|at| *at > after);
        let mut made = Made::new(&*self.log, stream, to);
        let mut key = (after, roadbook_store::Version::MAX);
        let mut since = 0;
        loop {
            let until = instant_to_store(Instant::MAX);
            let page = self
                .log
                .read_effective(stream, key, until, to, self.page_events)
                .await?;
            let full = page.len() == self.page_events;
            for stored in page {
                let at = stored.header.effective_at;
                // A snapshot at an instant holds every event of that instant, so it is taken before the next one.
                while let Some(point) = due.pop_front_if(|point| *point < at) {
                    made.put(&state, point).await?;
                    since = 0;
                }
                if since >= self.spacing && at > key.0 {
                    made.put(&state, key.0).await?;
                    since = 0;
                }
                key = (at, stored.header.version);
                let recorded = decode(stored)?;
                state.evolve(recorded.stamp(), &recorded.event);
                since += 1;
            }
            if !full {
                break;
            }
        }
        for point in due {
            made.put(&state, point).await?;
        }
        made.write().await
    }

    /// The earliest effective instant among the events of `(from, to]`: snapshots before it need no rewriting.
    async fn earliest_backdated(
        &self,
        stream: StreamId,
        from: roadbook_store::Version,
        to: roadbook_store::Version,
    ) -> Result<roadbook_store::Instant, StoreError> {
        let mut earliest = self.log.effective_max_at(stream, from).await?;
        let mut after = from;
        loop {
            let until = instant_to_store(Instant::MAX);
            let page = self
                .log
                .read_backdated(stream, after, to, until, self.page_events)
                .await?;
            let full = page.len() == self.page_events;
            for event in page {
                earliest = earliest.min(event.header.effective_at);
                after = event.header.version;
            }
            if !full {
                return Ok(earliest);
            }
        }
    }
}

/// Snapshots along effective time that were made and not written yet: several share a transaction.
struct Made<'a> {
    log: &'a dyn EventLog,
    stream: StreamId,
    version: roadbook_store::Version,
    waiting: Vec<Snapshot>,
}

impl<'a> Made<'a> {
    fn new(log: &'a dyn EventLog, stream: StreamId, version: roadbook_store::Version) -> Self {
        Self {
            log,
            stream,
            version,
            waiting: Vec::with_capacity(WRITTEN_TOGETHER_MAX),
        }
    }

    async fn put(&mut self, state: &State, at: roadbook_store::Instant) -> Result<(), StoreError> {
        self.waiting.push(Snapshot {
            stream_id: self.stream,
            family: SnapshotFamily::Effective,
            version: self.version,
            effective_at: at,
            format: snapshot_codec::FORMAT,
            state: snapshot_codec::encode(state),
        });
        if self.waiting.len() < WRITTEN_TOGETHER_MAX {
            return Ok(());
        }
        self.write().await
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.log
            .put_snapshots(std::mem::take(&mut self.waiting))
            .await
    }
}
