//! What the threads of a test know of each other: how many edits are acknowledged, and whether the end is near.
//!
//! Owns the waiting. Invariant: nobody waits for time to pass; a wait ends with what is waited for, or the test fails.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longer than any failover, and than a busy machine needs; only a test that fails waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// How far a load is.
#[derive(Default)]
pub(crate) struct Progress {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    acknowledged: usize,
    /// Tries that were not answered, or told to come again.
    failed: usize,
    last: Option<Instant>,
    longest_gap: Duration,
    ending: bool,
    /// What subscribers must have heard before they may go, by the strand that they follow.
    last_versions: Option<HashMap<Option<String>, u64>>,
}

impl Progress {
    /// An edit was acknowledged.
    pub(crate) fn acknowledge(&self) {
        let mut seen = self.seen.lock().unwrap();
        let now = Instant::now();
        if let Some(last) = seen.last.replace(now) {
            seen.longest_gap = seen.longest_gap.max(now - last);
        }
        seen.acknowledged += 1;
        self.changed.notify_all();
    }

    /// Waits until more edits are acknowledged from now on.
    #[track_caller]
    pub(crate) fn until_acknowledged(&self, more: usize) {
        let seen = self.seen.lock().unwrap();
        let enough = seen.acknowledged + more;
        let waited = self
            .changed
            .wait_timeout_while(seen, PATIENCE, |seen| seen.acknowledged < enough)
            .unwrap();
        assert!(!waited.1.timed_out(), "no more edits are acknowledged");
    }

    /// A try came to nothing. Lets others go first before the next one: until something is acknowledged, or for a moment.
    pub(crate) fn fail(&self) {
        let mut seen = self.seen.lock().unwrap();
        seen.failed += 1;
        self.changed.notify_all();
        drop(seen);
        self.wait_for_news();
    }

    /// Waits until more tries have failed from now on.
    #[track_caller]
    pub(crate) fn until_failed(&self, more: usize) {
        let seen = self.seen.lock().unwrap();
        let enough = seen.failed + more;
        let waited = self
            .changed
            .wait_timeout_while(seen, PATIENCE, |seen| seen.failed < enough)
            .unwrap();
        assert!(!waited.1.timed_out(), "nothing fails");
    }

    /// Editors finish the edit that they are at.
    pub(crate) fn end_editing(&self) {
        self.seen.lock().unwrap().ending = true;
        self.changed.notify_all();
    }

    /// Whether editors are to finish.
    pub(crate) fn is_ending(&self) -> bool {
        self.seen.lock().unwrap().ending
    }

    /// Subscribers finish once they have heard of these versions, by the strand that they follow.
    pub(crate) fn end_with(&self, versions: HashMap<Option<String>, u64>) {
        self.seen.lock().unwrap().last_versions = Some(versions);
        self.changed.notify_all();
    }

    /// What a subscriber of a strand, or of everything, must have heard before it may go.
    pub(crate) fn last_version(&self, strand: Option<&String>) -> Option<u64> {
        let seen = self.seen.lock().unwrap();
        seen.last_versions
            .as_ref()
            .map(|versions| versions[&strand.cloned()])
    }

    /// Waits until something is acknowledged, or for a moment.
    pub(crate) fn wait_for_news(&self) {
        let seen = self.seen.lock().unwrap();
        let before = seen.acknowledged;
        let moment = Duration::from_millis(50);
        drop(
            self.changed
                .wait_timeout_while(seen, moment, |seen| seen.acknowledged == before),
        );
    }

    /// The longest time in which nothing was acknowledged.
    pub(crate) fn longest_gap(&self) -> Duration {
        self.seen.lock().unwrap().longest_gap
    }
}
