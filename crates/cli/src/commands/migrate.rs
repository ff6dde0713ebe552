//! `roadbook migrate`: brings the database up to this version of the program, and makes it if it is not there.
//!
//! It owns nothing but the wording: every opening to write does the same, and rights are granted by the store.
//! Invariant: a database that is in use by another process is left alone.

use crate::arguments::MigrateArguments;
use crate::database;
use crate::settings::Settings;
use crate::terminal;

/// Runs the command.
pub(crate) async fn run(arguments: &MigrateArguments, settings: &Settings) -> anyhow::Result<()> {
    let store = database::open(settings).await?;
    let granted = match &arguments.grant_to {
        Some(role) => store.grant(role).await,
        None => Ok(()),
    };
    store.close().await?;
    granted?;
    terminal::print(&format!("{} is up to date\n", settings.database()))?;
    match &arguments.grant_to {
        Some(role) => terminal::print(&format!("{role} may run nodes on it\n")),
        None => Ok(()),
    }
}
