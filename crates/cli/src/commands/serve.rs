//! `roadbook serve`: serves a database until it is told to stop.
//!
//! It owns the refusal to serve without a way to tell callers apart.
//! Invariant: the first line on standard output is the URL.

use crate::arguments::ServeArguments;
use crate::failure::Failure;
use crate::serving::{Listening, Stop};
use crate::settings::Settings;
use crate::wiring::Wired;
use crate::{terminal, tokens};

/// Why there is no serving without `--dev`.
const NO_IDENTITY: &str = "this version has no identity provider yet, so it cannot tell who calls; \
    `serve --dev` accepts development tokens, by which whoever can read the secret can be anyone";

/// What must not be overlooked.
const WARNING: &str = "WARNING: serving with development tokens. Whoever can read the signing secret can act as any \
    organisation. Do not put a road map in use behind this.";

/// Runs the command.
pub(crate) async fn run(arguments: &ServeArguments, settings: &Settings) -> anyhow::Result<()> {
    if !arguments.dev {
        return Err(Failure::Usage(NO_IDENTITY.to_owned()).into());
    }
    if settings.database.is_none() {
        // A server that makes a file somewhere because a setting was forgotten is found out too late.
        let message =
            "name the database by --database, ROADBOOK_DATABASE or `database` in roadbook.toml";
        return Err(Failure::Usage(message.to_owned()).into());
    }
    terminal::say(WARNING);
    let stop = Stop::listen()?;
    let wired = Wired::to_serve(settings).await?;
    let listening = Listening::bind(settings).await?;
    let tokens = tokens::existing_or_new(settings)?;
    terminal::print(&format!("{}\n", listening.url()))?;
    listening.serve(wired, tokens, settings, stop).await
}
