//! What may be offered: the kinds of commands that somebody may give about a thing as it stands now.
//!
//! It owns which kinds are about which thing, and whether its state leaves room for them; who may is the table's affair.
//! Invariant: what is offered is decided as asked if its particulars are right, and what is not offered is refused.

use super::capacity_for;
use crate::command::Command;
use crate::command_kind::CommandKind;
use crate::decide::{actions_of, run_of};
use crate::identity::{ActionId, AmendmentId, ColumnId, Parent, Thing};
use crate::presidency;
use crate::presidency::Term;
use crate::standing::Standing;
use crate::state::State;
use crate::time::Instant;

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The road map as a whole.
    RoadMap,
    /// A field, strand, action or column.
    Thing(Thing),
    /// A cell.
    Cell(ColumnId, ActionId),
    /// An amendment.
    Amendment(AmendmentId),
}

impl Subject {
    /// What a command is about, as far as rights depend on it.
    pub(super) const fn of(command: &Command) -> Self {
        match command {
            Command::SetCell { column, action, .. }
            | Command::SetCellOrPropose { column, action, .. }
            | Command::ProposeAmendment { column, action, .. }
            | Command::UnshareCells { column, action } => Self::Cell(*column, *action),
            Command::WithdrawAmendment { amendment }
            | Command::AcceptAmendment { amendment, .. }
            | Command::DeclineAmendment { amendment, .. } => Self::Amendment(*amendment),
            Command::Retitle { thing, .. }
            | Command::Move { thing, .. }
            | Command::Remove { thing, .. }
            | Command::Restore { thing } => Self::Thing(*thing),
            _ => Self::RoadMap,
        }
    }

    /// The kinds that are about such a thing.
    const fn kinds(self) -> &'static [CommandKind] {
        use CommandKind::{
            AcceptAmendment, AddAction, AddColumn, AddField, AddStrand, ChangeDetails,
            ClosePresidency, DeclineAmendment, IssueCorrigendum, IssueRevision, Move,
            ProposeAmendment, Remove, Restore, Retitle, SetCell, SetFootnote, SetSource,
            ShareCells, UnshareCells, WithdrawAmendment,
        };
        match self {
            Self::RoadMap => &[
                ChangeDetails,
                AddField,
                AddColumn,
                IssueRevision,
                ClosePresidency,
                IssueCorrigendum,
            ],
            Self::Thing(Thing::Field(_)) => &[AddStrand, Retitle, Move, Remove, Restore],
            Self::Thing(Thing::Strand(_)) => {
                &[AddAction, Retitle, SetSource, Move, Remove, Restore]
            }
            Self::Thing(Thing::Action(_)) => &[Retitle, Move, Remove, Restore],
            Self::Thing(Thing::Column(_)) => &[Retitle, SetFootnote, Move, Remove, Restore],
            Self::Cell(..) => &[SetCell, ShareCells, UnshareCells, ProposeAmendment],
            Self::Amendment(_) => &[WithdrawAmendment, AcceptAmendment, DeclineAmendment],
        }
    }
}

/// The kinds of commands about a subject that somebody may give now, undated; bounds apart.
pub fn offered(standing: &Standing<'_>, state: &State, subject: Subject) -> Vec<CommandKind> {
    let may = |kind: &CommandKind| {
        capacity_for(standing, state, *kind, subject).is_some()
            && has_room(state, *kind, subject, standing.recorded_at)
    };
    subject.kinds().iter().copied().filter(may).collect()
}

/// Whether the state of a subject leaves room for a kind of command.
fn has_room(state: &State, kind: CommandKind, subject: Subject, now: Instant) -> bool {
    match (subject, kind) {
        (Subject::RoadMap, CommandKind::ClosePresidency) => has_closable_presidency(state, now),
        (Subject::RoadMap, _) => state.opened().is_some(),
        (Subject::Thing(thing), CommandKind::Restore) => is_restorable(state, thing),
        (Subject::Thing(thing), _) => state.is_present(thing),
        (Subject::Cell(column, action), _)
            if !(state.is_present(Thing::Column(column))
                && state.is_present(Thing::Action(action))) =>
        {
            false
        }
        (Subject::Cell(column, action), CommandKind::UnshareCells) => {
            run_of(state, column, action).len() > 1
        }
        (Subject::Cell(_, action), CommandKind::ShareCells) => has_neighbour(state, action),
        (Subject::Cell(..), _) => true,
        (Subject::Amendment(amendment), kind) => state.amendment(amendment).is_some_and(|held| {
            let there = state.is_present(Thing::Column(held.column))
                && state.is_present(Thing::Action(held.action));
            held.is_open() && (there || kind != CommandKind::AcceptAmendment)
        }),
    }
}

/// Removed itself, and what it stood in is there.
fn is_restorable(state: &State, thing: Thing) -> bool {
    state.is_born(thing)
        && state.is_removed(thing)
        && state
            .parent(thing)
            .is_some_and(|parent| parent.thing().is_none_or(|above| state.is_present(above)))
}

fn has_neighbour(state: &State, action: ActionId) -> bool {
    match state.parent(Thing::Action(action)) {
        Some(Parent::Strand(strand)) => actions_of(state, strand).len() > 1,
        _ => false,
    }
}

/// Whether any term that ended is not sealed yet.
fn has_closable_presidency(state: &State, now: Instant) -> bool {
    let Some(opened) = state.opened() else {
        return false;
    };
    let mut term = Term::of(opened.effective.brussels_day());
    while term.last_instant() < now {
        if presidency::presidency_of(term).is_some_and(|key| state.seal(&key).is_none()) {
            return true;
        }
        term = term.next();
    }
    false
}
