//! Bounds: how large a road map and a batch may grow.
//!
//! It owns the numbers and their defaults; a deployment may set others.
//! Invariant: nothing that a caller can repeat is without one.

use serde::{Deserialize, Serialize};

/// The bounds that `decide` keeps. A command beyond one is refused and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Commands in one batch.
    pub commands_max: usize,
    /// Fields that a road map ever had.
    pub fields_max: usize,
    /// Strands that a road map ever had.
    pub strands_max: usize,
    /// Actions that a road map ever had.
    pub actions_max: usize,
    /// Columns that a road map ever had.
    pub columns_max: usize,
    /// Amendments of one cell that wait to be decided.
    pub cell_amendments_max: usize,
    /// Amendments of a road map that wait to be decided.
    pub amendments_max: usize,
    /// Characters of a title, a heading, a wording, a source, a footnote or a reason.
    pub title_chars_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            commands_max: 20_000,
            fields_max: 100,
            strands_max: 2_000,
            actions_max: 10_000,
            columns_max: 40,
            cell_amendments_max: 40,
            amendments_max: 2_000,
            title_chars_max: 4_000,
        }
    }
}
