//! A log in memory: for tests, for the differential run, and for looking at a road map without a file.
//!
//! Owns one lock around plain collections. Nothing outlives the process. Invariant: it answers every call as any other
//! backend does, which the conformance suite and the differential run check.

mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use self::stream::Stream;
use crate::{
    Append, AppendOutcome, CommandRecord, Decision, EventLog, FormatLevel, Head, Instant,
    RedactedEvent, Redaction, Room, SealedEvent, Snapshot, SnapshotFamily, SnapshotPoint, Standing,
    StoreError, StoredEvent, StreamId, Version, Wakeups,
};

/// A log that lives as long as its value.
#[derive(Debug, Default)]
pub struct MemoryLog {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    epoch: u64,
    format_level: FormatLevel,
    clock: Option<Instant>,
    room: Option<Room>,
    streams: BTreeMap<StreamId, Stream>,
    snapshots: BTreeMap<SnapshotKey, Snapshot>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            epoch: MemoryLog::EPOCH,
            format_level: FormatLevel::FIRST,
            clock: None,
            room: None,
            streams: BTreeMap::new(),
            snapshots: BTreeMap::new(),
        }
    }
}

/// The last part is a version or an effective instant, as the family has it.
type SnapshotKey = (StreamId, SnapshotFamily, i64);

impl MemoryLog {
    /// The epoch of a new log.
    pub const EPOCH: u64 = 1;

    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty log of another format level than a new one has.
    pub fn of_format_level(level: FormatLevel) -> Self {
        let log = Self::default();
        log.lock().format_level = level;
        log
    }

    /// Gives the log a clock as a server has one, which stands still until it is set again.
    pub fn set_clock(&self, shows: Instant) {
        self.lock().clock = Some(shows);
    }

    /// Gives the log a disk with so much room.
    pub fn set_room(&self, room: Room) {
        self.lock().room = Some(room);
    }

    /// Loses the payloads and salts of events, which no event says: damage, and no redaction.
    pub fn lose(&self, stream: StreamId, versions: &[Version]) {
        let mut state = self.lock();
        if let Some(stream) = state.streams.get_mut(&stream) {
            for version in versions {
                stream.lose(*version);
            }
        }
    }

    /// A panic while the lock is held can only come from the allocator or a bug, and the writes below are made after
    /// everything that can fail: what a poisoned lock guards is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_stream<T: Default>(&self, stream: StreamId, read: impl FnOnce(&Stream) -> T) -> T {
        self.lock()
            .streams
            .get(&stream)
            .map(read)
            .unwrap_or_default()
    }
}

impl State {
    fn check_room(&self) -> Result<(), StoreError> {
        match self.room {
            Some(room) if room.is_low() => Err(StoreError::low(room)),
            _ => Ok(()),
        }
    }

    fn standing(&self, appends: &[Append]) -> Standing {
        let mut standing = Standing::default();
        for append in appends {
            let Some(stream) = self.streams.get(&append.stream_id) else {
                continue;
            };
            standing
                .heads
                .extend(stream.head().map(|head| (append.stream_id, head)));
            let recorded = append
                .commands
                .iter()
                .filter(|command| stream.knows(command.command_id));
            standing
                .recorded
                .extend(recorded.map(|command| (append.stream_id, command.command_id)));
        }
        standing
    }

    fn write(&mut self, decision: Decision) -> Vec<AppendOutcome> {
        for row in decision.events {
            let stream = self.streams.entry(row.header.stream_id).or_default();
            stream.push(row);
        }
        for (stream, command) in decision.commands {
            self.streams.entry(stream).or_default().record(command);
        }
        decision.outcomes
    }

    /// Whether somebody made it without knowing of a redaction.
    fn is_outdated(&self, snapshot: &Snapshot) -> bool {
        let stream = self.streams.get(&snapshot.stream_id);
        stream.is_some_and(|stream| stream.last_redaction() > snapshot.redaction)
    }

    fn family(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
    ) -> impl DoubleEndedIterator<Item = &Snapshot> {
        let range = (stream, family, i64::MIN)..=(stream, family, i64::MAX);
        self.snapshots.range(range).map(|(_, snapshot)| snapshot)
    }
}

/// The outcome of an append that was decided alone.
fn only(outcomes: &[AppendOutcome]) -> Result<AppendOutcome, StoreError> {
    let missing = || StoreError::corrupt("the append", "it was not judged");
    outcomes.first().copied().ok_or_else(missing)
}

fn snapshot_key(stream: StreamId, point: SnapshotPoint) -> SnapshotKey {
    (stream, point.family, point.key())
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn epoch(&self) -> Result<u64, StoreError> {
        Ok(self.lock().epoch)
    }

    async fn raise_epoch(&self, at_least: u64) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.epoch = state.epoch.max(at_least);
        Ok(())
    }

    async fn format_level(&self) -> Result<FormatLevel, StoreError> {
        Ok(self.lock().format_level)
    }

    async fn raise_format_level(&self, at_least: FormatLevel) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.format_level = state.format_level.max(at_least);
        Ok(())
    }

    fn room(&self) -> Option<Room> {
        self.lock().room
    }

    async fn now(&self) -> Result<Option<Instant>, StoreError> {
        Ok(self.lock().clock)
    }

    async fn append_batch(&self, appends: Vec<Append>) -> Result<Vec<AppendOutcome>, StoreError> {
        let mut state = self.lock();
        state.check_room()?;
        let decision = state.standing(&appends).decide(appends)?;
        Ok(state.write(decision))
    }

    async fn redact(&self, redaction: Redaction) -> Result<AppendOutcome, StoreError> {
        redaction.check()?;
        let (stream, version) = (redaction.append.stream_id, redaction.version());
        let mut state = self.lock();
        state.check_room()?;
        let appends = vec![redaction.append];
        let decision = state.standing(&appends).decide(appends)?;
        let outcome = only(&state.write(decision))?;
        if matches!(outcome, AppendOutcome::Appended { .. }) {
            let redacted = state.streams.entry(stream).or_default();
            for left in redaction.remainders {
                redacted.redact(left, version);
            }
            for command in redaction.forgotten {
                redacted.forget(command);
            }
            state.snapshots.retain(|(of, _, _), _| *of != stream);
        }
        Ok(outcome)
    }

    async fn append_redacted(
        &self,
        append: Append,
        redacted: Vec<RedactedEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let mut state = self.lock();
        state.check_room()?;
        let stream = append.stream_id;
        let appends = vec![append];
        let mut decision = state.standing(&appends).decide(appends)?;
        let left = decision.redacted(&redacted);
        let outcome = only(&state.write(decision))?;
        let stream = state.streams.entry(stream).or_default();
        for (left, redaction) in left {
            stream.redact(left, redaction);
        }
        Ok(outcome)
    }

    async fn last_redaction(&self, stream: StreamId) -> Result<Version, StoreError> {
        Ok(self.of_stream(stream, Stream::last_redaction))
    }

    async fn head(&self, stream: StreamId) -> Result<Option<Head>, StoreError> {
        Ok(self.of_stream(stream, Stream::head))
    }

    async fn heads(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<Head>, StoreError> {
        let state = self.lock();
        let range = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        Ok(state
            .streams
            .range(range)
            .filter_map(|(_, stream)| stream.head())
            .take(limit)
            .collect())
    }

    async fn heads_of(&self, streams: &[StreamId]) -> Result<Vec<Head>, StoreError> {
        let state = self.lock();
        let streams: BTreeSet<&StreamId> = streams.iter().collect();
        let known = |stream| state.streams.get(stream)?.head();
        Ok(streams.into_iter().filter_map(known).collect())
    }

    fn wakeups(&self) -> Wakeups {
        Wakeups::never()
    }

    /// Nobody else has it open.
    fn tell(&self, _note: String) {}

    async fn read_versions(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.of_stream(stream, |stream| {
            stream.by_version(after, through, subjects, limit)
        }))
    }

    async fn read_effective(
        &self,
        stream: StreamId,
        after: (Instant, Version),
        until: Instant,
        through: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.of_stream(stream, |stream| {
            stream.by_effective(after, until, through, limit)
        }))
    }

    async fn read_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        until: Instant,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.of_stream(stream, |stream| {
            stream.backdated(after, through, until, limit)
        }))
    }

    async fn count_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
    ) -> Result<u64, StoreError> {
        Ok(self.of_stream(stream, |stream| stream.count_backdated(after, through)))
    }

    async fn version_at(&self, stream: StreamId, recorded: Instant) -> Result<Version, StoreError> {
        Ok(self
            .of_stream(stream, |stream| stream.version_at(recorded))
            .unwrap_or(Version::NONE))
    }

    async fn effective_max_at(
        &self,
        stream: StreamId,
        version: Version,
    ) -> Result<Instant, StoreError> {
        Ok(self
            .of_stream(stream, |stream| stream.effective_max_at(version))
            .unwrap_or(Instant::MIN))
    }

    async fn commands(
        &self,
        stream: StreamId,
        ids: &[Uuid],
    ) -> Result<Vec<CommandRecord>, StoreError> {
        Ok(self.of_stream(stream, |stream| stream.commands(ids)))
    }

    async fn commands_after(
        &self,
        stream: StreamId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CommandRecord>, StoreError> {
        Ok(self.of_stream(stream, |stream| stream.commands_after(after, limit)))
    }

    async fn read_sealed(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<SealedEvent>, StoreError> {
        Ok(self.of_stream(stream, |stream| stream.sealed(after, limit)))
    }

    async fn put_snapshots(&self, snapshots: Vec<Snapshot>) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.check_room()?;
        if snapshots.iter().any(|snapshot| state.is_outdated(snapshot)) {
            return Ok(());
        }
        for snapshot in snapshots {
            state
                .snapshots
                .insert(snapshot_key(snapshot.stream_id, snapshot.point()), snapshot);
        }
        Ok(())
    }

    async fn nearest_snapshot(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
        effective: Instant,
        version: Version,
        format: u16,
    ) -> Result<Option<Snapshot>, StoreError> {
        let usable = |snapshot: &&Snapshot| {
            snapshot.format == format
                && snapshot.version <= version
                && snapshot.effective_at <= effective
        };
        Ok(self
            .lock()
            .family(stream, family)
            .rev()
            .find(usable)
            .cloned())
    }

    async fn snapshot_points(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
    ) -> Result<Vec<SnapshotPoint>, StoreError> {
        Ok(self
            .lock()
            .family(stream, family)
            .map(Snapshot::point)
            .collect())
    }

    async fn snapshot(
        &self,
        stream: StreamId,
        point: SnapshotPoint,
    ) -> Result<Option<Snapshot>, StoreError> {
        Ok(self
            .lock()
            .snapshots
            .get(&snapshot_key(stream, point))
            .cloned())
    }

    async fn advance_snapshots(
        &self,
        stream: StreamId,
        from: Version,
        to: Version,
        below: Instant,
    ) -> Result<(), StoreError> {
        let family = SnapshotFamily::Effective;
        let range = (stream, family, i64::MIN)..(stream, family, below.0);
        for (_, snapshot) in self.lock().snapshots.range_mut(range) {
            if snapshot.version == from {
                snapshot.version = to;
            }
        }
        Ok(())
    }

    async fn delete_snapshots(
        &self,
        stream: StreamId,
        family: Option<SnapshotFamily>,
    ) -> Result<u64, StoreError> {
        let mut deleted = 0;
        self.lock()
            .snapshots
            .retain(|(of_stream, of_family, _), _| {
                let doomed =
                    *of_stream == stream && family.is_none_or(|family| family == *of_family);
                deleted += u64::from(doomed);
                !doomed
            });
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::{FaultyLog, append, compare_logs, run_all, stream};

    #[tokio::test]
    async fn the_log_in_memory_keeps_the_contract() {
        run_all(async || Arc::new(MemoryLog::new()) as Arc<dyn EventLog>).await;
    }

    #[tokio::test]
    async fn a_random_run_does_some_of_everything() {
        let seen = compare_logs(1, 400, &MemoryLog::new(), &MemoryLog::new()).await;
        assert!(
            seen.appended > 100 && seen.conflicts > 10 && seen.refused > 0 && seen.redacted > 5,
            "{seen:?}"
        );
    }

    #[tokio::test]
    async fn a_log_that_fails_on_purpose_fails_before_or_after_the_commit() {
        let log = FaultyLog::new(Arc::new(MemoryLog::new()));
        log.fail_append(1);
        log.lose_answer(2);
        let first = log.append_batch(vec![append(stream(1), 0, &[1])]).await;
        assert!(
            matches!(first, Err(StoreError::Unavailable { .. })),
            "{first:?}"
        );
        assert_eq!(log.head(stream(1)).await.unwrap(), None);
        let second = log.append_batch(vec![append(stream(1), 0, &[1])]).await;
        assert!(
            matches!(second, Err(StoreError::OutcomeUnknown { .. })),
            "{second:?}"
        );
        assert_eq!(
            log.head(stream(1)).await.unwrap().map(|head| head.version),
            Some(Version(1))
        );
        let third = log.append_batch(vec![append(stream(1), 1, &[1])]).await;
        assert_eq!(
            third.unwrap(),
            [AppendOutcome::Appended { head: Version(2) }]
        );
        assert_eq!(log.append_calls(), 3);
    }
}
