//! Fan-out: one change to thousands of sockets, beside a plain server that sends the same bytes to as many.
//!
//! It owns the rows. What the change itself costs the server, from its request to the disk, counts with its deliveries, and
//! is told beside them.
//! Invariant: a run ends when every socket has received every change.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::crowd::Crowd;
use crate::editor::{Edit, Editor, write_set_cells};
use crate::error::{BenchError, within};
use crate::plan::{FanOutPlan, Plan};
use crate::process::Process;
use crate::program::{Program, Server};
use crate::raw::broadcast::Broadcaster;
use crate::report::Row;
use crate::road_map::{RoadMap, Shape};
use crate::samples::{Percentiles, Samples, grouped, median, milliseconds};
use crate::subscriber::Subscriber;

/// The number of the one client that edits.
const EDITOR: u64 = 1;
/// Changes that are sent before it counts.
const WARM_UP_CHANGES: usize = 10;
/// Fields of the road map whose strands are followed one by one.
const FIELDS: usize = 10;
/// How long a socket may take to open.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// Nothing but changes is sent, as many sockets as are asked for may come, and the one who edits may wait for them.
const SETTINGS: &[(&str, &str)] = &[
    ("ROADBOOK_SERVER__LIMITS__HEADER_READ_MS", "3600000"),
    ("ROADBOOK_ENGINE__CAUGHT_UP_EVERY_S", "3600"),
    (
        "ROADBOOK_SERVER__LIMITS__SOCKET_PING_INTERVAL_MS",
        "3600000",
    ),
    ("ROADBOOK_SERVER__LIMITS__SOCKETS_MAX", "20000"),
    ("ROADBOOK_SERVER__LIMITS__CONNECTIONS_MAX", "20000"),
];

/// One who edits a road map, cell by cell.
struct Author {
    editor: Editor,
    road_map: RoadMap,
    edits: u64,
    commands: String,
}

/// One who sends changes to a crowd, and the process that delivers them.
enum Source {
    Roadbook(Box<Author>, Process),
    Plain(Box<Broadcaster>, String),
}

/// What a run showed.
#[derive(Clone, Copy)]
struct Costs {
    paced_micros: f64,
    burst_micros: f64,
}

/// Measures, and gives the rows.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let sizes = &plan.fan_out;
    let mut rows = vec![costs(program, plan).await?];
    rows.extend(many(program, plan).await?);
    rows.push(strands(program, plan, sizes).await?);
    Ok(rows)
}

/// What a delivery costs.
async fn costs(program: &Program, plan: &Plan) -> Result<Row, BenchError> {
    let sizes = &plan.fan_out;
    let (server, token) = serve(program, "fan-out").await?;
    let mut author = Author::of(RoadMap::open(&server, &token).await?, &server, &token).await?;
    let message = author.message(&server, &token).await?;
    let edit_micros = author.cost_alone(server.process()?, plan).await?;
    let mut ours = author.gather(&server, &token, sizes.sockets).await?;
    let mut ours_from = Source::Roadbook(Box::new(author), server.process()?);
    let bare = Broadcaster::start().await?;
    let mut theirs = bare.gather(sizes.sockets).await?;
    let mut theirs_from = Source::Plain(Box::new(bare), message.clone());
    ours_from.pace(&mut ours, WARM_UP_CHANGES).await?;
    theirs_from.pace(&mut theirs, WARM_UP_CHANGES).await?;
    let (mut measured, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        raw.push(theirs_from.costs(&mut theirs, sizes.changes).await?);
        measured.push(ours_from.costs(&mut ours, sizes.changes).await?);
    }
    server.kill().await?;
    let ours = Costs::medians(&measured);
    let sockets = u32::try_from(sizes.sockets).unwrap_or(u32::MAX);
    let delivered = ours.paced_micros - edit_micros / f64::from(sockets);
    Ok(Row {
        what: format!(
            "One change to {} sockets with one document, {} bytes: processor time of a delivery",
            grouped_count(sizes.sockets),
            message.len()
        ),
        measured: format!(
            "{ours}; one by one without the edit itself {delivered:.1} µs, which costs {} µs",
            grouped(edit_micros)
        ),
        raw: format!("plain tokio-tungstenite: {}", Costs::medians(&raw)),
        aim: "within 1.2 times",
    })
}

/// How long the last one of many waits, and what each of them takes up.
async fn many(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let sizes = &plan.fan_out;
    let (server, token) = serve(program, "crowd").await?;
    let mut author = Author::of(RoadMap::open(&server, &token).await?, &server, &token).await?;
    let message = author.message(&server, &token).await?;
    let process = server.process()?;
    let before = process.resident_kib()?;
    let mut ours = author.gather(&server, &token, sizes.many_sockets).await?;
    let opened = process.resident_kib()?;
    let mut ours_from = Source::Roadbook(Box::new(author), process);
    let bare = Broadcaster::start().await?;
    let plain_process = bare.process()?;
    let plain_before = plain_process.resident_kib()?;
    let mut theirs = bare.gather(sizes.many_sockets).await?;
    let mut theirs_from = Source::Plain(Box::new(bare), message);
    ours_from.pace(&mut ours, WARM_UP_CHANGES).await?;
    theirs_from.pace(&mut theirs, WARM_UP_CHANGES).await?;
    let (told, plain_told) = (process.resident_kib()?, plain_process.resident_kib()?);
    let (mut measured, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        raw.push(theirs_from.pace(&mut theirs, sizes.many_changes).await?);
        measured.push(ours_from.pace(&mut ours, sizes.many_changes).await?);
    }
    server.kill().await?;
    let sockets = u32::try_from(sizes.many_sockets).unwrap_or(u32::MAX);
    let each = |kib: f64| kib / f64::from(sockets);
    Ok(vec![
        Row {
            what: format!(
                "From sending an edit to the last of {} sockets",
                grouped_count(sizes.many_sockets)
            ),
            measured: Percentiles::medians(&measured).to_string(),
            raw: format!(
                "plain tokio-tungstenite, nothing durable: {}",
                Percentiles::medians(&raw)
            ),
            aim: "p99 within 1.5 times",
        },
        Row {
            what: "Memory of a subscribed socket".to_owned(),
            measured: format!(
                "{:.1} KB once open, {:.1} KB once told of changes",
                each(opened - before),
                each(told - before)
            ),
            raw: format!(
                "plain tokio-tungstenite: {:.1} KB",
                each(plain_told - plain_before)
            ),
            aim: "under 16 KB",
        },
    ])
}

/// What a change costs those who follow something else.
async fn strands(program: &Program, plan: &Plan, sizes: &FanOutPlan) -> Result<Row, BenchError> {
    let (server, token) = serve(program, "strands").await?;
    let shape = Shape {
        fields: FIELDS,
        strands: sizes.strands / FIELDS,
        actions: 1,
        columns: 1,
    };
    let road_map = RoadMap::open_shaped(0, shape, server.address(), &token).await?;
    let strands = road_map.strands.clone();
    let author = Author::of(road_map, &server, &token).await?;
    let (followed, others) = strands
        .split_first()
        .ok_or_else(|| BenchError::unexpected("opening a road map", "it has no strands"))?;
    let each = sizes.sockets_of_strand;
    let mut few = Crowd::new();
    author
        .join(&mut few, (&server, &token), each, &strand(followed))
        .await?;
    let process = server.process()?;
    let mut source = Source::Roadbook(Box::new(author), process);
    source.pace(&mut few, WARM_UP_CHANGES).await?;
    let alone = source.strand_runs(&mut few, plan).await?;
    let mut crowd = Crowd::new();
    if let Source::Roadbook(author, _) = &source {
        for other in others {
            author
                .join(&mut crowd, (&server, &token), each, &strand(other))
                .await?;
        }
    }
    let among = source.strand_runs(&mut few, plan).await?;
    server.kill().await?;
    Ok(Row {
        what: format!(
            "A change to one strand, which {each} sockets follow, while {} follow {} others",
            grouped_count(crowd.len()),
            grouped_count(others.len())
        ),
        measured: among,
        raw: format!("the same while nobody else follows: {alone}"),
        aim: "in proportion to its followers",
    })
}

async fn serve(program: &Program, database: &str) -> Result<(Server, String), BenchError> {
    let server = program.serve(database, SETTINGS).await?;
    let token = program.token(database).await?;
    Ok((server, token))
}

fn strand(key: &str) -> Json {
    json!({ "strands": [key] })
}

fn grouped_count(count: usize) -> String {
    grouped(f64::from(u32::try_from(count).unwrap_or(u32::MAX)))
}

impl Author {
    async fn of(road_map: RoadMap, server: &Server, token: &str) -> Result<Self, BenchError> {
        let editor = Editor::caught_up(server, token, (&road_map.id, EDITOR)).await?;
        Ok(Self {
            editor,
            road_map,
            edits: 0,
            commands: String::new(),
        })
    }

    /// Changes the first cell, which is in the first strand.
    async fn edit(&mut self) -> Result<(), BenchError> {
        self.edit_cells(1).await
    }

    /// Changes so many cells by one edit: as many events, which come at once.
    async fn edit_cells(&mut self, count: usize) -> Result<(), BenchError> {
        self.edits += 1;
        let cells = self.road_map.cells.iter().take(count);
        write_set_cells(&mut self.commands, cells, &self.edits.to_string());
        let edit = Edit {
            commands: &self.commands,
            ..Edit::default()
        };
        self.editor.edit(&edit).await?;
        Ok(())
    }

    /// The processor time of an edit that nobody hears of.
    async fn cost_alone(&mut self, process: Process, plan: &Plan) -> Result<f64, BenchError> {
        let changes = plan.fan_out.changes;
        let count = u32::try_from(changes).unwrap_or(u32::MAX);
        let mut costs = Vec::new();
        for _ in 0..=plan.runs {
            let began = process.ran()?;
            for _ in 0..changes {
                self.edit().await?;
            }
            let ran = process.ran()?.saturating_sub(began);
            costs.push(milliseconds(ran) * 1_000.0 / f64::from(count));
        }
        // The first is the warm-up.
        Ok(median(costs.into_iter().skip(1)))
    }

    /// What a socket is told of a change.
    async fn message(&mut self, server: &Server, token: &str) -> Result<String, BenchError> {
        let (id, cursor) = (&self.road_map.id, self.editor.cursor());
        let mut subscriber = Subscriber::open(server.address(), token, id, cursor).await?;
        subscriber.next_message().await?;
        self.edit().await?;
        subscriber.next_message().await
    }

    async fn gather(
        &self,
        server: &Server,
        token: &str,
        sockets: usize,
    ) -> Result<Crowd, BenchError> {
        let mut crowd = Crowd::new();
        self.join(&mut crowd, (server, token), sockets, &Json::Null)
            .await?;
        Ok(crowd)
    }

    /// Lets more sockets follow the road map from now on.
    async fn join(
        &self,
        crowd: &mut Crowd,
        (server, token): (&Server, &str),
        sockets: usize,
        filter: &Json,
    ) -> Result<(), BenchError> {
        for _ in 0..sockets {
            let (id, cursor) = (&self.road_map.id, self.editor.cursor());
            let opened = async {
                let from = (cursor, filter);
                let subscriber = Subscriber::open_with(server.address(), token, id, from).await?;
                subscriber.into_stream().await
            };
            crowd.join(within("opening a socket", OPEN_MAX, opened).await?);
        }
        Ok(())
    }
}

impl Source {
    async fn send(&mut self) -> Result<(), BenchError> {
        match self {
            Self::Roadbook(author, _) => author.edit().await,
            Self::Plain(plain, message) => plain.send(message).await,
        }
    }

    async fn send_at_once(&mut self, changes: usize) -> Result<(), BenchError> {
        match self {
            Self::Roadbook(author, _) => author.edit_cells(changes).await,
            Self::Plain(plain, message) => {
                for _ in 0..changes {
                    plain.send(message).await?;
                }
                Ok(())
            }
        }
    }

    fn process(&self) -> Result<Process, BenchError> {
        match self {
            Self::Roadbook(_, process) => Ok(*process),
            Self::Plain(plain, _) => plain.process(),
        }
    }

    /// Sends changes, each when the last one has reached everyone; gives the times until it has.
    async fn pace(&mut self, crowd: &mut Crowd, changes: usize) -> Result<Percentiles, BenchError> {
        let mut samples = Samples::default();
        for _ in 0..changes {
            crowd.expect(crowd.len());
            let sent = Instant::now();
            self.send().await?;
            let last = crowd.all_received().await?;
            samples.push(last.saturating_duration_since(sent));
        }
        Ok(samples.percentiles())
    }

    /// Sends changes one by one, and then all at once: as one edit, or without a wait in between.
    async fn costs(&mut self, crowd: &mut Crowd, changes: usize) -> Result<Costs, BenchError> {
        let process = self.process()?;
        let deliveries = u32::try_from(changes * crowd.len()).unwrap_or(u32::MAX);
        let of_each = |before: Duration, after: Duration| {
            milliseconds(after.saturating_sub(before)) * 1_000.0 / f64::from(deliveries)
        };
        let began = process.ran()?;
        self.pace(crowd, changes).await?;
        let paced = process.ran()?;
        crowd.expect(changes * crowd.len());
        self.send_at_once(changes).await?;
        crowd.all_received().await?;
        Ok(Costs {
            paced_micros: of_each(began, paced),
            burst_micros: of_each(paced, process.ran()?),
        })
    }

    /// What a change costs the server, and how long it takes to reach those who follow its strand.
    async fn strand_runs(&mut self, crowd: &mut Crowd, plan: &Plan) -> Result<String, BenchError> {
        let changes = plan.fan_out.strand_changes;
        let count = u32::try_from(changes).unwrap_or(u32::MAX);
        let (mut costs, mut times) = (Vec::new(), Vec::new());
        for _ in 0..plan.runs {
            let process = self.process()?;
            let before = process.ran()?;
            times.push(self.pace(crowd, changes).await?);
            let ran = process.ran()?.saturating_sub(before);
            costs.push(milliseconds(ran) * 1_000.0 / f64::from(count));
        }
        Ok(format!(
            "{} µs of processor time; {}",
            grouped(median(costs)),
            Percentiles::medians(&times)
        ))
    }
}

impl Costs {
    fn medians(runs: &[Self]) -> Self {
        Self {
            paced_micros: median(runs.iter().map(|run| run.paced_micros)),
            burst_micros: median(runs.iter().map(|run| run.burst_micros)),
        }
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} µs one by one, {:.1} µs in a burst",
            self.paced_micros, self.burst_micros
        )
    }
}
