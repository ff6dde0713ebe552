//! PostgreSQL: edits through one node and through two, and from a commit on one node to a subscriber on another.
//!
//! It owns the server and the rows; edits and subscribers are those of the other measurements.
//! Invariant: every node works on the same database, on a server whose commits reach the disk.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{edits, feed};
use crate::error::{BenchError, within};
use crate::plan::{EDITING_CLIENTS, Plan};
use crate::program::{Program, START_MAX, Server};
use crate::report::Row;

/// What starts a server, from the root of the repository.
const SCRIPT: &str = "scripts/postgres-server";
/// The version that is measured.
const VERSION: &str = "18";

/// A server of PostgreSQL that ends with this process.
struct Postgres {
    url: String,
    _running: Child,
}

/// Measures, and gives a row for each number of nodes and road maps, and one for the feed.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let postgres = Postgres::start().await?;
    let one = program.serve_on("node-1", &postgres.url, &[]).await?;
    let other = program.serve_on("node-2", &postgres.url, &[]).await?;
    let token = program.token_on(&postgres.url).await?;
    let mut rows = Vec::new();
    let cases: [(&[&Server], usize, &'static str); 4] = [
        (&[&one], 1, "over 6,000/s"),
        (&[&one], EDITING_CLIENTS, "no slower than one"),
        (&[&one, &other], 1, "over two thirds of one node's"),
        (&[&one, &other], EDITING_CLIENTS, "no slower than one node"),
    ];
    for (case, (nodes, road_maps, aim)) in cases.into_iter().enumerate() {
        // The first number is that of the road map that is followed.
        let first = 1 + case * EDITING_CLIENTS;
        let clients = edits::clients(nodes, first, road_maps, &token).await?;
        let (measured, raw) = edits::measure(clients, program, plan).await?;
        rows.push(Row {
            what: format!(
                "{}, PostgreSQL {VERSION}, {}",
                edits::what_was_edited(road_maps),
                through(nodes.len())
            ),
            measured,
            raw,
            aim,
        });
    }
    let audience = feed::Audience::gather(&one, &other, &token, plan.subscribers).await?;
    let (measured, raw) = feed::measure(audience, program, plan).await?;
    rows.push(Row {
        what: format!(
            "Commit to subscriber on another node, {} sockets, by NOTIFY",
            plan.subscribers
        ),
        measured,
        raw,
        aim: "p50 under 10 ms",
    });
    one.kill().await?;
    other.kill().await?;
    Ok(rows)
}

fn through(nodes: usize) -> String {
    match nodes {
        1 => "through one node".to_owned(),
        several => format!("through {several} nodes"),
    }
}

impl Postgres {
    async fn start() -> Result<Self, BenchError> {
        const DOING: &str = "starting PostgreSQL (from the root of the repository)";
        let mut running = Command::new(SCRIPT)
            .args([VERSION, "durable"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(BenchError::io(DOING))?;
        let output = running.stdout.take();
        let output = output.ok_or_else(|| BenchError::unexpected(DOING, "no standard output"))?;
        let mut lines = BufReader::new(output).lines();
        let url = within(DOING, START_MAX, async {
            lines.next_line().await.map_err(BenchError::io(DOING))
        })
        .await?;
        let url = url.ok_or_else(|| BenchError::unexpected(DOING, "it ended without a word"))?;
        Ok(Self {
            url,
            _running: running,
        })
    }
}
