//! The difference of two states: what was added, removed, moved and changed, in the order of the table.
//!
//! It owns which differences count; the words within a text are `hunk`'s affair.
//! Invariant: two equal states have no difference, and swapping them swaps added and removed.

use std::collections::HashSet;

use crate::content::CellContent;
use crate::identity::{ActionId, ColumnId, Thing};
use crate::outline::Outline;
use crate::register::Register;
use crate::state::State;

#[cfg(test)]
mod tests;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is different.
    pub subject: ChangeSubject,
    /// In which way.
    pub kind: ChangeKind,
    /// The printed text before; none where there was nothing to print.
    pub before: Option<String>,
    /// The printed text after.
    pub after: Option<String>,
}

/// In which way something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is present only after.
    Added,
    /// It is present only before.
    Removed,
    /// It stands elsewhere.
    Moved,
    /// It shows something else.
    Changed,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeSubject {
    /// A thing as a whole: added, removed or moved.
    Thing(Thing),
    /// The words of a thing.
    Title(Thing),
    /// The source of a strand or the footnote of a column.
    Note(Thing),
    /// What a cell shows; for a shared cell, its first action after, or else before.
    Cell(ColumnId, ActionId),
    /// Which actions share a cell that shows the same.
    Sharing(ColumnId, ActionId),
    /// The title of the road map.
    RoadMapTitle,
    /// The marking of the road map.
    Marking,
    /// The working party that the road map is entrusted to.
    WorkingParty,
}

/// A state with its outline.
#[derive(Clone, Copy, Debug)]
pub struct Outlined<'a> {
    /// The state.
    pub state: &'a State,
    /// Its outline.
    pub outline: &'a Outline,
}

/// Every difference: the road map itself, columns, then fields, strands, actions and cells in the order of the table after, and at last what is gone.
pub fn compare(before: Outlined<'_>, after: Outlined<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    compare_details(before.state, after.state, &mut changes);
    let things = things_in_order(after.outline);
    for thing in &things {
        compare_thing(before, after, *thing, &mut changes);
        if let Thing::Action(action) = thing {
            compare_cells(before, after, *action, &mut changes);
        }
    }
    let present: HashSet<Thing> = things.into_iter().collect();
    for thing in things_in_order(before.outline) {
        if !present.contains(&thing) {
            changes.push(Change {
                subject: ChangeSubject::Thing(thing),
                kind: ChangeKind::Removed,
                before: Some(before.state.title(thing).to_owned()),
                after: None,
            });
        }
    }
    changes
}

fn things_in_order(outline: &Outline) -> Vec<Thing> {
    let mut things: Vec<Thing> = outline.columns.iter().copied().map(Thing::Column).collect();
    for field in &outline.fields {
        things.push(Thing::Field(field.id));
        for strand in &field.strands {
            things.push(Thing::Strand(strand.id));
            things.extend(strand.actions.iter().copied().map(Thing::Action));
        }
    }
    things
}

fn compare_details(before: &State, after: &State, changes: &mut Vec<Change>) {
    let printed = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    push_words(
        changes,
        ChangeSubject::RoadMapTitle,
        printed(before.road_map_title()),
        printed(after.road_map_title()),
    );
    let party = |state: &State| state.working_party().map(str::to_owned);
    push_words(
        changes,
        ChangeSubject::WorkingParty,
        party(before),
        party(after),
    );
    if before.marking() != after.marking() && before.opened().is_some() {
        changes.push(Change {
            subject: ChangeSubject::Marking,
            kind: ChangeKind::Changed,
            before: None,
            after: None,
        });
    }
}

fn compare_thing(
    before: Outlined<'_>,
    after: Outlined<'_>,
    thing: Thing,
    changes: &mut Vec<Change>,
) {
    let words = |state: &State| Some(state.title(thing).to_owned());
    if before.outline.position(thing).is_none() {
        changes.push(Change {
            subject: ChangeSubject::Thing(thing),
            kind: ChangeKind::Added,
            before: None,
            after: words(after.state),
        });
        return;
    }
    if before.state.place(thing) != after.state.place(thing) {
        changes.push(Change {
            subject: ChangeSubject::Thing(thing),
            kind: ChangeKind::Moved,
            before: before.outline.label(thing),
            after: after.outline.label(thing),
        });
    }
    let subject = ChangeSubject::Title(thing);
    push_words(changes, subject, words(before.state), words(after.state));
    let register = match thing {
        Thing::Strand(strand) => Register::Source(strand),
        Thing::Column(column) => Register::Footnote(column),
        Thing::Field(_) | Thing::Action(_) => return,
    };
    let note = |state: &State| state.note(&register).map(str::to_owned);
    let subject = ChangeSubject::Note(thing);
    push_words(changes, subject, note(before.state), note(after.state));
}

fn push_words(
    changes: &mut Vec<Change>,
    subject: ChangeSubject,
    before: Option<String>,
    after: Option<String>,
) {
    if before != after {
        changes.push(Change {
            subject,
            kind: ChangeKind::Changed,
            before,
            after,
        });
    }
}

/// Compares what an action shows. A shared cell counts once, at its first action.
fn compare_cells(
    before: Outlined<'_>,
    after: Outlined<'_>,
    action: ActionId,
    changes: &mut Vec<Change>,
) {
    if before.outline.position(Thing::Action(action)).is_none() {
        return;
    }
    for column in &after.outline.columns {
        let was = before.outline.sharers(before.state, *column, action);
        let is = after.outline.sharers(after.state, *column, action);
        let old = before.state.cell(*column, action);
        let new = after.state.cell(*column, action);
        let told_above = is.first().is_some_and(|first| {
            *first != action
                && before.outline.sharers(before.state, *column, *first) == was
                && before.outline.position(Thing::Action(*first)).is_some()
        });
        let column_is_new = before.outline.position(Thing::Column(*column)).is_none();
        if told_above || (column_is_new && *new == CellContent::Blank) {
            continue;
        }
        let subject = if old != new {
            ChangeSubject::Cell(*column, action)
        } else if was != is && (was.len() > 1 || is.len() > 1) && is.first() == Some(&action) {
            ChangeSubject::Sharing(*column, action)
        } else {
            continue;
        };
        changes.push(Change {
            subject,
            kind: ChangeKind::Changed,
            before: Some(old.printed().to_owned()),
            after: Some(new.printed().to_owned()),
        });
    }
}
