//! `roadbook serve`: serves a database until it is told to stop.
//!
//! It owns the refusal to serve a database that nobody named. Invariant: the first line on standard output is the URL.

use roadbook_domain::Instant;

use crate::arguments::ServeArguments;
use crate::doors::Doors;
use crate::failure::Failure;
use crate::serving::{Listening, Stop};
use crate::settings::Settings;
use crate::terminal;
use crate::wiring::Wired;

/// Why there is no clock of one's own without `--dev`.
const NO_CLOCK: &str = "--clock is for development: what is recorded would be dated by a clock that is wrong on purpose, so \
    it needs --dev";

/// Runs the command.
pub(crate) async fn run(arguments: &ServeArguments, settings: &Settings) -> anyhow::Result<()> {
    if arguments.clock.is_some() && !arguments.dev {
        return Err(Failure::Usage(NO_CLOCK.to_owned()).into());
    }
    Doors::check(settings, arguments.dev)?;
    if settings.database.is_none() {
        // A server that makes a file somewhere because a setting was forgotten is found out too late.
        let message =
            "name the database by --database, ROADBOOK_DATABASE or `database` in roadbook.toml";
        return Err(Failure::Usage(message.to_owned()).into());
    }
    let stop = Stop::listen()?;
    let wired = match arguments.clock {
        None => Wired::to_serve(settings).await?,
        Some(instant) => {
            let instant = Instant::from(instant);
            terminal::say(&format!("WARNING: the clock begins at {instant}"));
            Wired::to_serve_at(instant, settings).await?
        }
    };
    let listening = Listening::bind(settings).await?;
    let doors = Doors::open(settings, arguments.dev)?;
    terminal::print(&format!("{}\n", listening.url()))?;
    listening.serve(wired, doors, settings, stop).await
}
