//! What holds every backend to the contract: the conformance suite, the differential run, and a log and a bus that
//! misbehave on purpose for the tests of whoever uses one.
//!
//! Owns claims about [`EventLog`], each a function that panics if the claim is false. It knows no backend. Invariant:
//! a claim needs nothing but an empty log of its own, so that claims can run in any order.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a claim that is false panics, and a call that fails makes its claim false"
)]

pub mod appending;
mod differential;
mod faulty;
mod memory_bus;
pub mod reading;
pub mod redacting;
mod sample;
pub mod snapshots;

pub use differential::{Compared, compare_logs};
pub use faulty::{DelayedAppend, FaultyLog};
pub use memory_bus::MemoryBus;
pub use sample::{Random, append, command, event, instant, redaction, stream};

use std::sync::Arc;

use crate::EventLog;

/// Checks every claim, each on an empty log of its own made by `empty_log`.
pub async fn run_all(empty_log: impl AsyncFn() -> Arc<dyn EventLog>) {
    appending::run_all(&empty_log).await;
    reading::run_all(&empty_log).await;
    snapshots::run_all(&empty_log).await;
    redacting::run_all(&empty_log).await;
}

/// Runs the named claims and says which one is being run: a panic then comes after the name of its claim.
macro_rules! claims {
    ($($claim:ident),+ $(,)?) => {
        /// Checks every claim of this file, each on an empty log of its own.
        pub async fn run_all(empty_log: &impl AsyncFn() -> std::sync::Arc<dyn crate::EventLog>) {
            $(
                println!("claim: {}", stringify!($claim));
                $claim(&*empty_log().await).await;
            )+
        }
    };
}
pub(crate) use claims;
