//! Faults: what goes wrong although the caller did nothing that a typed answer could tell.
//!
//! It owns the stable codes in `extensions.code`; expected outcomes are typed results instead.
//! Invariant: a fault quotes nothing of a road map's text and nothing of the machine.

use async_graphql::{Error, ErrorExtensions};
use roadbook_engine::EngineError;

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
    match error {
        EngineError::NotFound(what) => {
            fault(Code::MomentNotFound, format!("there is no such {what}"))
        }
        EngineError::BadMoment(why) => fault(Code::MomentNotFound, why),
        EngineError::Overloaded => fault(Code::Overloaded, error.to_string()),
        EngineError::Stopping => fault(Code::Stopping, error.to_string()),
        EngineError::Store(roadbook_engine::StoreError::Unavailable { .. }) => {
            tracing::error!(error = %error, "the log is unavailable");
            fault(
                Code::Unavailable,
                "the log cannot be reached; try again later",
            )
        }
        // Logged when it was found out.
        EngineError::Store(roadbook_engine::StoreError::NewerFormat { .. }) => fault(
            Code::NewerFormat,
            "the road map holds events of a newer version of Roadbook; this node does not serve it",
        ),
        EngineError::UpgradeUnfinished(unfinished) => {
            fault(Code::UpgradeUnfinished, unfinished.to_string())
        }
        EngineError::Store(roadbook_engine::StoreError::Closed) => {
            fault(Code::Stopping, "the server is stopping")
        }
        EngineError::Store(_)
        | EngineError::Refused(_)
        | EngineError::Conflicts(_)
        | EngineError::CommandIdReused => {
            tracing::error!(error = %error, "an operation failed");
            fault(Code::Internal, "something failed on the server")
        }
    }
}
