//! Reads: how often the whole table is read through GraphQL by many clients at once while it is edited.
//!
//! It owns the readers and the rows. Invariant: after an edit was answered no read that begins shows the state before it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::editor::{Cell, Edit, Editor, number_after, write_set_cells};
use crate::error::BenchError;
use crate::http::Connection;
use crate::plan::Plan;
use crate::program::{Program, Server};
use crate::raw::Prepared;
use crate::report::Row;
use crate::samples::{Percentiles, Samples, grouped, median, per_second};

/// The database, which holds the road map of 2015.
const DATABASE: &str = "reads";
/// Clients that read at once.
const READERS: usize = 64;
/// Between two edits.
const EDITED_EVERY: Duration = Duration::from_millis(100);
/// The numbers of the clients that edit: one of each server.
const EDITORS: [u64; 2] = [1, 2];
/// Actions of the road map of 2015.
const ACTIONS: usize = 77;
const DOING: &str = "reading the table";

/// The settings under which nothing is kept, to compare with.
const NOTHING_KEPT: &[(&str, &str)] = &[("ROADBOOK_SERVER__LIMITS__RESPONSES_BYTES_MAX", "0")];

/// What names the road map.
const ROAD_MAP: &str = "{ roadMaps(first: 1) { edges { node { id } } } }";

/// The whole table, as it is printed.
const TABLE: &str = "query Table($id: ID!) { roadMap(id: $id) { state { title marking moment { version } \
    columns { heading } fields { letter title strands { label title source actions { label text \
    cells { span first cell { content { ... on Blank { printed } ... on Unknown { printed } \
    ... on TextContent { printed } ... on DueContent { printed overdue } ... on ActorsContent { printed } \
    ... on Redacted { printed } } } } } } } } } }";

/// What one run showed.
struct Run {
    per_second: f64,
    took: Percentiles,
}

/// Measures, and gives a row with answers kept and one without.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    program.fill(DATABASE).await?;
    let kept = Reading::begin(program, EDITORS[0], &[]).await?;
    let size = kept.table.len();
    let file = program.folder().join("prepared.json");
    std::fs::write(&file, &kept.table).map_err(BenchError::io(DOING))?;
    let (with, raw) = kept.runs(plan, Some(&file)).await?;
    let without = Reading::begin(program, EDITORS[1], NOTHING_KEPT).await?;
    let (without, _) = without.runs(plan, None).await?;
    let size = u32::try_from(size / 1024).unwrap_or(u32::MAX);
    let row = |how: &str, runs: &[Run], aim| Row {
        what: format!(
            "Read of all {ACTIONS} actions ({size} KiB) by {READERS} clients, an edit every {} ms{how}",
            EDITED_EVERY.as_millis()
        ),
        measured: told(runs),
        raw: format!("the same bytes, prepared, by plain hyper: {}", told(&raw)),
        aim,
    };
    Ok(vec![
        row("", &with, "over 35,000 reads/s"),
        row(", nothing kept", &without, ""),
    ])
}

fn told(runs: &[Run]) -> String {
    let per_second = median(runs.iter().map(|run| run.per_second));
    let took = Percentiles::medians(runs.iter().map(|run| &run.took));
    format!("{} reads/s, {took}", grouped(per_second))
}

/// A server that is read and edited.
struct Reading {
    server: Server,
    token: String,
    /// The answer to the first read.
    table: String,
    /// The body of a read.
    body: String,
    editor: Editor,
    cell: Cell,
    edits: u64,
}

impl Reading {
    async fn begin(
        program: &Program,
        editor: u64,
        settings: &[(&str, &str)],
    ) -> Result<Self, BenchError> {
        let server = program.serve(DATABASE, settings).await?;
        let token = program.token(DATABASE).await?;
        let mut connection = Connection::open(server.address(), &token).await?;
        let named = json!({ "query": ROAD_MAP }).to_string();
        let answer: Option<Json> = serde_json::from_str(connection.post(&named).await?).ok();
        let answer = answer.unwrap_or_default();
        let id = answer["data"]["roadMaps"]["edges"][0]["node"]["id"].as_str();
        let id = id.ok_or_else(|| BenchError::unexpected(DOING, &answer.to_string()))?;
        let body = json!({ "query": TABLE, "variables": { "id": id } }).to_string();
        let table = connection.post(&body).await?.to_owned();
        let actions = table.matches("\"text\":").count();
        if actions != ACTIONS || table.contains("\"errors\"") {
            return Err(BenchError::unexpected(DOING, &table));
        }
        let mut editor = Editor::new(connection, id, editor);
        let cell = noted(&editor.keys().await?);
        editor.catch_up().await?;
        Ok(Self {
            cell: cell.ok_or_else(|| BenchError::unexpected(DOING, "no cell to edit"))?,
            server,
            token,
            table,
            body,
            editor,
            edits: 0,
        })
    }

    /// Every run of the reads, and of the prepared bytes of a file between them.
    async fn runs(
        mut self,
        plan: &Plan,
        file: Option<&Path>,
    ) -> Result<(Vec<Run>, Vec<Run>), BenchError> {
        let mut runs = Vec::with_capacity(plan.runs);
        let mut raw = Vec::with_capacity(plan.runs);
        let prepared = match file {
            Some(file) => Some(Prepared::start(file).await?),
            None => None,
        };
        for _ in 0..plan.runs {
            if let Some(prepared) = &prepared {
                let readers = Readers::connect(prepared.address(), &self.token).await?;
                raw.push(readers.read(&self.body, plan.reads_lasting).await?);
            }
            let readers = Readers::connect(self.server.address(), &self.token).await?;
            let body = self.body.clone();
            let (run, ()) = tokio::try_join!(
                readers.read(&body, plan.reads_lasting),
                self.edit_for(plan.reads_lasting)
            )?;
            runs.push(run);
        }
        self.server.kill().await?;
        Ok((runs, raw))
    }

    /// Edits now and then, and looks after each edit whether it is read.
    async fn edit_for(&mut self, lasting: Duration) -> Result<(), BenchError> {
        let mut reader = Connection::open(self.server.address(), &self.token).await?;
        let mut ticks = tokio::time::interval(EDITED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let started = Instant::now();
        let mut commands = String::new();
        while started.elapsed() < lasting {
            ticks.tick().await;
            self.edits += 1;
            write_set_cells(&mut commands, [&self.cell], &self.edits.to_string());
            let edit = Edit {
                commands: &commands,
                ..Edit::default()
            };
            let version = self.editor.edit(&edit).await?;
            let read = number_after(reader.post(&self.body).await?, "\"version\":");
            if read.is_none_or(|read| read < version) {
                let found = format!("version {read:?} after {version}");
                return Err(BenchError::unexpected(DOING, &found));
            }
        }
        Ok(())
    }
}

/// The cell of the first action in the column of notes.
fn noted(keys: &Json) -> Option<Cell> {
    let columns = keys["columns"].as_array()?;
    let column = columns.iter().find(|column| column["name"] == "notes")?;
    let action = &keys["fields"][0]["strands"][0]["actions"][0];
    Some(Cell {
        action: action["key"].as_str()?.to_owned(),
        column: column["key"].as_str()?.to_owned(),
    })
}

/// Clients that read, each on a connection of its own.
struct Readers(Vec<Connection>);

impl Readers {
    async fn connect(address: std::net::SocketAddr, token: &str) -> Result<Self, BenchError> {
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(Connection::open(address, token).await?);
        }
        Ok(Self(readers))
    }

    /// Each sends one request after another.
    async fn read(self, body: &str, lasting: Duration) -> Result<Run, BenchError> {
        let mut reading = JoinSet::new();
        let started = Instant::now();
        for mut connection in self.0 {
            let request = connection.request(body);
            reading.spawn(async move {
                let mut samples = Samples::default();
                while started.elapsed() < lasting {
                    let sent = Instant::now();
                    connection.drain(&request).await?;
                    samples.push(sent.elapsed());
                }
                Ok::<_, BenchError>(samples)
            });
        }
        let mut samples = Samples::default();
        while let Some(ended) = reading.join_next().await {
            let ended = ended.map_err(|error| BenchError::unexpected(DOING, &error.to_string()))?;
            samples.add(ended?);
        }
        Ok(Run {
            per_second: per_second(samples.count(), started.elapsed()),
            took: samples.percentiles(),
        })
    }
}
