//! Opening: how long it takes from the start of the process to serving a long history, and how much memory it uses then.
//!
//! It owns the starts and the rows. Invariant: every start follows an end without a goodbye, so that nothing was tidied up.

use std::time::Instant;

use serde_json::Value as Json;

use crate::editor::Editor;
use crate::error::BenchError;
use crate::history::{History, LongHistory, without_snapshots};
use crate::http::Connection;
use crate::plan::Plan;
use crate::program::Program;
use crate::raw::read_through;
use crate::report::Row;
use crate::samples::{grouped, median, milliseconds};

/// Settings under which no snapshot is ever taken: none is due before so many events.
pub(crate) const NO_SNAPSHOTS: &[(&str, &str)] =
    &[("ROADBOOK_ENGINE__SNAPSHOT_SPACING_EVENTS", "1000000000000")];
/// The database without snapshots.
const BARE: &str = "bare";
/// The number of the client that reads; it sends no edit.
const READER: u64 = 1;

/// What one start showed.
struct Run {
    ready_ms: f64,
    first_state_ms: f64,
    resident_mib: f64,
    raw_ms: f64,
    file_mib: f64,
}

/// Measures, and gives a row with snapshots and one without.
pub(crate) async fn rows(
    program: &Program,
    plan: &Plan,
    long: &mut LongHistory,
) -> Result<Vec<Row>, BenchError> {
    let history = long.get(program, plan).await?;
    let bare = without_snapshots(program, BARE, plan.history_long_events, NO_SNAPSHOTS).await?;
    let mut with = Vec::with_capacity(plan.runs);
    let mut without = Vec::with_capacity(plan.runs);
    for _ in 0..plan.runs {
        with.push(start(program, &history, &[]).await?);
        without.push(start(program, &bare, NO_SNAPSHOTS).await?);
    }
    Ok(vec![
        row(
            "with snapshots",
            &history,
            &with,
            "under 2 s, under 300 MiB for 1,000,000 events",
        ),
        row(
            "without any snapshot, nothing backdated",
            &bare,
            &without,
            "",
        ),
    ])
}

fn row(how: &str, history: &History, runs: &[Run], aim: &'static str) -> Row {
    let middle = |figure: fn(&Run) -> f64| grouped(median(runs.iter().map(figure)));
    let events = u32::try_from(history.events).unwrap_or(u32::MAX);
    Row {
        what: format!("Open, {how}; {} events", grouped(f64::from(events))),
        measured: format!(
            "ready after {} ms, first state answered after {} ms, {} MiB resident",
            middle(|run| run.ready_ms),
            middle(|run| run.first_state_ms),
            middle(|run| run.resident_mib),
        ),
        raw: format!(
            "reading the file of {} MiB once: {} ms",
            middle(|run| run.file_mib),
            middle(|run| run.raw_ms),
        ),
        aim,
    }
}

async fn start(
    program: &Program,
    history: &History,
    settings: &[(&str, &str)],
) -> Result<Run, BenchError> {
    let (raw, bytes) = read_through(&program.database_file(&history.database))?;
    let started = Instant::now();
    let server = program.serve(&history.database, settings).await?;
    let mut connection = Connection::open(server.address(), &history.token).await?;
    connection.get("/health/ready").await?;
    let ready = started.elapsed();
    let mut reader = Editor::new(connection, &history.road_map.id, READER);
    let state = reader.state(&Json::Null).await?;
    let first_state = started.elapsed();
    if state.version != history.road_map.version + history.events {
        let found = format!("version {}", state.version);
        return Err(BenchError::unexpected("opening a long history", &found));
    }
    let resident_mib = server.resident_mib()?;
    server.kill().await?;
    let file_mib = u32::try_from(bytes / 1024 / 1024).unwrap_or(u32::MAX);
    Ok(Run {
        ready_ms: milliseconds(ready),
        first_state_ms: milliseconds(first_state),
        resident_mib,
        raw_ms: milliseconds(raw),
        file_mib: f64::from(file_mib),
    })
}
