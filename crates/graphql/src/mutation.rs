//! The mutations of the API: one edit, whole or not at all, and the redaction of what must not stay.
//!
//! It owns the way from an input to the engine and back to a payload.
//! Invariant: expected outcomes are typed; only faults are errors.

use async_graphql::{Context, ID, InputObject, Object};
use roadbook_domain::{AmendmentId, Base, Refusal as DomainRefusal, RoadMapId};
use roadbook_engine::{Author, EditRequest, Engine, EngineError};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::at::{recorded, visible};
use crate::command_input::CommandInput;
use crate::cursor::Cursor;
use crate::directory_edit::{EditDirectoryInput, EditDirectoryPayload, edit_directory};
use crate::fault::engine_fault;
use crate::identity::road_map_of;
use crate::payload::{EditConflicts, EditDone, EditPayload, EditRefused, Refusal, RefusalCode};
use crate::presence::{self, ShowPresenceInput, ShowPresencePayload};
use crate::query::{engine, viewer};
use crate::redaction::{RedactInput, RedactPayload, redact};
use crate::scalar::Day;
use crate::trail;

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 1_000;

/// What a caller is told who takes no part.
const READS_ONLY: &str =
    "your organisation takes no part in the working party that the road map is entrusted to";

/// The ways to change something.
#[derive(Debug)]
pub(crate) struct Mutation;

/// One atomic batch. `base` is the cursor of the state that it was made from: a value unchanged since then does not conflict, however busy the road map.
#[derive(InputObject)]
pub(crate) struct EditInput {
    /// The road map; a bare, unused UUID to open one.
    road_map: ID,
    /// A UUID that the client makes for this edit. Sending the same edit again under it returns the first answer.
    command_id: Uuid,
    /// The cursor of the state that it was made from. It may be left out only to open a road map.
    base: Option<Cursor>,
    /// The day from whose end in Brussels on it is so; now if absent or today. Only the Presidency and the Secretariat date a change before today.
    effective: Option<Day>,
    /// Why, in one's own words; 1,000 characters at most.
    reason: Option<String>,
    /// Keep what sets a cell as an amendment, in this same call, where the author may not set that cell or others changed it meanwhile. An author who may not propose is refused all the same.
    #[graphql(default)]
    keep_as_amendment: bool,
    /// What is to be done, in order.
    commands: Vec<CommandInput>,
}

/// The ways to change something.
#[Object]
impl Mutation {
    /// Changes organisations, working parties or who takes part in them, whole or not at all. Only the Secretariat does.
    async fn edit_directory(
        &self,
        ctx: &Context<'_>,
        input: EditDirectoryInput,
    ) -> async_graphql::Result<EditDirectoryPayload> {
        let payload = edit_directory(ctx, input).await?;
        if let EditDirectoryPayload::Refused(refused) = &payload {
            trail::note_refusals(ctx, &refused.refusals);
        }
        Ok(payload)
    }

    /// Makes a batch of changes, whole or not at all. When it is answered as done, it is durable.
    async fn edit(
        &self,
        ctx: &Context<'_>,
        input: EditInput,
    ) -> async_graphql::Result<EditPayload> {
        let payload = make(ctx, input).await?;
        if let EditPayload::Refused(refused) = &payload {
            trail::note_refusals(ctx, &refused.refusals);
        }
        Ok(payload)
    }

    /// Takes words out of events that are recorded already, and out of every later one that carries them on, for good: only the General Secretariat may. The events, their order and their digests stay, and a redaction cannot be undone.
    async fn redact(
        &self,
        ctx: &Context<'_>,
        input: RedactInput,
    ) -> async_graphql::Result<RedactPayload> {
        let payload = redact(ctx, input).await?;
        if let RedactPayload::Refused(refused) = &payload {
            trail::note_refusals(ctx, &refused.refusals);
        }
        Ok(payload)
    }

    /// Tells those who are present at a road map at which cell the caller is. Nothing of it is recorded.
    async fn show_presence(
        &self,
        ctx: &Context<'_>,
        input: ShowPresenceInput,
    ) -> async_graphql::Result<ShowPresencePayload> {
        presence::show(ctx, input).await
    }
}

/// Makes an edit.
async fn make(ctx: &Context<'_>, input: EditInput) -> async_graphql::Result<EditPayload> {
    let engine = engine(ctx)?;
    let viewer = viewer(ctx)?;
    let author = Author {
        organisation: viewer.organisation.clone(),
        person: viewer.person.clone(),
        on_behalf_of: None,
    };
    let (road_map, request) = match request(engine, author, input) {
        Ok(request) => request,
        Err(refusals) => return Ok(EditPayload::Refused(EditRefused { refusals })),
    };
    let is_seen = match admission(ctx, road_map, &request).await? {
        Ok(is_seen) => is_seen,
        Err(refused) => return Ok(refused),
    };
    let edited = engine.edit(road_map, request).await;
    let conflicts = match edited {
        Ok(done) => {
            let at = recorded(ctx, road_map, &done).await?;
            let Some(at) = at.map_err(engine_fault)? else {
                return refused(EngineError::NotFound("road map"));
            };
            return Ok(EditPayload::Done(EditDone { at, done }));
        }
        Err(_) if !is_seen && is_taken(engine, road_map).await => return refused(taken()),
        Err(EngineError::Conflicts(conflicts)) => conflicts,
        Err(error) => return refused(error),
    };
    let at = visible(ctx, road_map).await?.map_err(engine_fault)?;
    match at {
        Some(at) => Ok(EditPayload::Conflicts(EditConflicts { at, conflicts })),
        None => refused(EngineError::NotFound("road map")),
    }
}

/// The refusals among the engine's errors; the others are faults.
pub(crate) fn refusals_of(error: EngineError) -> async_graphql::Result<Vec<Refusal>> {
    Ok(match error {
        EngineError::Refused(refusals) => refusals
            .iter()
            .map(|(command, refusal)| Refusal::new(*command, refusal))
            .collect(),
        EngineError::CommandIdReused => {
            let code = RefusalCode::CommandIdReused;
            vec![Refusal::of_shape(None, code, error.to_string())]
        }
        EngineError::QuotaExceeded(_) => {
            let code = RefusalCode::QuotaExceeded;
            vec![Refusal::of_shape(None, code, error.to_string())]
        }
        EngineError::NotFound(_) => {
            let message = "roadMap: there is no such road map";
            vec![Refusal::of_shape(None, RefusalCode::NotFound, message)]
        }
        EngineError::BadMoment(why) => {
            let message = format!("base: {why}");
            vec![Refusal::of_shape(None, RefusalCode::StaleBase, message)]
        }
        error => return Err(engine_fault(error)),
    })
}

/// An edit that was refused for an error of the engine; what is no refusal is a fault.
fn refused(error: EngineError) -> async_graphql::Result<EditPayload> {
    let refusals = refusals_of(error)?;
    Ok(EditPayload::Refused(EditRefused { refusals }))
}

/// Refuses a reason that is too long, or that no text may be.
pub(crate) fn checked_reason(reason: &str) -> Result<(), Refusal> {
    let checked = roadbook_domain::content::check_text(reason, REASON_CHARS_MAX);
    checked.map_err(|error| {
        let message = format!("reason: {error}");
        Refusal::of_shape(None, RefusalCode::Invalid, message)
    })
}

/// Whether the road map exists for the caller; or the refusal of whoever may not even try, since it does not and is not opened
/// by this edit, or since the caller only reads what is PUBLIC.
async fn admission(
    ctx: &Context<'_>,
    road_map: RoadMapId,
    request: &EditRequest,
) -> async_graphql::Result<Result<bool, EditPayload>> {
    let organisation = &request.author.organisation;
    Ok(match visible(ctx, road_map).await?.map_err(engine_fault)? {
        Some(at) if at.is_outsider(organisation) => {
            let refusals = vec![Refusal::of_shape(None, RefusalCode::NotAllowed, READS_ONLY)];
            Err(EditPayload::Refused(EditRefused { refusals }))
        }
        Some(_) => Ok(true),
        None if request.commands.iter().any(|it| it.opens().is_some()) => Ok(false),
        None => Err(refused(EngineError::NotFound("road map"))?),
    })
}

/// Whether there is a road map under an id, served or not.
async fn is_taken(engine: &Engine, road_map: RoadMapId) -> bool {
    !matches!(engine.road_map(road_map).await, Ok(None))
}

/// How an opening fails under the id of a road map that does not exist for the caller, whatever is wrong with it besides: that
/// the id is taken cannot be hidden, and nothing more is told.
fn taken() -> EngineError {
    EngineError::Refused(vec![(None, DomainRefusal::AlreadyOpened)])
}

fn request(
    engine: &Engine,
    author: Author,
    input: EditInput,
) -> Result<(RoadMapId, EditRequest), Vec<Refusal>> {
    let whole = |code, message: &str| vec![Refusal::of_shape(None, code, message)];
    let road_map = road_map_of(&input.road_map)
        .ok_or_else(|| whole(RefusalCode::NotFound, "roadMap: there is no such road map"))?;
    let base = match input.base {
        None => Base::NOTHING,
        Some(cursor) if cursor.epoch == engine.epoch() => cursor.base(),
        Some(_) => {
            let message = "base: the cursor was given before the log was restored; read anew";
            return Err(whole(RefusalCode::StaleBase, message));
        }
    };
    if let Some(reason) = &input.reason {
        checked_reason(reason).map_err(|refusal| vec![refusal])?;
    }
    let mut commands = Vec::with_capacity(input.commands.len());
    let mut refusals = Vec::new();
    for (index, command) in input.commands.into_iter().enumerate() {
        match command.command(road_map, || minted(input.command_id, index)) {
            Ok(command) if input.keep_as_amendment => {
                commands.push(command.or_propose(|| AmendmentId(minted(input.command_id, index))));
            }
            Ok(command) => commands.push(command),
            Err(message) => {
                let code = RefusalCode::Invalid;
                refusals.push(Refusal::of_shape(Some(index), code, message));
            }
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let opens = commands.iter().any(|command| command.opens().is_some());
    if input.base.is_none() && !opens {
        let message = "base: name the cursor of the state that the edit was made from";
        return Err(whole(RefusalCode::Invalid, message));
    }
    let request = EditRequest {
        command_id: input.command_id,
        author,
        base,
        effective: input.effective.map(|day| day.0),
        reason: input.reason,
        source: None,
        commands,
    };
    Ok((road_map, request))
}

/// The id of the new thing of a command: the same whenever the edit is sent.
fn minted(command_id: Uuid, index: usize) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(command_id.as_bytes());
    hash.update((index as u64).to_be_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::new_v8(bytes)
}
