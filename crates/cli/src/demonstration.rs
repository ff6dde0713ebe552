//! The demonstration's road map: brought into an empty database, and what happened to it afterwards.
//!
//! It owns who records it, under which command ids, and in which order; the data are those of `documents`.
//! Invariant: filling a database again, after a stop at any point of an earlier filling, ends in the same log.

use std::sync::Arc;

use anyhow::Context as _;
use roadbook_documents::demonstration::{HISTORY, SEED};
use roadbook_documents::{DatedChange, Diagnostic, Import, import, import_history};
use roadbook_domain::capacity::SECRETARIAT;
use roadbook_domain::{Base, Command};
use roadbook_engine::{Author, EditRequest, Engine, Ids as _, MomentSelector, RandomIds, RoadMap};
use roadbook_store::{EventLog, StreamId};
use uuid::Uuid;

use crate::failure::Failure;
use crate::terminal::Progress;

/// The short name of the road map.
pub(crate) const SLUG: &str = "cybersecurity";

/// The Presidency that issued the note, and in whose name the import is recorded.
const ON_BEHALF_OF: &str = "LV";
/// Road maps among which that of the demonstration is searched; whoever made more has a database in use.
const ROAD_MAPS_LOOKED_AT: usize = 100;
/// Where the note was transcribed.
const SEED_FILE: &str = "road-map-6183-2-15-REV-2.yaml";
/// Where the changes were compiled.
const HISTORY_FILE: &str = "history-2015-2016.yaml";
/// Why the changes are recorded.
const HISTORY_REASON: &str = "Compiled from the public record for demonstration";

/// The command id of the import; those of the changes follow it by the lines of their file. Ids that never change are
/// how an earlier filling is recognised. ("roadbook" in ASCII, and the form of a version 8 id.)
const FIRST_COMMAND: u128 = 0x726f_6164_626f_8f6b_8000_0000_0000_0000;

/// A road map that is ready for the demonstration.
pub(crate) struct Filled {
    pub(crate) road_map: Arc<RoadMap>,
    /// Whether something was recorded now.
    pub(crate) is_new: bool,
}

/// Brings the road map and its history into a database, as far as they are not there yet.
pub(crate) async fn fill(engine: &Engine, log: &dyn EventLog) -> anyhow::Result<Filled> {
    let mut progress = Progress::new("recording the demonstration");
    let seeded = seed(engine, log).await?;
    let mut is_new = seeded.is_new;
    let changes = import_history(HISTORY).map_err(|found| broken(HISTORY_FILE, &found))?;
    let missing = missing(&seeded.road_map, log, &changes).await?;
    for (done, change) in missing.iter().enumerate() {
        progress.reached(done as u64, missing.len() as u64);
        record(engine, &seeded.road_map, change)
            .await
            .with_context(|| format!("{HISTORY_FILE}, line {}", change.line))?;
        is_new = true;
    }
    Ok(Filled { is_new, ..seeded })
}

/// The road map of the note: the one in the database, or opened now if that is empty.
async fn seed(engine: &Engine, log: &dyn EventLog) -> anyhow::Result<Filled> {
    let listed = engine.road_maps(None, ROAD_MAPS_LOOKED_AT).await?;
    let is_empty = listed.served.is_empty() && listed.not_served.is_empty();
    for road_map in listed.served {
        if !accepted(&road_map, log, &[command_id(0)]).await?.is_empty() {
            return Ok(Filled {
                road_map,
                is_new: false,
            });
        }
    }
    if !is_empty {
        // The demonstration lets anyone sign in as anyone, which nobody wants for a road map in use.
        let message = "the database holds other road maps than the demonstration's; name a new file by --database";
        return Err(Failure::Refused(message.to_owned()).into());
    }
    let note = import(SEED, &mut || RandomIds.id()).map_err(|found| broken(SEED_FILE, &found))?;
    let note = note.with_slug(SLUG);
    let id = note.road_map;
    let request = EditRequest {
        command_id: command_id(0),
        author: Author {
            on_behalf_of: Some(ON_BEHALF_OF.to_owned()),
            ..Author::organisation(SECRETARIAT)
        },
        base: Base::NOTHING,
        effective: note.date,
        reason: None,
        source: Some(source_of(&note, SEED_FILE)),
        commands: note.commands,
    };
    engine
        .edit(id, request)
        .await
        .context("the note could not be recorded")?;
    let road_map = engine.road_map(id).await?;
    let road_map = road_map.context("the road map that was opened is gone")?;
    Ok(Filled {
        road_map,
        is_new: true,
    })
}

/// The document and the lines of the file that an import comes from.
pub(crate) fn source_of(import: &Import, file: &str) -> String {
    let number = import
        .commands
        .iter()
        .rev()
        .find_map(|command| match command {
            Command::IssueRevision { revision } => Some(revision.number.printed()),
            _ => None,
        });
    let first = import.sources.iter().min().copied().unwrap_or(1);
    let last = import.sources.iter().max().copied().unwrap_or(first);
    match number {
        Some(number) => format!("{number}; {file}, lines {first} to {last}"),
        None => format!("{file}, lines {first} to {last}"),
    }
}

/// The changes that the log does not hold yet, in their order.
async fn missing<'c>(
    road_map: &RoadMap,
    log: &dyn EventLog,
    changes: &'c [DatedChange],
) -> anyhow::Result<Vec<&'c DatedChange>> {
    let ids: Vec<Uuid> = changes
        .iter()
        .map(|change| command_id(change.line))
        .collect();
    let accepted = accepted(road_map, log, &ids).await?;
    let is_missing = |change: &&DatedChange| !accepted.contains(&command_id(change.line));
    Ok(changes.iter().filter(is_missing).collect())
}

/// Those of the commands that the log holds.
async fn accepted(
    road_map: &RoadMap,
    log: &dyn EventLog,
    ids: &[Uuid],
) -> anyhow::Result<Vec<Uuid>> {
    let records = log.commands(StreamId(road_map.id().0), ids).await?;
    Ok(records
        .into_iter()
        .map(|record| record.command_id)
        .collect())
}

/// Records a change with effect from its date, made from the state of that date.
async fn record(engine: &Engine, road_map: &RoadMap, change: &DatedChange) -> anyhow::Result<()> {
    let on = MomentSelector::Effective {
        on: change.date,
        known: None,
    };
    let as_of = road_map.at(&on).await?;
    let request = EditRequest {
        command_id: command_id(change.line),
        author: Author::organisation(SECRETARIAT),
        base: as_of.moment.base(),
        effective: Some(change.date),
        reason: Some(HISTORY_REASON.to_owned()),
        source: Some(format!(
            "{}; {HISTORY_FILE}, line {}",
            change.source, change.line
        )),
        commands: change.commands(&as_of.state, as_of.outline())?,
    };
    engine.edit(road_map.id(), request).await?;
    Ok(())
}

/// The command id of the change on a line of the history; 0 for the import.
fn command_id(line: usize) -> Uuid {
    Uuid::from_u128(FIRST_COMMAND + line as u128)
}

/// The data are compiled in and tested; a diagnostic here is a fault of the program.
fn broken(file: &str, found: &[Diagnostic]) -> anyhow::Error {
    let first = found.first().map(ToString::to_string).unwrap_or_default();
    anyhow::anyhow!("{file}: {first}")
}
