//! Claims about the differences of two states.

use uuid::Uuid;

use super::*;
use crate::bounds::Bounds;
use crate::command::Command;
use crate::content::ContentKind;
use crate::decide::{Base, Batch, View, decide};
use crate::identity::{FieldId, Parent, RoadMapId, StrandId};
use crate::register::Marking;
use crate::standing::Standing;

const FIELD: FieldId = FieldId(Uuid::from_u128(0xF1));
const STRAND: StrandId = StrandId(Uuid::from_u128(0x51));
const OTHER: StrandId = StrandId(Uuid::from_u128(0x52));
const TEXT: ColumnId = ColumnId(Uuid::from_u128(0xC1));
const A: ActionId = ActionId(Uuid::from_u128(0xA1));
const B: ActionId = ActionId(Uuid::from_u128(0xA2));
const C: ActionId = ActionId(Uuid::from_u128(0xA3));

/// The state after some more commands, each a batch of its own.
fn after(before: &State, commands: impl IntoIterator<Item = Command>) -> State {
    let mut head = before.clone();
    for command in commands {
        let recorded_at = head.effective_newest().next();
        let version = head.newest();
        let batch = Batch {
            commands: &[command],
            base: Base {
                version,
                effective: recorded_at,
            },
            standing: Standing::secretariat(recorded_at),
            effective: recorded_at,
        };
        let view = View {
            head: &head,
            version,
            at: None,
            base: None,
            bounds: &Bounds::default(),
        };
        head = decide(view, &batch).unwrap().head;
    }
    head
}

fn table() -> State {
    let strand = |strand| Command::AddStrand {
        strand,
        field: FIELD,
        title: "A strand".to_owned(),
        source: Some("para. 16".to_owned()),
        before: None,
    };
    let commands = [
        Command::OpenRoadMap {
            road_map: RoadMapId(Uuid::from_u128(1)),
            slug: "map".to_owned(),
            title: "A road map".to_owned(),
            marking: Marking::Limite,
            working_party: None,
        },
        Command::AddField {
            field: FIELD,
            title: "A field".to_owned(),
            before: None,
        },
        strand(STRAND),
        strand(OTHER),
        column(TEXT, "progress"),
        add(A),
        add(B),
        add(C),
    ];
    after(&State::default(), commands)
}

fn column(column: ColumnId, key: &str) -> Command {
    Command::AddColumn {
        column,
        key: key.to_owned(),
        heading: key.to_uppercase(),
        kind: ContentKind::Text,
        footnote: None,
        before: None,
    }
}

fn add(action: ActionId) -> Command {
    Command::AddAction {
        action,
        strand: STRAND,
        wording: "An action".to_owned(),
        before: None,
    }
}

fn set(action: ActionId, content: &str) -> Command {
    Command::SetCell {
        column: TEXT,
        action,
        content: content.to_owned(),
    }
}

fn share(actions: &[ActionId], content: &str) -> Command {
    Command::ShareCells {
        column: TEXT,
        actions: actions.to_vec(),
        content: content.to_owned(),
    }
}

const fn remove(thing: Thing) -> Command {
    Command::Remove {
        thing,
        hiding: Vec::new(),
    }
}

fn differences(before: &State, after: &State) -> Vec<Change> {
    let (old, new) = (Outline::of(before), Outline::of(after));
    let before = Outlined {
        state: before,
        outline: &old,
    };
    let after = Outlined {
        state: after,
        outline: &new,
    };
    compare(before, after)
}

fn change(
    subject: ChangeSubject,
    kind: ChangeKind,
    before: Option<&str>,
    after: Option<&str>,
) -> Change {
    Change {
        subject,
        kind,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

#[test]
fn equal_states_have_no_difference() {
    let state = table();
    assert!(differences(&state, &state).is_empty());
    assert!(differences(&State::default(), &State::default()).is_empty());
}

#[test]
fn a_changed_cell_tells_both_texts() {
    let before = after(&table(), [set(A, "expected")]);
    let now = after(&before, [set(A, "reached")]);
    let cell = ChangeSubject::Cell(TEXT, A);
    let changed = ChangeKind::Changed;
    let expected = change(cell, changed, Some("expected"), Some("reached"));
    assert_eq!(differences(&before, &now), [expected]);
}

#[test]
fn a_value_that_was_changed_and_taken_back_is_no_difference() {
    let before = after(&table(), [set(A, "expected")]);
    let now = after(&before, [set(A, "reached"), set(A, "expected")]);
    assert!(differences(&before, &now).is_empty());
}

#[test]
fn a_shared_cell_counts_once() {
    let before = after(&table(), [share(&[A, B, C], "expected")]);
    let now = after(&before, [set(B, "reached")]);
    let cell = ChangeSubject::Cell(TEXT, A);
    let changed = ChangeKind::Changed;
    let expected = change(cell, changed, Some("expected"), Some("reached"));
    assert_eq!(differences(&before, &now), [expected]);
}

#[test]
fn cells_that_are_joined_or_split_with_their_text_are_a_difference_of_sharing() {
    let before = after(&table(), [set(A, "ours"), set(B, "ours")]);
    let now = after(&before, [share(&[A, B], "ours")]);
    let told = differences(&before, &now);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].subject, ChangeSubject::Sharing(TEXT, A));
    let told = differences(&now, &before);
    assert!(!told.is_empty());
    for change in told {
        assert!(matches!(change.subject, ChangeSubject::Sharing(..)));
    }
}

#[test]
fn swapping_the_states_swaps_added_and_removed() {
    let before = table();
    let other = ColumnId(Uuid::from_u128(0xC2));
    let now = after(&before, [remove(Thing::Action(B)), column(other, "notes")]);
    let kinds = |changes: Vec<Change>| -> Vec<(ChangeSubject, ChangeKind)> {
        let kinds = changes.iter().map(|change| (change.subject, change.kind));
        kinds.collect()
    };
    let there = kinds(differences(&before, &now));
    let back = kinds(differences(&now, &before));
    let column = ChangeSubject::Thing(Thing::Column(other));
    let action = ChangeSubject::Thing(Thing::Action(B));
    let (added, removed) = (ChangeKind::Added, ChangeKind::Removed);
    assert_eq!(there, [(column, added), (action, removed)]);
    assert_eq!(back, [(action, added), (column, removed)]);
}

#[test]
fn a_move_tells_the_labels_before_and_after() {
    let before = table();
    let moved = Command::Move {
        thing: Thing::Action(A),
        under: Parent::Strand(OTHER),
        before: None,
    };
    let now = after(&before, [moved]);
    let subject = ChangeSubject::Thing(Thing::Action(A));
    let kind = ChangeKind::Moved;
    let expected = change(subject, kind, Some("A.1.1"), Some("A.2.1"));
    assert_eq!(differences(&before, &now), [expected]);
}

#[test]
fn words_notes_title_and_marking_each_count() {
    let before = table();
    let now = after(
        &before,
        [
            Command::ChangeDetails {
                title: Some("Another title".to_owned()),
                marking: Some(Marking::Public),
                working_party: None,
            },
            Command::Retitle {
                thing: Thing::Strand(STRAND),
                title: "Another strand".to_owned(),
            },
            Command::SetSource {
                strand: STRAND,
                source: None,
            },
            Command::SetFootnote {
                column: TEXT,
                footnote: Some("Added in this revision.".to_owned()),
            },
        ],
    );
    let subjects: Vec<ChangeSubject> = differences(&before, &now)
        .iter()
        .map(|change| change.subject)
        .collect();
    let expected = [
        ChangeSubject::RoadMapTitle,
        ChangeSubject::Marking,
        ChangeSubject::Note(Thing::Column(TEXT)),
        ChangeSubject::Title(Thing::Strand(STRAND)),
        ChangeSubject::Note(Thing::Strand(STRAND)),
    ];
    assert_eq!(subjects, expected);
}

#[test]
fn a_new_action_is_told_once_and_not_cell_by_cell() {
    let before = table();
    let new = ActionId(Uuid::from_u128(0xA4));
    let now = after(&before, [add(new), set(new, "begun")]);
    let subject = ChangeSubject::Thing(Thing::Action(new));
    let expected = change(subject, ChangeKind::Added, None, Some("An action"));
    assert_eq!(differences(&before, &now), [expected]);
}

#[test]
fn differences_stand_in_the_order_of_the_table() {
    let before = table();
    let now = after(
        &before,
        [set(C, "third"), set(A, "first"), set(B, "second")],
    );
    let subjects: Vec<ChangeSubject> = differences(&before, &now)
        .iter()
        .map(|change| change.subject)
        .collect();
    let expected = [A, B, C].map(|action| ChangeSubject::Cell(TEXT, action));
    assert_eq!(subjects, expected);
    // The states need not be in the order of time.
    assert_eq!(differences(&now, &before).len(), 3);
}
