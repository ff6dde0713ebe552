//! Claims about the running binary: its API, its command line, and what survives when it is killed.
//!
//! Each test starts processes of its own, on free ports and in a folder of its own, and waits for what they say.
//! The binary is the one that the same build made: `scripts/test` builds it first.
//! Nothing here knows a crate of the workspace: what is claimed can be seen by any client.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails, also within what several tests share"
)]

#[path = "whole_system/api.rs"]
mod api;
#[path = "whole_system/http.rs"]
mod http;
#[path = "whole_system/load.rs"]
mod load;
#[path = "whole_system/nats.rs"]
mod nats;
#[path = "whole_system/output.rs"]
mod output;
#[path = "whole_system/postgres.rs"]
mod postgres;
#[path = "whole_system/running.rs"]
mod running;
#[path = "whole_system/sql.rs"]
mod sql;

#[path = "whole_system/auditing.rs"]
mod auditing;
#[path = "whole_system/belonging.rs"]
mod belonging;
#[path = "whole_system/bus.rs"]
mod bus;
#[path = "whole_system/certificates.rs"]
mod certificates;
#[path = "whole_system/clocks.rs"]
mod clocks;
#[path = "whole_system/command_line.rs"]
mod command_line;
#[path = "whole_system/demonstration.rs"]
mod demonstration;
#[path = "whole_system/disks.rs"]
mod disks;
#[path = "whole_system/durability.rs"]
mod durability;
#[path = "whole_system/keeping.rs"]
mod keeping;
#[path = "whole_system/moving.rs"]
mod moving;
#[path = "whole_system/nodes.rs"]
mod nodes;
#[path = "whole_system/presidencies.rs"]
mod presidencies;
#[path = "whole_system/reading.rs"]
mod reading;
#[path = "whole_system/redacting.rs"]
mod redacting;
#[path = "whole_system/renewing.rs"]
mod renewing;
#[path = "whole_system/restoring.rs"]
mod restoring;
#[path = "whole_system/securing.rs"]
mod securing;
#[path = "whole_system/stopping.rs"]
mod stopping;
#[path = "whole_system/tracing.rs"]
mod tracing;
#[path = "whole_system/upgrading.rs"]
mod upgrading;
#[path = "whole_system/watching.rs"]
mod watching;
#[path = "whole_system/watching_over.rs"]
mod watching_over;
