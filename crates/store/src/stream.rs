//! Where an event stands: its stream, its version in the stream, and the head that the stream has reached.
//!
//! Owns the names of places and nothing of what stands there. Invariant: the versions of a stream are dense and begin
//! with 1, so a reader that follows them can never miss one.

use std::fmt;

use uuid::Uuid;

use crate::Instant;

/// The name of one stream. Every key of the log begins with it, and no order runs across streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub Uuid);

impl fmt::Display for StreamId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The place of an event in its stream: 1 for the first, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub u64);

impl Version {
    /// "No event yet": the head of a stream that does not exist, and the place before the first event.
    pub const NONE: Self = Self(0);

    /// After every version that an event can have: "however far the stream goes".
    pub const MAX: Self = Self(i64::MAX.unsigned_abs());

    /// The version that follows.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What is known of a stream from its last event, without reading the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The stream.
    pub stream_id: StreamId,
    /// The version of its last event; at least 1.
    pub version: Version,
    /// When the last event was recorded.
    pub recorded_at: Instant,
    /// The greatest `effective_at` of all its events.
    pub effective_max: Instant,
    /// When its first event was recorded.
    pub opened_at: Instant,
}
