//! Redactions on their way to the writer, and what is answered.
//!
//! It owns the shapes; what is found and left is the domain's affair, and when it is done `writer`'s.
//! Invariant: nothing here keeps the passage beyond the answer, not even as a digest.

use std::sync::Arc;

use roadbook_domain::{Capacity, Refusal, RoadMapId, Version};
use roadbook_store::Scrubbed;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::error::EngineError;
use crate::published::Published;
use crate::recorded::{Author, RecordedEvent};
use crate::road_map::RoadMap;

/// What is to be redacted, with who wants it and why.
#[derive(Clone, Debug)]
pub struct RedactRequest {
    /// The name that the client gave it; sending it again returns the first result.
    pub command_id: Uuid,
    /// Who wants it.
    pub author: Author,
    /// The events that hold what must go.
    pub versions: Vec<Version>,
    /// The words that must go, wherever they stand; all that the events say if absent.
    pub passage: Option<String>,
    /// Why. It stays in the log for good.
    pub reason: Option<String>,
    /// The organisation on whose order it is done.
    pub ordered_by: String,
    /// Whether only to tell what would be redacted.
    pub only_find: bool,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Redacted {
    /// Nothing was changed.
    Found(Found),
    /// It is durable.
    Done(RedactionDone),
}

/// What would be redacted.
#[derive(Clone, Debug)]
pub struct Found {
    /// The current state.
    pub published: Arc<Published>,
    /// The events that would lose words, as they are.
    pub events: Vec<Arc<RecordedEvent>>,
}

/// A redaction that is durable.
#[derive(Clone, Debug)]
pub struct RedactionDone {
    /// The state right after it, or a later one.
    pub published: Arc<Published>,
    /// Its event.
    pub event: Arc<RecordedEvent>,
    /// Whether it had been made before, and this is its first answer again.
    pub repeated: bool,
    /// How far the files of the log are clean of it; none if they could not be cleaned now.
    pub scrubbed: Option<Scrubbed>,
}

/// A redaction in the writer's inbox.
#[derive(Debug)]
pub(crate) struct Redact {
    pub(crate) request: RedactRequest,
    pub(crate) answer: oneshot::Sender<Result<Redacted, EngineError>>,
    /// Held, not read: the road map stays in memory until it is answered.
    pub(crate) used: Arc<RoadMap>,
}

impl RoadMap {
    /// Refuses an organisation that redacts nothing here.
    pub(crate) fn check_redactor(&self, organisation: &str) -> Result<(), EngineError> {
        let capacity = self.standing(organisation).capacity();
        if capacity.is_some_and(Capacity::may_redact) {
            Ok(())
        } else {
            let refusal = (None, Refusal::RedactionNotAllowed);
            Err(EngineError::Refused(vec![refusal]))
        }
    }
}

impl RedactRequest {
    /// A digest of what was asked, without the passage: it would let a guess of it be proved.
    pub(crate) fn fingerprint(&self, road_map: RoadMapId) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update("redaction");
        hash.update(road_map.0.as_bytes());
        for version in &self.versions {
            hash.update(version.0.to_be_bytes());
        }
        for text in [
            Some(&self.author.organisation),
            self.reason.as_ref(),
            Some(&self.ordered_by),
        ] {
            let text = text.map_or("", String::as_str);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }
}
