//! Edits: a batch of commands on its way to the writer, and what is answered.
//!
//! It owns both shapes and the fingerprint by which a repeated command is told from a reused id.
//! Invariant: an accepted edit is answered only when its events are durable.

use std::sync::Arc;

use bytes::Bytes;
use roadbook_domain::{AmendmentId, Base, Command, Date, Outcome, RoadMapId, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::error::EngineError;
use crate::published::Published;
use crate::recorded::{Author, RecordedEvent};
use crate::road_map::RoadMap;

/// Commands that are done together or not at all, with who wants them and why.
#[derive(Clone, Debug)]
pub struct EditRequest {
    /// The name that the client gave the edit; sending it again returns the first result.
    pub command_id: Uuid,
    /// Who wants it.
    pub author: Author,
    /// The state that it was made from.
    pub base: Base,
    /// The day from whose end on it is so; now if absent or today.
    pub effective: Option<Date>,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// The document and line that it was taken from.
    pub source: Option<String>,
    /// What is to be done, in order.
    pub commands: Vec<Command>,
}

/// What an accepted edit is answered.
#[derive(Clone, Debug)]
pub struct EditDone {
    /// The state right after it.
    pub published: Arc<Published>,
    /// Its events, in order; none if nothing changed.
    pub events: Vec<Arc<RecordedEvent>>,
    /// One for each command, in order.
    pub outcomes: Vec<Outcome>,
    /// Whether the edit had been accepted before, and this is its first answer again.
    pub repeated: bool,
}

/// An edit in the writer's inbox.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) request: EditRequest,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) answer: oneshot::Sender<Result<EditDone, EngineError>>,
    /// Held, not read: the road map stays in memory until it is answered, also if its caller goes away.
    pub(crate) used: Arc<RoadMap>,
    /// That of whoever asked for it.
    pub(crate) span: tracing::Span,
}

/// The answer as it is kept in the log, so that a repeated command is answered alike.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    /// The version before the edit's first event.
    pub(crate) after: u64,
    /// The head right after the edit.
    pub(crate) through: u64,
    outcomes: Vec<KeptOutcome>,
}

#[derive(Debug, Serialize, Deserialize)]
enum KeptOutcome {
    Applied,
    Merged,
    Unchanged,
    ShadowedByLater(u64),
    KeptAsAmendment(Uuid),
}

impl EditRequest {
    /// A digest of everything that was asked, apart from the command id itself.
    pub(crate) fn fingerprint(&self, road_map: RoadMapId) -> [u8; 32] {
        let mut hash = Sha256::new();
        let author = &self.author;
        let parts = (
            road_map,
            (&author.organisation, &author.on_behalf_of),
            (self.base.version, self.base.effective),
            self.effective,
            (&self.reason, &self.source),
            &self.commands,
        );
        #[expect(
            clippy::expect_used,
            reason = "a request holds strings, numbers and lists only, which the encoding can always express"
        )]
        let bytes = postcard::to_stdvec(&parts).expect("a request is expressible");
        hash.update(&bytes);
        hash.finalize().into()
    }
}

impl KeptAnswer {
    pub(crate) fn new(after: Version, through: Version, outcomes: &[Outcome]) -> Self {
        let outcomes = outcomes
            .iter()
            .map(|outcome| match outcome {
                Outcome::Applied => KeptOutcome::Applied,
                Outcome::Merged => KeptOutcome::Merged,
                Outcome::Unchanged => KeptOutcome::Unchanged,
                Outcome::ShadowedByLater(version) => KeptOutcome::ShadowedByLater(version.0),
                Outcome::KeptAsAmendment(amendment) => KeptOutcome::KeptAsAmendment(amendment.0),
            })
            .collect();
        Self {
            after: after.0,
            through: through.0,
            outcomes,
        }
    }

    /// Whether the events of the edit do not say all that was asked: something was there already, or was merged.
    pub(crate) fn is_other_than_asked(&self) -> bool {
        let is_other =
            |outcome: &KeptOutcome| matches!(outcome, KeptOutcome::Unchanged | KeptOutcome::Merged);
        self.outcomes.iter().any(is_other)
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.outcomes
            .iter()
            .map(|outcome| match outcome {
                KeptOutcome::Applied => Outcome::Applied,
                KeptOutcome::Merged => Outcome::Merged,
                KeptOutcome::Unchanged => Outcome::Unchanged,
                KeptOutcome::ShadowedByLater(version) => {
                    Outcome::ShadowedByLater(Version(*version))
                }
                KeptOutcome::KeptAsAmendment(amendment) => {
                    Outcome::KeptAsAmendment(AmendmentId(*amendment))
                }
            })
            .collect()
    }

    pub(crate) fn encode(&self) -> Bytes {
        #[expect(
            clippy::expect_used,
            reason = "an answer holds numbers only, which the encoding can always express"
        )]
        let bytes = postcard::to_stdvec(self).expect("an answer is expressible");
        Bytes::from(bytes)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
