//! `roadbook backup`: copies the database to a new file, also while it is served.
//!
//! It owns nothing but the wording; the copy is made by the store. Invariant: nothing that exists is overwritten.

use crate::arguments::BackupArguments;
use crate::database;
use crate::settings::Settings;
use crate::terminal;

/// Runs the command.
pub(crate) async fn run(arguments: &BackupArguments, settings: &Settings) -> anyhow::Result<()> {
    let store = database::open_read_only(settings).await?;
    store.backup(&arguments.file).await?;
    let file = arguments.file.display();
    terminal::print(&format!("{} copied to {file}\n", settings.database()))
}
