//! The road map of the demonstration: a real Council note of 2015, and what happened after it.
//!
//! It owns the bytes and nothing of their meaning; they are read like any other file.
//! Invariant: the note is as it was printed, typing errors included, and the history says that it was compiled.

/// The road map of document 6183/2/15 REV 2 of 5 June 2015, transcribed cell by cell; for [`crate::import()`].
pub const SEED: &[u8] = include_bytes!("../data/road-map-6183-2-15-REV-2.yaml");

/// The text of that document, from which [`SEED`] was transcribed.
pub const SEED_TEXT: &str = include_str!("../data/6183-2-15-REV-2.txt");

/// What happened from June 2015 to October 2016, compiled from the public record; for [`crate::import_history()`].
pub const HISTORY: &[u8] = include_bytes!("../data/history-2015-2016.yaml");
