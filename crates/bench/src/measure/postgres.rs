//! PostgreSQL: edits through one node and through two, and from a commit on one node to a subscriber on another.
//!
//! It owns the nodes and the rows; edits and subscribers are those of the other measurements.
//! Invariant: every node works on the same database, on a server whose commits reach the disk.

use super::{edits, feed};
use crate::companion::Companion;
use crate::error::BenchError;
use crate::plan::{EDITING_CLIENTS, Plan};
use crate::program::{Program, Server};
use crate::raw::Inserts;
use crate::report::Row;

/// What starts a server of PostgreSQL, from the root of the repository.
const POSTGRES: &str = "scripts/postgres-server";
/// The version that is measured.
const VERSION: &str = "18";
/// What starts a server of NATS.
const NATS: &str = "scripts/nats-server";
/// The numbers of the road maps that are followed; those that are edited lie between them.
const FOLLOWED_BY_NOTIFY: u64 = 0;
const FOLLOWED_BY_NATS: u64 = 1_000_000;

/// Measures, and gives a row for each number of nodes and road maps, and one for the feed.
pub(crate) async fn rows(program: &Program, plan: &Plan) -> Result<Vec<Row>, BenchError> {
    let postgres = Companion::start(POSTGRES, &[VERSION, "durable"]).await?;
    let one = program.serve_on("node-1", &postgres.url, &[]).await?;
    let other = program.serve_on("node-2", &postgres.url, &[]).await?;
    let token = program.token_on(&postgres.url).await?;
    let inserts = Inserts::measure(&postgres.url, plan).await?;
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
        let (measured, _) = edits::measure(clients, program, plan).await?;
        rows.push(Row {
            what: format!(
                "{}, PostgreSQL {VERSION}, {}",
                edits::what_was_edited(road_maps),
                through(nodes.len())
            ),
            measured,
            raw: inserts.to_string(),
            aim,
        });
    }
    rows.push(
        followed(
            FOLLOWED_BY_NOTIFY,
            ("NOTIFY", "p50 under 10 ms"),
            (&one, &other),
            &token,
            program,
            plan,
        )
        .await?,
    );
    one.kill().await?;
    other.kill().await?;

    let nats = Companion::start(NATS, &[]).await?;
    let on_bus = [("ROADBOOK_BUS", &*nats.url)];
    let one = program.serve_on("node-3", &postgres.url, &on_bus).await?;
    let other = program.serve_on("node-4", &postgres.url, &on_bus).await?;
    rows.push(
        followed(
            FOLLOWED_BY_NATS,
            ("NATS", "p50 under 5 ms"),
            (&one, &other),
            &token,
            program,
            plan,
        )
        .await?,
    );
    one.kill().await?;
    other.kill().await?;
    Ok(rows)
}

/// From a commit on one node to those who follow on another.
async fn followed(
    road_map: u64,
    (told_by, aim): (&str, &'static str),
    (edited, followed): (&Server, &Server),
    token: &str,
    program: &Program,
    plan: &Plan,
) -> Result<Row, BenchError> {
    let nodes = (edited, followed);
    let audience = feed::Audience::gather(road_map, nodes, token, plan.subscribers).await?;
    let (measured, raw) = feed::measure(audience, program, plan).await?;
    Ok(Row {
        what: format!(
            "Commit to subscriber on another node, {} sockets, by {told_by}",
            plan.subscribers
        ),
        measured,
        raw,
        aim,
    })
}

fn through(nodes: usize) -> String {
    match nodes {
        1 => "through one node".to_owned(),
        several => format!("through {several} nodes"),
    }
}
