//! Edits in a second: many clients set different cells of one road map or of many, each answered when it is durable.
//!
//! It owns the clients and their rows. Invariant: a client sends its next edit only when the last one was answered, and
//! makes it from the state that the answer named.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::editor::{Cell, Edit, Editor, write_set_cells};
use crate::error::{BenchError, within};
use crate::http::Connection;
use crate::plan::{EDITING_CLIENTS, Plan};
use crate::program::{Program, Server};
use crate::raw::{Appends, BATCH_EVENTS};
use crate::report::Row;
use crate::road_map::RoadMap;
use crate::samples::{Percentiles, Samples, grouped, median, per_second};

/// The database.
const DATABASE: &str = "edits";
/// How much longer than planned a run may last.
const OVERRUN_MAX: Duration = Duration::from_secs(30);

/// What one run showed.
struct Run {
    edits_per_second: f64,
    answers: Percentiles,
    raw: Appends,
}

/// Measures, and gives a row.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let server = program.serve(DATABASE, &[]).await?;
    let token = program.token(DATABASE).await?;
    let mut rows = Vec::new();
    for (road_maps, aim) in [(1, "over 8,000/s, p99 under 30 ms"), (EDITING_CLIENTS, "–")] {
        let clients = clients(&[&server], road_maps, road_maps, &token).await?;
        let (measured, raw) = measure(clients, program, plan).await?;
        let what = what_was_edited(road_maps);
        rows.push(Row {
            what,
            measured,
            raw,
            aim,
        });
    }
    server.kill().await?;
    Ok(rows)
}

/// How a row names what its clients edit.
pub(crate) fn what_was_edited(road_maps: usize) -> String {
    match road_maps {
        1 => format!("Edits of one road map, {EDITING_CLIENTS} clients"),
        several => format!("Edits of {several} road maps, {EDITING_CLIENTS} clients"),
    }
}

/// Lets the clients edit in every run, between measurements of the disk; gives both as a row tells them.
pub(crate) async fn measure(
    clients: Vec<Client>,
    program: &Program,
    plan: &Plan,
) -> Result<(String, String), BenchError> {
    let (mut clients, _, _) = edit(clients, plan.edits_warm_up).await?;
    let mut runs = Vec::with_capacity(plan.runs);
    for _ in 0..plan.runs {
        let raw = Appends::measure(program.folder(), plan.raw_lasting)?;
        let (back, samples, lasted) = edit(clients, plan.edits_lasting).await?;
        clients = back;
        runs.push(Run {
            edits_per_second: per_second(samples.count(), lasted),
            answers: samples.percentiles(),
            raw,
        });
    }
    let middle = |figure: fn(&Run) -> f64| grouped(median(runs.iter().map(figure)));
    let answers = Percentiles::medians(runs.iter().map(|run| &run.answers));
    let single = Percentiles::medians(runs.iter().map(|run| &run.raw.single));
    let measured = format!("{}/s; {answers}", middle(|run| run.edits_per_second));
    let raw = format!(
        "`write` and `fdatasync`: {}/s of 4 KiB one by one ({single}), {} rows/s of 600 bytes in batches of {BATCH_EVENTS}",
        middle(|run| run.raw.single_per_second),
        middle(|run| run.raw.batched_per_second),
    );
    Ok((measured, raw))
}

/// A client with a cell of its own.
pub(crate) struct Client {
    editor: Editor,
    cell: Cell,
    edits: u64,
}

/// Clients spread over the servers and over so many road maps, which are opened here and numbered from the first.
pub(crate) async fn clients(
    servers: &[&Server],
    first: usize,
    road_maps: usize,
    token: &str,
) -> Result<Vec<Client>, BenchError> {
    let mut opened = Vec::with_capacity(road_maps);
    for number in 0..road_maps {
        let number = (first + number) as u64;
        opened.push(RoadMap::open_as(number, servers[0], token).await?);
    }
    let mut clients = Vec::with_capacity(EDITING_CLIENTS);
    for number in 0..EDITING_CLIENTS {
        let server = servers[number % servers.len()];
        let road_map = &opened[number % opened.len()];
        let connection = Connection::open(server.address(), token).await?;
        let mut editor = Editor::new(connection, &road_map.id, number as u64 + 1);
        editor.catch_up().await?;
        clients.push(Client {
            editor,
            cell: road_map.cells[number].clone(),
            edits: 0,
        });
    }
    Ok(clients)
}

/// Lets all clients edit at once; gives them back, with the time of every answer, and how long it lasted in all.
async fn edit(
    clients: Vec<Client>,
    lasting: Duration,
) -> Result<(Vec<Client>, Samples, Duration), BenchError> {
    let started = Instant::now();
    let mut editing = JoinSet::new();
    for client in clients {
        editing.spawn(client.edit_until(started + lasting));
    }
    within("a run of edits", lasting + OVERRUN_MAX, async {
        let mut clients = Vec::with_capacity(EDITING_CLIENTS);
        let mut samples = Samples::default();
        while let Some(ended) = editing.join_next().await {
            let ended =
                ended.map_err(|error| BenchError::unexpected("editing", &error.to_string()))?;
            let (client, answers) = ended?;
            clients.push(client);
            samples.append(answers);
        }
        Ok((clients, samples, started.elapsed()))
    })
    .await
}

impl Client {
    async fn edit_until(mut self, end: Instant) -> Result<(Self, Samples), BenchError> {
        let mut samples = Samples::default();
        let mut commands = String::new();
        while Instant::now() < end {
            self.edits += 1;
            write_set_cells(&mut commands, [&self.cell], &self.edits.to_string());
            let edit = Edit {
                commands: &commands,
                ..Edit::default()
            };
            let sent = Instant::now();
            self.editor.edit(&edit).await?;
            samples.push(sent.elapsed());
        }
        Ok((self, samples))
    }
}
