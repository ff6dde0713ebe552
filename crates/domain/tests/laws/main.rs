//! The laws of the model as property tests, over random histories of small road maps.
//!
//! A history is weighted towards what broke earlier rules: backdating, sharing, moving, removing and restoring,
//! by clients that read a past moment or a stale one.
//! `PROPTEST_CASES` raises the number of histories for each law.

use roadbook_domain as domain;

mod history;
mod intent;
#[path = "../../src/decide/tests/log.rs"]
mod log;

mod folding;
mod moments;
mod nodes;
mod reach;
mod repetition;
mod texts;
