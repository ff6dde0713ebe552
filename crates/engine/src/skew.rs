//! How far the clock of this node is from that of the log's server, and whether it may still date events.
//!
//! It owns the measurement and the bound; when it is measured is `others`' affair. A log without a clock of its own is
//! written by one process, whose clock is then the only one. Invariant: a node whose clock is known to be wrong records
//! nothing by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use roadbook_store::{EventLog, StoreError};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::codec::instant_from_store;
use crate::error::EngineError;

const MICROS_IN_A_MILLISECOND: i64 = 1_000;

/// What is known of the skew.
pub(crate) struct Skew {
    clock: Arc<dyn Clock>,
    max_ms: u64,
    /// Microseconds that the clock of this node is ahead, as they were last measured.
    measured: AtomicI64,
    is_wrong: AtomicBool,
}

impl Skew {
    pub(crate) const fn new(clock: Arc<dyn Clock>, max_ms: u64) -> Self {
        Self {
            clock,
            max_ms,
            measured: AtomicI64::new(0),
            is_wrong: AtomicBool::new(false),
        }
    }

    /// Asks the log for the time, and remembers and logs whether the clock of this node is right by it.
    pub(crate) async fn measure(&self, log: &dyn EventLog) -> Result<(), StoreError> {
        let (here, asked) = (self.clock.now(), Instant::now());
        let Some(there) = log.now().await? else {
            return Ok(());
        };
        let round_trip = i64::try_from(asked.elapsed().as_micros()).unwrap_or(i64::MAX);
        let there = instant_from_store(there).as_micros();
        // The log looked at its clock at some point of the round trip; half of it is the best guess, and how far that
        // can be off.
        let half = round_trip / 2;
        let ahead = here.as_micros().saturating_add(half).saturating_sub(there);
        self.measured.store(ahead, Ordering::Relaxed);
        if let Some(is_wrong) = judge(ahead, half, self.max_ms) {
            self.remember(is_wrong);
        }
        Ok(())
    }

    fn remember(&self, is_wrong: bool) {
        if self.is_wrong.swap(is_wrong, Ordering::Relaxed) == is_wrong {
            return;
        }
        let skew_ms = self.ahead_ms();
        if is_wrong {
            tracing::error!(
                skew_ms,
                max_ms = self.max_ms,
                "the clock of this node is wrong: it takes no edits"
            );
        } else {
            tracing::info!(
                skew_ms,
                "the clock of this node is right again: it takes edits"
            );
        }
    }

    /// Refuses to record anything while the clock is wrong.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.is_wrong.load(Ordering::Relaxed) {
            return Err(EngineError::ClockSkewed {
                ahead_ms: self.ahead_ms(),
                max_ms: self.max_ms,
            });
        }
        Ok(())
    }

    /// Microseconds that the clock of this node is ahead.
    pub(crate) fn ahead_micros(&self) -> i64 {
        self.measured.load(Ordering::Relaxed)
    }

    fn ahead_ms(&self) -> i64 {
        self.ahead_micros() / MICROS_IN_A_MILLISECOND
    }
}

/// Whether a clock is wrong that is ahead by so much, give or take an uncertainty; none if that cannot be told.
fn judge(ahead: i64, uncertainty: i64, max_ms: u64) -> Option<bool> {
    let max = i64::try_from(max_ms).unwrap_or(i64::MAX);
    let max = max.saturating_mul(MICROS_IN_A_MILLISECOND);
    let off = ahead.saturating_abs();
    if off.saturating_sub(uncertainty) > max {
        Some(true)
    } else if off.saturating_add(uncertainty) <= max {
        Some(false)
    } else {
        None
    }
}

impl std::fmt::Debug for Skew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Skew")
            .field("measured", &self.measured)
            .field("is_wrong", &self.is_wrong)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_in_both_directions_and_only_beyond_the_bound() {
        for sign in [1, -1] {
            assert_eq!(judge(sign * 4_999_999, 0, 5_000), Some(false));
            assert_eq!(judge(sign * 5_000_000, 0, 5_000), Some(false));
            assert_eq!(judge(sign * 5_000_001, 0, 5_000), Some(true));
        }
    }

    #[test]
    fn a_slow_answer_convicts_nobody_and_acquits_nobody() {
        assert_eq!(judge(5_400_000, 500_000, 5_000), None);
        assert_eq!(judge(4_600_000, 500_000, 5_000), None);
        assert_eq!(judge(5_600_000, 500_000, 5_000), Some(true));
        assert_eq!(judge(4_400_000, 500_000, 5_000), Some(false));
    }
}
