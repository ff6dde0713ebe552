//! A node whose clock is wrong by a day, ahead and behind.

use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::nodes::{judge, traffic};

/// Edits between two events.
const SOME: usize = 80;
/// Seconds of a day.
const DAY: i64 = 86_400;

#[test]
fn a_clock_that_is_wrong_by_a_day_disturbs_no_order() {
    let mut chance = Chance::of_test();
    let mut cluster = Cluster::start(&["--clocks"]);
    let token = cluster.token();
    let traffic = traffic(&cluster, &token, chance.branch());
    traffic.until_acknowledged(1 + chance.below(SOME));
    let node = format!("node-{}", 1 + chance.below(3));
    for seconds in [-DAY, DAY, -DAY, 0] {
        cluster.tell(&format!("clock {node} {seconds}"));
        traffic.until_acknowledged(SOME);
    }
    judge(traffic, &cluster, &token);
}
