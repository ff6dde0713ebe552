//! The condition of the node, as it was found at the last look at the log: what readiness and writers go by.
//!
//! It owns what was found and the words about a change; when it is looked at is `others`' affair.
//! Invariant: it is read without waiting, by whoever serves a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arc_swap::ArcSwapOption;
use roadbook_store::{EventLog, FormatLevel, StoreError};

use crate::clock::Clock;
use crate::edit::EditDone;
use crate::error::EngineError;
use crate::forms::FORMAT_LEVEL;
use crate::measures::{Measures, ReadOnlyReason};
use crate::settings::Settings;
use crate::skew::Skew;

/// What the last look has found.
#[derive(Debug)]
pub(crate) struct Condition {
    answers: AtomicBool,
    format_level: AtomicU32,
    skew: Skew,
    disk_is_low: ArcSwapOption<StoreError>,
    measures: Arc<Measures>,
}

impl Condition {
    /// Looks for the first time: without an answer the engine does not start.
    pub(crate) async fn first_look(
        log: &dyn EventLog,
        clock: &Arc<dyn Clock>,
        settings: &Settings,
        measures: &Arc<Measures>,
    ) -> Result<Self, StoreError> {
        let level = log.format_level().await?;
        if level < FORMAT_LEVEL {
            tracing::info!(
                format_level = level.0,
                format_level_known = FORMAT_LEVEL.0,
                "an upgrade is unfinished: once every node runs this version, run `roadbook migrate --finish`"
            );
        }
        let found = Self {
            answers: AtomicBool::new(true),
            format_level: AtomicU32::new(level.0),
            skew: Skew::new(Arc::clone(clock), settings.clock_skew_max_ms),
            disk_is_low: ArcSwapOption::empty(),
            measures: Arc::clone(measures),
        };
        measures.read_only(ReadOnlyReason::Disk, false);
        found.look_at_clock(log).await?;
        found.look_at_disk(log);
        Ok(found)
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
        self.look_at_disk(log);
        self.look_at_clock(log).await
    }

    async fn look_at_clock(&self, log: &dyn EventLog) -> Result<(), StoreError> {
        self.skew.measure(log).await?;
        self.measures.clock_skew(self.skew.ahead_micros());
        let is_wrong = self.skew.check().is_err();
        self.measures.read_only(ReadOnlyReason::Clock, is_wrong);
        Ok(())
    }

    fn look_at_disk(&self, log: &dyn EventLog) {
        let Some(room) = log.room() else { return };
        let free = i64::try_from(room.free_bytes).unwrap_or(i64::MAX);
        self.measures.disk_free_bytes.set(free);
        self.remember_disk(room.is_low().then(|| StoreError::low(room)));
    }

    /// Learns of the disk from what became of an edit: of a disk elsewhere nothing else tells.
    pub(crate) fn edited(&self, result: &Result<EditDone, EngineError>) {
        match result {
            Ok(done) if !done.repeated && !done.events.is_empty() => self.remember_disk(None),
            Err(EngineError::Store(error @ StoreError::NoRoom { .. })) => {
                self.remember_disk(Some(error.clone()));
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn remember_disk(&self, is_low: Option<StoreError>) {
        let was_low = self.disk_is_low.load().is_some();
        match &is_low {
            None if !was_low => return,
            Some(error) if !was_low => tracing::error!(error = %error, "no edits are taken"),
            None => tracing::info!("the disk has room again: edits are taken"),
            Some(_) => {}
        }
        let is_so = is_low.is_some();
        self.measures.read_only(ReadOnlyReason::Disk, is_so);
        self.disk_is_low.store(is_low.map(Arc::new));
    }

    /// Refuses to record anything by a wrong clock. Whether there is room is judged by each append anew.
    pub(crate) fn check_clock(&self) -> Result<(), EngineError> {
        self.skew.check()
    }

    /// Everything for which edits are refused now.
    pub(crate) fn refusals(&self) -> Vec<EngineError> {
        let disk = self.disk_is_low.load_full();
        let disk = disk.map(|error| EngineError::Store((*error).clone()));
        self.skew.check().err().into_iter().chain(disk).collect()
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
