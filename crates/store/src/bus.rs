//! The bus: by which a process tells others what it has appended, events and all, so that they need not read the log.
//!
//! Owns the contract and what is handed in; the form in which it travels is `message`'s, and over what it travels is an
//! implementation's. Invariant: only what is durable is put on a bus, and whoever hears it still checks it, since a bus
//! may lose, repeat, reorder and garble.

mod message;

use crate::{NewEvent, StreamId, Version, Wakeups};

pub use message::{Heard, Unfit};

/// Which log it is among all that a bus may tell of, given by whoever opens it: the same to every process that has it
/// open. A copy of the log has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogName(pub [u8; 16]);

/// From where an append comes: a log, and its epoch. What has another origin tells nothing about this log, even of a
/// stream with the same id: a restored log gives the same versions to other events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The log.
    pub log: LogName,
    /// Its epoch when the process opened it.
    pub epoch: u64,
}

/// What one append made durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The log that holds it.
    pub origin: Origin,
    /// The stream.
    pub stream_id: StreamId,
    /// Where the stream stands after it.
    pub head: Version,
    /// Its events, at least one: whole batches, as they were handed in to be appended.
    pub events: Vec<NewEvent>,
}

/// A way to the other processes that have the same log open.
pub trait Bus: Send + Sync + 'static {
    /// Takes on what became durable. Never waits and never fails: what cannot be taken on is dropped, and found by the
    /// others when they next look at the heads.
    fn publish(&self, appended: Appended);

    /// Drops what is still kept of the appends of a stream, since something in them was redacted. Never waits and never
    /// fails: what cannot be dropped goes when it is too old.
    fn forget(&self, _stream: StreamId) {}

    /// Passes a note on, of [`NOTE_BYTES_MAX`](crate::NOTE_BYTES_MAX) bytes at most, which is kept nowhere. Never waits and never
    /// fails; it may be lost.
    fn tell(&self, note: String);

    /// What the others publish and tell, from now on. [`Wakeup::Anything`](crate::Wakeup::Anything) is said after a time in which
    /// something may have been missed.
    fn wakeups(&self) -> Wakeups;
}
