//! The engine on a log in memory, with a clock that is set and a log that fails on purpose.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed call fails its test"
)]

mod bus;
mod clock;
mod directory;
mod disk;
mod editing;
mod following;
mod letting_go;
mod nodes;
mod pipelining;
mod presence;
mod quotas;
mod rebuilding;
mod redacting;
mod rights;
mod time_travel;
mod topics;
mod upgrading;
mod world;
