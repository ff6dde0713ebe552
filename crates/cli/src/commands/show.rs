//! `roadbook show`: prints a road map as a table, as wide as the terminal, as of a moment.
//!
//! It owns the line that names the moment; the table is drawn by `documents`.
//! Invariant: what is shown is read from the database, also while a server has it open.

use roadbook_documents::render;

use crate::arguments::ShowArguments;
use crate::settings::Settings;
use crate::terminal;
use crate::wiring::Wired;

/// Runs the command.
pub(crate) async fn run(arguments: &ShowArguments, settings: &Settings) -> anyhow::Result<()> {
    let wired = Wired::to_read(settings).await?;
    let road_map = wired.road_map(arguments.road_map.as_deref()).await?;
    let found = road_map.at(arguments.at.selector()).await?;
    let width = terminal::width(arguments.width);
    let table = render(
        &found.state,
        found.outline(),
        width,
        terminal::takes_color(),
    );
    terminal::print(&format!("{}\n\n{table}", arguments.at.describe(&found)))
}
