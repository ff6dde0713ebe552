//! A log in memory: what an engine does around `decide`, without an engine.
//!
//! It owns versions, recording times and the states that a decision asks for; scenarios and laws are built on it.
//! Invariant: the head is the fold of the entries.

use super::domain::decide::{Need, decide};
use super::domain::{
    Batch, Bounds, Decision, Event, Instant, Rejection, Stamp, State, Version, View,
};

/// An event of the log, with all that a moment asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    /// The version of the last event of its batch.
    pub(crate) batch: Version,
    pub(crate) event: Event,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) entries: Vec<Entry>,
    pub(crate) head: State,
    /// When the last event was recorded.
    pub(crate) recorded_at: Instant,
    pub(crate) bounds: Bounds,
}

impl Log {
    pub(crate) fn version(&self) -> Version {
        let last = self.entries.last();
        last.map_or(Version::ZERO, |entry| entry.stamp.version)
    }

    /// The fold of what takes effect by an instant and is known by a version.
    pub(crate) fn as_of(&self, effective: Instant, known: Version) -> State {
        let mut state = State::default();
        for Entry { stamp, event, .. } in &self.entries {
            if stamp.effective <= effective && stamp.version <= known {
                state.evolve(*stamp, event);
            }
        }
        state
    }

    /// When an edit is recorded by a node whose clock shows this: after everything recorded before.
    pub(crate) fn recording_time(&self, clock: Instant) -> Instant {
        clock.max(self.recorded_at.next())
    }

    /// Decides a batch, with the states that the decision asks for.
    pub(crate) fn decide(&self, batch: &Batch<'_>) -> Result<Decision, Rejection> {
        let (mut at, mut base) = (None, None);
        loop {
            let view = View {
                head: &self.head,
                version: self.version(),
                at: at.as_ref(),
                base: base.as_ref(),
                bounds: &self.bounds,
            };
            match decide(view, batch) {
                Err(Rejection::Needs(Need::At)) if at.is_none() => {
                    at = Some(self.as_of(batch.effective, Version::MAX));
                }
                Err(Rejection::Needs(Need::Base)) if base.is_none() => {
                    base = Some(self.as_of(batch.base.effective, batch.base.version));
                }
                Err(Rejection::Needs(need)) => panic!("{need:?} was given and is asked for again"),
                decided => return decided,
            }
        }
    }

    /// Records what was decided on this very log.
    pub(crate) fn append(&mut self, batch: &Batch<'_>, decision: &Decision) {
        let first = self.entries.len();
        let mut version = self.version();
        for decided in &decision.events {
            version = version.next();
            let stamp = Stamp {
                effective: batch.effective,
                version,
            };
            self.head.evolve(stamp, &decided.event);
            self.recorded_at = batch.recorded_at();
            self.entries.push(Entry {
                stamp,
                batch: version,
                event: decided.event.clone(),
            });
        }
        for entry in &mut self.entries[first..] {
            entry.batch = version;
        }
        assert!(
            self.head == decision.head,
            "the head of a decision is the fold of its events"
        );
    }
}
