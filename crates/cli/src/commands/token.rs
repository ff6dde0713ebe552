//! `roadbook token`: prints a token by which to sign in as an organisation.
//!
//! It owns the choice of the secret's hint; the form of a token is the transport's affair.
//! Invariant: standard output holds the token and nothing else.

use std::time::Duration;

use crate::arguments::TokenArguments;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{terminal, tokens};

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Runs the command.
pub(crate) fn run(arguments: &TokenArguments, settings: &Settings) -> anyhow::Result<()> {
    let found = tokens::existing(settings);
    let tokens = found.map_err(|error| match error.downcast_ref::<Failure>() {
        Some(Failure::NotFound(message)) => Failure::NotFound(format!(
            "{message}; a server makes it when it first starts, and --database names another one"
        ))
        .into(),
        _ => error,
    })?;
    let lifetime = Duration::from_secs(u64::from(arguments.days) * DAY_SECONDS);
    let token = tokens::sign(
        &tokens,
        &arguments.organisation,
        arguments.person.as_deref(),
        lifetime,
    )?;
    terminal::print(&format!("{token}\n"))
}
