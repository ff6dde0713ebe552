//! What is handed in to be appended, what comes back, and the shape that an append must have.
//!
//! Owns the checks that need nothing but the append itself; whether the stream stands where the append expects it is
//! the log's to decide. Invariant: an append that passes [`Append::check`] keeps its stream dense and in order of
//! recording, if it begins where the stream ends.

use std::collections::BTreeSet;

use bytes::Bytes;
use uuid::Uuid;

use crate::{EventHeader, Instant, NewEvent, StoreError, StreamId, Version};

/// What an accepted command answered, kept so that the same id answers the same again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRecord {
    /// The name that the client gave it; unique in its stream.
    pub command_id: Uuid,
    /// A digest of what was asked, by which the same id with another body is found out.
    pub fingerprint: [u8; 32],
    /// The head of the stream right after it.
    pub last_version: Version,
    /// What was answered, in the writer's encoding.
    pub answer: Bytes,
}

/// Events of one stream that are written together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The stream.
    pub stream_id: StreamId,
    /// Where the stream must stand for the append to be accepted.
    pub expected_version: Version,
    /// The events, with the versions that follow. May be empty: a command that was accepted and changed nothing.
    pub events: Vec<NewEvent>,
    /// The commands that are answered by these events.
    pub commands: Vec<CommandRecord>,
}

/// What became of one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It is durable.
    Appended {
        /// Where the stream stands now.
        head: Version,
    },
    /// The stream stands elsewhere than expected, or one of the command ids is already recorded. Nothing of the
    /// append was written: read what is new, decide again.
    Conflict {
        /// Where the stream stands.
        head: Version,
    },
}

impl Append {
    /// Where the stream stands if this is accepted.
    pub fn head(&self) -> Version {
        self.events
            .last()
            .map_or(self.expected_version, |event| event.header.version)
    }

    /// Refuses, with [`StoreError::Conflict`], what no state of the stream could make right: versions that are not
    /// dense, another stream's events, times of recording that go back, batches that overlap or do not end in this
    /// append, a command id given twice.
    pub fn check(&self) -> Result<(), StoreError> {
        let mut previous: Option<&EventHeader> = None;
        for event in &self.events {
            self.check_header(previous, &event.header)?;
            previous = Some(&event.header);
        }
        if let Some(last) = previous
            && last.batch != last.version
        {
            return Err(self.refuse(format!(
                "the batch of version {} does not end in the append",
                last.version
            )));
        }
        let mut ids = BTreeSet::new();
        for command in &self.commands {
            if !ids.insert(command.command_id) {
                return Err(self.refuse(format!("command {} is given twice", command.command_id)));
            }
        }
        Ok(())
    }

    /// Refuses, with [`StoreError::Conflict`], events recorded before the last event of the stream.
    pub fn check_recorded_after(&self, head_recorded_at: Instant) -> Result<(), StoreError> {
        match self.events.first() {
            Some(first) if first.header.recorded_at < head_recorded_at => {
                Err(self.refuse(format!(
                    "version {} is recorded before its predecessor",
                    first.header.version
                )))
            }
            _ => Ok(()),
        }
    }

    fn check_header(
        &self,
        previous: Option<&EventHeader>,
        header: &EventHeader,
    ) -> Result<(), StoreError> {
        let version = header.version;
        let expected = previous
            .map_or(self.expected_version, |previous| previous.version)
            .next();
        if header.stream_id != self.stream_id {
            return Err(self.refuse(format!("an event belongs to stream {}", header.stream_id)));
        }
        if version != expected || version > Version::MAX {
            return Err(self.refuse(format!("version {version} stands where {expected} is due")));
        }
        if header.batch < version {
            return Err(self.refuse(format!("the batch of version {version} ends before it")));
        }
        let Some(previous) = previous else {
            return Ok(());
        };
        if previous.batch >= version && previous.batch != header.batch {
            return Err(self.refuse(format!(
                "version {version} breaks the batch of its predecessor"
            )));
        }
        if header.recorded_at < previous.recorded_at {
            return Err(self.refuse(format!(
                "version {version} is recorded before its predecessor"
            )));
        }
        Ok(())
    }

    fn refuse(&self, detail: String) -> StoreError {
        StoreError::Conflict {
            stream: self.stream_id,
            detail,
        }
    }
}
