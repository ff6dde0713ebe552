//! Redacting between two edits: what is found up to the head goes, and nobody else appends in between.
//!
//! It owns the search through the log and the one append; what carries a passage and what is left is the domain's affair.
//! Invariant: every event up to the redaction's own was looked at, also those that another node appended meanwhile.

use std::sync::Arc;

use roadbook_domain::redaction::{NAMED_MAX, Search};
use roadbook_domain::{Capacity, Event, Outcome, Refusal, Version};
use roadbook_store::{Append, AppendOutcome, CommandRecord, NewRemainder, Redaction, StoreError};
use uuid::Uuid;

use super::Writer;
use crate::codec::{encode, stream_of, to_store, write, write_as};
use crate::edit::KeptAnswer;
use crate::error::EngineError;
use crate::recorded::RecordedEvent;
use crate::redaction::{Found, Redact, RedactRequest, Redacted, RedactionDone};

/// An event that loses words, and what is left of it.
struct Losing {
    recorded: Arc<RecordedEvent>,
    left: Event,
}

impl Writer {
    /// Redacts what is asked, and answers. What was decided before it is decided again on what is left.
    pub(super) async fn redact(&mut self, asked: Redact) {
        let Redact {
            request,
            answer,
            used,
        } = asked;
        let redacted = self.try_to_redact(&request).await;
        if let Ok(Redacted::Done(done)) = &redacted {
            // All snapshots are gone: one is made at once, and the older ones after it.
            if self.snapshotter.offer(&done.published, Version::ZERO) {
                self.snapshot = done.published.moment.version;
            }
        }
        self.queue_again(Vec::new());
        drop(used);
        // A caller that went away asked in vain, but what was redacted is.
        drop(answer.send(redacted));
    }

    async fn try_to_redact(&mut self, request: &RedactRequest) -> Result<Redacted, EngineError> {
        for _ in 0..=self.road_map.settings.retries_max {
            self.road_map.catch_up().await?;
            if let Some(done) = self.redacted_before(request).await? {
                self.commit.forget(stream_of(self.road_map.id));
                return Ok(Redacted::Done(done));
            }
            let losing = self.search(request).await?;
            if request.only_find {
                let events = losing.into_iter().map(|losing| losing.recorded);
                return Ok(Redacted::Found(Found {
                    published: self.road_map.current(),
                    events: events.collect(),
                }));
            }
            let mut redaction = self.redaction(request, &losing)?;
            let head = self.road_map.current().moment.version;
            redaction.forgotten = self.forgotten(redaction.forgotten, head).await?;
            let log = Arc::clone(self.road_map.past.log());
            match self.commit.redact(&*log, redaction).await {
                // Its own event is read from the log like that of another node, which makes the state be read anew. It is
                // then answered as one that was made before.
                Ok(AppendOutcome::Appended { head }) => {
                    tracing::info!(road_map.id = %self.road_map.id, version = head.0, events.count = losing.len(), "redacted");
                    self.road_map.catch_up().await?;
                    let done = self.redacted_before(request).await?;
                    let done = done.ok_or(StoreError::OutcomeUnknown { source: None })?;
                    return Ok(Redacted::Done(RedactionDone {
                        repeated: false,
                        ..done
                    }));
                }
                Ok(AppendOutcome::Conflict { .. }) => {
                    self.road_map.measures.lost_races.inc();
                }
                // The next look tells.
                Err(StoreError::OutcomeUnknown { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Overloaded)
    }

    /// The redaction that the log holds under the id of a request.
    async fn redacted_before(
        &self,
        request: &RedactRequest,
    ) -> Result<Option<RedactionDone>, EngineError> {
        let stream = stream_of(self.road_map.id);
        let log = self.road_map.past.log();
        let records = log.commands(stream, &[request.command_id]).await?;
        let Some(record) = records.first() else {
            return Ok(None);
        };
        if record.fingerprint != request.fingerprint(self.road_map.id) {
            return Err(EngineError::CommandIdReused);
        }
        let version = crate::codec::from_store(record.last_version);
        let event = self.road_map.event(version).await?;
        Ok(event.map(|event| RedactionDone {
            published: self.road_map.current(),
            event,
            repeated: true,
            scrubbed: None,
        }))
    }

    /// The events that lose words.
    async fn search(&self, request: &RedactRequest) -> Result<Vec<Losing>, EngineError> {
        let refuse = |refusal| EngineError::Refused(vec![(None, refusal)]);
        let road_map = &self.road_map;
        road_map.check_redactor(&request.author.organisation)?;
        if request.versions.is_empty() {
            return Err(refuse(Refusal::NothingNamed));
        }
        if request.versions.len() > NAMED_MAX {
            return Err(refuse(Refusal::TooMany {
                what: "events named in a redaction",
                max: NAMED_MAX,
            }));
        }
        let passage = request.passage.as_deref();
        let mut search = Search::new(request.versions.iter().copied(), passage);
        for version in search.named().collect::<Vec<_>>() {
            let event = road_map.event(version).await?;
            let event = event.filter(|event| event.version == version);
            if !event.is_some_and(|event| search.learn(&event.event)) {
                return Err(refuse(Refusal::NothingToRedact(version)));
            }
        }
        let reason = request.reason.as_deref();
        if reason.is_some_and(|reason| search.is_repeated_by(reason)) {
            return Err(refuse(Refusal::ReasonRepeatsText));
        }
        let mut losing = Vec::new();
        let (mut after, limit) = (Version::ZERO, road_map.settings.page_events);
        loop {
            let page = road_map
                .events(after, Version(u64::MAX), &[], limit)
                .await?;
            let full = page.len() == limit;
            for recorded in page {
                after = recorded.version;
                if let Some(left) = search.look(recorded.version, &recorded.event) {
                    losing.push(Losing { recorded, left });
                }
            }
            if !full {
                return Ok(losing);
            }
        }
    }

    /// The redaction of events, on top of the current state.
    fn redaction(
        &self,
        request: &RedactRequest,
        losing: &[Losing],
    ) -> Result<Redaction, EngineError> {
        let current = self.road_map.current();
        let mut remainders = Vec::with_capacity(losing.len());
        for Losing { recorded, left } in losing {
            let payload = write_as(left, recorded.schema).ok_or_else(|| {
                let place = format!("version {}", recorded.version);
                StoreError::corrupt(place, "what is left of it cannot be written as it was")
            })?;
            remainders.push(NewRemainder {
                version: to_store(recorded.version),
                payload,
                salt: self.decider.ids.salt(),
            });
        }
        let event = Event::TextRedacted {
            versions: losing
                .iter()
                .map(|losing| losing.recorded.version)
                .collect(),
            proofs: remainders.iter().map(NewRemainder::mark).collect(),
            ordered_by: request.ordered_by.clone(),
        };
        let written = write(&event, self.road_map.condition.format_level())?;
        let (before, version) = (current.moment.version, current.moment.version.next());
        let recorded_at = self.road_map.now().max(current.recorded_at.next());
        let recorded = RecordedEvent {
            id: self.decider.ids.id(),
            version,
            recorded_at,
            effective_at: recorded_at,
            author: request.author.clone(),
            capacity: Capacity::Secretariat,
            command_id: request.command_id,
            batch: version,
            reason: request.reason.clone(),
            source: None,
            subjects: subjects_of(losing),
            event,
            redacted_by: None,
            schema: written.schema(),
            payload_bytes: written.bytes(),
        };
        let stream_id = stream_of(self.road_map.id);
        let answer = KeptAnswer::new(before, version, &[Outcome::Applied]);
        let record = CommandRecord {
            command_id: request.command_id,
            fingerprint: request.fingerprint(self.road_map.id),
            last_version: to_store(version),
            answer: answer.encode(),
        };
        Ok(Redaction {
            append: Append {
                stream_id,
                expected_version: to_store(before),
                events: vec![encode(
                    stream_id,
                    &recorded,
                    &written,
                    self.decider.ids.salt(),
                )],
                commands: vec![record],
            },
            forgotten: losing
                .iter()
                .map(|losing| losing.recorded.command_id)
                .collect(),
            remainders,
        })
    }
}

/// What the events touch: whoever looks up the history of a cell finds that it was redacted.
fn subjects_of(losing: &[Losing]) -> Vec<Uuid> {
    let mut subjects: Vec<Uuid> = losing
        .iter()
        .flat_map(|losing| losing.recorded.subjects.iter().copied())
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}
