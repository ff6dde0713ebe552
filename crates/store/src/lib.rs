//! The contract of the append-only log, blind to what the events mean and to where they are kept.
//!
//! Read [`EventLog`] first. A road map is one stream of events with dense versions; there is no order across streams.
//! `memory` keeps a log in memory, `verify` recomputes what was written, `transfer` moves a log to another, and `testing` (a feature) holds every backend
//! to the same promises.

mod append;
mod bus;
mod decision;
mod digest;
mod encoding;
mod error;
mod event;
mod format_level;
mod hold;
mod instant;
mod log;
mod memory;
mod redaction;
mod room;
mod snapshot;
mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transfer;
mod verify;
mod wakeup;

pub use append::{Append, AppendOutcome, CommandRecord};
pub use bus::{Appended, Bus, Heard, LogName, Origin, Unfit};
pub use decision::{Decision, SealedRow, Standing};
pub use digest::Digest;
pub use encoding::HeaderError;
pub use error::{Cause, StoreError};
pub use event::{EventHeader, NewEvent, Salt, SealedEvent, StoredEvent};
pub use format_level::FormatLevel;
pub use hold::Hold;
pub use instant::Instant;
pub use log::EventLog;
pub use memory::MemoryLog;
pub use redaction::{
    FORGOTTEN, NewRemainder, REDACTION_KIND, RedactedEvent, Redaction, Remainder, Scrubbed,
};
pub use room::Room;
pub use snapshot::{Snapshot, SnapshotFamily, SnapshotPoint};
pub use stream::{Head, StreamId, Version};
pub use transfer::{TransferError, TransferProgress, TransferStep, Transferred, transfer};
pub use verify::{
    Fault, FoundRedaction, Problem, Progress, Verified, VerifyError, verify_log, verify_stream,
};
pub use wakeup::{NOTE_BYTES_MAX, Wakeup, Wakeups};
