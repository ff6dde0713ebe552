//! Many road maps: one edit to each of more than may stay in memory.
//!
//! It owns their histories and the row. Invariant: a road map is edited only after as many others as may stay were edited
//! since it was, so that every edit has to bring it back.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::editor::{Cell, Edit, Editor, write_set_cells};
use crate::error::BenchError;
use crate::http::Connection;
use crate::plan::Plan;
use crate::program::{Program, Server};
use crate::raw::Appends;
use crate::report::Row;
use crate::road_map::RoadMap;
use crate::samples::{Percentiles, Samples, grouped, median, per_second};

/// The database.
const DATABASE: &str = "many";
/// Clients that edit at once, each another road map.
const CLIENTS: usize = 4;
/// Events of one edit while a history is recorded.
const BATCH_EVENTS: usize = 100;
/// Such edits of each road map. With what opens it that makes about a thousand events.
const BATCHES: usize = 9;
const DOING: &str = "editing many road maps";

/// How often the progress of recording is told.
const TOLD_TIMES: usize = 20;

/// A road map, and where it stood when it was last edited.
struct Left {
    number: u64,
    id: String,
    /// The cell that is edited.
    cell: Cell,
    cursor: String,
    version: u64,
}

/// What one run showed.
struct Run {
    took: Percentiles,
    per_second: f64,
    resident_mib: f64,
    raw: Percentiles,
}

/// Measures, and gives a row.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let stay = plan.many_stay.to_string();
    let settings = [("ROADBOOK_ENGINE__ROAD_MAPS_MAX", stay.as_str())];
    let server = program.serve(DATABASE, &settings).await?;
    let token = program.token(DATABASE).await?;
    let mut road_maps: VecDeque<Left> = record(&server, &token, plan.many).await?.into();
    let events = road_maps.iter().map(|left| left.version).max();
    server.stop().await?;
    let server = program.serve(DATABASE, &settings).await?;
    let empty_mib = server.resident_mib()?;
    let mut runs = Vec::with_capacity(plan.runs);
    for run in 0..plan.runs {
        let appends = Appends::measure(program.folder(), plan.raw_lasting)?;
        let (edited, samples, lasted) = edit_each(&server, &token, road_maps, run).await?;
        road_maps = edited;
        runs.push(Run {
            per_second: per_second(samples.count(), lasted),
            took: samples.percentiles(),
            resident_mib: server.resident_mib()?,
            raw: appends.single,
        });
    }
    server.kill().await?;
    let figure = |figure: fn(&Run) -> f64| grouped(median(runs.iter().map(figure)));
    let many = u32::try_from(plan.many).unwrap_or(u32::MAX);
    Ok(vec![Row {
        what: format!(
            "One edit to each of {} road maps of {} events, {} stay in memory, {CLIENTS} clients",
            grouped(f64::from(many)),
            events.unwrap_or_default(),
            plan.many_stay,
        ),
        measured: format!(
            "{}, {} edits/s, {} MiB resident ({} after the start)",
            Percentiles::medians(runs.iter().map(|run| &run.took)),
            figure(|run| run.per_second),
            figure(|run| run.resident_mib),
            grouped(empty_mib),
        ),
        raw: format!(
            "4 KiB `write` and `fdatasync`: {}",
            Percentiles::medians(runs.iter().map(|run| &run.raw))
        ),
        aim: "p99 under 50 ms, memory bounded",
    }])
}

/// Opens so many road maps with a history each. Of each only what its next edit needs is kept.
async fn record(server: &Server, token: &str, many: usize) -> Result<Vec<Left>, BenchError> {
    let mut recording = JoinSet::new();
    let address = server.address();
    let told_every = many.div_ceil(TOLD_TIMES);
    for client in 0..CLIENTS {
        let numbers = (0..many).skip(client).step_by(CLIENTS);
        let token = token.to_owned();
        recording.spawn(async move {
            let mut left = Vec::new();
            for number in numbers {
                if number.is_multiple_of(told_every) {
                    eprintln!("recording road maps: {number} of {many}");
                }
                left.push(record_one(number as u64, address, &token).await?);
            }
            Ok::<_, BenchError>(left)
        });
    }
    let mut left = Vec::with_capacity(many);
    while let Some(ended) = recording.join_next().await {
        left.extend(ended.map_err(|error| BenchError::unexpected(DOING, &error.to_string()))??);
    }
    left.sort_by_key(|left| left.number);
    Ok(left)
}

async fn record_one(number: u64, address: SocketAddr, token: &str) -> Result<Left, BenchError> {
    let road_map = RoadMap::open_at(number, address, token).await?;
    let connection = Connection::open(address, token).await?;
    let mut editor = Editor::new(connection, &road_map.id, number + 1);
    let mut version = editor.catch_up().await?;
    let mut commands = String::new();
    for batch in 0..BATCHES {
        let cells = road_map.cells.iter().cycle();
        let cells = cells.skip(batch * BATCH_EVENTS).take(BATCH_EVENTS);
        write_set_cells(&mut commands, cells, &batch.to_string());
        let edit = Edit {
            commands: &commands,
            ..Edit::default()
        };
        version = editor.edit(&edit).await?;
    }
    let cell = road_map.cells.into_iter().next();
    Ok(Left {
        number,
        id: road_map.id,
        cell: cell.ok_or_else(|| BenchError::unexpected(DOING, "a road map without cells"))?,
        cursor: editor.cursor().to_owned(),
        version,
    })
}

/// Sends one edit to each, made from the state in which it was left.
async fn edit_each(
    server: &Server,
    token: &str,
    road_maps: VecDeque<Left>,
    run: usize,
) -> Result<(VecDeque<Left>, Samples, Duration), BenchError> {
    let waiting = Arc::new(Mutex::new(road_maps));
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for _ in 0..CLIENTS {
        let (waiting, token, address) = (Arc::clone(&waiting), token.to_owned(), server.address());
        clients.spawn(async move {
            let mut done = Vec::new();
            let mut samples = Samples::default();
            let mut commands = String::new();
            let next = || {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.pop_front()
            };
            while let Some(mut left) = next() {
                let connection = Connection::open(address, &token).await?;
                let number = u64::MAX / 2 - left.number - run as u64 * 1_000_000;
                let mut editor = Editor::new(connection, &left.id, number);
                write_set_cells(&mut commands, [&left.cell], &format!("of run {run}"));
                let edit = Edit {
                    commands: &commands,
                    base: Some(&left.cursor),
                    ..Edit::default()
                };
                let sent = Instant::now();
                left.version = editor.edit(&edit).await?;
                samples.push(sent.elapsed());
                editor.cursor().clone_into(&mut left.cursor);
                done.push(left);
            }
            Ok::<_, BenchError>((done, samples))
        });
    }
    let mut edited = Vec::new();
    let mut samples = Samples::default();
    while let Some(ended) = clients.join_next().await {
        let ended = ended.map_err(|error| BenchError::unexpected(DOING, &error.to_string()))?;
        let (done, of_client) = ended?;
        edited.extend(done);
        samples.add(of_client);
    }
    let took = started.elapsed();
    edited.sort_by_key(|left| left.number);
    Ok((edited.into(), samples, took))
}
