//! Redacted events whose redaction was not met yet on the walk along a stream.
//!
//! Owns the marks that are looked for; that an event is in its place and what was appended is the walk's to check.
//! Invariant: an event leaves only when the event that it names was found to bear its mark.

use std::collections::BTreeMap;

use super::FoundRedaction;
use crate::redaction::bears;
use crate::{Remainder, StoredEvent, Version};

/// Versions and marks, by the version of the redaction.
#[derive(Debug, Default)]
pub(super) struct Pending(BTreeMap<Version, Vec<(Version, String)>>);

impl Pending {
    /// Remembers a redacted event.
    pub(super) fn wait_for(&mut self, remainder: &Remainder, version: Version) {
        let waiting = self.0.entry(remainder.redaction).or_default();
        waiting.push((version, remainder.mark(version)));
    }

    /// Takes out what an event redacted, if it did; the error is the first version whose mark it lacks.
    pub(super) fn met(&mut self, event: &StoredEvent) -> Result<Option<FoundRedaction>, Version> {
        let Some(waiting) = self.0.remove(&event.header.version) else {
            return Ok(None);
        };
        let said = event.payload.as_deref().unwrap_or_default();
        if let Some((lacking, _)) = waiting.iter().find(|(_, mark)| !bears(said, mark)) {
            return Err(*lacking);
        }
        Ok(Some(FoundRedaction {
            event: event.clone(),
            versions: waiting.into_iter().map(|(version, _)| version).collect(),
        }))
    }

    /// The first of those that are left, with the version of its redaction.
    pub(super) fn first(&self) -> Option<(Version, Version)> {
        let versions = self.0.iter().flat_map(|(redaction, waiting)| {
            waiting.iter().map(|(version, _)| (*version, *redaction))
        });
        versions.min()
    }
}
