//! `roadbook show`: prints a road map as a table, as wide as the terminal, as of a moment.
//!
//! It owns the line that names the moment and the list of open amendments; the table is drawn by `documents`.
//! Invariant: what is shown is read from the database, also while a server has it open.

use std::fmt::Write as _;

use roadbook_documents::render;
use roadbook_domain::amendment::Amendment;
use roadbook_domain::{Outline, State, Thing};

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
    let pending = pending(&found.state, found.outline());
    terminal::print(&format!(
        "{}\n\n{table}{pending}",
        arguments.at.describe(&found)
    ))
}

/// The amendments that wait to be decided, one a line below the table; nothing if there is none.
fn pending(state: &State, outline: &Outline) -> String {
    let mut open: Vec<Amendment<'_>> = state.amendments().filter(Amendment::is_open).collect();
    open.sort_unstable_by_key(|held| (held.proposed, held.id));
    let mut lines = String::new();
    for (index, held) in open.into_iter().enumerate() {
        if index == 0 {
            lines.push_str("\nOpen amendments\n");
        }
        let action = outline.label(Thing::Action(held.action));
        let action = action.unwrap_or_else(|| "removed action".to_owned());
        let column = state.column(held.column).map_or("?", |(key, _)| key);
        let content = held.proposal.content.printed().replace('\n', " / ");
        let proposer = &held.proposal.proposer;
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{action} {column}, {proposer}: {content}");
    }
    lines
}
