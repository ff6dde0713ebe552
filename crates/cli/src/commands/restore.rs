//! `roadbook restore`: puts a verified backup in the place of the database, or tells clients that other tools did so.
//!
//! It owns the choice of the new epoch and of the name under which the former file is kept; the rest is done by the
//! store. Invariant: no epoch is given twice, so that a cursor of before is never followed in what came after.

use std::path::Path;

use anyhow::Context as _;
use roadbook_domain::Instant;
use roadbook_engine::{Clock as _, SystemClock};
use roadbook_store::Progress as Verifying;
use serde_json::json;

use crate::arguments::RestoreArguments;
use crate::database;
use crate::settings::Settings;
use crate::terminal::{self, Progress};

const MICROS_IN_A_SECOND: i64 = 1_000_000;

/// Runs the command.
pub(crate) async fn run(arguments: &RestoreArguments, settings: &Settings) -> anyhow::Result<()> {
    let now = SystemClock.now();
    match &arguments.backup {
        Some(backup) => restore(backup, arguments, settings, now).await,
        None => raise_epoch(arguments, settings, now).await,
    }
}

async fn restore(
    backup: &Path,
    arguments: &RestoreArguments,
    settings: &Settings,
    now: Instant,
) -> anyhow::Result<()> {
    let mut line = Progress::new("verifying the backup");
    let keep_ending = arguments.replace.then(|| former_ending(now));
    let mut progress = |reached: Verifying| line.reached(reached.version.0, reached.head.0);
    let restored = database::restore(
        settings,
        backup,
        keep_ending.as_deref(),
        epoch_at(now),
        &mut progress,
    );
    let restored = restored.await;
    drop(line);
    let restored = restored?;
    let (database, backup) = (settings.database(), backup.display());
    let (streams, events) = (restored.verified.streams, restored.verified.events);
    if arguments.json {
        let done = json!({
            "database": database, "backup": backup.to_string(), "streams": streams, "events": events,
            "epoch": restored.epoch, "kept": restored.kept,
        });
        return terminal::print(&format!("{done}\n"));
    }
    terminal::print(&format!(
        "{database} restored from {backup}: {streams} road maps, {events} events, all verified; clients begin anew\n"
    ))?;
    match restored.kept {
        Some(kept) => terminal::print(&format!("the former file is {}\n", kept.display())),
        None => Ok(()),
    }
}

async fn raise_epoch(
    arguments: &RestoreArguments,
    settings: &Settings,
    now: Instant,
) -> anyhow::Result<()> {
    let database = settings.database();
    let store = database::open_existing(&database, &settings.store).await?;
    let log = store.log();
    let raised = async {
        let before = log.epoch().await?;
        log.raise_epoch(epoch_at(now).max(before + 1)).await?;
        log.epoch().await
    };
    let raised = raised.await.context("the epoch could not be raised");
    store.close().await?;
    let epoch = raised?;
    if arguments.json {
        let done = json!({ "database": database, "epoch": epoch });
        return terminal::print(&format!("{done}\n"));
    }
    terminal::print(&format!(
        "the epoch of {database} is {epoch} now; clients begin anew\n"
    ))
}

/// The second that it is. A number that only counted restores would come back when the same backup is restored again,
/// and a cursor of the first time would be followed.
fn epoch_at(now: Instant) -> u64 {
    u64::try_from(now.as_micros() / MICROS_IN_A_SECOND).unwrap_or_default()
}

/// What the name of a former file ends with, as in `.until-20150630T101500Z`.
fn former_ending(now: Instant) -> String {
    let second = now.as_micros() / MICROS_IN_A_SECOND * MICROS_IN_A_SECOND;
    let second = Instant::from_micros(second).to_string();
    format!(".until-{}", second.replace(['-', ':'], ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_file_is_named_after_the_second_at_which_it_was_replaced() {
        let now = Instant::from_micros(1_435_659_300_123_456);
        assert_eq!(former_ending(now), ".until-20150630T101500Z");
        assert_eq!(epoch_at(now), 1_435_659_300);
    }
}
