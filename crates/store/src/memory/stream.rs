//! One stream of the log in memory: its events and the orders in which they are found again.
//!
//! Owns the collections that stand for the tables and indexes of a database. Invariant: event number `n` stands at
//! place `n - 1`, and every index names exactly the events that it should.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use uuid::Uuid;

use crate::{
    CommandRecord, FORGOTTEN, Head, Instant, NewRemainder, Remainder, SealedEvent, SealedRow,
    StoredEvent, Version,
};

#[derive(Debug, Default)]
pub(super) struct Stream {
    events: Vec<SealedEvent>,
    effective: BTreeSet<(Instant, Version)>,
    backdated: BTreeSet<Version>,
    subjects: BTreeSet<(Uuid, Version)>,
    commands: BTreeMap<Uuid, CommandRecord>,
    last_redaction: Version,
}

impl Stream {
    pub(super) fn push(&mut self, row: SealedRow) {
        let version = row.header.version;
        self.effective.insert((row.header.effective_at, version));
        if row.is_backdated() {
            self.backdated.insert(version);
        }
        self.subjects.extend(
            row.header
                .subjects
                .iter()
                .map(|subject| (*subject, version)),
        );
        self.events.push(row.into());
    }

    pub(super) fn record(&mut self, command: CommandRecord) {
        self.commands.insert(command.command_id, command);
    }

    /// Takes the payload away, with what was left of it before.
    pub(super) fn lose(&mut self, version: Version) {
        if let Some(sealed) = place(version).and_then(|place| self.events.get_mut(place)) {
            sealed.event.payload = None;
            sealed.event.remainder = None;
            sealed.salt = None;
        }
    }

    /// Puts what is left in the place of a payload.
    pub(super) fn redact(&mut self, left: NewRemainder, redaction: Version) {
        self.lose(left.version);
        if let Some(sealed) = place(left.version).and_then(|place| self.events.get_mut(place)) {
            sealed.event.remainder = Some(Remainder {
                redaction,
                payload: left.payload,
                salt: left.salt,
            });
        }
        self.last_redaction = self.last_redaction.max(redaction);
    }

    pub(super) fn forget(&mut self, command: Uuid) {
        if let Some(record) = self.commands.get_mut(&command) {
            record.fingerprint = FORGOTTEN;
        }
    }

    pub(super) const fn last_redaction(&self) -> Version {
        self.last_redaction
    }

    pub(super) fn knows(&self, command: Uuid) -> bool {
        self.commands.contains_key(&command)
    }

    pub(super) fn head(&self) -> Option<Head> {
        let (first, last) = (self.events.first()?, self.events.last()?);
        Some(Head {
            stream_id: last.event.header.stream_id,
            version: last.event.header.version,
            recorded_at: last.event.header.recorded_at,
            effective_max: last.effective_max,
            opened_at: first.event.header.recorded_at,
        })
    }

    pub(super) fn by_version(
        &self,
        after: Version,
        through: Version,
        subjects: &[Uuid],
        limit: usize,
    ) -> Vec<StoredEvent> {
        if subjects.is_empty() {
            return self
                .sealed_until(after, through)
                .take(limit)
                .map(|sealed| sealed.event.clone())
                .collect();
        }
        if after >= through {
            return Vec::new();
        }
        let touching = |subject: &Uuid| {
            let range = (
                Bound::Excluded((*subject, after)),
                Bound::Included((*subject, through)),
            );
            self.subjects.range(range).map(|(_, version)| *version)
        };
        let versions: BTreeSet<Version> = subjects.iter().flat_map(touching).collect();
        self.stored(versions.into_iter().take(limit))
    }

    pub(super) fn by_effective(
        &self,
        after: (Instant, Version),
        until: Instant,
        through: Version,
        limit: usize,
    ) -> Vec<StoredEvent> {
        let end = (until, Version::MAX);
        if after >= end {
            return Vec::new();
        }
        let range = self
            .effective
            .range((Bound::Excluded(after), Bound::Included(end)));
        let versions = range
            .map(|(_, version)| *version)
            .filter(|version| *version <= through);
        self.stored(versions.take(limit))
    }

    pub(super) fn backdated(
        &self,
        after: Version,
        through: Version,
        until: Instant,
        limit: usize,
    ) -> Vec<StoredEvent> {
        let versions = self.backdated_between(after, through);
        let in_effect = |event: &StoredEvent| event.header.effective_at <= until;
        versions
            .filter_map(|version| self.event(version))
            .filter(|event| in_effect(event))
            .take(limit)
            .cloned()
            .collect()
    }

    pub(super) fn count_backdated(&self, after: Version, through: Version) -> u64 {
        self.backdated_between(after, through).map(|_| 1).sum()
    }

    pub(super) fn version_at(&self, recorded: Instant) -> Option<Version> {
        let count = self
            .events
            .partition_point(|sealed| sealed.event.header.recorded_at <= recorded);
        Some(self.events.get(count.checked_sub(1)?)?.event.header.version)
    }

    pub(super) fn effective_max_at(&self, version: Version) -> Option<Instant> {
        let place = place(version)?.min(self.events.len().checked_sub(1)?);
        Some(self.events.get(place)?.effective_max)
    }

    pub(super) fn commands(&self, ids: &[Uuid]) -> Vec<CommandRecord> {
        let ids: BTreeSet<&Uuid> = ids.iter().collect();
        ids.into_iter()
            .filter_map(|id| self.commands.get(id))
            .cloned()
            .collect()
    }

    pub(super) fn commands_after(&self, after: Option<Uuid>, limit: usize) -> Vec<CommandRecord> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.commands
            .range((start, Bound::Unbounded))
            .take(limit)
            .map(|(_, command)| command.clone())
            .collect()
    }

    pub(super) fn sealed(&self, after: Version, limit: usize) -> Vec<SealedEvent> {
        self.sealed_until(after, Version::MAX)
            .take(limit)
            .cloned()
            .collect()
    }

    fn sealed_until(&self, after: Version, through: Version) -> impl Iterator<Item = &SealedEvent> {
        let start = usize::try_from(after.0).unwrap_or(usize::MAX);
        self.events
            .iter()
            .skip(start)
            .take_while(move |sealed| sealed.event.header.version <= through)
    }

    fn backdated_between(&self, after: Version, through: Version) -> impl Iterator<Item = Version> {
        // A range that ends before it begins would panic; cutting it at its start gives the empty one.
        let end = through.max(after);
        self.backdated
            .range((Bound::Excluded(after), Bound::Included(end)))
            .copied()
    }

    fn stored(&self, versions: impl Iterator<Item = Version>) -> Vec<StoredEvent> {
        versions
            .filter_map(|version| self.event(version))
            .cloned()
            .collect()
    }

    fn event(&self, version: Version) -> Option<&StoredEvent> {
        Some(&self.events.get(place(version)?)?.event)
    }
}

/// Where the event of a version stands; `None` for [`Version::NONE`].
fn place(version: Version) -> Option<usize> {
    usize::try_from(version.0)
        .unwrap_or(usize::MAX)
        .checked_sub(1)
}

impl From<SealedRow> for SealedEvent {
    fn from(row: SealedRow) -> Self {
        Self {
            event: StoredEvent {
                header: row.header,
                payload: Some(row.payload),
                remainder: None,
                digest: row.digest,
            },
            salt: Some(row.salt),
            payload_digest: row.payload_digest,
            effective_max: row.effective_max,
        }
    }
}
