//! `roadbook migrate`: brings the database up to this version of the program, or moves a log to another database.
//!
//! It owns nothing but the wording: every opening to write brings a database up to date, a log is moved and proved by
//! `store`, and rights are granted by the store. An upgrade is finished here and nowhere else. Invariant: a database that is in use by another process is left alone.

use anyhow::Context as _;
use roadbook_engine::FORMAT_LEVEL;
use roadbook_store::{
    EventLog, FormatLevel, StoreError, TransferError, TransferProgress, TransferStep, Transferred,
    transfer,
};
use serde_json::{Value as Json, json};

use crate::arguments::MigrateArguments;
use crate::database::{self, DatabaseUrl, Store};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::{self, Progress};

/// Runs the command.
pub(crate) async fn run(arguments: &MigrateArguments, settings: &Settings) -> anyhow::Result<()> {
    let told = match (&arguments.from, &arguments.to) {
        (Some(from), Some(to)) => {
            let (from, to) = (url("--from", from)?, url("--to", to)?);
            moved(&from, &to, arguments, settings).await?
        }
        _ => up_to_date(arguments, settings).await?,
    };
    if arguments.json {
        return terminal::print(&format!("{}\n", told.as_json));
    }
    terminal::print(&told.in_words)?;
    match &arguments.grant_to {
        Some(role) => terminal::print(&format!("{role} may run nodes on it\n")),
        None => Ok(()),
    }
}

/// What was done, for people and for scripts.
struct Told {
    in_words: String,
    as_json: Json,
}

async fn up_to_date(arguments: &MigrateArguments, settings: &Settings) -> anyhow::Result<Told> {
    let store = database::open(settings).await?;
    let granted = grant(&store, arguments).await;
    let levels = format_levels(&*store.log(), arguments.finish).await;
    store.close().await?;
    granted?;
    let (before, level) = levels.context("the format level could not be raised")?;
    let database = settings.database();
    Ok(Told {
        in_words: format!("{database} is up to date\n{}\n", upgrade(before, level)),
        as_json: json!({
            "database": database, "grantedTo": arguments.grant_to,
            "formatLevelBefore": before.0, "formatLevel": level.0, "formatLevelKnown": FORMAT_LEVEL.0,
        }),
    })
}

/// The format level as it was and as it is now.
async fn format_levels(
    log: &dyn EventLog,
    finish: bool,
) -> Result<(FormatLevel, FormatLevel), StoreError> {
    let before = log.format_level().await?;
    if finish {
        log.raise_format_level(FORMAT_LEVEL).await?;
    }
    Ok((before, log.format_level().await?))
}

/// How far the upgrade is.
fn upgrade(before: FormatLevel, level: FormatLevel) -> String {
    if before < level {
        return format!(
            "its format level is raised from {before} to {level}: the upgrade is finished, and older versions refuse it"
        );
    }
    if level < FORMAT_LEVEL {
        return format!(
            "its format level is {level}, and this version knows {FORMAT_LEVEL}: once every node runs it, finish the \
             upgrade by `roadbook migrate --finish`"
        );
    }
    format!(
        "its format level is {level}, the newest that this version knows: no upgrade is to be finished"
    )
}

async fn moved(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    arguments: &MigrateArguments,
    settings: &Settings,
) -> anyhow::Result<Told> {
    if from == to {
        let message = "--from and --to name the same database".to_owned();
        return Err(Failure::Usage(message).into());
    }
    let source = database::open_to_move(from, &settings.store).await;
    let source = source.context("the source cannot be opened")?;
    let target = database::open_at(to, &settings.store).await;
    let target = target.context("the target cannot be opened")?;
    let transferred = proved_copy(&*source.log(), &*target.log()).await;
    let granted = match transferred {
        Ok(_) => grant(&target, arguments).await,
        Err(_) => Ok(()),
    };
    let closed = (source.close().await, target.close().await);
    let transferred = transferred?;
    granted?;
    closed.0?;
    closed.1?;
    Ok(told(from, to, arguments, &transferred))
}

async fn proved_copy(from: &dyn EventLog, to: &dyn EventLog) -> Result<Transferred, TransferError> {
    let mut line = Line::default();
    transfer(from, to, &mut |progress| line.reached(progress)).await
}

async fn grant(store: &Store, arguments: &MigrateArguments) -> anyhow::Result<()> {
    match &arguments.grant_to {
        Some(role) => store.grant(role).await,
        None => Ok(()),
    }
}

/// A database that is named on the command line. What was written is not repeated: it may hold a password.
fn url(flag: &str, text: &str) -> anyhow::Result<DatabaseUrl> {
    let url = DatabaseUrl::try_from(text.to_owned());
    url.map_err(|message| Failure::Usage(format!("{flag}: {message}")).into())
}

fn told(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    arguments: &MigrateArguments,
    transferred: &Transferred,
) -> Told {
    let Transferred {
        streams,
        events,
        commands,
        events_copied,
        commands_copied,
        epoch,
        cursors_stay_good,
    } = *transferred;
    let mut in_words = format!(
        "{from} moved to {to}: {streams} road maps, {events} events and {commands} command records are the same in \
         both ({events_copied} and {commands_copied} of them copied now)\n"
    );
    if !cursors_stay_good {
        in_words.push_str("clients begin anew: the target had a later epoch\n");
    }
    let as_json = json!({
        "from": from, "to": to, "grantedTo": arguments.grant_to,
        "streams": streams, "events": events, "commands": commands,
        "eventsCopied": events_copied, "commandsCopied": commands_copied,
        "epoch": epoch, "cursorsStayGood": cursors_stay_good,
    });
    Told { in_words, as_json }
}

/// One line for each step.
#[derive(Default)]
struct Line(Option<(TransferStep, Progress)>);

impl Line {
    fn reached(&mut self, progress: TransferProgress) {
        let TransferProgress { step, done, all } = progress;
        if self.0.as_ref().is_none_or(|(shown, _)| *shown != step) {
            // The line of the step before is left before the next one is begun.
            self.0 = None;
            self.0 = Some((step, Progress::new(name_of(step))));
        }
        if let Some((_, line)) = &mut self.0 {
            line.reached(done, all);
        }
    }
}

const fn name_of(step: TransferStep) -> &'static str {
    match step {
        TransferStep::Survey => "proving the source",
        TransferStep::Copy => "copying",
        TransferStep::Proof => "comparing",
    }
}
