//! Claims about a whole deployment while parts of it fail: no acknowledged edit is lost or done twice, and no subscriber
//! misses a version or hears one twice.
//!
//! Each test breaks something under a load of edits and of subscribers that come and go, and then lets one checker judge
//! what all of them saw. They take minutes, and programs that other tests do not need: `scripts/faults` runs them, one
//! after another, and `cargo test` and `cargo nextest run` leave them out (`test = false` in the manifest).
//! What is chosen by chance follows from a seed, which is printed; `FAULTS_SEED` repeats it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails, also within what several tests share"
)]

#[path = "whole_system/api.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod api;
#[path = "whole_system/http.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod http;
#[path = "whole_system/output.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod output;
#[path = "whole_system/running.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod running;

#[path = "faults/chance.rs"]
mod chance;
#[path = "faults/checker.rs"]
mod checker;
#[path = "faults/cluster.rs"]
mod cluster;
#[path = "faults/editor.rs"]
mod editor;
#[path = "faults/progress.rs"]
mod progress;
#[path = "faults/proxy.rs"]
mod proxy;
#[path = "faults/subscriber.rs"]
mod subscriber;
#[path = "faults/traffic.rs"]
mod traffic;

#[path = "faults/clocks.rs"]
mod clocks;
#[path = "faults/databases.rs"]
mod databases;
#[path = "faults/disks.rs"]
mod disks;
#[path = "faults/networks.rs"]
mod networks;
#[path = "faults/nodes.rs"]
mod nodes;
