//! Redacted events and the events that redacted them, on the walk along a stream.
//!
//! Owns the marks that are looked for; that an event is in its place and what was appended is the walk's to check.
//! Invariant: a redacted event leaves only when the event that it names was found to bear its mark, and no redaction is
//! passed by as long as anything that it names is there as it was.

use std::collections::{BTreeMap, BTreeSet};

use super::{FoundRedaction, Problem};
use crate::redaction::{marks, version_of};
use crate::{REDACTION_KIND, Remainder, StoredEvent, Version};

/// What was seen of redactions so far.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Versions and marks, by the version of a redaction that was not met yet.
    waiting: BTreeMap<Version, Vec<(Version, String)>>,
    /// The last redaction of each redacted event.
    redacted: BTreeMap<Version, Version>,
}

impl Pending {
    /// Remembers a redacted event.
    pub(super) fn wait_for(&mut self, remainder: &Remainder, version: Version) {
        let waiting = self.waiting.entry(remainder.redaction).or_default();
        waiting.push((version, remainder.mark(version)));
        self.redacted.insert(version, remainder.redaction);
    }

    /// Takes out what an event redacted, if it did; the error is a version that is not as the event or its own remainder
    /// says.
    pub(super) fn met(
        &mut self,
        event: &StoredEvent,
    ) -> Result<Option<FoundRedaction>, (Version, Problem)> {
        let redaction = event.header.version;
        let said = match &event.payload {
            Some(payload) if event.header.kind == REDACTION_KIND => marks(payload),
            _ => BTreeSet::new(),
        };
        let waiting = self.waiting.remove(&redaction).unwrap_or_default();
        if let Some((lacking, _)) = waiting.iter().find(|(_, mark)| !said.contains(mark)) {
            return Err((*lacking, Problem::UnprovedRedaction { redaction }));
        }
        let named: BTreeSet<Version> = said.iter().filter_map(|mark| version_of(mark)).collect();
        let is_undone = |version: &Version| self.redacted.get(version) < Some(&redaction);
        if let Some(undone) = named.into_iter().find(is_undone) {
            return Err((undone, Problem::RedactionUndone { redaction }));
        }
        if waiting.is_empty() {
            return Ok(None);
        }
        Ok(Some(FoundRedaction {
            event: event.clone(),
            versions: waiting.into_iter().map(|(version, _)| version).collect(),
        }))
    }

    /// The first of those that are left, with the version of its redaction.
    pub(super) fn first(&self) -> Option<(Version, Version)> {
        let versions = self.waiting.iter().flat_map(|(redaction, waiting)| {
            waiting.iter().map(|(version, _)| (*version, *redaction))
        });
        versions.min()
    }
}
