//! Histories: long logs of one road map, recorded through the API.
//!
//! It owns how they are recorded: by several clients in small edits, one in ten of which takes effect on a day of the
//! past. Invariant: the log holds exactly the events asked for, after those that opened the road map.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::editor::{Cell, Edit, Editor, write_set_cells};
use crate::error::{BenchError, within};
use crate::http::Connection;
use crate::plan::{BACKDATED_EVERY, HISTORY_BATCH_EVENTS, Plan};
use crate::program::{Program, Server};
use crate::road_map::RoadMap;

/// Clients that record at once, each in cells of its own.
const RECORDING_CLIENTS: usize = 8;
/// The years to which changes are dated.
const YEARS: std::ops::RangeInclusive<u16> = 2015..=2024;
/// How long recording may take, whatever the length.
const RECORDING_MIN: Duration = Duration::from_mins(1);
/// How long recording an event may take on the average.
const EVENT_MAX: Duration = Duration::from_millis(5);
/// How often the progress is told.
const TOLD_TIMES: u64 = 5;

/// A history that was recorded.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// The name of its database.
    pub(crate) database: String,
    /// A token for its server.
    pub(crate) token: String,
    /// Its road map, as it was opened.
    pub(crate) road_map: RoadMap,
    /// The events recorded since.
    pub(crate) events: u64,
    /// How long that took.
    pub(crate) recorded_in: Duration,
}

/// The long history, which several measurements share: it is recorded when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct LongHistory(Option<History>);

impl LongHistory {
    /// The history.
    pub(crate) async fn get(
        &mut self,
        program: &Program,
        plan: &Plan,
    ) -> Result<History, BenchError> {
        if let Some(history) = &self.0 {
            return Ok(history.clone());
        }
        let history = backdated(program, "long", plan.history_long_events).await?;
        self.0 = Some(history.clone());
        Ok(history)
    }
}

impl History {
    /// The versions at which an edit ended, but for the last, which is the current state.
    pub(crate) fn past_versions(&self) -> Vec<u64> {
        let batches = self.events / HISTORY_BATCH_EVENTS;
        (1..batches)
            .map(|batch| self.road_map.version + batch * HISTORY_BATCH_EVENTS)
            .collect()
    }
}

/// The days to which changes are dated: the first 28 of every month.
pub(crate) fn days() -> Vec<String> {
    let mut days = Vec::new();
    for year in YEARS {
        for month in 1..=12 {
            for day in 1..=28 {
                days.push(format!("{year}-{month:02}-{day:02}"));
            }
        }
    }
    days
}

/// Records a history of which one edit in ten is backdated, and stops the server gently.
pub(crate) async fn backdated(
    program: &Program,
    database: &str,
    events: u64,
) -> Result<History, BenchError> {
    let server = program.serve(database, &[]).await?;
    let history = record(program, &server, database, events, Some(BACKDATED_EVERY)).await?;
    server.stop().await?;
    Ok(history)
}

/// Records a history in order of time, on a server that keeps no snapshots, and ends that without a goodbye: a gentle
/// stop would take one.
pub(crate) async fn without_snapshots(
    program: &Program,
    database: &str,
    events: u64,
    settings: &[(&str, &str)],
) -> Result<History, BenchError> {
    let server = program.serve(database, settings).await?;
    let history = record(program, &server, database, events, None).await?;
    server.kill().await?;
    Ok(history)
}

async fn record(
    program: &Program,
    server: &Server,
    database: &str,
    events: u64,
    backdated_every: Option<u64>,
) -> Result<History, BenchError> {
    let token = program.token(database).await?;
    let road_map = RoadMap::open(server, &token).await?;
    let next = Arc::new(AtomicU64::new(0));
    let cells_each = road_map.cells.len() / RECORDING_CLIENTS;
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for (number, cells) in (1..).zip(road_map.cells.chunks_exact(cells_each)) {
        let connection = Connection::open(server.address(), &token).await?;
        let client = Recorder {
            editor: Editor::new(connection, &road_map.id, number),
            cells: cells.to_vec(),
            next: Arc::clone(&next),
            edits: events / HISTORY_BATCH_EVENTS,
            backdated_every,
            days: days(),
            chance: Chance::new(u64::MAX - number),
            database: database.to_owned(),
        };
        clients.spawn(client.run());
    }
    let events_max = u32::try_from(events).unwrap_or(u32::MAX);
    let limit = RECORDING_MIN + EVENT_MAX * events_max;
    within("recording a history", limit, async {
        while let Some(ended) = clients.join_next().await {
            ended.map_err(|error| BenchError::unexpected("recording", &error.to_string()))??;
        }
        Ok(())
    })
    .await?;
    let recorded_in = started.elapsed();
    let connection = Connection::open(server.address(), &token).await?;
    let version = Editor::new(connection, &road_map.id, u64::MAX)
        .catch_up()
        .await?;
    if version != road_map.version + events {
        let found = format!("version {version} after {events} events");
        return Err(BenchError::unexpected("recording a history", &found));
    }
    Ok(History {
        database: database.to_owned(),
        token,
        road_map,
        events,
        recorded_in,
    })
}

/// A client that records.
struct Recorder {
    editor: Editor,
    cells: Vec<Cell>,
    /// The number of the next edit, shared by all clients.
    next: Arc<AtomicU64>,
    edits: u64,
    backdated_every: Option<u64>,
    days: Vec<String>,
    chance: Chance,
    database: String,
}

impl Recorder {
    async fn run(mut self) -> Result<(), BenchError> {
        self.editor.catch_up().await?;
        let batch = usize::try_from(HISTORY_BATCH_EVENTS).unwrap_or(1);
        let mut commands = String::new();
        let mut first = 0;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.edits {
                return Ok(());
            }
            self.tell(number);
            let cells = self.cells.iter().cycle().skip(first).take(batch);
            write_set_cells(&mut commands, cells, &number.to_string());
            first = (first + batch) % self.cells.len();
            let is_backdated = self
                .backdated_every
                .is_some_and(|every| number % every == every - 1);
            if is_backdated {
                self.record_backdated(&commands).await?;
            } else {
                let edit = Edit {
                    commands: &commands,
                    ..Edit::default()
                };
                self.editor.edit(&edit).await?;
            }
        }
    }

    /// Dates an edit into the past, made from the state of that day as it is known now.
    async fn record_backdated(&mut self, commands: &str) -> Result<(), BenchError> {
        let chosen = self.chance.below(self.days.len());
        let day = &self.days[chosen];
        let at = json!({ "effective": { "on": day } });
        let base = self.editor.state(&at).await?.cursor;
        let edit = Edit {
            commands,
            effective: Some(day),
            base: Some(&base),
        };
        self.editor.edit(&edit).await?;
        Ok(())
    }

    fn tell(&self, number: u64) {
        let step = (self.edits / TOLD_TIMES).max(1);
        if number.is_multiple_of(step) {
            let done = number * HISTORY_BATCH_EVENTS;
            let all = self.edits * HISTORY_BATCH_EVENTS;
            eprintln!(
                "recording the history {}: {done} of {all} events",
                self.database
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn days_are_distinct_and_written_as_dates() {
        let days = days();
        let distinct: BTreeSet<&String> = days.iter().collect();
        assert_eq!(distinct.len(), 10 * 12 * 28);
        assert!(days.iter().all(|day| day.len() == 10));
    }
}
