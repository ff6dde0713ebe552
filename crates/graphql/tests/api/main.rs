//! The schema executed in process, on the real road map of June 2015.

#![allow(clippy::unwrap_used, reason = "a failed call fails its test")]

mod access;
mod allowed;
mod amending;
mod directory;
mod editing;
mod following;
mod keeping;
mod presence;
mod reading;
mod redacting;
mod rights;
mod schema;
mod world;
