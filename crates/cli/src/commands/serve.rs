//! `roadbook serve`: serves a database until it is told to stop.
//!
//! It owns the refusal to serve a database that nobody named. Invariant: the first line on standard output is the URL.

use crate::arguments::ServeArguments;
use crate::doors::Doors;
use crate::failure::Failure;
use crate::serving::{Listening, Stop};
use crate::settings::Settings;
use crate::terminal;
use crate::wiring::Wired;

/// Runs the command.
pub(crate) async fn run(arguments: &ServeArguments, settings: &Settings) -> anyhow::Result<()> {
    Doors::check(settings, arguments.dev)?;
    if settings.database.is_none() {
        // A server that makes a file somewhere because a setting was forgotten is found out too late.
        let message =
            "name the database by --database, ROADBOOK_DATABASE or `database` in roadbook.toml";
        return Err(Failure::Usage(message.to_owned()).into());
    }
    let stop = Stop::listen()?;
    let wired = Wired::to_serve(settings).await?;
    let listening = Listening::bind(settings).await?;
    let doors = Doors::open(settings, arguments.dev)?;
    terminal::print(&format!("{}\n", listening.url()))?;
    listening.serve(wired, doors, settings, stop).await
}
