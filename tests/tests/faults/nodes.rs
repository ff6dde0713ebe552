//! Nodes that are killed, and nodes that stand still and go on.

use crate::chance::Chance;
use crate::checker::Truth;
use crate::cluster::Cluster;
use crate::http::Http;
use crate::traffic::Traffic;

/// Edits between two events.
const SOME: usize = 80;

/// Begins a load on the front and on every node by itself.
pub(crate) fn traffic(cluster: &Cluster, token: &str, chance: Chance) -> Traffic {
    let mut addresses = vec![cluster.front()];
    addresses.extend(cluster.nodes());
    Traffic::start(addresses, token, chance)
}

/// Ends a load, and judges it.
#[track_caller]
pub(crate) fn judge(traffic: Traffic, cluster: &Cluster, token: &str) {
    traffic.finish().check(&Truth {
        folder: cluster.folder(),
        database: &cluster.database(),
        nodes: &cluster.nodes(),
        token,
    });
}

#[test]
fn the_way_in_keeps_measures_to_those_who_run_the_nodes() {
    let cluster = Cluster::start(&["--nodes", "1"]);
    let ask = |address: &str, path: &str| {
        let answer = Http::connect(address).unwrap().get(path);
        answer.unwrap().status
    };
    assert_eq!(ask(&cluster.nodes()[0], "/metrics"), 200);
    for path in [
        "/metrics",
        "/Metrics",
        "/metrics/",
        "//metrics",
        "/%6Detrics",
        "/./metrics",
    ] {
        assert_eq!(ask(&cluster.front(), path), 404, "{path}");
    }
    assert_eq!(ask(&cluster.front(), "/health/ready"), 200);
}

#[test]
fn nodes_that_are_killed_take_nothing_along() {
    let mut chance = Chance::of_test();
    let mut cluster = Cluster::start(&[]);
    let token = cluster.token();
    let traffic = traffic(&cluster, &token, chance.branch());
    for _ in 0..3 {
        traffic.until_acknowledged(1 + chance.below(SOME));
        let node = format!("node-{}", 1 + chance.below(3));
        cluster.tell(&format!("kill {node}"));
        traffic.until_acknowledged(SOME);
        cluster.tell(&format!("start {node}"));
    }
    traffic.until_acknowledged(SOME);
    judge(traffic, &cluster, &token);
}

#[test]
fn a_node_that_stands_still_holds_others_up_for_a_bounded_time_and_catches_up() {
    let mut chance = Chance::of_test();
    let mut cluster = Cluster::start(&[]);
    let token = cluster.token();
    let traffic = traffic(&cluster, &token, chance.branch());
    for _ in 0..2 {
        traffic.until_acknowledged(1 + chance.below(SOME));
        let node = format!("node-{}", 1 + chance.below(3));
        cluster.tell(&format!("pause {node}"));
        // It may hold the lock of the road map, until the database takes it away.
        traffic.until_acknowledged(2 * SOME);
        cluster.tell(&format!("resume {node}"));
    }
    traffic.until_acknowledged(SOME);
    judge(traffic, &cluster, &token);
}
