//! The past: the state of a road map as of any effective instant and version.
//!
//! It owns the choice of a snapshot and of the events that it lacks; which moment is meant is `moment`'s affair.
//! Invariant: the state loaded through any usable snapshot is the fold of `effective_at <= D` and `version <= K`.

use std::sync::Arc;

use futures_util::future::join;
use roadbook_domain::{Instant, RoadMapId, State, Version};
use roadbook_store::{EventLog, Snapshot, SnapshotFamily, StoreError, StoredEvent, StreamId};

use crate::codec::{
    self, decode, from_store, instant_from_store, instant_to_store, stream_of, to_store,
};
use crate::recorded::RecordedEvent;
use crate::snapshot_codec;
use crate::usage::Usage;

/// Reads past states from a log.
#[derive(Clone)]
pub(crate) struct Past {
    log: Arc<dyn EventLog>,
    page_events: usize,
}

/// A state together with what the events that were folded into it take up in the log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) state: State,
    pub(crate) usage: Usage,
}

/// A state on its way to a moment: the fold at `(effective, version)`.
struct Point {
    folded: Folded,
    effective: Instant,
    version: Version,
}

impl Past {
    pub(crate) fn new(log: Arc<dyn EventLog>, page_events: usize) -> Self {
        Self { log, page_events }
    }

    pub(crate) fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// `asof(effective, version)`; the version is the end of a batch.
    pub(crate) async fn load(
        &self,
        road_map: RoadMapId,
        effective: Instant,
        version: Version,
    ) -> Result<Folded, StoreError> {
        let stream = stream_of(road_map);
        let start = self.nearest(stream, effective, version).await?;
        let mut folded = start.folded;
        self.fold_between(
            stream,
            &mut folded,
            start.effective,
            effective,
            start.version,
        )
        .await?;
        self.fold_late(stream, &mut folded, start.version, version, effective)
            .await?;
        Ok(folded)
    }

    /// Folds the events of `(after, through]` into a state that lacks nothing of what came before.
    pub(crate) async fn advance(
        &self,
        road_map: RoadMapId,
        state: &mut State,
        after: Version,
        through: Version,
    ) -> Result<(), StoreError> {
        let mut folded = Folded {
            state: std::mem::take(state),
            usage: Usage::default(),
        };
        self.fold_late(
            stream_of(road_map),
            &mut folded,
            after,
            through,
            Instant::MAX,
        )
        .await?;
        *state = folded.state;
        Ok(())
    }

    /// The readable snapshot that lacks least, or the state before everything.
    async fn nearest(
        &self,
        stream: StreamId,
        effective: Instant,
        version: Version,
    ) -> Result<Point, StoreError> {
        let along_log = self
            .snapshot(stream, SnapshotFamily::Log, effective, version)
            .await?;
        let reaches_all = effective
            >= instant_from_store(self.log.effective_max_at(stream, to_store(version)).await?);
        let along_effective = if reaches_all {
            None
        } else {
            self.snapshot(stream, SnapshotFamily::Effective, effective, version)
                .await?
        };
        let newer = [along_log, along_effective]
            .into_iter()
            .flatten()
            .max_by_key(|point| point.version);
        Ok(newer.unwrap_or_else(|| Point {
            folded: Folded::default(),
            effective: Instant::MIN,
            version: Version::ZERO,
        }))
    }

    async fn snapshot(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
        effective: Instant,
        version: Version,
    ) -> Result<Option<Point>, StoreError> {
        let found = self
            .log
            .nearest_snapshot(
                stream,
                family,
                instant_to_store(effective),
                to_store(version),
                snapshot_codec::FORMAT,
            )
            .await?;
        let Some(Snapshot {
            version,
            effective_at,
            state,
            ..
        }) = found
        else {
            return Ok(None);
        };
        let Some(folded) = snapshot_codec::decode(&state) else {
            // A snapshot is a cache: one that cannot be read is dropped with its family and made anew.
            tracing::warn!(stream.id = %stream, "a snapshot is unreadable; its family is dropped");
            self.log.delete_snapshots(stream, Some(family)).await?;
            return Ok(None);
        };
        Ok(Some(Point {
            folded,
            effective: instant_from_store(effective_at),
            version: from_store(version),
        }))
    }

    /// Folds what a snapshot lacks of its own versions: events of `version <= known` with `after < effective_at <= until`.
    async fn fold_between(
        &self,
        stream: StreamId,
        folded: &mut Folded,
        after: Instant,
        until: Instant,
        known: Version,
    ) -> Result<(), StoreError> {
        if known == Version::ZERO || after >= until {
            return Ok(());
        }
        let mut key = (instant_to_store(after), roadbook_store::Version::MAX);
        loop {
            let page = self
                .log
                .read_effective(
                    stream,
                    key,
                    instant_to_store(until),
                    to_store(known),
                    self.page_events,
                )
                .await?;
            let Some(last) = page.last().filter(|_| page.len() == self.page_events) else {
                return fold(folded, page, until);
            };
            key = (last.header.effective_at, last.header.version);
            fold(folded, page, until)?;
        }
    }

    /// Folds events of `after < version <= through` with `effective_at <= until`.
    ///
    /// Effective times that are not backdated never decrease: from the first event beyond `until` on, only
    /// backdated ones can still count, and those have an index of their own.
    async fn fold_late(
        &self,
        stream: StreamId,
        folded: &mut Folded,
        after: Version,
        through: Version,
        until: Instant,
    ) -> Result<(), StoreError> {
        let mut after = to_store(after);
        let through = to_store(through);
        let until_stored = instant_to_store(until);
        let mut passed = self.log.effective_max_at(stream, after).await? > until_stored;
        let mut ahead = None;
        while after < through {
            let page = match ahead.take() {
                Some(page) => page,
                None if passed => {
                    self.log
                        .read_backdated(stream, after, through, until_stored, self.page_events)
                        .await?
                }
                None => self.versions(stream, after, through).await?,
            };
            let full = page.len() == self.page_events;
            let Some(last) = page.last().map(|event| event.header.version) else {
                return Ok(());
            };
            after = last;
            let beyond = page
                .iter()
                .any(|event| event.header.effective_at > until_stored);
            if full && !passed && !beyond {
                // The database reads the next page while this one is folded.
                let reading = self.versions(stream, after, through);
                let folding = async { fold(folded, page, until) };
                let (read, done) = join(reading, folding).await;
                done?;
                ahead = Some(read?);
                continue;
            }
            fold(folded, page, until)?;
            if !full && (passed || !beyond) {
                return Ok(());
            }
            passed |= beyond;
        }
        Ok(())
    }

    async fn versions(
        &self,
        stream: StreamId,
        after: roadbook_store::Version,
        through: roadbook_store::Version,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.log
            .read_versions(stream, after, through, &[], self.page_events)
            .await
    }
}

fn fold(folded: &mut Folded, page: Vec<StoredEvent>, until: Instant) -> Result<(), StoreError> {
    for stored in page {
        if codec::instant_from_store(stored.header.effective_at) <= until {
            let recorded = decode(stored)?;
            folded.evolve(&recorded);
        }
    }
    Ok(())
}

impl Folded {
    /// Folds one more event in.
    pub(crate) fn evolve(&mut self, recorded: &RecordedEvent) {
        self.state.evolve(recorded.stamp(), &recorded.event);
        self.usage.add(recorded);
    }
}

impl std::fmt::Debug for Past {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Past")
            .field("page_events", &self.page_events)
            .finish_non_exhaustive()
    }
}
