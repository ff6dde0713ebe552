//! Errors of the engine, chosen by what the caller does next.
//!
//! It owns the split between a refusal, a fault of the log, and a caller who should come again.
//! Invariant: an error never tells whether an edit was made durable when it was not known; that has a variant of its own.

use roadbook_domain::decide::Conflict;
use roadbook_domain::{DirectoryRefusal, Refusal};
use roadbook_store::StoreError;
use thiserror::Error;

use crate::forms::UpgradeUnfinished;
use crate::usage::QuotaExceeded;

/// Why the engine did not do what it was asked.
#[derive(Clone, Debug, Error)]
pub enum EngineError {
    /// The commands were refused; nothing changed. `None` stands for the batch as a whole.
    #[error("refused: {}", list(.0))]
    Refused(Vec<(Option<usize>, Refusal)>),
    /// The commands to the directory were refused; nothing changed. `None` stands for the batch as a whole.
    #[error("refused: {}", list(.0))]
    DirectoryRefused(Vec<(Option<usize>, DirectoryRefusal)>),
    /// The edit would take up more room in the log than a quota allows; nothing changed.
    #[error(transparent)]
    QuotaExceeded(#[from] QuotaExceeded),
    /// Others changed the same values meanwhile; nothing changed.
    #[error("{} values were changed meanwhile", .0.len())]
    Conflicts(Vec<Conflict>),
    /// The command id was used before with another body.
    #[error("the command id was used before for another edit")]
    CommandIdReused,
    /// There is no such road map, or no such moment of it.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// A cursor or moment that cannot be: of another epoch, or ahead of the log.
    #[error("{0}")]
    BadMoment(&'static str),
    /// Too much waits already; nothing changed, and a later try can succeed.
    #[error("too many edits are waiting; try again in a moment")]
    Overloaded,
    /// The edit needs what is written only once an upgrade is finished; nothing changed.
    #[error(transparent)]
    UpgradeUnfinished(#[from] UpgradeUnfinished),
    /// The clock of this node is too far from that of the log's server to date anything by it; nothing changed.
    #[error(
        "the clock of this node is {} ms {} that of the database server, more than engine.clock_skew_max_ms = {max_ms} \
         allows; it takes no edits until that is mended", .ahead_ms.unsigned_abs(), side(*.ahead_ms)
    )]
    ClockSkewed {
        /// Milliseconds that it is ahead; negative if it is behind.
        ahead_ms: i64,
        /// The bound.
        max_ms: u64,
    },
    /// The engine is stopping; nothing changed.
    #[error("the server is stopping")]
    Stopping,
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EngineError {
    /// Whether a newer version could do it: the road map holds what is not known here, and is not served by this node.
    pub const fn is_newer_format(&self) -> bool {
        matches!(self, Self::Store(StoreError::NewerFormat { .. }))
    }
}

const fn side(ahead_ms: i64) -> &'static str {
    if ahead_ms < 0 { "behind" } else { "ahead of" }
}

fn list(refusals: &[(Option<usize>, impl std::fmt::Display)]) -> String {
    let texts: Vec<String> = refusals
        .iter()
        .map(|(index, refusal)| match index {
            Some(index) => format!("command {}: {refusal}", index + 1),
            None => refusal.to_string(),
        })
        .collect();
    texts.join("; ")
}
