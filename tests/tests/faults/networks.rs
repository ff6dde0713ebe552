//! A node whose way to its database is slow, swallows everything, or breaks.

use std::path::Path;
use std::time::Instant;

use crate::chance::Chance;
use crate::checker::Truth;
use crate::cluster::Cluster;
use crate::http::Http;
use crate::progress::PATIENCE;
use crate::proxy::{Proxy, Way};
use crate::running::{ANY_PORT, Running, Server, roadbook};
use crate::traffic::Traffic;

/// Edits between two events.
const SOME: usize = 80;

/// A node of a cluster that reaches its database by another way.
fn node(cluster: &Cluster, folder: &Path, proxy: &Proxy) -> Server {
    let database = cluster.database();
    let (before, place) = database.rsplit_once('@').unwrap();
    let (_, name) = place.split_once('/').unwrap();
    let database = format!("{before}@{}/{name}", proxy.address());
    let arguments = ["serve", "--dev", "--listen", ANY_PORT, "--log", "info"];
    let mut node = roadbook(folder, &arguments);
    node.env("ROADBOOK_DATABASE", database)
        .env("ROADBOOK_TOKEN_SECRET_FILE", cluster.token_secret_file())
        // With the time to connect it makes ten seconds, after which an answer that never comes is given up.
        .env("ROADBOOK_STORE__STATEMENT_TIMEOUT_MS", "5000")
        .env("ROADBOOK_STORE__LOCK_TIMEOUT_MS", "4000");
    Server::of(Running::start(node))
}

/// Waits until a node says that it is ready, or that it is not.
#[track_caller]
fn until_ready(node: &Server, ready: bool) {
    let begun = Instant::now();
    let expected = if ready { 200 } else { 503 };
    loop {
        let answer = Http::connect(node.address())
            .unwrap()
            .get("/health/ready")
            .unwrap();
        if answer.status == expected {
            return;
        }
        let log = || node.process.err.all().join("\n");
        assert!(
            begun.elapsed() < PATIENCE,
            "it still says {}:\n{}",
            answer.status,
            log()
        );
    }
}

#[test]
fn a_node_that_is_cut_off_from_its_database_says_so_and_comes_back() {
    let mut chance = Chance::of_test();
    let cluster = Cluster::start(&["--nodes", "2"]);
    let folder = crate::running::folder();
    let database = cluster.database();
    let (_, place) = database.rsplit_once('@').unwrap();
    let proxy = Proxy::to(place.split_once('/').unwrap().0);
    let node = node(&cluster, folder.path(), &proxy);
    let token = cluster.token();
    let addresses = vec![node.address().to_owned(), cluster.front()];
    let mut traffic = Traffic::start(addresses, &token, chance.branch());
    traffic.until_acknowledged(1 + chance.below(SOME));

    proxy.set(Way::Slow);
    traffic.until_acknowledged(SOME);
    proxy.set(Way::Open);

    for _ in 0..3 {
        proxy.reset();
        traffic.until_acknowledged(1 + chance.below(SOME));
    }

    proxy.set(Way::Silent);
    until_ready(&node, false);
    traffic.until_acknowledged(SOME);
    proxy.set(Way::Open);
    until_ready(&node, true);

    proxy.set(Way::Closed);
    until_ready(&node, false);
    traffic.until_acknowledged(SOME);
    proxy.set(Way::Open);
    until_ready(&node, true);
    traffic.until_acknowledged(SOME);

    // On a slow way something is nearly always under way.
    for _ in 0..3 {
        proxy.set(Way::Slow);
        traffic.until_acknowledged(SOME);
        proxy.abandon();
        proxy.set(Way::Open);
        traffic.edit_by(node.address());
        until_ready(&node, true);
    }

    let mut nodes = cluster.nodes();
    nodes.push(node.address().to_owned());
    traffic.finish().check(&Truth {
        folder: cluster.folder(),
        database: &cluster.database(),
        nodes: &nodes,
        token: &token,
    });
}
