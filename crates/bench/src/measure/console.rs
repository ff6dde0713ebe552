//! The console in a browser: how soon its table is there, how soon a change by others, and how it scrolls.
//!
//! It owns the rows; the browser is driven by a script of the repository. Invariant: the raw limit is the same browser with a
//! page of plain text, in the same run.

use serde::Deserialize;
use tokio::process::Command;

use crate::error::{BenchError, within};
use crate::plan::Plan;
use crate::program::{Program, START_MAX};
use crate::report::Row;
use crate::samples::{Samples, grouped, median};

/// What drives the browser, from the root of the repository.
const MEASURE: &str = "scripts/measure-console";
const DOING: &str = "measuring the console by a script (from the root of the repository)";

/// What the script prints; times are in milliseconds.
#[derive(Deserialize)]
struct Figures {
    /// Actions of the large road map.
    actions: f64,
    runs: Vec<Run>,
}

/// What one run showed.
#[derive(Deserialize)]
struct Run {
    opened: Opened,
    plain: f64,
    changes: Vec<f64>,
    scrolled: Scrolled,
    scrolled_plain: Scrolled,
}

/// From asking for the page, with nothing cached.
#[derive(Deserialize)]
struct Opened {
    first: f64,
    table: f64,
    bytes: f64,
}

/// The frames while a page was scrolled.
#[derive(Deserialize)]
struct Scrolled {
    per_second: f64,
    between: f64,
    work: f64,
    work_long: f64,
}

/// Measures, and gives a row for the opening, one for a change and one for the scrolling.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let Figures { actions, runs } = measure(program, plan).await?;
    let middle = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
    let whole = |figure: fn(&Run) -> f64| grouped(middle(figure));
    let mut changes = Samples::default();
    for lasted in runs.iter().flat_map(|run| &run.changes) {
        changes.push_milliseconds(*lasted);
    }
    let opened = Row {
        what: "Console: the table of 77 actions, nothing cached".to_owned(),
        measured: format!(
            "first paint after {} ms, the table painted after {} ms, {} KiB received",
            whole(|run| run.opened.first),
            whole(|run| run.opened.table),
            whole(|run| run.opened.bytes / 1024.0),
        ),
        raw: format!(
            "a page of one line of text: first paint after {} ms",
            whole(|run| run.plain)
        ),
        aim: "under 1 s",
    };
    let told = Row {
        what: "Console: a change by another delegation, from sending it to its paint".to_owned(),
        measured: changes.percentiles().to_string(),
        raw: "a frame at 60 a second: 16.67 ms".to_owned(),
        aim: "under 100 ms",
    };
    let scrolled = Row {
        what: format!("Console: {} actions scrolled", grouped(actions)),
        measured: format!(
            "{} frames/s, 95 % of them within {:.1} ms; the page's own work for one of its frames: {:.1} ms, 95 % within {:.1} ms",
            whole(|run| run.scrolled.per_second),
            middle(|run| run.scrolled.between),
            middle(|run| run.scrolled.work),
            middle(|run| run.scrolled.work_long),
        ),
        raw: format!(
            "a page of plain text: {} frames/s, 95 % of them within {:.1} ms",
            whole(|run| run.scrolled_plain.per_second),
            middle(|run| run.scrolled_plain.between),
        ),
        aim: "over 50 frames/s",
    };
    Ok(vec![opened, told, scrolled])
}

async fn measure(program: &Program, plan: &Plan) -> Result<Figures, BenchError> {
    let printed = within(DOING, START_MAX * 4, async {
        Command::new(MEASURE)
            .arg(program.binary())
            .arg(plan.runs.to_string())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(BenchError::io(DOING))
    })
    .await?;
    if !printed.status.success() {
        let said = String::from_utf8_lossy(&printed.stderr);
        return Err(BenchError::unexpected(DOING, &said));
    }
    serde_json::from_slice(&printed.stdout)
        .map_err(|error| BenchError::unexpected(DOING, &error.to_string()))
}
