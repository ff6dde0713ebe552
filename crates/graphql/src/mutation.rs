//! The mutation of the API: one edit, whole or not at all.
//!
//! It owns the way from an input to the engine and back to a payload.
//! Invariant: expected outcomes are typed; only faults are errors.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use roadbook_domain::{Base, RoadMapId};
use roadbook_engine::{Author, EditRequest, Engine, EngineError};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::at::At;
use crate::command_input::CommandInput;
use crate::cursor::Cursor;
use crate::fault::engine_fault;
use crate::identity::road_map_of;
use crate::payload::{EditConflicts, EditDone, EditPayload, EditRefused, Refusal, RefusalCode};
use crate::query::{current, engine, viewer};
use crate::scalar::Day;

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 1_000;

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
    /// What is to be done, in order.
    commands: Vec<CommandInput>,
}

/// The ways to change something.
#[Object]
impl Mutation {
    /// Makes a batch of changes, whole or not at all. When it is answered as done, it is durable.
    async fn edit(
        &self,
        ctx: &Context<'_>,
        input: EditInput,
    ) -> async_graphql::Result<EditPayload> {
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
        match engine.edit(road_map, request).await {
            Ok(done) => {
                let at = at(engine, road_map).await?;
                let at = at.ok_or_else(|| engine_fault(EngineError::NotFound("road map")))?;
                let at = at.with(Arc::clone(&done.published));
                Ok(EditPayload::Done(EditDone { at, done }))
            }
            Err(EngineError::Conflicts(conflicts)) => {
                let at = at(engine, road_map).await?;
                let at = at.ok_or_else(|| engine_fault(EngineError::NotFound("road map")))?;
                Ok(EditPayload::Conflicts(EditConflicts { at, conflicts }))
            }
            Err(error) => refused(error),
        }
    }
}

/// The refusals among the engine's errors; the others are faults.
fn refused(error: EngineError) -> async_graphql::Result<EditPayload> {
    let refusals = match error {
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
    };
    Ok(EditPayload::Refused(EditRefused { refusals }))
}

async fn at(engine: &Arc<Engine>, id: RoadMapId) -> async_graphql::Result<Option<At>> {
    let road_map = engine.road_map(id).await.map_err(engine_fault)?;
    Ok(road_map.map(|road_map| current(engine, road_map)))
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
        roadbook_domain::content::check_text(reason, REASON_CHARS_MAX)
            .map_err(|error| whole(RefusalCode::Invalid, &format!("reason: {error}")))?;
    }
    let mut commands = Vec::with_capacity(input.commands.len());
    let mut refusals = Vec::new();
    for (index, command) in input.commands.into_iter().enumerate() {
        match command.command(road_map, || minted(input.command_id, index)) {
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
