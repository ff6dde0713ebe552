//! Statistics: how far a road map, or one of its fields, has come.
//!
//! It owns what counts as completed, on-going, overdue and left behind.
//! Invariant: every action is counted once, whoever shares its cells.

use crate::content::{CellContent, ContentKind};
use crate::identity::ActionId;
use crate::outline::{Outline, PROGRESS_KEY};
use crate::presidency::Term;
use crate::state::State;
use crate::time::Date;

#[cfg(test)]
mod tests;

/// Counts of actions at a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Statistics {
    /// All of them.
    pub actions: usize,
    /// Printed as completed.
    pub completed: usize,
    /// Printed as on-going.
    pub ongoing: usize,
    /// Due before the date, and neither completed nor on-going.
    pub overdue: usize,
    /// With nothing in the due column that can be understood as a date or status.
    pub without_date: usize,
    /// With a blank progress cell, or in a road map without a progress column.
    pub without_progress: usize,
}

/// Counts actions as of a state; overdue is judged at the date given.
pub fn statistics(
    state: &State,
    outline: &Outline,
    actions: impl Iterator<Item = ActionId>,
    on: Date,
) -> Statistics {
    let due = outline.column_of_kind(state, ContentKind::Due);
    let progress = outline.column_of_key(state, PROGRESS_KEY);
    let mut counts = Statistics::default();
    for action in actions {
        counts.actions += 1;
        match due.map(|column| state.cell(column, action)) {
            Some(CellContent::Due(due)) => {
                counts.completed += usize::from(due.is_completed());
                counts.ongoing += usize::from(due.is_ongoing() && !due.is_completed());
                counts.overdue += usize::from(due.overdue(on));
                counts.without_date += usize::from(due.terms().is_empty());
            }
            _ => counts.without_date += 1,
        }
        let blank = progress.is_none_or(|column| *state.cell(column, action) == CellContent::Blank);
        counts.without_progress += usize::from(blank);
    }
    counts
}

/// The actions of which nothing, neither wording nor any cell, has changed in effect since a term ended.
pub fn left_behind(
    state: &State,
    actions: impl Iterator<Item = ActionId>,
    since: Term,
) -> Vec<ActionId> {
    let end = since.last_instant();
    actions
        .filter(|action| state.action_changed(*action).effective <= end)
        .collect()
}
