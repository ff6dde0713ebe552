//! The shapes of an event: as it is handed in, as it is read, and as it is verified.
//!
//! Owns the header and the three shapes around it. What `kind` and the payload mean is not known here; the digest is
//! computed in `digest`, and what takes the place of a payload is told in `redaction`. Invariant: a header never changes
//! once it is appended, and only a payload can be taken away.

use bytes::Bytes;
use uuid::Uuid;

use crate::{Digest, Instant, Remainder, StreamId, Version};

/// Random bytes that are hashed before a payload, so that a redacted payload cannot be guessed from its digest.
pub type Salt = [u8; 16];

/// What stands about an event for ever, also when its payload has been redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHeader {
    /// How the header is encoded for its digest: [`EventHeader::FORMAT`] for new events.
    pub format: u16,
    /// The stream that it belongs to.
    pub stream_id: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// Its own name, unique wherever it travels.
    pub id: Uuid,
    /// What happened, in the words of whoever wrote it.
    pub kind: String,
    /// The version of the payload's shape.
    pub schema: u16,
    /// When it was recorded. Never decreases along the versions of a stream.
    pub recorded_at: Instant,
    /// When what it tells took effect. May lie before the event's predecessors: then the event is *backdated*.
    pub effective_at: Instant,
    /// Who recorded it.
    pub author: String,
    /// The person behind the author, as an opaque name.
    pub person: Option<String>,
    /// For whom it was recorded, if not for the author.
    pub on_behalf_of: Option<String>,
    /// In which capacity the author acted.
    pub capacity: String,
    /// The command that caused it.
    pub command_id: Uuid,
    /// The version of the last event of its batch; its own version if it stands alone.
    pub batch: Version,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// The document and place that it was taken from.
    pub source: Option<String>,
    /// What it touches, in the order given. Events are found again by each of these.
    pub subjects: Vec<Uuid>,
}

impl EventHeader {
    /// The format that new events carry.
    pub const FORMAT: u16 = 1;
}

/// An event to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its header, already with the version that it will have.
    pub header: EventHeader,
    /// What it says.
    pub payload: Bytes,
    /// Fresh random bytes of its own.
    pub salt: Salt,
}

/// An event as readers get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its header.
    pub header: EventHeader,
    /// What it says; `None` if it was redacted.
    pub payload: Option<Bytes>,
    /// What is left of it if it was redacted. An event with neither payload nor remainder is damaged.
    pub remainder: Option<Remainder>,
    /// The digest that was computed when it was appended.
    pub digest: Digest,
}

/// An event with all that is needed to recompute its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEvent {
    /// The event as readers get it.
    pub event: StoredEvent,
    /// The salt of its payload; `None` if it was redacted.
    pub salt: Option<Salt>,
    /// The salted digest of its payload, which stays when the payload goes.
    pub payload_digest: Digest,
    /// The greatest `effective_at` of the stream up to and including this event, as the log keeps it.
    pub effective_max: Instant,
}
