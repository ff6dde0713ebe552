//! Shared cells: joining consecutive actions, splitting them, and cutting off what no longer hangs together.
//!
//! It owns the rule that a slot is shown by one run of consecutive actions; structural commands ask it for copies.
//! Invariant: after a decision every slot is shown by at most one run.

use std::collections::HashSet;

use super::scratch::{Scratch, Seen, Stop};
use super::value::{conflict, read_content, redacted, require_same_slot};
use super::{ConflictPlace, Outcome};
use crate::event::{CellCopy, Event};
use crate::identity::{ActionId, ColumnId, Parent, SlotId, StrandId, Thing};
use crate::refusal::Refusal;
use crate::register::Register;
use crate::state::State;

/// The present actions of a strand, in order.
pub(crate) fn actions_of(state: &State, strand: StrandId) -> Vec<ActionId> {
    state
        .children(Parent::Strand(strand))
        .into_iter()
        .filter_map(|thing| match thing {
            Thing::Action(action) => Some(action),
            _ => None,
        })
        .collect()
}

/// The consecutive present actions that show the same slot as this one, itself among them.
pub(crate) fn run_of(state: &State, column: ColumnId, action: ActionId) -> Vec<ActionId> {
    let Some(Parent::Strand(strand)) = state.parent(Thing::Action(action)) else {
        return vec![action];
    };
    let slot = state.slot(column, action);
    actions_of(state, strand)
        .chunk_by(|a, b| (state.slot(column, *a) == slot) == (state.slot(column, *b) == slot))
        .find(|run| run.contains(&action))
        .map_or_else(|| vec![action], <[ActionId]>::to_vec)
}

/// The copies that keep every slot to one run once a strand has this order.
///
/// `apart` is the action that was moved, added or restored: it is the one cut off if it no longer stands beside its run.
pub(super) fn copies_for(
    scratch: &Scratch<'_>,
    order: &[ActionId],
    apart: ActionId,
) -> Result<Vec<CellCopy>, Stop> {
    let at = scratch.at();
    let mut copies = Vec::new();
    for column in at.columns_born() {
        let mut slots: Vec<SlotId> = order.iter().map(|a| at.slot(column, *a)).collect();
        if let Some(index) = order.iter().position(|action| *action == apart) {
            let slot = slots[index];
            let beside = [index.wrapping_sub(1), index + 1]
                .iter()
                .any(|neighbour| slots.get(*neighbour) == Some(&slot));
            if !beside && is_shown_elsewhere(at, column, apart, slot) {
                slots[index] = SlotId::minted(column, apart, scratch.next_version());
                copies.push(copy(scratch, slot, slots[index], vec![apart])?);
            }
        }
        copies.extend(cut_off(scratch, column, order, &slots)?);
    }
    Ok(copies)
}

/// Whether any other action, present or removed, shows this slot.
fn is_shown_elsewhere(at: &State, column: ColumnId, action: ActionId, slot: SlotId) -> bool {
    slot != SlotId::own(column, action)
        && at.places().any(|(thing, _, _)| match thing {
            Thing::Action(other) => other != action && at.slot(column, other) == slot,
            _ => false,
        })
}

/// Fresh slots for every stretch of actions whose slot was shown by an earlier stretch already.
fn cut_off(
    scratch: &Scratch<'_>,
    column: ColumnId,
    order: &[ActionId],
    slots: &[SlotId],
) -> Result<Vec<CellCopy>, Stop> {
    let mut seen = HashSet::new();
    let mut copies = Vec::new();
    let mut start = 0;
    for stretch in slots.chunk_by(|a, b| a == b) {
        let actions = &order[start..start + stretch.len()];
        if !seen.insert(stretch[0]) {
            let fresh = SlotId::minted(column, actions[0], scratch.next_version());
            copies.push(copy(scratch, stretch[0], fresh, actions.to_vec())?);
        }
        start += stretch.len();
    }
    Ok(copies)
}

fn copy(
    scratch: &Scratch<'_>,
    from: SlotId,
    slot: SlotId,
    actions: Vec<ActionId>,
) -> Result<CellCopy, Stop> {
    require_text_not_later(scratch, from)?;
    let content = scratch.at().text(from).clone();
    Ok(CellCopy {
        actions,
        slot,
        content,
    })
}

/// A text set with a later effect would be missing from a copy made now.
fn require_text_not_later(scratch: &Scratch<'_>, slot: SlotId) -> Result<(), Stop> {
    match scratch.later_in_head(&Register::Text(slot)) {
        Some(stamp) => Err(Refusal::TextLater {
            column: slot.column.0,
            later: stamp.effective,
        }
        .into()),
        None => Ok(()),
    }
}

fn require_column_not_later(scratch: &Scratch<'_>, column: ColumnId) -> Result<(), Stop> {
    let thing = Thing::Column(column);
    for register in [Register::Place(thing), Register::Removed(thing)] {
        if let Some(stamp) = scratch.later_in_head(&register) {
            let later = stamp.effective;
            return Err(Refusal::ColumnLater { thing, later }.into());
        }
    }
    Ok(())
}

pub(super) fn share(
    scratch: &mut Scratch<'_>,
    column: ColumnId,
    actions: &[ActionId],
    printed: &str,
) -> Result<Outcome, Stop> {
    scratch.require_present(Thing::Column(column))?;
    for action in actions {
        scratch.require_present(Thing::Action(*action))?;
    }
    let (strand, order, first) = consecutive(scratch.at(), actions)?;
    let run = order[first..first + actions.len()].to_vec();
    let content = read_content(scratch, column, printed)?;
    scratch.require_layout_not_later(Parent::Strand(strand))?;
    require_column_not_later(scratch, column)?;
    for action in &run {
        require_same_slot(scratch, column, *action, &content)?;
        let slot = scratch.at().slot(column, *action);
        require_text_not_later(scratch, slot)?;
        let register = Register::Text(slot);
        match scratch.seen(&register)? {
            Seen::Same => {}
            Seen::Newer => return Err(Refusal::BaseIsLater.into()),
            Seen::Redacted => {
                let place = ConflictPlace::Cell(column, *action);
                return Err(redacted(scratch, &register, place, content));
            }
            Seen::Older(_) => {
                let base = scratch.base_state()?.text(slot).clone();
                let theirs = scratch.at().text(slot).clone();
                let place = ConflictPlace::Cell(column, *action);
                return Err(conflict(scratch, &register, place, base, theirs, content));
            }
        }
    }
    let slot = SlotId::minted(column, run[0], scratch.next_version());
    let mut slots: Vec<SlotId> = order
        .iter()
        .map(|a| scratch.at().slot(column, *a))
        .collect();
    slots[first..first + run.len()].fill(slot);
    let copies = cut_off(scratch, column, &order, &slots)?;
    let mut subjects = scratch.subjects_of(Thing::Strand(strand));
    subjects.push(column.0);
    subjects.extend(
        run.iter()
            .chain(copies.iter().flat_map(|copy| &copy.actions))
            .map(|a| a.0),
    );
    let event = Event::CellsShared {
        strand,
        column,
        actions: run,
        slot,
        content,
        copies,
    };
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}

/// The strand of the actions, its order, and where in it they begin; they must be distinct and consecutive.
fn consecutive(
    at: &State,
    actions: &[ActionId],
) -> Result<(StrandId, Vec<ActionId>, usize), Refusal> {
    let wanted: HashSet<ActionId> = actions.iter().copied().collect();
    let parent = actions
        .first()
        .and_then(|action| at.parent(Thing::Action(*action)));
    let Some(Parent::Strand(strand)) = parent else {
        return Err(Refusal::NotConsecutive);
    };
    let order = actions_of(at, strand);
    let first = order.iter().position(|action| wanted.contains(action));
    let first = first.ok_or(Refusal::NotConsecutive)?;
    let run = order.get(first..first + actions.len());
    let whole = run.is_some_and(|run| run.iter().all(|action| wanted.contains(action)));
    if actions.len() < 2 || wanted.len() != actions.len() || !whole {
        return Err(Refusal::NotConsecutive);
    }
    Ok((strand, order, first))
}

pub(super) fn unshare(
    scratch: &mut Scratch<'_>,
    column: ColumnId,
    action: ActionId,
) -> Result<Outcome, Stop> {
    scratch.require_present(Thing::Column(column))?;
    scratch.require_present(Thing::Action(action))?;
    let Some(Parent::Strand(strand)) = scratch.at().parent(Thing::Action(action)) else {
        return Err(Refusal::NotShared.into());
    };
    let run = run_of(scratch.at(), column, action);
    if run.len() < 2 {
        return Err(Refusal::NotShared.into());
    }
    scratch.require_layout_not_later(Parent::Strand(strand))?;
    require_column_not_later(scratch, column)?;
    let slot = scratch.at().slot(column, action);
    let shown = scratch.at().text(slot).clone();
    for member in &run {
        require_same_slot(scratch, column, *member, &shown)?;
    }
    let version = scratch.next_version();
    let copies = run
        .iter()
        .map(|member| {
            let fresh = SlotId::minted(column, *member, version);
            copy(scratch, slot, fresh, vec![*member])
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut subjects = scratch.subjects_of(Thing::Strand(strand));
    subjects.push(column.0);
    subjects.extend(run.iter().map(|member| member.0));
    let event = Event::CellsUnshared {
        strand,
        column,
        copies,
    };
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}
