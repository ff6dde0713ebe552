//! The keeper of snapshots: writes them, fills their gaps along the log, and brings those along effective time forward.
//!
//! It owns where snapshots stand; when it is called is `snapshotter`'s affair, how they are used `past`'s.
//! Invariant: a snapshot is the fold at its `(effective_at, version)`, and every one can be deleted without loss.

use std::collections::VecDeque;
use std::sync::Arc;

use roadbook_domain::{Instant, RoadMapId, Version};
use roadbook_store::{EventLog, Snapshot, SnapshotFamily, SnapshotPoint, StoreError, StreamId};

use crate::codec::{decode, from_store, instant_to_store, stream_of, to_store};
use crate::past::Folded;
use crate::published::Published;
use crate::rebuild::{self, Rebuilt};
use crate::settings::Settings;
use crate::snapshot_codec;

/// Snapshots that share a transaction: appends wait for it, so it is kept short.
const WRITTEN_TOGETHER_MAX: usize = 8;

/// The part of a history, one in so many events, that may be backdated and not in the snapshots yet.
const SHARE_BACKDATED: u64 = 64;

/// Keeps the snapshots of a log.
#[derive(Clone)]
pub(crate) struct Keeper {
    log: Arc<dyn EventLog>,
    spacing: u64,
    refresh: u64,
    page_events: usize,
}

impl Keeper {
    pub(crate) fn new(log: Arc<dyn EventLog>, settings: &Settings) -> Self {
        Self {
            log,
            spacing: settings.snapshot_spacing_events,
            refresh: settings.backdated_refresh_events,
            page_events: settings.page_events,
        }
    }

    /// Keeps a snapshot of a current state.
    pub(crate) async fn keep(&self, published: &Published) -> Result<(), StoreError> {
        let snapshot = Snapshot {
            stream_id: stream_of(published.road_map),
            family: SnapshotFamily::Log,
            version: to_store(published.moment.version),
            effective_at: instant_to_store(published.effective_max),
            format: snapshot_codec::FORMAT,
            redaction: to_store(published.redaction),
            state: snapshot_codec::encode(&published.state, &published.usage),
        };
        self.log.put_snapshots(vec![snapshot]).await
    }

    /// Brings the older snapshots in order: makes those along the log that are missing, and brings those along effective
    /// time forward when it pays.
    pub(crate) async fn tend(&self, published: &Published) -> Result<(), StoreError> {
        let stream = stream_of(published.road_map);
        let version = to_store(published.moment.version);
        // Asked before anything is read: what is redacted meanwhile makes the log refuse what is made here.
        let redaction = self.log.last_redaction(stream).await?;
        self.fill_gaps(stream, redaction, version).await?;
        let points = self
            .log
            .snapshot_points(stream, SnapshotFamily::Effective)
            .await?;
        let known = points.iter().map(|point| point.version).min();
        let known = known.unwrap_or(roadbook_store::Version::NONE);
        let backdated = self.log.count_backdated(stream, known, version).await?;
        if backdated >= self.worth(version) {
            self.bring_forward(
                (published.road_map, redaction),
                &points,
                from_store(known),
                published.moment.version,
            )
            .await?;
        }
        Ok(())
    }

    /// Drops every snapshot of a road map and makes them anew: along the log, the last one at its head, and along effective
    /// time if anything is backdated.
    pub(crate) async fn rebuild(
        &self,
        road_map: RoadMapId,
        mut told: impl FnMut(u64) + Send,
    ) -> Result<Rebuilt, StoreError> {
        let stream = stream_of(road_map);
        // Asked before anything is read: what is redacted meanwhile makes the log refuse what is made here.
        let redaction = self.log.last_redaction(stream).await?;
        let Some(head) = self.log.head(stream).await? else {
            return Ok(Rebuilt::default());
        };
        let mut rebuilt = Rebuilt {
            dropped: self.log.delete_snapshots(stream, None).await?,
            ..Rebuilt::default()
        };
        let mut folded = Folded::default();
        let mut effective_max = instant_to_store(Instant::MIN);
        let mut made = Made::new(&*self.log, (stream, redaction), SnapshotFamily::Log);
        let mut since = 0;
        let through = from_store(head.version);
        let mut pages = rebuild::pages(&self.log, road_map, through, self.page_events);
        while let Some(page) = pages.recv().await {
            let page = page?;
            told(page.len() as u64);
            for recorded in page {
                effective_max = effective_max.max(instant_to_store(recorded.effective_at));
                folded.evolve(&recorded);
                rebuilt.events += 1;
                since += 1;
                let is_last = recorded.version == through;
                if is_last || (since >= self.spacing && recorded.batch == recorded.version) {
                    let version = to_store(recorded.version);
                    made.put(&folded, effective_max, version).await?;
                    since = 0;
                }
            }
        }
        made.write().await?;
        let none = roadbook_store::Version::NONE;
        let backdated = self.log.count_backdated(stream, none, head.version).await?;
        if backdated > 0 {
            let (from, to) = (Version::ZERO, through);
            self.bring_forward((road_map, redaction), &[], from, to)
                .await?;
        }
        for family in [SnapshotFamily::Log, SnapshotFamily::Effective] {
            rebuilt.made += self.log.snapshot_points(stream, family).await?.len() as u64;
        }
        Ok(rebuilt)
    }

    /// Backdated events for which it pays to bring the snapshots along effective time forward. On a short history that
    /// costs little, so it is done sooner than the setting says.
    fn worth(&self, version: roadbook_store::Version) -> u64 {
        self.refresh.min(version.0 / SHARE_BACKDATED).max(1)
    }

    /// Makes snapshots along the log where two lie further apart than twice the spacing: some were skipped, or they were
    /// deleted, or the log came here without them.
    async fn fill_gaps(
        &self,
        stream: StreamId,
        redaction: roadbook_store::Version,
        through: roadbook_store::Version,
    ) -> Result<(), StoreError> {
        let points = self
            .log
            .snapshot_points(stream, SnapshotFamily::Log)
            .await?;
        let mut before: Option<SnapshotPoint> = None;
        let usable = points
            .into_iter()
            .filter(|point| point.format == snapshot_codec::FORMAT && point.version < through);
        for point in usable {
            let to = point.version;
            self.fill_gap((stream, redaction), before, to).await?;
            before = Some(point);
        }
        self.fill_gap((stream, redaction), before, through).await
    }

    async fn fill_gap(
        &self,
        (stream, redaction): (StreamId, roadbook_store::Version),
        before: Option<SnapshotPoint>,
        to: roadbook_store::Version,
    ) -> Result<(), StoreError> {
        let from = before.map_or(roadbook_store::Version::NONE, |point| point.version);
        if to.0 - from.0 <= 2 * self.spacing {
            return Ok(());
        }
        let start = match before {
            Some(point) => self.start(stream, point).await?,
            None => Some((Folded::default(), instant_to_store(Instant::MIN))),
        };
        // One that cannot be read is dropped by whoever needs it; then there is a gap to fill.
        let Some((mut folded, mut effective_max)) = start else {
            return Ok(());
        };
        let mut made = Made::new(&*self.log, (stream, redaction), SnapshotFamily::Log);
        let (mut after, mut since) = (from, 0);
        loop {
            let page = self
                .log
                .read_versions(stream, after, to, &[], self.page_events)
                .await?;
            let full = page.len() == self.page_events;
            for stored in page {
                after = stored.header.version;
                effective_max = effective_max.max(stored.header.effective_at);
                let recorded = decode(stored)?;
                folded.evolve(&recorded);
                since += 1;
                let ends = recorded.batch == recorded.version;
                if since >= self.spacing && ends && after < to {
                    made.put(&folded, effective_max, after).await?;
                    since = 0;
                }
            }
            if !full {
                return made.write().await;
            }
        }
    }

    /// The state of a snapshot and what it reaches to; none if it is gone or cannot be read.
    async fn start(
        &self,
        stream: StreamId,
        point: SnapshotPoint,
    ) -> Result<Option<(Folded, roadbook_store::Instant)>, StoreError> {
        let held = self.log.snapshot(stream, point).await?;
        Ok(held.and_then(|held| {
            let folded = snapshot_codec::decode(&held.state)?;
            Some((folded, held.effective_at))
        }))
    }

    /// Makes every snapshot along effective time one of the given version, and adds those that are missing.
    async fn bring_forward(
        &self,
        (road_map, redaction): (RoadMapId, roadbook_store::Version),
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
            Some(point) => self.start(stream, *point).await?,
            None => None,
        };
        let (folded, after) =
            start.unwrap_or_else(|| (Folded::default(), instant_to_store(Instant::MIN)));
        let made = Made::new(&*self.log, (stream, redaction), SnapshotFamily::Effective);
        self.walk(made, folded, after, points, to).await?;
        self.log.advance_snapshots(stream, from, to, earliest).await
    }

    /// Folds along effective time and keeps a snapshot at every point that was there, and wherever none is near.
    async fn walk(
        &self,
        mut made: Made<'_>,
        mut folded: Folded,
        after: roadbook_store::Instant,
        points: &[SnapshotPoint],
        to: roadbook_store::Version,
    ) -> Result<(), StoreError> {
        let mut due: VecDeque<_> = points.iter().map(|point| point.effective_at).collect();
        due.retain(|at| *at > after);
        let mut key = (after, roadbook_store::Version::MAX);
        let mut since = 0;
        loop {
            let until = instant_to_store(Instant::MAX);
            let page = self
                .log
                .read_effective(made.stream, key, until, to, self.page_events)
                .await?;
            let full = page.len() == self.page_events;
            for stored in page {
                let at = stored.header.effective_at;
                // A snapshot at an instant holds every event of that instant, so it is taken before the next one.
                while let Some(point) = due.pop_front_if(|point| *point < at) {
                    made.put(&folded, point, to).await?;
                    since = 0;
                }
                if since >= self.spacing && at > key.0 {
                    made.put(&folded, key.0, to).await?;
                    since = 0;
                }
                key = (at, stored.header.version);
                let recorded = decode(stored)?;
                folded.evolve(&recorded);
                since += 1;
            }
            if !full {
                break;
            }
        }
        for point in due {
            made.put(&folded, point, to).await?;
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

/// Snapshots of one family that were made and not written yet: several share a transaction.
struct Made<'a> {
    log: &'a dyn EventLog,
    stream: StreamId,
    /// The last redaction that was known before anything was read for them.
    redaction: roadbook_store::Version,
    family: SnapshotFamily,
    waiting: Vec<Snapshot>,
}

impl<'a> Made<'a> {
    fn new(
        log: &'a dyn EventLog,
        (stream, redaction): (StreamId, roadbook_store::Version),
        family: SnapshotFamily,
    ) -> Self {
        Self {
            log,
            stream,
            redaction,
            family,
            waiting: Vec::with_capacity(WRITTEN_TOGETHER_MAX),
        }
    }

    async fn put(
        &mut self,
        folded: &Folded,
        effective_at: roadbook_store::Instant,
        version: roadbook_store::Version,
    ) -> Result<(), StoreError> {
        self.waiting.push(Snapshot {
            stream_id: self.stream,
            family: self.family,
            version,
            effective_at,
            format: snapshot_codec::FORMAT,
            redaction: self.redaction,
            state: snapshot_codec::encode(&folded.state, &folded.usage),
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
