//! The contract of the log: what every backend promises, and all that the engine may rely on.
//!
//! Owns the trait. What backends share is in the types around it; whether one keeps its promises is judged by the
//! suite in `testing`. Invariant: what a read returned once, it returns for ever, but for payloads that are redacted, and
//! those go only with an event that says so.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Append, AppendOutcome, CommandRecord, FormatLevel, Head, Hold, Instant, RedactedEvent,
    Redaction, Room, Scrubbed, SealedEvent, Snapshot, SnapshotFamily, SnapshotPoint, StoreError,
    StoredEvent, StreamId, Version, Wakeups,
};

/// An append-only log of many streams, with the snapshots and the command records that belong to it.
///
/// Ranges are open at the start and closed at the end: `(after, through]`. A read returns at most `limit` events; one
/// that returns fewer has reached the end of its range, and one that returns `limit` goes on after its last event.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// The log's epoch: raised by a restore, so that cursors of before it can be told apart.
    async fn epoch(&self) -> Result<u64, StoreError>;

    /// Raises the epoch to the given one, and leaves it if it is there or beyond: no epoch ever comes back.
    async fn raise_epoch(&self, at_least: u64) -> Result<(), StoreError>;

    /// The log's format level: what those who write to it may append. Appends are not checked against it.
    async fn format_level(&self) -> Result<FormatLevel, StoreError>;

    /// Raises the format level to the given one, and leaves it if it is there or beyond. There is no way back.
    async fn raise_format_level(&self, at_least: FormatLevel) -> Result<(), StoreError>;

    /// What the clock of the log's server shows; `None` if the log has no clock but that of this machine.
    async fn now(&self) -> Result<Option<Instant>, StoreError> {
        Ok(None)
    }

    /// The room on the log's disk; `None` if that cannot be told. Must not wait.
    ///
    /// While it is low, appends and snapshots are refused as [`StoreError::NoRoom`].
    fn room(&self) -> Option<Room> {
        None
    }

    /// Writes many appends in one transaction and tells what became of each, in the order given.
    ///
    /// Appends may be of different streams, or several of one stream in sequence. One that meets a conflict leaves no
    /// trace and does not hinder the others. What was appended is durable when this returns. On an error nothing was
    /// written, unless it is [`StoreError::OutcomeUnknown`]. Dropping the future leaves the outcome unknown, but
    /// never a half-written append.
    async fn append_batch(&self, appends: Vec<Append>) -> Result<Vec<AppendOutcome>, StoreError>;

    /// Appends the event of a redaction and, in the same transaction, puts what is left in the place of each payload that
    /// it names, forgets the fingerprints of the commands that it names, and drops every snapshot of the stream.
    ///
    /// Headers and digests stay. An event that was redacted before can be redacted again: what was left of it then goes
    /// too. A conflict and an error mean what they mean of [`append_batch`](Self::append_batch); a redaction that does not
    /// pass [`Redaction::check`] is refused.
    async fn redact(&self, redaction: Redaction) -> Result<AppendOutcome, StoreError>;

    /// Appends events some of which are redacted already, as a log that is copied elsewhere holds them: payload and salt of
    /// those are handed in as those of their remainders. The event that redacted them may come in a later append.
    async fn append_redacted(
        &self,
        append: Append,
        redacted: Vec<RedactedEvent>,
    ) -> Result<AppendOutcome, StoreError>;

    /// Cleans the files of the log of what was redacted, as far as this process can: databases leave what is deleted where
    /// it stood until something else is written there. Takes as long as writing the whole log does, and appends may wait.
    async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        Ok(Scrubbed::Clean)
    }

    /// The version of the last event that redacted something in the stream; [`Version::NONE`] if none did.
    async fn last_redaction(&self, stream: StreamId) -> Result<Version, StoreError>;

    /// How many calls of [`append_batch`](Self::append_batch) the log can work on at once.
    fn appends_in_parallel(&self) -> usize {
        1
    }

    /// Waits until nobody else appends to the stream, and keeps others waiting until the hold is used or dropped. For a
    /// writer that lost a race: with the hold it reads what is new, decides, and cannot lose again.
    ///
    /// `None` if this process alone writes the log, so that there is nobody to keep out.
    async fn hold(&self, _stream: StreamId) -> Result<Option<Box<dyn Hold + '_>>, StoreError> {
        Ok(None)
    }

    /// Where a stream stands; `None` if it has no event.
    async fn head(&self, stream: StreamId) -> Result<Option<Head>, StoreError>;

    /// The heads of the streams after the given one, in order of their ids.
    async fn heads(&self, after: Option<StreamId>, limit: usize) -> Result<Vec<Head>, StoreError>;

    /// The heads of those of the given streams that have events, each once, in order of their ids.
    async fn heads_of(&self, streams: &[StreamId]) -> Result<Vec<Head>, StoreError>;

    /// The wake-ups by which this process hears, from now on, of what others append. They may be lost: beneath them it
    /// still has to ask for the heads now and then. Of a log that one process writes there are none.
    fn wakeups(&self) -> Wakeups;

    /// Passes a note on to the other processes that have this log open, as [`Wakeup::Told`](crate::Wakeup::Told): of
    /// [`NOTE_BYTES_MAX`](crate::NOTE_BYTES_MAX) bytes at most. Never waits and never fails; it may be lost, and of a log that one
    /// process writes nobody hears it.
    fn tell(&self, note: String);

    /// Events of the versions in `(after, through]`, ascending.
    ///
    /// With `subjects`, only those that touch any of them, found by index; the cost does not depend on the others.
    async fn read_versions(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Events of version `<= through` that take effect until `until`, in the order of `(effective_at, version)`,
    /// beginning after the given key.
    ///
    /// All that takes effect after an instant is what comes after `(instant, Version::MAX)`.
    async fn read_effective(
        &self,
        stream: StreamId,
        after: (Instant, Version),
        until: Instant,
        through: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Backdated events of the versions in `(after, through]` that take effect until `until`, ascending by version.
    ///
    /// An event is backdated if its `effective_at` lies below the greatest of the events before it. The cost does not
    /// depend on the events that are not.
    async fn read_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
        until: Instant,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// The number of backdated events of the versions in `(after, through]`.
    async fn count_backdated(
        &self,
        stream: StreamId,
        after: Version,
        through: Version,
    ) -> Result<u64, StoreError>;

    /// The last version recorded at or before the instant; [`Version::NONE`] if there is none.
    async fn version_at(&self, stream: StreamId, recorded: Instant) -> Result<Version, StoreError>;

    /// The greatest `effective_at` of the events up to and including the version; [`Instant::MIN`] if there is none.
    async fn effective_max_at(
        &self,
        stream: StreamId,
        version: Version,
    ) -> Result<Instant, StoreError>;

    /// The records of those of the given commands that were accepted, in order of their ids.
    async fn commands(
        &self,
        stream: StreamId,
        ids: &[Uuid],
    ) -> Result<Vec<CommandRecord>, StoreError>;

    /// The records of the commands whose ids come after the given one, in order of their ids.
    async fn commands_after(
        &self,
        stream: StreamId,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CommandRecord>, StoreError>;

    /// Events of the versions after `after`, ascending, with all that is needed to recompute their digests.
    async fn read_sealed(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<SealedEvent>, StoreError>;

    /// Keeps snapshots. One with the key of an older one (in [`SnapshotFamily::Log`] its version, in
    /// [`SnapshotFamily::Effective`] its `effective_at`) takes its place, whatever the format of either.
    ///
    /// None of them is kept if one was made without knowing of a redaction of its stream: it may hold what was redacted.
    async fn put_snapshots(&self, snapshots: Vec<Snapshot>) -> Result<(), StoreError>;

    /// The snapshot of the given format to begin from for the state at `effective` as known at `version`.
    ///
    /// Of those that hold nothing beyond either: in [`SnapshotFamily::Log`] the one of the greatest version, in
    /// [`SnapshotFamily::Effective`] the one of the greatest `effective_at`.
    async fn nearest_snapshot(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
        effective: Instant,
        version: Version,
        format: u16,
    ) -> Result<Option<Snapshot>, StoreError>;

    /// Where the snapshots of a family stand, of every format, in the order of the family's key.
    async fn snapshot_points(
        &self,
        stream: StreamId,
        family: SnapshotFamily,
    ) -> Result<Vec<SnapshotPoint>, StoreError>;

    /// The snapshot with the family and key of a point, as it stands now: one along effective time may have been
    /// advanced to a later version since the point was read.
    async fn snapshot(
        &self,
        stream: StreamId,
        point: SnapshotPoint,
    ) -> Result<Option<Snapshot>, StoreError>;

    /// Brings snapshots along effective time forward without rewriting their states: each with `effective_at < below`
    /// and version `from` becomes one of version `to`.
    ///
    /// The caller warrants that no event in `(from, to]` takes effect before `below`.
    async fn advance_snapshots(
        &self,
        stream: StreamId,
        from: Version,
        to: Version,
        below: Instant,
    ) -> Result<(), StoreError>;

    /// Drops the snapshots of one family, or of both, and tells how many there were.
    async fn delete_snapshots(
        &self,
        stream: StreamId,
        family: Option<SnapshotFamily>,
    ) -> Result<u64, StoreError>;
}
