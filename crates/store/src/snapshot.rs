//! States kept beside the log, so that a moment need not be folded from the first event.
//!
//! Owns their keys and shapes; what the bytes mean is not known here. Invariant: snapshots are a cache, and a log
//! without any answers every question about events the same.

use bytes::Bytes;

use crate::{Instant, StreamId, Version};

/// The two series of snapshots that a stream has. Each has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SnapshotFamily {
    /// Along the log, keyed by version: the state once all events up to it have taken effect.
    Log,
    /// Along effective time, keyed by `effective_at`: what was so then, as known at its version.
    Effective,
}

/// A state at a version and an effective instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream whose state it is.
    pub stream_id: StreamId,
    /// The series that it belongs to.
    pub family: SnapshotFamily,
    /// It holds no event after this version.
    pub version: Version,
    /// It holds no event that takes effect after this instant.
    pub effective_at: Instant,
    /// How `state` is encoded, in the writer's numbering.
    pub format: u16,
    /// The last redaction of the stream that whoever made the state knew of, before it read the first event for it.
    pub redaction: Version,
    /// The state itself.
    pub state: Bytes,
}

/// Where a snapshot stands, without its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPoint {
    /// The series that it belongs to.
    pub family: SnapshotFamily,
    /// It holds no event after this version.
    pub version: Version,
    /// It holds no event that takes effect after this instant.
    pub effective_at: Instant,
    /// How the state is encoded.
    pub format: u16,
}

impl Snapshot {
    /// Where it stands.
    pub const fn point(&self) -> SnapshotPoint {
        SnapshotPoint {
            family: self.family,
            version: self.version,
            effective_at: self.effective_at,
            format: self.format,
        }
    }
}

impl SnapshotPoint {
    /// The key within the family: the version along the log, the microseconds of `effective_at` along effective time.
    pub const fn key(&self) -> i64 {
        match self.family {
            SnapshotFamily::Log => self.version.0.cast_signed(),
            SnapshotFamily::Effective => self.effective_at.0,
        }
    }
}
