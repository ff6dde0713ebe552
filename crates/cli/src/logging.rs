//! The log on standard error.
//!
//! It owns where the log goes and what is let through. What may be logged is decided where it is logged: never a token,
//! a variable of a query or a text. Invariant: standard output holds results alone.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::settings::Settings;

/// What a server tells, if nothing else is set.
const WHEN_SERVING: &str = "info";
/// What a command that ends by itself tells, if nothing else is set.
const OTHERWISE: &str = "warn";

/// What is said before any directive that is set, and so can be taken back: the client library of the bus tells of every
/// try to reach its server, and we of the first.
const BEFOREHAND: &str = "async_nats=off";

/// The filter that a setting stands for.
pub(crate) fn filter(directives: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder()
        .parse(format!("{BEFOREHAND},{directives}"))
        .map_err(|error| format!("\"{directives}\" is no log filter: {error}"))
}

/// Starts the log.
pub(crate) fn start(settings: &Settings, serving: bool) -> anyhow::Result<()> {
    let default = if serving { WHEN_SERVING } else { OTHERWISE };
    let directives = settings.log.as_deref().unwrap_or(default);
    let filter = filter(directives).map_err(Failure::Usage)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}
