//! The schema executed in process, on the real road map of June 2015.

#![allow(clippy::unwrap_used, reason = "a failed call fails its test")]

mod editing;
mod following;
mod reading;
mod schema;
mod world;
