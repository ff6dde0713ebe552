//! Why a log was not moved.
//!
//! Owns the error type, whose variants tell which side is to be looked at. Invariant: what is wrong with an event names
//! its stream and version.

use uuid::Uuid;

use crate::{Fault, StoreError, StreamId, VerifyError, Version};

/// Why a move did not end well. Before the first copy nothing was written; after it, the target holds a beginning of the
/// source, and the move can be made again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransferError {
    /// The source cannot be read.
    #[error("the source cannot be read")]
    Source(#[source] StoreError),
    /// The target can be neither read nor written.
    #[error("the target cannot be read or written")]
    Target(#[source] StoreError),
    /// The source is not what was appended. Nothing was written.
    #[error("the source is damaged: {0}")]
    Damaged(Fault),
    /// The target holds an event that the source does not. Nothing was written.
    #[error(
        "the target holds something else than the source at stream {stream}, version {version}"
    )]
    OtherEvent {
        /// The stream.
        stream: StreamId,
        /// The first version that differs.
        version: Version,
    },
    /// The target holds a command record that the source does not. Nothing was written.
    #[error(
        "the target holds something else than the source at stream {stream}, version {version}: the record of \
         command {command}"
    )]
    OtherCommand {
        /// The stream.
        stream: StreamId,
        /// Where the stream stood after the command, as the target has it.
        version: Version,
        /// The command.
        command: Uuid,
    },
    /// Somebody else appended to the target.
    #[error("somebody else writes to the target: its stream {stream} stands at version {version}")]
    TargetChanged {
        /// The stream.
        stream: StreamId,
        /// Where it stands.
        version: Version,
    },
    /// Somebody appended to the source.
    #[error("somebody writes to the source: its stream {stream} changed during the move")]
    SourceChanged {
        /// The first stream that changed.
        stream: StreamId,
    },
    /// What is read back is not what was written.
    #[error("the target did not keep stream {stream}, version {version}, as it was written")]
    NotKept {
        /// The stream.
        stream: StreamId,
        /// The version of the event, or the one after the command.
        version: Version,
    },
}

impl From<VerifyError> for TransferError {
    /// Only the source is verified.
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Fault(fault) => Self::Damaged(fault),
            VerifyError::Store(error) => Self::Source(error),
        }
    }
}
