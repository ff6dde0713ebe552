//! A log that fails on purpose: before the commit, or after it with the answer lost; or that keeps an append waiting.
//!
//! Owns when to fail and wait; everything else is done by the log inside. Invariant: a failed append wrote nothing, and
//! one whose answer is lost wrote what the log inside would have written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    Append, AppendOutcome, CommandRecord, EventLog, FormatLevel, Head, Hold, Instant,
    RedactedEvent, Redaction, Room, Scrubbed, SealedEvent, Snapshot, SnapshotFamily, SnapshotPoint,
    StoreError, StoredEvent, StreamId, Version, Wakeups,
};

/// A log that fails chosen appends (calls of `append_batch`) and reads (of events by version, or of a snapshot). Each are
/// counted from 1, over the log's whole life.
pub struct FaultyLog {
    inner: Arc<dyn EventLog>,
    /// How many appends it says that it takes at once, if not as many as the log inside.
    in_parallel: Option<usize>,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    reads: u64,
    failed_read: Option<u64>,
    calls: u64,
    faults: BTreeMap<u64, InjectedFault>,
    delays: BTreeMap<u64, Delay>,
}

/// The log's side of a delay.
struct Delay {
    arrived: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

/// An append that is kept waiting, before it fails or is written, until this is dropped.
#[derive(Debug)]
pub struct DelayedAppend {
    arrival: Option<oneshot::Receiver<()>>,
    _hold: oneshot::Sender<()>,
}

impl DelayedAppend {
    /// Waits until the append has come as far as the log.
    pub async fn arrived(&mut self) {
        if let Some(arrival) = self.arrival.take() {
            // The log went away: whoever appends is told, and the test with it.
            drop(arrival.await);
        }
    }
}

#[derive(Clone, Copy)]
enum InjectedFault {
    BeforeCommit,
    DiskFull,
    AfterCommit,
}

impl FaultyLog {
    /// A log that does what the one inside does until it is told to fail.
    pub fn new(inner: Arc<dyn EventLog>) -> Self {
        Self {
            inner,
            in_parallel: None,
            plan: Mutex::default(),
        }
    }

    /// The same, saying that it takes so many appends at once.
    #[must_use]
    pub fn in_parallel(self, appends: usize) -> Self {
        Self {
            in_parallel: Some(appends),
            ..self
        }
    }

    /// The `call`-th append is answered [`StoreError::Unavailable`] and writes nothing.
    pub fn fail_append(&self, call: u64) {
        self.plan().faults.insert(call, InjectedFault::BeforeCommit);
    }

    /// The `call`-th append finds the disk full: it is answered [`StoreError::NoRoom`] and writes nothing.
    pub fn fill_disk(&self, call: u64) {
        self.plan().faults.insert(call, InjectedFault::DiskFull);
    }

    /// The `call`-th append is written and answered [`StoreError::OutcomeUnknown`].
    pub fn lose_answer(&self, call: u64) {
        self.plan().faults.insert(call, InjectedFault::AfterCommit);
    }

    /// The `call`-th append waits until what is returned is dropped.
    pub fn delay_append(&self, call: u64) -> DelayedAppend {
        let (arrived, arrival) = oneshot::channel();
        let (hold, released) = oneshot::channel();
        self.plan().delays.insert(call, Delay { arrived, released });
        DelayedAppend {
            arrival: Some(arrival),
            _hold: hold,
        }
    }

    /// The `read`-th read is answered [`StoreError::Unavailable`].
    pub fn fail_read(&self, read: u64) {
        self.plan().failed_read = Some(read);
    }

    /// How many reads there were so far. "The next" is one more.
    pub fn reads(&self) -> u64 {
        self.plan().reads
    }

    /// How many appends there were so far, failed ones included. "The next" is one more.
    pub fn append_calls(&self) -> u64 {
        self.plan().calls
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_read(&self) -> Result<(), StoreError> {
        let mut plan = self.plan();
        plan.reads += 1;
        match plan.failed_read {
            Some(failed) if failed == plan.reads => Err(unavailable()),
            _ => Ok(()),
        }
    }

    fn next_call(&self) -> (Option<Delay>, Option<InjectedFault>) {
        let mut plan = self.plan();
        plan.calls += 1;
        let call = plan.calls;
        (plan.delays.remove(&call), plan.faults.remove(&call))
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        detail: "a test wanted it so".to_owned(),
        source: None,
    }
}

#[async_trait]
impl EventLog for FaultyLog {
    async fn append_batch(&self, appends: Vec<Append>) -> Result<Vec<AppendOutcome>, StoreError> {
        let (delay, fault) = self.next_call();
        if let Some(Delay { arrived, released }) = delay {
            // The test need not look; it releases by dropping its side, which is told as an error.
            let (Ok(()) | Err(())) = arrived.send(());
            let (Ok(()) | Err(_)) = released.await;
        }
        match fault {
            None => self.inner.append_batch(appends).await,
            Some(InjectedFault::BeforeCommit) => Err(unavailable()),
            Some(InjectedFault::DiskFull) => Err(StoreError::NoRoom {
                detail: "a test wanted it so".to_owned(),
                source: None,
            }),
            Some(InjectedFault::AfterCommit) => {
                self.inner.append_batch(appends).await?;
                Err(StoreError::OutcomeUnknown { source: None })
            }
        }
    }

    async fn redact(&self, redaction: Redaction) -> Result<AppendOutcome, StoreError> {
        self.inner.redact(redaction).await
    }

    async fn append_redacted(
        &self,
        append: Append,
        redacted: Vec<RedactedEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        self.inner.append_redacted(append, redacted).await
    }

    async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        self.inner.scrub().await
    }

    async fn last_redaction(&self, stream: StreamId) -> Result<Version, StoreError> {
        self.inner.last_redaction(stream).await
    }

    fn appends_in_parallel(&self) -> usize {
        self.in_parallel
            .unwrap_or_else(|| self.inner.appends_in_parallel())
    }

    async fn hold(&self, stream: StreamId) -> Result<Option<Box<dyn Hold + '_>>, StoreError> {
        self.inner.hold(stream).await
    }

    async fn epoch(&self) -> Result<u64, StoreError> {
        self.inner.epoch().await
    }

    async fn raise_epoch(&self, at_least: u64) -> Result<(), StoreError> {
        self.inner.raise_epoch(at_least).await
    }

    async fn format_level(&self) -> Result<FormatLevel, StoreError> {
        self.inner.format_level().await
    }

    async fn raise_format_level(&self, at_least: FormatLevel) -> Result<(), StoreError> {
        self.inner.raise_format_level(at_least).await
    }

    fn room(&self) -> Option<Room> {
        self.inner.room()
    }

    async fn now(&self) -> Result<Option<Instant>, StoreError> {
        self.inner.now().await
    }

    async fn head(&self, stream: StreamId) -> Result<Option<Head>, StoreError> {
        self.inner.head(stream).await
    }

    async fn heads(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<Head>, StoreError> {
        self.inner.heads(after, limit).await
    }

    async fn heads_of(&self, streams: &[StreamId]) -> Result<Vec<Head>, StoreError> {
        self.inner.heads_of(streams).await
    }

    fn wakeups(&self) -> Wakeups {
        self.inner.wakeups()
    }

    fn tell(&self, note: String) {
        self.inner.tell(note);
    }

    async fn read_versions(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.next_read()?;
        self.inner
            .read_versions(stream, after, through, subjects, limit)
            .await
    }

    async fn read_effective(
        &self,
        stream: StreamId,
        after: (Instant, Version),
        until: Instant,
        through: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner
            .read_effective(stream, after, until, through, limit)
            .await
    }

    async fn read_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        until: Instant,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner
            .read_backdated(stream, after, through, until, limit)
            .await
    }

    async fn count_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
    ) -> Result<u64, StoreError> {
        self.inner.count_backdated(stream, after, through).await
    }

    async fn version_at(&self, stream: StreamId, recorded: Instant) -> Result<Version, StoreError> {
        self.inner.version_at(stream, recorded).await
    }

    async fn effective_max_at(
        &self,
        stream: StreamId,
        version: Version,
    ) -> Result<Instant, StoreError> {
        self.inner.effective_max_at(stream, version).await
    }

    async fn commands(
        &self,
        stream: StreamId,
        ids: &[Uuid],
    ) -> Result<Vec<CommandRecord>, StoreError> {
        self.inner.commands(stream, ids).await
    }

    async fn commands_after(
        &self,
        stream: StreamId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CommandRecord>, StoreError> {
        self.inner.commands_after(stream, after, limit).await
    }

    async fn read_sealed(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<SealedEvent>, StoreError> {
        self.inner.read_sealed(stream, after, limit).await
    }

    async fn put_snapshots(&self, snapshots: Vec<Snapshot>) -> Result<(), StoreError> {
        self.inner.put_snapshots(snapshots).await
    }

    async fn nearest_snapshot(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
        effective: Instant,
        version: Version,
        format: u16,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.next_read()?;
        self.inner
            .nearest_snapshot(stream, family, effective, version, format)
            .await
    }

    async fn snapshot_points(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
    ) -> Result<Vec<SnapshotPoint>, StoreError> {
        self.inner.snapshot_points(stream, family).await
    }

    async fn snapshot(
        &self,
        stream: StreamId,
        point: SnapshotPoint,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(stream, point).await
    }

    async fn advance_snapshots(
        &self,
        stream: StreamId,
        from: Version,
        to: Version,
        below: Instant,
    ) -> Result<(), StoreError> {
        self.inner.advance_snapshots(stream, from, to, below).await
    }

    async fn delete_snapshots(
        &self,
        stream: StreamId,
        family: Option<SnapshotFamily>,
    ) -> Result<u64, StoreError> {
        self.inner.delete_snapshots(stream, family).await
    }
}
