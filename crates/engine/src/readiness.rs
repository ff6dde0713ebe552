//! Whether the engine wants requests, and of which kind.
//!
//! It owns the three answers; how they are told is the transport's affair. Invariant: reading is only ever given up when
//! the log does not answer or the engine stops.

use crate::error::EngineError;

/// What whoever sends requests here should know.
#[derive(Clone, Debug)]
pub enum Readiness {
    /// Everything is taken on.
    Ready,
    /// Reads and subscriptions go on, and edits are refused, each with the first of these errors.
    ReadOnly(Vec<EngineError>),
    /// Nothing can be answered.
    Unready,
}
