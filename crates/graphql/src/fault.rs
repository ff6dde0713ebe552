//! Faults: what goes wrong although the caller did nothing that a typed answer could tell.
//!
//! It owns the stable codes in `extensions.code`; expected outcomes are typed results instead.
//! Invariant: a fault quotes nothing of a road map's text and nothing of the machine.

use async_graphql::{Error, ErrorExtensions};
use roadbook_engine::{EngineError, StoreError};

/// The stable code of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// There is no such moment.
    MomentNotFound,
    /// An argument is malformed or beyond its bound.
    BadArgument,
    /// Too much is waiting; come again.
    Overloaded,
    /// The server is stopping; come again.
    Stopping,
    /// The log cannot be reached.
    Unavailable,
    /// The road map holds what a newer version wrote, and this node does not serve it.
    NewerFormat,
    /// The clock of this node is wrong, so it takes no edits.
    ClockSkew,
    /// The disk is low, so nothing is written.
    DiskLow,
    /// It is written only once the upgrade of all nodes is finished.
    UpgradeUnfinished,
    /// A fault of the server.
    Internal,
}

impl Code {
    const fn as_str(self) -> &'static str {
        match self {
            Self::MomentNotFound => "MOMENT_NOT_FOUND",
            Self::BadArgument => "BAD_ARGUMENT",
            Self::Overloaded => "OVERLOADED",
            Self::Stopping => "STOPPING",
            Self::Unavailable => "UNAVAILABLE",
            Self::NewerFormat => "NEWER_FORMAT",
            Self::ClockSkew => "CLOCK_SKEW",
            Self::DiskLow => "DISK_LOW",
            Self::UpgradeUnfinished => "UPGRADE_UNFINISHED",
            Self::Internal => "INTERNAL",
        }
    }
}

/// A fault with its code.
pub(crate) fn fault(code: Code, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

/// An argument that is malformed or beyond its bound.
pub(crate) fn bad_argument(message: impl Into<String>) -> Error {
    fault(Code::BadArgument, message)
}

/// What the engine could not do, as a caller may see it.
pub(crate) fn engine_fault(error: EngineError) -> Error {
    let (code, message) = code_and_message(&error);
    match code {
        Code::Unavailable => tracing::error!(error = %error, "the log is unavailable"),
        Code::Internal => tracing::error!(error = %error, "an operation failed"),
        // Expected, or logged when it was found out.
        _ => {}
    }
    fault(code, message)
}

/// The code and the sentence by which an error of the engine is told, wherever that is.
pub fn told(error: &EngineError) -> (&'static str, String) {
    let (code, message) = code_and_message(error);
    (code.as_str(), message)
}

fn code_and_message(error: &EngineError) -> (Code, String) {
    let code = match error {
        EngineError::NotFound(what) => {
            return (Code::MomentNotFound, format!("there is no such {what}"));
        }
        EngineError::Store(error) => return of_store(error),
        EngineError::BadMoment(_) => Code::MomentNotFound,
        EngineError::Overloaded => Code::Overloaded,
        EngineError::Stopping => Code::Stopping,
        EngineError::UpgradeUnfinished(_) => Code::UpgradeUnfinished,
        EngineError::ClockSkewed { .. } => Code::ClockSkew,
        EngineError::Refused(_)
        | EngineError::DirectoryRefused(_)
        | EngineError::Conflicts(_)
        | EngineError::CommandIdReused
        | EngineError::QuotaExceeded(_) => return internal(),
    };
    (code, error.to_string())
}

fn of_store(error: &StoreError) -> (Code, String) {
    let (code, message) = match error {
        StoreError::Unavailable { .. } => (
            Code::Unavailable,
            "the log cannot be reached; try again later",
        ),
        StoreError::NoRoom { .. } => (
            Code::DiskLow,
            "the disk of the server is low, so it takes no edits; try again later",
        ),
        StoreError::Closed => (Code::Stopping, "the server is stopping"),
        StoreError::NewerFormat { .. } => (
            Code::NewerFormat,
            "the road map holds events of a newer version of Roadbook; this node does not serve it",
        ),
        StoreError::Conflict { .. }
        | StoreError::OutcomeUnknown { .. }
        | StoreError::Corrupt { .. } => return internal(),
    };
    (code, message.to_owned())
}

fn internal() -> (Code, String) {
    (Code::Internal, "something failed on the server".to_owned())
}
