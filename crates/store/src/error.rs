//! What can go wrong between a caller and its log.
//!
//! Owns the one error type, whose variants are chosen by what the caller does next. A lost race for a version is no
//! error but an [`AppendOutcome`](crate::AppendOutcome). Invariant: only `OutcomeUnknown` leaves it open whether
//! something was written.

use std::error::Error;
use std::sync::Arc;

use crate::{Room, StreamId};

/// The reason beneath an error. Shared, since one failed commit answers many callers.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a log did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// What was handed in contradicts itself or what is stored, for example a gap between versions or a time of
    /// recording before the head's. Nothing was written, and the same request will be refused again.
    #[error("the append to stream {stream} is refused: {detail}")]
    Conflict {
        /// The stream that it was meant for.
        stream: StreamId,
        /// What contradicts what.
        detail: String,
    },

    /// The log cannot be reached. Nothing was written, and it may be tried again later.
    #[error("the log is unavailable: {detail}")]
    Unavailable {
        /// What was being done, or what is missing.
        detail: String,
        /// The error beneath it.
        #[source]
        source: Option<Cause>,
    },

    /// The disk has too little room, or none. Nothing was written; reads go on, and it may be tried again once there is
    /// room.
    #[error("the disk of the log is low: {detail}")]
    NoRoom {
        /// What is lacking, or what was being done.
        detail: String,
        /// The error beneath it, if it was the database that ran out of room.
        #[source]
        source: Option<Cause>,
    },

    /// The append may or may not have been written: read the log again before going on.
    #[error("it is unknown whether the append was written")]
    OutcomeUnknown {
        /// The error beneath it.
        #[source]
        source: Option<Cause>,
    },

    /// What is stored cannot be what was written. Trying again will not help; `verify` tells more.
    #[error("the log is damaged at {place}: {detail}")]
    Corrupt {
        /// The file, the table, or the event.
        place: String,
        /// What is wrong there.
        detail: String,
        /// The error beneath it.
        #[source]
        source: Option<Cause>,
    },

    /// What is stored is of a format that came after this program: a newer one can read it, and trying again will not
    /// help. To go on without it would tell something else than what is stored.
    #[error("{place} was written by a newer version of Roadbook: {detail}")]
    NewerFormat {
        /// The event.
        place: String,
        /// What is not known here.
        detail: String,
    },

    /// The log was closed by this process, or opened for reading only and asked to write.
    #[error("the log is not open for that")]
    Closed,
}

impl StoreError {
    /// An [`Unavailable`](Self::Unavailable) with the error beneath it.
    pub fn unavailable(
        detail: impl Into<String>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::Unavailable {
            detail: detail.into(),
            source: Some(Arc::new(source)),
        }
    }

    /// A [`NoRoom`](Self::NoRoom) that was noticed before anything was tried.
    pub fn low(room: Room) -> Self {
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let (free, min) = (mib(room.free_bytes), mib(room.min_bytes));
        Self::NoRoom {
            detail: format!("{free} MiB are free, and nothing more is written below {min} MiB"),
            source: None,
        }
    }

    /// An [`OutcomeUnknown`](Self::OutcomeUnknown) with the error beneath it.
    pub fn outcome_unknown(source: impl Error + Send + Sync + 'static) -> Self {
        Self::OutcomeUnknown {
            source: Some(Arc::new(source)),
        }
    }

    /// A [`NewerFormat`](Self::NewerFormat).
    pub fn newer_format(place: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::NewerFormat {
            place: place.into(),
            detail: detail.into(),
        }
    }

    /// A [`Corrupt`](Self::Corrupt) that was noticed by looking at what is stored, with no error beneath it.
    pub fn corrupt(place: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Corrupt {
            place: place.into(),
            detail: detail.into(),
            source: None,
        }
    }
}
