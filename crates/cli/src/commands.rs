//! The commands, one in each file.
//!
//! Each takes its arguments and the settings, prints its result, and returns an error whose kind decides the exit code.
//! Invariant: a command decides nothing about road maps; it asks, and prints the answer.

pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod migrate;
pub(crate) mod rebuild;
pub(crate) mod replay;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod token;
pub(crate) mod verify;
pub(crate) mod watch;
