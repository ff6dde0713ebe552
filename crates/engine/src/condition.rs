//! The condition of the node, as it was found at the last look at the log: what readiness and writers go by.
//!
//! It owns what was found and the words about a change; when it is looked at is `others`' affair.
//! Invariant: it is read without waiting, by whoever serves a request.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use roadbook_store::{EventLog, FormatLevel, StoreError};

use crate::forms::FORMAT_LEVEL;

/// What the last look has found.
#[derive(Debug)]
pub(crate) struct Condition {
    answers: AtomicBool,
    format_level: AtomicU32,
}

impl Condition {
    /// Looks for the first time: without an answer the engine does not start.
    pub(crate) async fn first_look(log: &dyn EventLog) -> Result<Self, StoreError> {
        let level = log.format_level().await?;
        if level < FORMAT_LEVEL {
            tracing::info!(
                format_level = level.0,
                format_level_known = FORMAT_LEVEL.0,
                "an upgrade is unfinished: once every node runs this version, run `roadbook migrate --finish`"
            );
        }
        Ok(Self {
            answers: AtomicBool::new(true),
            format_level: AtomicU32::new(level.0),
        })
    }

    /// Looks again, and remembers and logs what is new: not at every look.
    pub(crate) async fn look(&self, log: &dyn EventLog) -> Result<(), StoreError> {
        let level = log.format_level().await?;
        let before = self.format_level.swap(level.0, Ordering::Relaxed);
        if before != level.0 {
            tracing::info!(
                format_level = level.0,
                "the format level of the log has changed"
            );
        }
        if before != level.0 && level > FORMAT_LEVEL {
            tracing::warn!(
                format_level = level.0,
                format_level_known = FORMAT_LEVEL.0,
                "the log may now hold what this version does not know; upgrade this node"
            );
        }
        Ok(())
    }

    /// Remembers whether the log answers.
    pub(crate) fn answered(&self, looked: Result<(), StoreError>) {
        let before = self.answers.swap(looked.is_ok(), Ordering::Relaxed);
        match looked {
            Ok(()) if !before => tracing::info!("the log answers again"),
            Err(error) if before => tracing::warn!(error = %error, "the log does not answer"),
            Ok(()) | Err(_) => {}
        }
    }

    /// Whether the log answered.
    pub(crate) fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// The format level of the log. It only rises, so that what it allowed once it allows ever after.
    pub(crate) fn format_level(&self) -> FormatLevel {
        FormatLevel(self.format_level.load(Ordering::Relaxed))
    }
}
