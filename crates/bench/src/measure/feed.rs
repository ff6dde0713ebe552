//! From commit to subscriber: how long an edit takes to reach everyone who follows the road map.
//!
//! It owns the subscribers' tasks and the row. Invariant: the next edit is sent only when the last one has reached
//! every subscriber.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::editor::{Edit, Editor, write_set_cells};
use crate::error::{BenchError, within};
use crate::plan::Plan;
use crate::program::{Program, Server};
use crate::raw::FanOut;
use crate::report::Row;
use crate::road_map::RoadMap;
use crate::samples::{Percentiles, Samples};
use crate::subscriber::{Receipt, Subscriber};

/// The database.
const DATABASE: &str = "feed";
/// The number of the road map.
const ROAD_MAP: u64 = 0;
/// The number of the one client that edits.
const EDITOR: u64 = 1;
/// Edits that are sent before it counts.
const WARM_UP_EDITS: usize = 5;
/// How long an edit may take to reach a subscriber.
const RECEIPT_MAX: Duration = Duration::from_secs(10);
const DOING: &str = "waiting for a change to arrive";

/// What one run showed.
struct Run {
    from_sending: Percentiles,
    from_answer: Percentiles,
    raw: Percentiles,
}

/// One who edits, and those who follow.
pub(crate) struct Audience {
    editor: Editor,
    road_map: RoadMap,
    edits: u64,
    receipts: mpsc::Receiver<Result<Receipt, BenchError>>,
    size: usize,
    /// Ends with this.
    _following: JoinSet<()>,
}

/// Measures, and gives a row.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let server = program.serve(DATABASE, &[]).await?;
    let token = program.token(DATABASE).await?;
    let audience = Audience::gather(ROAD_MAP, (&server, &server), &token, plan.subscribers).await?;
    let (measured, raw) = measure(audience, program, plan).await?;
    server.kill().await?;
    Ok(vec![Row {
        what: format!("Commit to subscriber, {} sockets", plan.subscribers),
        measured,
        raw,
        aim: "p50 under 3 ms",
    }])
}

/// Lets the audience hear of edits in every run, between measurements of the machine; gives both as a row tells them.
pub(crate) async fn measure(
    mut audience: Audience,
    program: &Program,
    plan: &Plan,
) -> Result<(String, String), BenchError> {
    let mut fan_out = FanOut::open(program.folder(), plan.subscribers).await?;
    audience.follow(WARM_UP_EDITS).await?;
    let mut runs = Vec::with_capacity(plan.runs);
    for _ in 0..plan.runs {
        let raw = fan_out.measure(plan.followed_edits).await?;
        let (from_sending, from_answer) = audience.follow(plan.followed_edits).await?;
        runs.push(Run {
            from_sending,
            from_answer,
            raw,
        });
    }
    let middle = |figures: fn(&Run) -> &Percentiles| Percentiles::medians(runs.iter().map(figures));
    let measured = format!(
        "from sending the edit {}; from its answer {}",
        middle(|run| &run.from_sending),
        middle(|run| &run.from_answer),
    );
    let raw = format!(
        "4 KiB `write` and `fdatasync`, then 512 bytes to as many loopback sockets: {}",
        middle(|run| &run.raw)
    );
    Ok((measured, raw))
}

impl Audience {
    /// One who edits a new road map on one server, and those who follow it on another or the same.
    pub(crate) async fn gather(
        road_map: u64,
        (edited, followed): (&Server, &Server),
        token: &str,
        size: usize,
    ) -> Result<Self, BenchError> {
        let road_map = RoadMap::open_as(road_map, edited, token).await?;
        let (received_by, receipts) = mpsc::channel(size);
        let mut following = JoinSet::new();
        for _ in 0..size {
            let opened =
                Subscriber::open(followed.address(), token, &road_map.id, &road_map.cursor);
            let subscriber = within("opening a socket", RECEIPT_MAX, opened).await?;
            following.spawn(listen(subscriber, received_by.clone()));
        }
        let editor = Editor::caught_up(edited, token, (&road_map.id, EDITOR)).await?;
        Ok(Self {
            editor,
            road_map,
            edits: 0,
            receipts,
            size,
            _following: following,
        })
    }

    /// Sends edits one after another; gives the times from sending and from the answer to each receipt.
    async fn follow(&mut self, edits: usize) -> Result<(Percentiles, Percentiles), BenchError> {
        let Self {
            editor,
            road_map,
            receipts,
            ..
        } = self;
        let mut from_sending = Samples::default();
        let mut from_answer = Samples::default();
        let mut commands = String::new();
        for _ in 0..edits {
            self.edits += 1;
            write_set_cells(
                &mut commands,
                road_map.cells.first(),
                &self.edits.to_string(),
            );
            let edit = Edit {
                commands: &commands,
                ..Edit::default()
            };
            let sent = Instant::now();
            let version = editor.edit(&edit).await?;
            let answered = Instant::now();
            for _ in 0..self.size {
                let receipt = within(DOING, RECEIPT_MAX, next(receipts)).await?;
                if receipt.version != version {
                    let found = format!("version {} after {version}", receipt.version);
                    return Err(BenchError::unexpected(DOING, &found));
                }
                from_sending.push(receipt.at.saturating_duration_since(sent));
                from_answer.push_signed(answered, receipt.at);
            }
        }
        Ok((from_sending.percentiles(), from_answer.percentiles()))
    }
}

async fn next(
    receipts: &mut mpsc::Receiver<Result<Receipt, BenchError>>,
) -> Result<Receipt, BenchError> {
    let received = receipts.recv().await;
    received.unwrap_or_else(|| Err(BenchError::unexpected(DOING, "nobody follows")))
}

/// Hands on every change; ends at the first that cannot be received, or when nobody wants to hear of them.
async fn listen(mut subscriber: Subscriber, receipts: mpsc::Sender<Result<Receipt, BenchError>>) {
    loop {
        let received = subscriber.next_change().await;
        let is_last = received.is_err();
        if receipts.send(received).await.is_err() || is_last {
            return;
        }
    }
}
