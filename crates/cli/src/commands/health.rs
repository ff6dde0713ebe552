//! `roadbook health`: asks a running server whether it wants requests, for whoever has nothing else to ask with.
//!
//! It owns the exit code: 0 if it does, 6 if it does not or does not answer. What ready means is the server's affair.
//! Invariant: it needs neither token nor database.

use crate::arguments::HealthArguments;
use crate::client::{ClientError, is_ready};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{terminal, trust};

/// Runs the command.
pub(crate) async fn run(_: &HealthArguments, settings: &Settings) -> anyhow::Result<()> {
    let url = settings.url();
    match is_ready(&url, &trust::client(settings)?).await {
        Ok(true) => terminal::print("ready\n"),
        Ok(false) => {
            let message = format!("{url} is not ready: it stops, or its database does not answer");
            Err(Failure::Unavailable(message).into())
        }
        Err(ClientError::Address(message)) => Err(Failure::Usage(message).into()),
        Err(error) => Err(Failure::Unavailable(error.to_string()).into()),
    }
}
