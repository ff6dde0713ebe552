//! `roadbook migrate`: brings the database up to this version of the program, and makes it if it is not there.
//!
//! It owns nothing but the wording: every opening to write does the same.
//! Invariant: a database that is in use by another process is left alone.

use anyhow::Context as _;

use crate::database;
use crate::settings::Settings;
use crate::terminal;

/// Runs the command.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let store = database::open(settings).await?;
    store
        .close()
        .await
        .context("the database could not be closed")?;
    terminal::print(&format!("{} is up to date\n", settings.database()))
}
