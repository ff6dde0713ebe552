//! A primary that is lost with its host, and a server of the bus.

use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::nodes::{judge, traffic};

/// Edits between two events.
const SOME: usize = 80;

#[test]
fn a_primary_that_is_lost_takes_no_acknowledged_edit_along() {
    let mut chance = Chance::of_test();
    let mut cluster = Cluster::start(&[]);
    let token = cluster.token();
    let traffic = traffic(&cluster, &token, chance.branch());
    traffic.until_acknowledged(1 + chance.below(SOME));
    let first = cluster.primary();
    cluster.tell(&format!("kill {first}"));
    traffic.until_acknowledged(SOME);
    let second = cluster.primary();
    assert_ne!(first, second, "the standby took its place");
    // The lost one comes back as a standby of what was its own, and is good enough to take over in turn.
    cluster.tell(&format!("start {first}"));
    traffic.until_acknowledged(1 + chance.below(SOME));
    cluster.tell(&format!("kill {second}"));
    traffic.until_acknowledged(SOME);
    assert_eq!(cluster.primary(), first);
    judge(traffic, &cluster, &token);
}

#[test]
fn a_server_of_the_bus_that_is_lost_is_not_missed() {
    let mut chance = Chance::of_test();
    let mut cluster = Cluster::start(&[]);
    let token = cluster.token();
    let traffic = traffic(&cluster, &token, chance.branch());
    traffic.until_acknowledged(1 + chance.below(SOME));
    let server = format!("nats-{}", 1 + chance.below(3));
    cluster.tell(&format!("kill {server}"));
    traffic.until_acknowledged(SOME);
    cluster.tell(&format!("start {server}"));
    traffic.until_acknowledged(SOME);
    // Without a majority, and then without any.
    for server in 1..=3 {
        cluster.tell(&format!("kill nats-{server}"));
        traffic.until_acknowledged(SOME / 2);
    }
    judge(traffic, &cluster, &token);
}
