//! Claims about `decide`, told as given, when, then: what was recorded, what somebody wants, what comes of it.
//!
//! Dates are small numbers, "on 2" and "on 5"; an undated edit is recorded later than all of them.
#![allow(
    clippy::wildcard_imports,
    reason = "the words of a scenario are a small language, which every file here speaks"
)]

mod log;
mod scenario;

mod amending;
mod batches;
mod counterexamples;
mod lifecycle;
mod moments;
mod order;
mod rights;
mod sharing;
mod structure;
mod values;
mod words;

// The log is shared with the property tests, which know this crate by its name.
use crate as domain;
