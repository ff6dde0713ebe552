//! Which appends of a batch are accepted, given where the streams stand.
//!
//! Owns the decision, made on values that a backend has read and holds still; reading and writing them is the
//! backend's. Invariant: an append is judged as if those accepted before it in the batch were already written, and one
//! that is not accepted changes nothing for those after it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    Append, AppendOutcome, CommandRecord, Digest, EventHeader, Head, Instant, NewRemainder,
    RedactedEvent, Salt, StoreError, StreamId, Version,
};

/// What the log holds that the appends of a batch depend on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The heads of the streams of the batch, as far as they have events.
    pub heads: BTreeMap<StreamId, Head>,
    /// Those commands of the batch that are already recorded.
    pub recorded: BTreeSet<(StreamId, Uuid)>,
}

/// What is to be written, and what to answer once it is durable.
#[derive(Debug, Default)]
pub struct Decision {
    /// One outcome for each append, in their order.
    pub outcomes: Vec<AppendOutcome>,
    /// The heads that change, as they will be.
    pub heads: BTreeMap<StreamId, Head>,
    /// The events that are new, in order.
    pub events: Vec<SealedRow>,
    /// The commands that are new, in order.
    pub commands: Vec<(StreamId, CommandRecord)>,
}

/// An event ready to be written, with all that is computed from it.
#[derive(Debug, Clone)]
pub struct SealedRow {
    /// Its header.
    pub header: EventHeader,
    /// The canonical bytes of the header.
    pub header_bytes: Vec<u8>,
    /// Its payload.
    pub payload: Bytes,
    /// The salt of the payload.
    pub salt: Salt,
    /// The salted digest of the payload.
    pub payload_digest: Digest,
    /// The digest of the event.
    pub digest: Digest,
    /// The greatest `effective_at` of the stream up to and including it.
    pub effective_max: Instant,
}

impl Decision {
    /// Gives events that are appended as redacted the digests that they always had, and tells what is left of each, with
    /// the version of its redaction. None if nothing is appended.
    pub fn redacted(&mut self, redacted: &[RedactedEvent]) -> Vec<(NewRemainder, Version)> {
        let mut left = Vec::with_capacity(redacted.len());
        for row in &mut self.events {
            let version = row.header.version;
            let Some(redacted) = redacted.iter().find(|event| event.version == version) else {
                continue;
            };
            row.payload_digest = redacted.payload_digest;
            row.digest = Digest::of_event(&row.header_bytes, redacted.payload_digest);
            let remainder = NewRemainder {
                version,
                payload: row.payload.clone(),
                salt: row.salt,
            };
            left.push((remainder, redacted.redaction));
        }
        left
    }
}

impl SealedRow {
    /// True if an event before it takes effect after it.
    pub fn is_backdated(&self) -> bool {
        self.header.effective_at < self.effective_max
    }
}

impl Standing {
    /// Decides a batch. Fails, with nothing decided, if an append breaks the contract: see [`Append::check`].
    pub fn decide(mut self, appends: Vec<Append>) -> Result<Decision, StoreError> {
        let mut decision = Decision::default();
        for append in appends {
            append.check()?;
            let outcome = self.judge(&append)?;
            decision.outcomes.push(outcome);
            if matches!(outcome, AppendOutcome::Appended { .. }) {
                self.accept(append, &mut decision);
            }
        }
        Ok(decision)
    }

    fn judge(&self, append: &Append) -> Result<AppendOutcome, StoreError> {
        let stream = append.stream_id;
        let head = self.heads.get(&stream);
        let version = head.map_or(Version::NONE, |head| head.version);
        let known = |command: &CommandRecord| self.recorded.contains(&(stream, command.command_id));
        if version != append.expected_version || append.commands.iter().any(known) {
            return Ok(AppendOutcome::Conflict { head: version });
        }
        if let Some(head) = head {
            append.check_recorded_after(head.recorded_at)?;
        }
        Ok(AppendOutcome::Appended {
            head: append.head(),
        })
    }

    fn accept(&mut self, append: Append, decision: &mut Decision) {
        let stream = append.stream_id;
        for event in append.events {
            let header = event.header;
            let before = self.heads.get(&stream);
            let head = Head {
                stream_id: stream,
                version: header.version,
                recorded_at: header.recorded_at,
                effective_max: before.map_or(header.effective_at, |head| {
                    head.effective_max.max(header.effective_at)
                }),
                opened_at: before.map_or(header.recorded_at, |head| head.opened_at),
            };
            let header_bytes = header.to_bytes();
            let payload_digest = Digest::of_payload(&event.salt, &event.payload);
            decision.events.push(SealedRow {
                digest: Digest::of_event(&header_bytes, payload_digest),
                effective_max: head.effective_max,
                header,
                header_bytes,
                payload: event.payload,
                salt: event.salt,
                payload_digest,
            });
            self.heads.insert(stream, head);
            decision.heads.insert(stream, head);
        }
        for command in append.commands {
            self.recorded.insert((stream, command.command_id));
            decision.commands.push((stream, command));
        }
    }
}
