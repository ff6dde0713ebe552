//! The log on standard error, and beside it the traces.
//!
//! It owns where both go and what is let through to each. What may be logged is decided where it is logged: never a
//! token, a variable of a query or a text. Invariant: standard output holds results alone.

use std::io;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::failure::Failure;
use crate::settings::Settings;
use crate::traces::Traces;

/// What a server tells, if nothing else is set.
const WHEN_SERVING: &str = "info";
/// What a command that ends by itself tells, if nothing else is set.
const OTHERWISE: &str = "warn";

/// What is said before any directive that is set, and so can be taken back: the client library of the bus tells of every
/// try to reach its server, and we of the first.
const BEFOREHAND: &str = "async_nats=off";

/// What the names of our crates begin with: the spans of libraries are not traced.
const OUR_SPANS: &str = "roadbook";

/// The filter that a setting stands for.
pub(crate) fn filter(directives: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder()
        .parse(format!("{BEFOREHAND},{directives}"))
        .map_err(|error| format!("\"{directives}\" is no log filter: {error}"))
}

/// Starts the log.
pub(crate) fn start(
    settings: &Settings,
    serving: bool,
    traces: Option<&Traces>,
) -> anyhow::Result<()> {
    let default = if serving { WHEN_SERVING } else { OTHERWISE };
    let directives = settings.log.as_deref().unwrap_or(default);
    let filter = filter(directives).map_err(Failure::Usage)?;
    let log = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_filter(filter);
    let to_collector = traces.map(|traces| {
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer())
            .with_filter(Targets::new().with_target(OUR_SPANS, Level::DEBUG))
    });
    tracing_subscriber::registry()
        .with(log)
        .with(to_collector)
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}
