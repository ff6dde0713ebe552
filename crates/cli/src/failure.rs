//! Failures that a script can tell apart, and the exit code of every error.
//!
//! It owns the numbers; `docs/operations.md` and the help text repeat them.
//! Invariant: what a caller does next decides the code, never where in the program the error arose.

use roadbook_bus_nats::BusError;
use roadbook_engine::EngineError;
use roadbook_store::{StoreError, TransferError, VerifyError};
use roadbook_store_sql::{ConnectError, OpenError, RestoreError};
use thiserror::Error;

/// Anything that has no code of its own.
const FAILURE: u8 = 1;
/// The arguments or settings are wrong; clap ends with the same.
const USAGE: u8 = 2;
/// What was named is not there.
const NOT_FOUND: u8 = 3;
/// The request was understood and refused, or met a conflict; nothing changed.
const REFUSED: u8 = 4;
/// The log is not what was appended.
const DAMAGED: u8 = 5;
/// The database or the server is locked, away or too busy; a later try can succeed.
const UNAVAILABLE: u8 = 6;

/// An error whose kind the command itself knows.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The arguments or settings cannot be worked with.
    #[error("{0}")]
    Usage(String),
    /// There is no such file, road map, strand or secret.
    #[error("{0}")]
    NotFound(String),
    /// It was understood and refused.
    #[error("{0}")]
    Refused(String),
    /// The log is damaged.
    #[error("{0}")]
    Damaged(String),
    /// It cannot be reached now.
    #[error("{0}")]
    Unavailable(String),
}

/// The code that the process ends with.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    error.chain().find_map(code_of).unwrap_or(FAILURE)
}

fn code_of(error: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Some(match failure {
            Failure::Usage(_) => USAGE,
            Failure::NotFound(_) => NOT_FOUND,
            Failure::Refused(_) => REFUSED,
            Failure::Damaged(_) => DAMAGED,
            Failure::Unavailable(_) => UNAVAILABLE,
        });
    }
    if let Some(error) = error.downcast_ref::<EngineError>() {
        return Some(match error {
            EngineError::Refused(_)
            | EngineError::DirectoryRefused(_)
            | EngineError::Conflicts(_)
            | EngineError::CommandIdReused
            | EngineError::UpgradeUnfinished(_)
            | EngineError::QuotaExceeded(_) => REFUSED,
            EngineError::NotFound(_) => NOT_FOUND,
            EngineError::BadMoment(_) => USAGE,
            EngineError::Overloaded | EngineError::Stopping | EngineError::ClockSkewed { .. } => {
                UNAVAILABLE
            }
            EngineError::Store(error) => of_store(error),
        });
    }
    if let Some(error) = error.downcast_ref::<VerifyError>() {
        return Some(match error {
            VerifyError::Fault(_) => DAMAGED,
            VerifyError::Store(error) => of_store(error),
        });
    }
    if let Some(error) = error.downcast_ref::<TransferError>() {
        return Some(of_transfer(error));
    }
    if let Some(error) = error.downcast_ref::<RestoreError>() {
        return Some(match error {
            RestoreError::Exists(_) => REFUSED,
            RestoreError::Damaged(_) => DAMAGED,
            RestoreError::Open(error) => of_opening(error),
            RestoreError::Store(error) => of_store(error),
        });
    }
    if let Some(error) = error.downcast_ref::<OpenError>() {
        return Some(of_opening(error));
    }
    if let Some(error) = error.downcast_ref::<ConnectError>() {
        return Some(of_connecting(error));
    }
    if let Some(error) = error.downcast_ref::<BusError>() {
        return Some(of_bus(error));
    }
    error.downcast_ref::<StoreError>().map(of_store)
}

const fn of_opening(error: &OpenError) -> u8 {
    match error {
        OpenError::Missing(_) => NOT_FOUND,
        OpenError::Foreign(_) | OpenError::NotMigrated(_) | OpenError::Exists(_) => REFUSED,
        OpenError::Locked(_) | OpenError::Unreachable { .. } | OpenError::Database { .. } => {
            UNAVAILABLE
        }
        OpenError::Migration { .. } => FAILURE,
    }
}

const fn of_connecting(error: &ConnectError) -> u8 {
    match error {
        ConnectError::Url(_) | ConnectError::Elsewhere { .. } => USAGE,
        ConnectError::Missing(_) | ConnectError::NoRole { .. } => NOT_FOUND,
        ConnectError::Refused(_)
        | ConnectError::TooOld { .. }
        | ConnectError::ReadOnly(_)
        | ConnectError::Foreign { .. }
        | ConnectError::NotMigrated(_)
        | ConnectError::Forbidden { .. }
        | ConnectError::NotOwner(_) => REFUSED,
        ConnectError::Unreachable { .. } | ConnectError::Database { .. } => UNAVAILABLE,
        ConnectError::Migration { .. } => FAILURE,
    }
}

const fn of_bus(error: &BusError) -> u8 {
    match error {
        BusError::Url(_) => USAGE,
        BusError::Refused { .. } | BusError::NoJetStream(_) | BusError::Stream { .. } => REFUSED,
        BusError::Unreachable { .. } => UNAVAILABLE,
    }
}

const fn of_transfer(error: &TransferError) -> u8 {
    match error {
        TransferError::Source(error) | TransferError::Target(error) => of_store(error),
        TransferError::Damaged(_) | TransferError::NotKept { .. } => DAMAGED,
        TransferError::OtherEvent { .. } | TransferError::OtherCommand { .. } => REFUSED,
        // The log is in use by somebody else; without them the same move ends well.
        TransferError::TargetChanged { .. } | TransferError::SourceChanged { .. } => UNAVAILABLE,
    }
}

const fn of_store(error: &StoreError) -> u8 {
    match error {
        StoreError::Conflict { .. } | StoreError::NewerFormat { .. } => REFUSED,
        StoreError::Unavailable { .. } | StoreError::NoRoom { .. } | StoreError::Closed => {
            UNAVAILABLE
        }
        StoreError::Corrupt { .. } => DAMAGED,
        StoreError::OutcomeUnknown { .. } => FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_code_is_found_beneath_what_was_said_about_it() {
        let error: anyhow::Result<()> = Err(EngineError::NotFound("road map").into());
        let error = error.context("the road map could not be read").unwrap_err();
        assert_eq!(exit_code(&error), NOT_FOUND);
    }

    #[test]
    fn an_error_without_a_kind_is_a_plain_failure() {
        assert_eq!(exit_code(&anyhow::anyhow!("something else")), FAILURE);
    }

    #[test]
    fn a_lost_database_and_a_damaged_one_differ() {
        let lost = StoreError::Unavailable {
            detail: "locked".to_owned(),
            source: None,
        };
        assert_eq!(exit_code(&EngineError::Store(lost).into()), UNAVAILABLE);
        let damaged = StoreError::corrupt("stream 1", "a hole");
        assert_eq!(exit_code(&damaged.into()), DAMAGED);
    }
}
