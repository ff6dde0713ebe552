//! Redacting by the API: what is asked, what would go, and what is answered.
//!
//! It owns the shapes and the way to the engine; what carries a passage is the domain's affair.
//! Invariant: the passage is in no answer, no error and no line of the log.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, Union};
use roadbook_domain::redaction::PASSAGE_CHARS_MAX;
use roadbook_domain::{Directory, Version};
use roadbook_engine::{
    Author, EngineError, RedactRequest, Redacted, RedactionDone as Done, Scrubbed,
};
use uuid::Uuid;

use crate::at::{At, visible};
use crate::cursor::Cursor;
use crate::event::{Event, event_object};
use crate::fault::engine_fault;
use crate::identity::road_map_of;
use crate::mutation::{checked_reason, refusals_of};
use crate::payload::{Refusal, RefusalCode};
use crate::query::{engine, viewer};

/// What is to be taken out of the log, for good.
#[derive(InputObject)]
pub(crate) struct RedactInput {
    /// The road map.
    road_map: ID,
    /// A UUID that the client makes for this redaction. Sending it again under it returns the first answer, and cleans the files of the log if they were not clean.
    command_id: Uuid,
    /// The versions of the events that hold what must go: these lose all their words.
    versions: Vec<u64>,
    /// The words that must go, wherever in the road map they stand; if absent, all that the events named say.
    passage: Option<String>,
    /// Why, in one's own words; 1,000 characters at most. It is kept for good, so it must not repeat what must go.
    reason: Option<String>,
    /// The key of the organisation of the directory on whose order it is done; the caller's own if absent.
    ordered_by: Option<String>,
    /// Only tell what would be redacted.
    #[graphql(default)]
    dry_run: bool,
}

/// What became of a redaction.
#[derive(Union)]
pub(crate) enum RedactPayload {
    /// It is durable.
    Done(RedactDone),
    /// This would be redacted; nothing changed.
    Preview(RedactPreview),
    /// It cannot be done; nothing changed.
    Refused(RedactRefused),
}

/// The redaction is durable.
pub(crate) struct RedactDone {
    at: At,
    done: Done,
}

/// The redaction is durable.
#[Object]
impl RedactDone {
    /// The version of the road map.
    async fn version(&self) -> u64 {
        self.at.moment().version.0
    }

    /// Names the state right after it: the base of the next edit.
    async fn cursor(&self) -> Cursor {
        self.at.cursor()
    }

    /// Its event, which names the events that lost words.
    async fn event(&self) -> Event {
        event_object(&self.at, Arc::clone(&self.done.event))
    }

    /// How far the files of the log are clean of it.
    async fn files(&self) -> LogFiles {
        match self.done.scrubbed {
            Some(Scrubbed::Clean) => LogFiles::Clean,
            Some(Scrubbed::LeftToOperator) => LogFiles::LeftToOperator,
            None => LogFiles::NotYet,
        }
    }

    /// Whether this redaction had been made before, and this is its first answer again.
    async fn repeated(&self) -> bool {
        self.done.repeated
    }
}

/// How far the files of the log are clean of what was redacted.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFiles {
    /// No file of the log holds it.
    Clean,
    /// Nobody can read it any more, but the database server keeps it on its disk until its operator cleans that.
    LeftToOperator,
    /// They could not be cleaned now. Send the same redaction again.
    NotYet,
}

/// This would be redacted; nothing changed.
pub(crate) struct RedactPreview {
    at: At,
    events: Vec<Arc<roadbook_engine::RecordedEvent>>,
}

/// This would be redacted; nothing changed.
#[Object]
impl RedactPreview {
    /// The versions of the events that would lose words, ascending.
    async fn versions(&self) -> Vec<u64> {
        self.events.iter().map(|event| event.version.0).collect()
    }

    /// These events, as they are.
    async fn events(&self) -> Vec<Event> {
        let events = self.events.iter();
        events
            .map(|event| event_object(&self.at, Arc::clone(event)))
            .collect()
    }
}

/// The redaction cannot be done; nothing changed.
#[derive(SimpleObject)]
pub(crate) struct RedactRefused {
    /// Every reason that was found.
    pub(crate) refusals: Vec<Refusal>,
}

/// Redacts, or tells what would be redacted.
pub(crate) async fn redact(
    ctx: &Context<'_>,
    input: RedactInput,
) -> async_graphql::Result<RedactPayload> {
    let engine = engine(ctx)?;
    let viewer = viewer(ctx)?;
    let refuse = |refusals| Ok(RedactPayload::Refused(RedactRefused { refusals }));
    let mut refusals = shape_refusals(&input);
    // The caller's own is known, also while the directory cannot be read.
    let other = input.ordered_by.as_ref();
    let other = other.filter(|organisation| **organisation != viewer.organisation);
    refusals.extend(other.and_then(|other| unknown_orderer(&engine.directory(), other)));
    if !refusals.is_empty() {
        return refuse(refusals);
    }
    let not_found = || refusals_of(EngineError::NotFound("road map"));
    let Some(id) = road_map_of(&input.road_map) else {
        return refuse(not_found()?);
    };
    let Some(at) = visible(ctx, id).await?.map_err(engine_fault)? else {
        return refuse(not_found()?);
    };
    let ordered_by = input.ordered_by;
    let request = RedactRequest {
        command_id: input.command_id,
        author: Author {
            organisation: viewer.organisation.clone(),
            person: viewer.person.clone(),
            on_behalf_of: None,
        },
        versions: input.versions.into_iter().map(Version).collect(),
        passage: input.passage,
        reason: input.reason,
        ordered_by: ordered_by.unwrap_or_else(|| viewer.organisation.clone()),
        only_find: input.dry_run,
    };
    let redacted = match engine.redact(id, request).await {
        Ok(redacted) => redacted,
        Err(error) => return refuse(refusals_of(error)?),
    };
    Ok(match redacted {
        Redacted::Done(done) => RedactPayload::Done(RedactDone {
            at: at.with(Arc::clone(&done.published)),
            done,
        }),
        Redacted::Found(found) => RedactPayload::Preview(RedactPreview {
            at: at.with(found.published),
            events: found.events,
        }),
    })
}

/// What is wrong with the input itself. A passage may hold what no text may, such as a classified marking.
fn shape_refusals(input: &RedactInput) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut refuse = |code, message: String| {
        refusals.push(Refusal::of_shape(None, code, message));
    };
    if let Some(Err(refusal)) = input.reason.as_deref().map(checked_reason) {
        refuse(refusal.code, refusal.message);
    }
    let length = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
    if length(&input.passage) > PASSAGE_CHARS_MAX {
        let message = format!("passage: {PASSAGE_CHARS_MAX} characters are accepted at most");
        refuse(RefusalCode::TooLong, message);
    }
    refusals
}

/// Refuses an orderer that is no organisation: its key stays in the log for good, and would keep whatever is written there.
fn unknown_orderer(directory: &Directory, organisation: &str) -> Option<Refusal> {
    if directory.kind(organisation).is_some() {
        return None;
    }
    let message = "orderedBy: the directory has no organisation of this key";
    Some(Refusal::of_shape(None, RefusalCode::NotFound, message))
}
