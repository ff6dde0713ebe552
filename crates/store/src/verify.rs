//! Verification: proves event by event that the log still holds what was appended.
//!
//! Owns the walk and the checks. It reads through the contract alone, so it judges every backend alike; it repairs
//! nothing. Invariant: of several bad events in a stream it names the first; a redaction that is not proved or was undone is
//! found where its event should be.

mod pending;

use crate::{
    Digest, EventHeader, EventLog, Head, Instant, SealedEvent, StoreError, StoredEvent, StreamId,
    Version,
};

use pending::Pending;

/// Events read at once. Enough to make the cost of a read small, and few enough to keep in memory.
const PAGE_EVENTS: usize = 1000;

/// Streams whose heads are read at once.
const PAGE_HEADS: usize = 256;

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The stream being read.
    pub stream: StreamId,
    /// The last of its versions that was found good.
    pub version: Version,
    /// The version that it ends with.
    pub head: Version,
}

/// What was found good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Streams read to their end.
    pub streams: u64,
    /// Events whose digest was recomputed.
    pub events: u64,
    /// Those of them whose payload is redacted: their digest was recomputed from the digest of the payload.
    pub redacted: u64,
    /// The redactions by which they are, in order within each stream.
    pub redactions: Vec<FoundRedaction>,
}

/// A redaction that is proved: its event bears the mark of what is left of each event that it redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRedaction {
    /// Its event, whose header tells who redacted, when and why.
    pub event: StoredEvent,
    /// The events that it redacted, ascending, without those that a later redaction has redacted again.
    pub versions: Vec<Version>,
}

/// The first bad event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream}, version {version}: {problem}")]
pub struct Fault {
    /// The stream.
    pub stream: StreamId,
    /// The version of the bad event, or the one where an event is missing.
    pub version: Version,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The event cannot be read at all.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Another version stands where this one is due.
    #[error("version {found} stands in its place")]
    Gap {
        /// The version found.
        found: Version,
    },
    /// The header names another stream.
    #[error("its header belongs to stream {found}")]
    ForeignStream {
        /// The stream that the header names.
        found: StreamId,
    },
    /// The payload is not the one whose digest stands with the header.
    #[error("its payload was changed")]
    PayloadChanged,
    /// A payload without its salt, or a salt without its payload: a redaction takes both.
    #[error("of its payload and salt only one is there")]
    HalfRedacted,
    /// Neither payload nor remainder is there.
    #[error("its payload is gone, and no redaction says so")]
    PayloadLost,
    /// A remainder stands beside the payload that it should have taken the place of.
    #[error("its payload is there, although it was redacted")]
    NotRedacted,
    /// No event says what is left of it.
    #[error("version {redaction} should tell what was redacted, and does not")]
    UnprovedRedaction {
        /// The version of the event that should.
        redaction: Version,
    },
    /// An event says that it was redacted, but what it said before is there.
    #[error("version {redaction} redacted it, but what was redacted is there")]
    RedactionUndone {
        /// The version of the event that redacted it.
        redaction: Version,
    },
    /// The header, or the digest of the payload, is not what was hashed.
    #[error("its header or digest was changed")]
    HeaderChanged,
    /// It was recorded before its predecessor.
    #[error("it is recorded before its predecessor")]
    RecordedBeforePredecessor,
    /// Its batch ends before it, or cuts its predecessor's, or is never finished.
    #[error("its batch is not whole")]
    BrokenBatch,
    /// The running maximum kept with it is not the one of the events before it.
    #[error("the greatest effective time kept with it is wrong")]
    WrongEffectiveMax,
    /// The stream has an end that does not match the head kept of it.
    #[error("the head kept of the stream does not match it")]
    WrongHead,
    /// The stream goes on beyond what should be its last event, or ends before it.
    #[error("it is missing, although the head of the stream names it")]
    Missing,
}

/// Why a verification did not end well.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VerifyError {
    /// The log is not what was appended.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Verifies every stream, in order of their ids. `progress` is called after each page of events.
pub async fn verify_log(
    log: &dyn EventLog,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, VerifyError> {
    let mut total = Verified::default();
    let mut after = None;
    loop {
        let heads = log.heads(after, PAGE_HEADS).await?;
        for head in &heads {
            let verified = verify_to_head(log, *head, progress).await?;
            total.streams += verified.streams;
            total.events += verified.events;
            total.redacted += verified.redacted;
            total.redactions.extend(verified.redactions);
        }
        match heads.last() {
            Some(last) if heads.len() == PAGE_HEADS => after = Some(last.stream_id),
            _ => return Ok(total),
        }
    }
}

/// Verifies one stream. A stream without events is good.
pub async fn verify_stream(
    log: &dyn EventLog,
    stream: StreamId,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, VerifyError> {
    match log.head(stream).await? {
        Some(head) => verify_to_head(log, head, progress).await,
        None => Ok(Verified::default()),
    }
}

/// Events that are appended meanwhile are not looked at: the head was read before.
async fn verify_to_head(
    log: &dyn EventLog,
    head: Head,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, VerifyError> {
    let mut proved = Proved::up_to(log, head);
    while proved.page().await?.is_some() {
        progress(Progress {
            stream: head.stream_id,
            version: proved.walk.version,
            head: head.version,
        });
    }
    Ok(proved.finish()?)
}

/// The events of one stream up to a head, page by page, none of which is given out before it was found good.
pub(crate) struct Proved<'l> {
    log: &'l dyn EventLog,
    walk: Walk,
}

impl<'l> Proved<'l> {
    /// From the first event to that of the head.
    pub(crate) fn up_to(log: &'l dyn EventLog, head: Head) -> Self {
        let walk = Walk::new(head);
        Self { log, walk }
    }

    /// The next events; `None` where the head says that there are no more, which [`finish`](Self::finish) then judges.
    pub(crate) async fn page(&mut self) -> Result<Option<Vec<SealedEvent>>, VerifyError> {
        let walk = &mut self.walk;
        if walk.version >= walk.head.version {
            return Ok(None);
        }
        let left = usize::try_from(walk.head.version.0 - walk.version.0).unwrap_or(usize::MAX);
        let page = read_page(self.log, walk, left.min(PAGE_EVENTS)).await?;
        if page.is_empty() {
            return Err(walk.fault(walk.version.next(), Problem::Missing).into());
        }
        for sealed in &page {
            walk.step(sealed)?;
        }
        Ok(Some(page))
    }

    /// What was found good, if the head matches it.
    pub(crate) fn finish(self) -> Result<Verified, Fault> {
        self.walk.finish()
    }
}

/// One damaged event makes a whole page unreadable. Reading one by one then finds out which it is, and whether an
/// earlier one is bad as well.
async fn read_page(
    log: &dyn EventLog,
    walk: &Walk,
    limit: usize,
) -> Result<Vec<SealedEvent>, VerifyError> {
    let stream = walk.head.stream_id;
    match log.read_sealed(stream, walk.version, limit).await {
        Err(StoreError::Corrupt { detail, .. }) if limit == 1 => Err(walk
            .fault(walk.version.next(), Problem::Unreadable(detail))
            .into()),
        Err(StoreError::Corrupt { .. }) => match log.read_sealed(stream, walk.version, 1).await {
            Err(StoreError::Corrupt { detail, .. }) => Err(walk
                .fault(walk.version.next(), Problem::Unreadable(detail))
                .into()),
            single => Ok(single?),
        },
        page => Ok(page?),
    }
}

/// The walk along one stream: what was seen so far.
struct Walk {
    head: Head,
    version: Version,
    batch: Version,
    recorded_at: Instant,
    effective_max: Instant,
    opened_at: Instant,
    /// Events that are redacted by an event that was not met yet.
    pending: Pending,
    verified: Verified,
}

impl Walk {
    fn new(head: Head) -> Self {
        Self {
            head,
            version: Version::NONE,
            batch: Version::NONE,
            recorded_at: Instant::MIN,
            effective_max: Instant::MIN,
            opened_at: head.opened_at,
            pending: Pending::default(),
            verified: Verified {
                streams: 1,
                ..Verified::default()
            },
        }
    }

    fn step(&mut self, sealed: &SealedEvent) -> Result<(), Fault> {
        let header = &sealed.event.header;
        let due = self.version.next();
        self.check_place(header, due)
            .map_err(|problem| self.fault(due, problem))?;
        check_digests(sealed).map_err(|problem| self.fault(due, problem))?;
        self.effective_max = self.effective_max.max(header.effective_at);
        if sealed.effective_max != self.effective_max {
            return Err(self.fault(due, Problem::WrongEffectiveMax));
        }
        if due == Version(1) {
            self.opened_at = header.recorded_at;
        }
        self.version = due;
        self.batch = header.batch;
        self.recorded_at = header.recorded_at;
        self.verified.events += 1;
        self.check_redaction(sealed)
    }

    /// Checks it as the event of a redaction, and remembers it if it is redacted itself.
    fn check_redaction(&mut self, sealed: &SealedEvent) -> Result<(), Fault> {
        let version = sealed.event.header.version;
        let found = self.pending.met(&sealed.event);
        let found = found.map_err(|(bad, problem)| self.fault(bad, problem))?;
        self.verified.redactions.extend(found);
        if let Some(remainder) = &sealed.event.remainder {
            let redaction = remainder.redaction;
            if redaction <= version {
                return Err(self.fault(version, Problem::UnprovedRedaction { redaction }));
            }
            self.verified.redacted += 1;
            self.pending.wait_for(remainder, version);
        }
        Ok(())
    }

    fn check_place(&self, header: &EventHeader, due: Version) -> Result<(), Problem> {
        if header.version != due {
            return Err(Problem::Gap {
                found: header.version,
            });
        }
        if header.stream_id != self.head.stream_id {
            return Err(Problem::ForeignStream {
                found: header.stream_id,
            });
        }
        if header.recorded_at < self.recorded_at {
            return Err(Problem::RecordedBeforePredecessor);
        }
        let inside_predecessors = self.batch >= due;
        if header.batch < due || (inside_predecessors && header.batch != self.batch) {
            return Err(Problem::BrokenBatch);
        }
        Ok(())
    }

    fn finish(self) -> Result<Verified, Fault> {
        let head = self.head;
        if let Some((version, redaction)) = self.pending.first() {
            return Err(self.fault(version, Problem::UnprovedRedaction { redaction }));
        }
        if self.batch != head.version {
            return Err(self.fault(head.version, Problem::BrokenBatch));
        }
        let seen = (self.recorded_at, self.effective_max, self.opened_at);
        if seen != (head.recorded_at, head.effective_max, head.opened_at) {
            return Err(self.fault(head.version, Problem::WrongHead));
        }
        Ok(self.verified)
    }

    fn fault(&self, version: Version, problem: Problem) -> Fault {
        Fault {
            stream: self.head.stream_id,
            version,
            problem,
        }
    }
}

fn check_digests(sealed: &SealedEvent) -> Result<(), Problem> {
    let event = &sealed.event;
    match (&event.payload, &sealed.salt) {
        (Some(payload), Some(salt)) => {
            if Digest::of_payload(salt, payload) != sealed.payload_digest {
                return Err(Problem::PayloadChanged);
            }
            if event.remainder.is_some() {
                return Err(Problem::NotRedacted);
            }
        }
        (None, None) if event.remainder.is_none() => return Err(Problem::PayloadLost),
        (None, None) => {}
        _ => return Err(Problem::HalfRedacted),
    }
    if Digest::of_event(&event.header.to_bytes(), sealed.payload_digest) != event.digest {
        return Err(Problem::HeaderChanged);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
