//! Amending: proposing a text for a cell, and withdrawing, accepting or declining what was proposed.
//!
//! It owns the life of an amendment; how an accepted text meets the one that is there is `value`'s affair.
//! Invariant: an amendment leaves its first state once, and not before the instant at which it came into it.

use uuid::Uuid;

use super::Outcome;
use super::scratch::{Scratch, Seen, Stop};
use super::value::{accept_text, cell_subjects, checked_title, read_content, set_cell};
use crate::amendment::{Amendment, Proposal};
use crate::command::Command;
use crate::event::Event;
use crate::identity::{ActionId, AmendmentId, ColumnId, Thing};
use crate::refusal::Refusal;
use crate::register::Register;

pub(super) fn decide(scratch: &mut Scratch<'_>, command: &Command) -> Result<Outcome, Stop> {
    match command {
        Command::ProposeAmendment {
            amendment,
            column,
            action,
            content,
        } => propose(scratch, *amendment, *column, *action, content),
        Command::WithdrawAmendment { amendment } => {
            let (column, action) = require_open(scratch, *amendment)?;
            let event = Event::AmendmentWithdrawn {
                amendment: *amendment,
                column,
                action,
            };
            settle(scratch, *amendment, event)
        }
        Command::DeclineAmendment { amendment, reason } => {
            let (column, action) = require_open(scratch, *amendment)?;
            let event = Event::AmendmentDeclined {
                amendment: *amendment,
                column,
                action,
                reason: checked_title(scratch, "reason", reason)?,
            };
            settle(scratch, *amendment, event)
        }
        Command::AcceptAmendment { amendment, content } => {
            accept(scratch, *amendment, content.as_deref())
        }
        _ => unreachable!("only commands on amendments are handed over"),
    }
}

fn propose(
    scratch: &mut Scratch<'_>,
    amendment: AmendmentId,
    column: ColumnId,
    action: ActionId,
    printed: &str,
) -> Result<Outcome, Stop> {
    if scratch.head().birth(amendment.0).is_some() {
        return Err(Refusal::IdTaken(amendment.0).into());
    }
    scratch.require_present(Thing::Action(action))?;
    scratch.require_present(Thing::Column(column))?;
    let content = read_content(scratch, column, printed)?;
    if content == *scratch.at().cell(column, action) {
        return Ok(Outcome::Unchanged);
    }
    require_room(scratch, column, action)?;
    let proposal = Proposal {
        content,
        ..seen_proposal(scratch, column, action)?
    };
    let subjects = amendment_subjects(scratch, amendment, column, action);
    let event = Event::AmendmentProposed {
        amendment,
        column,
        action,
        proposal: Box::new(proposal),
    };
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}

/// A proposal against what the client read; its content is the text that was read.
fn seen_proposal(
    scratch: &Scratch<'_>,
    column: ColumnId,
    action: ActionId,
) -> Result<Proposal, Stop> {
    let same_slot = scratch.seen(&Register::Slot(column, action))?;
    let slot = scratch.at().slot(column, action);
    let same_text = scratch.seen(&Register::Text(slot))?;
    let read = match (same_slot, same_text) {
        (Seen::Newer, _) | (_, Seen::Newer) => return Err(Refusal::BaseIsLater.into()),
        (Seen::Same, Seen::Same) => scratch.at(),
        _ => scratch.base_state()?,
    };
    let slot = read.slot(column, action);
    let base = read.text(slot).clone();
    Ok(Proposal {
        slot,
        base_stamp: read.stamp(&Register::Text(slot)).unwrap_or_default(),
        content: base.clone(),
        base,
        proposer: scratch.author().to_owned(),
    })
}

fn require_room(scratch: &Scratch<'_>, column: ColumnId, action: ActionId) -> Result<(), Refusal> {
    let bounds = scratch.bounds();
    let head = scratch.head();
    let of_cell = head.amendments_of(column, action);
    let of_road_map = head.amendments();
    for (what, open, max) in [
        (
            "open amendments of a cell",
            of_cell.filter(Amendment::is_open).count(),
            bounds.cell_amendments_max,
        ),
        (
            "open amendments of a road map",
            of_road_map.filter(Amendment::is_open).count(),
            bounds.amendments_max,
        ),
    ] {
        if open >= max {
            return Err(Refusal::TooMany { what, max });
        }
    }
    Ok(())
}

/// The cell of an amendment that waits to be decided, and was proposed by the instant at which the batch takes effect.
fn require_open(
    scratch: &Scratch<'_>,
    amendment: AmendmentId,
) -> Result<(ColumnId, ActionId), Refusal> {
    let held = scratch.head().amendment(amendment);
    let held = held.filter(|_| scratch.at().amendment(amendment).is_some());
    let held = held.ok_or(Refusal::NoAmendment(amendment))?;
    if !held.is_open() {
        return Err(Refusal::AmendmentDecided {
            amendment,
            state: held.state.as_str(),
            by: held.since.version,
        });
    }
    Ok((held.column, held.action))
}

fn settle(
    scratch: &mut Scratch<'_>,
    amendment: AmendmentId,
    event: Event,
) -> Result<Outcome, Stop> {
    let (column, action) = require_open(scratch, amendment)?;
    let subjects = amendment_subjects(scratch, amendment, column, action);
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}

/// Sets the cell in the same batch: to the text given, or to the proposed one as it merges with what is there.
fn accept(
    scratch: &mut Scratch<'_>,
    amendment: AmendmentId,
    content: Option<&str>,
) -> Result<Outcome, Stop> {
    let (column, action) = require_open(scratch, amendment)?;
    scratch.require_present(Thing::Action(action))?;
    scratch.require_present(Thing::Column(column))?;
    let held = scratch.head().amendment(amendment);
    let proposal = held.map(|held| held.proposal.clone());
    let proposal = proposal.ok_or(Refusal::NoAmendment(amendment))?;
    settle(
        scratch,
        amendment,
        Event::AmendmentAccepted {
            amendment,
            column,
            action,
        },
    )?;
    let outcome = match content {
        Some(printed) => set_cell(scratch, column, action, printed)?,
        None => accept_text(scratch, column, action, proposal)?,
    };
    // The amendment is accepted even if its text was there already.
    Ok(match outcome {
        Outcome::Unchanged => Outcome::Applied,
        outcome => outcome,
    })
}

fn amendment_subjects(
    scratch: &Scratch<'_>,
    amendment: AmendmentId,
    column: ColumnId,
    action: ActionId,
) -> Vec<Uuid> {
    let mut subjects = cell_subjects(scratch, column, action);
    subjects.push(amendment.0);
    subjects
}
