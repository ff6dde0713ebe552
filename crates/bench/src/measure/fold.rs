//! Folding: how fast a log is read, decoded and folded, by `roadbook rebuild` on a database that nobody serves.
//!
//! It owns the rows. Invariant: the same events are read by plain SQL in the same run.

use serde_json::Value as Json;

use crate::error::BenchError;
use crate::history::{History, without_snapshots};
use crate::measure::open::NO_SNAPSHOTS;
use crate::plan::Plan;
use crate::program::Program;
use crate::raw::read_events;
use crate::report::Row;
use crate::samples::{grouped, median};

/// The database.
const DATABASE: &str = "fold";
const DOING: &str = "rebuilding";

/// What one run showed, in events a second.
struct Run {
    folded: f64,
    kept: f64,
    raw: f64,
}

/// Measures, and gives a row for the fold alone and one with all its snapshots.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let events = plan.history_long_events;
    let history = without_snapshots(program, DATABASE, events, NO_SNAPSHOTS).await?;
    let mut runs = Vec::with_capacity(plan.runs);
    for _ in 0..plan.runs {
        runs.push(run(program, &history).await?);
    }
    let middle = |figure: fn(&Run) -> f64| grouped(median(runs.iter().map(figure)));
    let raw = format!(
        "reading the same rows by plain SQL: {} events/s",
        middle(|run| run.raw)
    );
    let row = |how: &str, measured: String, aim| Row {
        what: format!("Fold of a log of {events} events{how}"),
        measured: format!("{measured} events/s"),
        raw: raw.clone(),
        aim,
    };
    Ok(vec![
        row("", middle(|run| run.folded), "over half of raw"),
        row(", its snapshots written", middle(|run| run.kept), ""),
    ])
}

async fn run(program: &Program, history: &History) -> Result<Run, BenchError> {
    let file = program.database_file(&history.database);
    let (count, took) = read_events(&file).await?;
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    // Drops what the run before has kept: a rebuild begins by that, and a fold alone has nothing to drop.
    rebuild(program, history, NO_SNAPSHOTS).await?;
    Ok(Run {
        raw: f64::from(count) / took.as_secs_f64(),
        folded: rebuild(program, history, NO_SNAPSHOTS).await?,
        kept: rebuild(program, history, &[]).await?,
    })
}

/// Events that were folded in a second.
async fn rebuild(
    program: &Program,
    history: &History,
    settings: &[(&str, &str)],
) -> Result<f64, BenchError> {
    let arguments = ["rebuild", "--json"];
    let said = program.run(&history.database, &arguments, settings).await?;
    let told: Json = serde_json::from_str(&said).unwrap_or_default();
    let figures = (told["events"].as_f64(), told["seconds"].as_f64());
    match figures {
        (Some(events), Some(seconds)) if seconds > 0.0 => Ok(events / seconds),
        _ => Err(BenchError::unexpected(DOING, &said)),
    }
}
