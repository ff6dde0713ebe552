//! The past: how long it takes to read the state at a random moment that nobody asked for before.
//!
//! It owns the choice of moments and the rows. Invariant: no moment is asked for twice, and the server starts anew on
//! each history, so that no state is in its memory but the current one.

use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::editor::{read_state, state_request};
use crate::error::BenchError;
use crate::history::{History, LongHistory, backdated, days};
use crate::http::Connection;
use crate::plan::Plan;
use crate::program::Program;
use crate::raw::{SNAPSHOT_BYTES, random_reads};
use crate::report::Row;
use crate::samples::{Percentiles, Samples, grouped};

/// What decides the order of the moments.
const SEED: u64 = 2_015;

/// What one run showed.
struct Run {
    by_version: Percentiles,
    by_date: Percentiles,
    by_both: Percentiles,
    raw: Percentiles,
}

/// The medians over the runs on one history.
struct Figures {
    events: u64,
    recorded_per_second: f64,
    by_version: Percentiles,
    by_date: Percentiles,
    by_both: Percentiles,
    raw: Percentiles,
}

/// A way of asking: its name, its figures, and what it is held against.
type Kind = (&'static str, fn(&Figures) -> Percentiles, &'static str);

/// Records both histories, measures, and gives a row for each kind of moment and history.
pub(crate) async fn rows(
    program: &Program,
    plan: &Plan,
    long: &mut LongHistory,
) -> Result<Vec<Row>, BenchError> {
    let short = backdated(program, "short", plan.history_short_events).await?;
    let short = measure(program, plan, &short).await?;
    let long = long.get(program, plan).await?;
    let long = measure(program, plan, &long).await?;
    let mut rows = Vec::new();
    let kinds: [Kind; 3] = [
        (
            "by version",
            |of| of.by_version,
            "p99 under 10 ms, long within 1.5 × short",
        ),
        (
            "by date, as now known",
            |of| of.by_date,
            "p99 under 10 ms, long within 1.5 × short",
        ),
        (
            "by date, as known at an arbitrary instant",
            |of| of.by_both,
            "",
        ),
    ];
    for (kind, figure, aim) in kinds {
        rows.push(short.row(kind, figure(&short).to_string(), aim));
        let (here, there) = (figure(&long), figure(&short));
        let measured = format!(
            "{here} ({:.2} × and {:.2} × the short history)",
            here.p50_ms / there.p50_ms,
            here.p99_ms / there.p99_ms,
        );
        rows.push(long.row(kind, measured, aim));
    }
    Ok(rows)
}

impl Figures {
    fn row(&self, kind: &str, measured: String, aim: &'static str) -> Row {
        // Histories are far shorter than what a fraction cannot count exactly any more.
        let events = u32::try_from(self.events).unwrap_or(u32::MAX);
        Row {
            what: format!(
                "State at a past moment, {kind}; {} events, recorded at {}/s, one in ten backdated",
                grouped(f64::from(events)),
                grouped(self.recorded_per_second),
            ),
            measured,
            raw: format!(
                "{} KiB at random from the same file: {}",
                SNAPSHOT_BYTES / 1024,
                self.raw
            ),
            aim,
        }
    }
}

async fn measure(program: &Program, plan: &Plan, history: &History) -> Result<Figures, BenchError> {
    let server = program.serve(&history.database, &[]).await?;
    let connection = Connection::open(server.address(), &history.token).await?;
    let mut chance = Chance::new(SEED);
    let mut reader = Reader::new(connection, history, &mut chance);
    // Opens the road map, which is measured elsewhere.
    reader.read(&Json::Null, &mut Samples::default()).await?;
    let file = program.database_file(&history.database);
    let mut runs = Vec::with_capacity(plan.runs);
    for _ in 0..plan.runs {
        let raw = random_reads(&file, plan.moments, &mut chance)?;
        runs.push(reader.run(plan.moments, raw).await?);
    }
    server.kill().await?;
    let middle = |figures: fn(&Run) -> &Percentiles| Percentiles::medians(runs.iter().map(figures));
    let events = u32::try_from(history.events).unwrap_or(u32::MAX);
    Ok(Figures {
        events: history.events,
        recorded_per_second: f64::from(events) / history.recorded_in.as_secs_f64(),
        by_version: middle(|run| &run.by_version),
        by_date: middle(|run| &run.by_date),
        by_both: middle(|run| &run.by_both),
        raw: middle(|run| &run.raw),
    })
}

/// A client that reads states, with the moments that it has not asked for yet.
struct Reader {
    connection: Connection,
    road_map: String,
    versions: Vec<u64>,
    days: Vec<String>,
}

impl Reader {
    fn new(connection: Connection, history: &History, chance: &mut Chance) -> Self {
        let mut versions = history.past_versions();
        chance.shuffle(&mut versions);
        let mut days = days();
        chance.shuffle(&mut days);
        Self {
            connection,
            road_map: history.road_map.id.clone(),
            versions,
            days,
        }
    }

    async fn run(&mut self, moments: usize, raw: Percentiles) -> Result<Run, BenchError> {
        let versions = self
            .versions
            .split_off(self.versions.len().saturating_sub(moments));
        let days = self.days.split_off(self.days.len().saturating_sub(moments));
        let mut by_version = Samples::default();
        let mut instants = Vec::with_capacity(moments);
        for version in &versions {
            let at = json!({ "version": version });
            instants.push(self.read(&at, &mut by_version).await?);
        }
        let mut by_date = Samples::default();
        for day in &days {
            let at = json!({ "effective": { "on": day } });
            self.read(&at, &mut by_date).await?;
        }
        let mut by_both = Samples::default();
        for (day, known) in days.iter().zip(&instants) {
            let at = json!({ "effective": { "on": day, "known": known } });
            self.read(&at, &mut by_both).await?;
        }
        Ok(Run {
            by_version: by_version.percentiles(),
            by_date: by_date.percentiles(),
            by_both: by_both.percentiles(),
            raw,
        })
    }

    /// Reads the state at a moment, and gives the instant as of which it is so: that of recording, if asked by version.
    async fn read(&mut self, at: &Json, samples: &mut Samples) -> Result<String, BenchError> {
        let request = state_request(&self.road_map, at);
        let sent = Instant::now();
        let answer = self.connection.post(&request).await?;
        let lasted = sent.elapsed();
        let state = read_state(answer)?;
        samples.push(lasted);
        Ok(state.effective)
    }
}
