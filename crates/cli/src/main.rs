//! The binary `roadbook`: reads its arguments and settings, runs one command, and ends with a code that scripts can read.
//!
//! Read in this order: [`arguments`] says what can be asked, [`settings`] where the rest comes from, [`wiring`] puts
//! log and engine together, and each file in [`commands`] is one command.
//!
//! It decides nothing about road maps. Invariant: the environment is read here and in no other crate.

mod arguments;
mod audit;
mod backoff;
mod bus;
mod client;
mod commands;
mod database;
mod demonstration;
mod doors;
mod environment;
mod failure;
mod logging;
mod moment;
mod offer;
mod renewal;
mod secret;
mod serving;
mod settings;
mod telling;
mod terminal;
mod tokens;
mod traces;
mod trust;
mod wiring;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use crate::arguments::{Arguments, Command};
use crate::commands::{
    backup, config, demo, export, health, import, migrate, rebuild, replay, restore, serve, show,
    token, verify, watch,
};
use crate::settings::Settings;
use crate::traces::Traces;

/// Each request makes and drops many small things on whichever thread is free; the system's allocator spends a tenth of
/// the server's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output, `head` for one, has had enough of it.
        Err(error) if terminal::is_closed_output(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::say(&format!("error: {error:#}"));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let sources = settings::Sources::of(arguments);
    if let Command::Config(command) = &arguments.command {
        return config::run(command, &sources);
    }
    let settings = sources.settings()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads could not be started")?;
    let is_serving = arguments.command.is_serving();
    let traces = if is_serving {
        Traces::start(&settings.traces, runtime.handle())?
    } else {
        None
    };
    logging::start(&settings, is_serving, traces.as_ref())?;
    let ended = runtime.block_on(dispatch(&arguments.command, &settings));
    if let Some(traces) = traces {
        traces.stop();
    }
    ended
}

async fn dispatch(command: &Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Demo(_) => demo::run(settings).await,
        Command::Serve(arguments) => serve::run(arguments, settings).await,
        Command::Import(arguments) => import::run(arguments, settings).await,
        Command::Export(arguments) => export::run(arguments, settings).await,
        Command::Show(arguments) => show::run(arguments, settings).await,
        Command::Watch(arguments) => watch::run(arguments, settings).await,
        Command::Health(arguments) => health::run(arguments, settings).await,
        Command::Replay(arguments) => replay::run(arguments, settings).await,
        Command::Token(arguments) => token::run(arguments, settings),
        Command::Verify(arguments) => verify::run(arguments, settings).await,
        Command::Rebuild(arguments) => rebuild::run(arguments, settings).await,
        Command::Backup(arguments) => backup::run(arguments, settings).await,
        Command::Restore(arguments) => restore::run(arguments, settings).await,
        Command::Migrate(arguments) => migrate::run(arguments, settings).await,
        // Answered before the settings are required to be whole.
        Command::Config(_) => Ok(()),
    }
}
