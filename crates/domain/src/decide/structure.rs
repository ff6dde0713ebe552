//! Structure: adding, moving, removing and restoring fields, strands, actions and columns.
//!
//! It owns the rules on order and on what a later effect forbids; cutting shared cells is `sharing`'s affair.
//! Invariant: structure beneath a parent changes in the order of effect, so that no as-of state is torn.

use uuid::Uuid;

use super::scratch::{Scratch, Seen, Stop};
use super::sharing::{actions_of, copies_for};
use super::value::{checked_note, checked_title, conflict};
use super::{ConflictPlace, Outcome};
use crate::command::Command;
use crate::content::CellContent;
use crate::event::{CellCopy, Event};
use crate::identity::{ActionId, Parent, Thing, Version};
use crate::rank::Rank;
use crate::refusal::Refusal;
use crate::register::{Register, Value};
use crate::state::State;

const KEY_CHARS_MAX: usize = 64;

pub(super) fn add(scratch: &mut Scratch<'_>, command: &Command) -> Result<Outcome, Stop> {
    let event = match command {
        Command::AddField {
            field,
            title,
            before,
        } => Event::FieldAdded {
            field: *field,
            rank: newborn_rank(
                scratch,
                Thing::Field(*field),
                Parent::Fields,
                before.map(Thing::Field),
            )?,
            title: checked_title(scratch, "field", title)?,
        },
        Command::AddStrand {
            strand,
            field,
            title,
            source,
            before,
        } => {
            let thing = Thing::Strand(*strand);
            let parent = Parent::Field(*field);
            Event::StrandAdded {
                strand: *strand,
                field: *field,
                rank: newborn_rank(scratch, thing, parent, before.map(Thing::Strand))?,
                title: checked_title(scratch, "strand", title)?,
                source: checked_note(scratch, "source", source.as_deref())?,
            }
        }
        Command::AddAction { .. } => added_action(scratch, command)?,
        _ => added_column(scratch, command)?,
    };
    let subjects = newborn_subjects(scratch, &event);
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}

fn added_action(scratch: &Scratch<'_>, command: &Command) -> Result<Event, Stop> {
    let Command::AddAction {
        action,
        strand,
        wording,
        before,
    } = command
    else {
        unreachable!("only commands that add an action are handed over")
    };
    let thing = Thing::Action(*action);
    let parent = Parent::Strand(*strand);
    let before = before.map(Thing::Action);
    Ok(Event::ActionAdded {
        action: *action,
        strand: *strand,
        rank: newborn_rank(scratch, thing, parent, before)?,
        copies: copies_beside(scratch, *action, parent, before)?,
        wording: checked_title(scratch, "action", wording)?,
    })
}

fn added_column(scratch: &Scratch<'_>, command: &Command) -> Result<Event, Stop> {
    let Command::AddColumn {
        column,
        key,
        heading,
        kind,
        footnote,
        before,
    } = command
    else {
        unreachable!("only commands that add a column are handed over")
    };
    let thing = Thing::Column(*column);
    let rank = newborn_rank(scratch, thing, Parent::Columns, before.map(Thing::Column))?;
    require_free_key(scratch.head(), key)?;
    Ok(Event::ColumnAdded {
        column: *column,
        key: key.clone(),
        kind: *kind,
        rank,
        heading: checked_title(scratch, "column", heading)?,
        footnote: checked_note(scratch, "footnote", footnote.as_deref())?,
    })
}

/// A short name or key: it begins with a letter and holds lower-case letters, digits, hyphens and underscores.
pub(super) fn require_well_formed_name(name: &str) -> Result<(), Refusal> {
    let well_formed = name.len() <= KEY_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    if well_formed {
        Ok(())
    } else {
        let shown = name.chars().take(KEY_CHARS_MAX).collect();
        Err(Refusal::MalformedName(shown))
    }
}

fn require_free_key(head: &State, key: &str) -> Result<(), Refusal> {
    require_well_formed_name(key)?;
    let taken = head
        .columns_born()
        .any(|column| head.column(column).is_some_and(|(held, _)| held == key));
    if taken {
        Err(Refusal::ColumnKeyTaken(key.to_owned()))
    } else {
        Ok(())
    }
}

/// Checks that a thing may be born beneath a parent, and finds its rank.
fn newborn_rank(
    scratch: &Scratch<'_>,
    thing: Thing,
    parent: Parent,
    before: Option<Thing>,
) -> Result<Rank, Stop> {
    if scratch.head().birth(thing.uuid()).is_some() {
        return Err(Refusal::IdTaken(thing.uuid()).into());
    }
    let bounds = scratch.bounds();
    let (what, max) = match thing {
        Thing::Field(_) => ("fields", bounds.fields_max),
        Thing::Strand(_) => ("strands", bounds.strands_max),
        Thing::Action(_) => ("actions", bounds.actions_max),
        Thing::Column(_) => ("columns", bounds.columns_max),
    };
    let alike = |other: &Thing| std::mem::discriminant(other) == std::mem::discriminant(&thing);
    let born = scratch
        .head()
        .places()
        .filter(|(other, _, _)| alike(other))
        .count();
    if born >= max {
        return Err(Refusal::TooMany { what, max }.into());
    }
    if let Some(above) = parent.thing() {
        scratch.require_present(above)?;
    }
    scratch.require_layout_not_later(parent)?;
    rank_before(scratch, thing, parent, before)
}

/// A rank strictly between the left neighbour at the batch's instant and the next rank ever issued there.
fn rank_before(
    scratch: &Scratch<'_>,
    thing: Thing,
    parent: Parent,
    before: Option<Thing>,
) -> Result<Rank, Stop> {
    let mut siblings = scratch.at().children(parent);
    siblings.retain(|sibling| *sibling != thing);
    let index = match before {
        None => siblings.len(),
        Some(next) => siblings
            .iter()
            .position(|sibling| *sibling == next)
            .ok_or(Refusal::WrongPlace(thing))?,
    };
    let left = index
        .checked_sub(1)
        .and_then(|left| scratch.at().place(siblings[left]))
        .map(|(_, rank)| rank);
    let right = scratch.head().next_rank(parent, left);
    Rank::between(left, right).ok_or_else(|| Refusal::WrongPlace(thing).into())
}

/// The copies that are needed once an action stands before another one in a strand.
fn copies_beside(
    scratch: &Scratch<'_>,
    action: ActionId,
    parent: Parent,
    before: Option<Thing>,
) -> Result<Vec<CellCopy>, Stop> {
    let Parent::Strand(strand) = parent else {
        return Ok(Vec::new());
    };
    let mut order = actions_of(scratch.at(), strand);
    order.retain(|other| *other != action);
    let index = order
        .iter()
        .position(|other| before == Some(Thing::Action(*other)))
        .unwrap_or(order.len());
    order.insert(index, action);
    copies_for(scratch, &order, action)
}

fn newborn_subjects(scratch: &Scratch<'_>, event: &Event) -> Vec<Uuid> {
    match event {
        Event::FieldAdded { field, .. } => vec![field.0],
        Event::ColumnAdded { column, .. } => vec![column.0],
        Event::StrandAdded { strand, field, .. } => vec![strand.0, field.0],
        Event::ActionAdded {
            action,
            strand,
            copies,
            ..
        } => {
            let mut subjects = vec![action.0];
            subjects.extend(scratch.subjects_of(Thing::Strand(*strand)));
            subjects.extend(copied(copies));
            subjects
        }
        _ => Vec::new(),
    }
}

fn copied(copies: &[CellCopy]) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = copies
        .iter()
        .flat_map(|copy| copy.actions.iter().map(|action| action.0))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn merge_subjects(mut subjects: Vec<Uuid>, more: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
    for id in more {
        if !subjects.contains(&id) {
            subjects.push(id);
        }
    }
    subjects
}

pub(super) fn move_thing(
    scratch: &mut Scratch<'_>,
    thing: Thing,
    under: Parent,
    before: Option<Thing>,
) -> Result<Outcome, Stop> {
    scratch.require_present(thing)?;
    if !under.holds(thing) || before == Some(thing) {
        return Err(Refusal::WrongPlace(thing).into());
    }
    if let Some(above) = under.thing() {
        scratch.require_present(above)?;
    }
    let from = scratch.at().parent(thing).ok_or(Refusal::NotFound(thing))?;
    scratch.require_layout_not_later(from)?;
    scratch.require_layout_not_later(under)?;
    require_nothing_later_beneath(scratch, thing, &[])?;
    require_same_place(scratch, thing, under, before)?;
    if from == under && stands_before(scratch.at(), thing, under, before) {
        return Ok(Outcome::Unchanged);
    }
    let rank = rank_before(scratch, thing, under, before)?;
    let copies = match thing {
        Thing::Action(action) => copies_beside(scratch, action, under, before)?,
        _ => Vec::new(),
    };
    let new_home = under
        .thing()
        .map_or_else(Vec::new, |above| scratch.subjects_of(above));
    let subjects = merge_subjects(scratch.subjects_of(thing), new_home);
    let subjects = merge_subjects(subjects, copied(&copies));
    let event = Event::Moved {
        thing,
        from,
        to: under,
        rank,
        copies,
    };
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}

/// Whether the thing already stands where it is to be moved.
fn stands_before(at: &State, thing: Thing, under: Parent, before: Option<Thing>) -> bool {
    let siblings = at.children(under);
    let index = siblings.iter().position(|sibling| *sibling == thing);
    index.is_some_and(|index| siblings.get(index + 1).copied() == before)
}

/// Order is a closed value: a place that changed since it was read is a conflict.
fn require_same_place(
    scratch: &Scratch<'_>,
    thing: Thing,
    under: Parent,
    before: Option<Thing>,
) -> Result<(), Stop> {
    let register = Register::Place(thing);
    match scratch.seen(&register)? {
        Seen::Same | Seen::Redacted => Ok(()),
        Seen::Newer => Err(Refusal::BaseIsLater.into()),
        Seen::Older(read) => {
            let read = match read.as_ref().map(|held| &*held.value) {
                Some(Value::Place(parent, _)) => CellContent::of_words(&place_words(*parent, None)),
                _ => CellContent::of_words(""),
            };
            let now = scratch.at().parent(thing).unwrap_or(under);
            let theirs = CellContent::of_words(&place_words(now, None));
            let yours = CellContent::of_words(&place_words(under, before));
            let place = ConflictPlace::Place(thing);
            Err(conflict(scratch, &register, place, read, theirs, yours))
        }
    }
}

fn place_words(parent: Parent, before: Option<Thing>) -> String {
    let within = parent.thing().map_or_else(
        || "in the road map".to_owned(),
        |above| format!("in {above}"),
    );
    before.map_or_else(|| within.clone(), |next| format!("{within}, before {next}"))
}

pub(super) fn remove(
    scratch: &mut Scratch<'_>,
    thing: Thing,
    hiding: &[Version],
) -> Result<Outcome, Stop> {
    scratch.require_present(thing)?;
    let parent = scratch.at().parent(thing).ok_or(Refusal::NotFound(thing))?;
    scratch.require_layout_not_later(parent)?;
    require_same_structure_beneath(scratch, thing)?;
    require_nothing_later_beneath(scratch, thing, hiding)?;
    let subjects = scratch.subjects_of(thing);
    scratch.emit(Event::Removed { thing, parent }, subjects)?;
    Ok(Outcome::Applied)
}

pub(super) fn restore(scratch: &mut Scratch<'_>, thing: Thing) -> Result<Outcome, Stop> {
    if !scratch.at().is_born(thing) {
        return Err(Refusal::NotFound(thing).into());
    }
    if !scratch.at().is_removed(thing) {
        return Err(Refusal::NotRemoved(thing).into());
    }
    let Some((parent, rank)) = scratch.at().place(thing) else {
        return Err(Refusal::NotFound(thing).into());
    };
    if let Some(above) = parent.thing() {
        scratch.require_present(above)?;
    }
    scratch.require_layout_not_later(parent)?;
    if let Some(stamp) = scratch.later_in_head(&Register::Removed(thing)) {
        let later = stamp.effective;
        return Err(Refusal::RemovedLater { thing, later }.into());
    }
    let copies = match thing {
        Thing::Action(action) => {
            let next = scratch.at().children(parent).into_iter().find(|sibling| {
                let place = scratch.at().place(*sibling);
                place.is_some_and(|(_, other)| (other, *sibling) > (rank, thing))
            });
            copies_beside(scratch, action, parent, next)?
        }
        _ => Vec::new(),
    };
    let subjects = merge_subjects(scratch.subjects_of(thing), copied(&copies));
    let event = Event::Restored {
        thing,
        parent,
        copies,
    };
    scratch.emit(event, subjects)?;
    Ok(Outcome::Applied)
}

/// Names can only be given to texts that still stand beneath the thing: what was shown there for a while and then moved
/// away or was shared would be hidden unnamed. So nothing beneath may have changed its order or sharing later.
fn require_same_structure_beneath(scratch: &Scratch<'_>, thing: Thing) -> Result<(), Stop> {
    let Some(parent) = thing.as_parent() else {
        return Ok(());
    };
    scratch.require_layout_not_later(parent)?;
    for child in scratch.at().children(parent) {
        require_same_structure_beneath(scratch, child)?;
    }
    Ok(())
}

/// Removing or moving is refused while something at or beneath takes effect later and is not named.
fn require_nothing_later_beneath(
    scratch: &Scratch<'_>,
    thing: Thing,
    hiding: &[Version],
) -> Result<(), Stop> {
    let mut versions = Vec::new();
    later_versions(scratch, thing, &mut versions);
    versions.retain(|version| !hiding.contains(version));
    versions.sort_unstable();
    versions.dedup();
    if versions.is_empty() {
        Ok(())
    } else {
        Err(Refusal::WouldHide { thing, versions }.into())
    }
}

fn later_versions(scratch: &Scratch<'_>, thing: Thing, versions: &mut Vec<Version>) {
    let head = scratch.head();
    let mut registers = vec![
        Register::Born(thing.uuid()),
        Register::Removed(thing),
        Register::Place(thing),
        Register::Title(thing),
    ];
    match thing {
        Thing::Field(_) => {}
        Thing::Strand(strand) => registers.push(Register::Source(strand)),
        Thing::Action(action) => {
            for column in head.columns_born() {
                registers.push(Register::Slot(column, action));
                registers.push(Register::Text(head.slot(column, action)));
            }
        }
        Thing::Column(column) => {
            registers.push(Register::Footnote(column));
            registers.extend(head.registers_of_column(column).cloned());
        }
    }
    if let Some(parent) = thing.as_parent() {
        registers.push(Register::Layout(parent));
        for (child, above, _) in head.places() {
            if above == parent {
                later_versions(scratch, child, versions);
            }
        }
    }
    let later = registers
        .iter()
        .filter_map(|register| scratch.later_in_head(register))
        .map(|stamp| stamp.version);
    versions.extend(later);
}
