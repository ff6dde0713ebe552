//! Recorded events: the facts of the log together with who, when and why.
//!
//! It owns the shape in which the engine hands events on; how they lie in the log is `codec`'s affair.
//! Invariant: what is here was durable before anyone could see it.

use roadbook_domain::{Capacity, Event, Instant, Stamp, Version};
use uuid::Uuid;

/// Who acts, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The code of the organisation ("LV", "COM", "GSC").
    pub organisation: String,
    /// The person, as an opaque subject.
    pub person: Option<String>,
    /// The organisation in whose name it is recorded, if another.
    pub on_behalf_of: Option<String>,
}

impl Author {
    /// An organisation that acts for itself.
    pub fn organisation(code: &str) -> Self {
        Self {
            organisation: code.to_owned(),
            person: None,
            on_behalf_of: None,
        }
    }
}

/// An event as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its id.
    pub id: Uuid,
    /// Its place in the stream.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// From when on it is so.
    pub effective_at: Instant,
    /// Who recorded it.
    pub author: Author,
    /// In which capacity.
    pub capacity: Capacity,
    /// The edit that it belongs to, as its client named it.
    pub command_id: Uuid,
    /// The version of the last event of its batch.
    pub batch: Version,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// The document and line that it was taken from.
    pub source: Option<String>,
    /// What it touches.
    pub subjects: Vec<Uuid>,
    /// The fact.
    pub event: Event,
    /// The schema version of its payload.
    pub schema: u16,
    /// The version of the event that redacted it; then the fact is what is left of it.
    pub redacted_by: Option<Version>,
    /// How many bytes it takes up in the log, without what every event has.
    pub payload_bytes: u64,
}

impl RecordedEvent {
    /// What decides between two writes to the same register.
    pub const fn stamp(&self) -> Stamp {
        Stamp {
            effective: self.effective_at,
            version: self.version,
        }
    }
}
