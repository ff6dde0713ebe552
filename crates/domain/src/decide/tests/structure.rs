//! Claims about adding, moving, removing and restoring, and about what a later effect forbids.

use super::scenario::*;
use crate::command::Command;
use crate::decide::{ConflictPlace, Outcome};
use crate::identity::{Parent, Thing};
use crate::outline::Outline;
use crate::refusal::Refusal;

fn layout_later(parent: Parent, later: i64) -> Refusal {
    let later = day(later);
    Refusal::LayoutLater { parent, later }
}

#[test]
fn nothing_is_added_before_a_later_change_of_its_siblings() {
    let map = Scenario::with(&[A]).edit(on(5), add(B));
    let refusal = layout_later(Parent::Strand(STRAND), 5);
    map.when(on(4), add(C)).refused_as(&refusal);
    // The same instant is not later, and another strand is another order.
    map.when(on(5), add(C)).accepted_as(Outcome::Applied);
    map.when(on(4), add_to(OTHER_STRAND, C, None))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_move_closes_the_past_of_both_strands() {
    let map = Scenario::with(&[A, B]).edit(on(5), move_to(OTHER_STRAND, A, None));
    map.when(on(4), add(C))
        .refused_as(&layout_later(Parent::Strand(STRAND), 5));
    map.when(on(4), add_to(OTHER_STRAND, C, None))
        .refused_as(&layout_later(Parent::Strand(OTHER_STRAND), 5));
    let map = Scenario::with(&[A, B]).edit(on(5), add_to(OTHER_STRAND, C, None));
    map.when(on(4), move_to(OTHER_STRAND, A, None))
        .refused_as(&layout_later(Parent::Strand(OTHER_STRAND), 5));
    let map = Scenario::with(&[A, B]).edit(on(5), add(C));
    map.when(on(4), move_to(OTHER_STRAND, A, None))
        .refused_as(&layout_later(Parent::Strand(STRAND), 5));
}

#[test]
fn removing_and_restoring_close_the_past_of_their_siblings() {
    let map = Scenario::with(&[A, B]).edit(on(5), remove(Thing::Action(A)));
    let refusal = layout_later(Parent::Strand(STRAND), 5);
    map.when(on(4), add(C)).refused_as(&refusal);
    map.when(on(4), remove(Thing::Action(B)))
        .refused_as(&refusal);
    let map = Scenario::with(&[A, B])
        .edit(on(2), remove(Thing::Action(A)))
        .edit(on(5), restore(Thing::Action(A)));
    map.when(on(4), add(C)).refused_as(&refusal);
    let map = Scenario::with(&[A, B])
        .edit(on(2), remove(Thing::Action(A)))
        .edit(on(5), add(C));
    map.when(on(4), restore(Thing::Action(A)))
        .refused_as(&refusal);
}

#[test]
fn fields_and_columns_are_ordered_like_actions() {
    let map = Scenario::table().edit(on(5), add_field(OTHER_FIELD));
    map.when(on(4), remove(Thing::Field(FIELD)))
        .refused_as(&layout_later(Parent::Fields, 5));
    let map = Scenario::table().edit(on(5), remove(Thing::Column(DUE)));
    map.when(on(4), remove(Thing::Column(TEXT)))
        .refused_as(&layout_later(Parent::Columns, 5));
    let outline = Outline::of(&map.state(NOW));
    assert_eq!(outline.columns, [TEXT, ACTORS]);
    assert_eq!(Outline::of(&map.state(on(4))).columns, [TEXT, DUE, ACTORS]);
}

#[test]
fn a_removal_that_would_hide_later_text_names_it_and_is_done_once_it_is_accepted() {
    let map = Scenario::with(&[A]).edit(on(5), set(A, "later"));
    let text = map.version();
    let map = map.edit(on(6), retitle(Thing::Action(A), "Reworded later"));
    let title = map.version();
    for thing in [Thing::Action(A), Thing::Strand(STRAND), Thing::Field(FIELD)] {
        let versions = vec![text, title];
        let refusal = Refusal::WouldHide { thing, versions };
        map.when(on(4), remove(thing)).refused_as(&refusal);
        let versions = vec![title];
        let refusal = Refusal::WouldHide { thing, versions };
        map.when(on(4), remove_hiding(thing, &[text]))
            .refused_as(&refusal);
        let after = map
            .when(on(4), remove_hiding(thing, &[title, text]))
            .accepted_as(Outcome::Applied);
        assert!(after.actions(on(5), STRAND).is_empty());
        assert_eq!(after.actions(on(3), STRAND), [A]);
        // On the very instant of the last change nothing is later.
        map.when(on(6), remove(thing)).accepted_as(Outcome::Applied);
    }
}

#[test]
fn a_strand_and_a_column_hold_words_of_their_own_that_a_removal_would_hide() {
    let source = Command::SetSource {
        strand: STRAND,
        source: Some("Strategy".to_owned()),
    };
    let footnote = Command::SetFootnote {
        column: TEXT,
        footnote: Some("Added in this revision.".to_owned()),
    };
    let heading = retitle(Thing::Column(TEXT), "PROGRESS MADE");
    let cases = [
        (Thing::Strand(STRAND), source),
        (Thing::Column(TEXT), footnote),
        (Thing::Column(TEXT), heading),
        (Thing::Column(TEXT), set(A, "in the column")),
        (Thing::Column(TEXT), share(&[A, B], "in the column")),
    ];
    for (thing, command) in cases {
        let map = Scenario::with(&[A, B]).edit(on(5), command);
        let versions = vec![map.version()];
        let refusal = Refusal::WouldHide { thing, versions };
        map.when(on(4), remove(thing)).refused_as(&refusal);
        map.when(on(5), remove(thing)).accepted_as(Outcome::Applied);
    }
}

#[test]
fn a_move_is_refused_while_something_beneath_takes_effect_later() {
    let map = Scenario::with(&[A])
        .edit(on(0), add_field(OTHER_FIELD))
        .edit(on(5), set(A, "later"));
    let versions = vec![map.version()];
    let refusal = |thing| Refusal::WouldHide {
        thing,
        versions: versions.clone(),
    };
    map.when(on(4), move_to(OTHER_STRAND, A, None))
        .refused_as(&refusal(Thing::Action(A)));
    map.when(on(4), move_strand(STRAND, OTHER_FIELD))
        .refused_as(&refusal(Thing::Strand(STRAND)));
    let map = map.edit(on(5), move_to(OTHER_STRAND, A, None));
    assert_eq!(map.actions(on(5), OTHER_STRAND), [A]);
    assert_eq!(map.shown(on(5), A), "later");
}

#[test]
fn move_into_own_child_is_refused() {
    let map = Scenario::with(&[A, B]);
    let cases = [
        (Thing::Strand(STRAND), Parent::Strand(STRAND)),
        (Thing::Field(FIELD), Parent::Field(FIELD)),
        (Thing::Action(A), Parent::Field(FIELD)),
        (Thing::Strand(STRAND), Parent::Fields),
        (Thing::Column(TEXT), Parent::Fields),
        (Thing::Field(FIELD), Parent::Columns),
    ];
    for (thing, under) in cases {
        let command = Command::Move {
            thing,
            under,
            before: None,
        };
        map.when(NOW, command)
            .refused_as(&Refusal::WrongPlace(thing));
    }
}

#[test]
fn a_thing_stands_before_a_sibling_or_nowhere() {
    let map = Scenario::with(&[A, B]).edit(on(0), add_to(OTHER_STRAND, C, None));
    let refusal = Refusal::WrongPlace(Thing::Action(A));
    map.when(NOW, move_to(STRAND, A, Some(A)))
        .refused_as(&refusal);
    map.when(NOW, move_to(STRAND, A, Some(C)))
        .refused_as(&refusal);
    map.when(NOW, move_to(OTHER_STRAND, A, Some(B)))
        .refused_as(&refusal);
    let refusal = Refusal::WrongPlace(Thing::Action(D));
    map.when(NOW, add_before(D, C)).refused_as(&refusal);
}

#[test]
fn a_move_to_where_it_stands_changes_nothing() {
    let map = Scenario::with(&[A, B, C]);
    let before = map.version();
    let same = map.when(NOW, move_to(STRAND, A, Some(B)));
    let map = same.accepted_as(Outcome::Unchanged);
    let last = map.when(NOW, move_to(STRAND, C, None));
    let map = last.accepted_as(Outcome::Unchanged);
    assert_eq!(map.version(), before);
}

#[test]
fn a_place_that_changed_since_it_was_read_is_a_conflict() {
    let map = Scenario::with(&[A, B]);
    let read = map.base(NOW);
    let map = map.edit(NOW, move_to(OTHER_STRAND, A, None));
    let moved = map.version();
    let conflict = map
        .when(NOW, move_to(STRAND, A, None))
        .reading(read)
        .conflict();
    assert_eq!(conflict.place, ConflictPlace::Place(Thing::Action(A)));
    assert_eq!(conflict.their_version, moved);
    assert!(conflict.base.printed().contains(&STRAND.to_string()));
    assert!(
        conflict
            .theirs
            .printed()
            .contains(&OTHER_STRAND.to_string())
    );
    // Whose neighbours moved may still be moved.
    map.when(NOW, move_to(OTHER_STRAND, B, None))
        .reading(read)
        .accepted_as(Outcome::Applied);
}

#[test]
fn what_is_removed_stays_in_the_past_and_comes_back_where_it_stood() {
    let map = Scenario::with(&[A, B, C])
        .edit(on(1), set(B, "kept"))
        .edit(on(2), remove(Thing::Action(B)));
    assert_eq!(map.actions(NOW, STRAND), [A, C]);
    assert_eq!(map.actions(on(1), STRAND), [A, B, C]);
    let map = map
        .edit(on(3), move_to(STRAND, C, Some(A)))
        .edit(on(4), restore(Thing::Action(B)));
    assert_eq!(map.actions(NOW, STRAND), [C, A, B]);
    assert_eq!(map.shown(NOW, B), "kept");
    assert_eq!(map.actions(on(3), STRAND), [C, A]);
}

#[test]
fn a_strand_comes_back_with_its_actions() {
    let strand = Thing::Strand(STRAND);
    let map = Scenario::with(&[A, B])
        .edit(on(1), remove(Thing::Action(B)))
        .edit(on(2), remove(strand));
    assert!(map.actions(NOW, STRAND).is_empty());
    map.when(NOW, restore(Thing::Action(B)))
        .refused_as(&Refusal::NotFound(strand));
    let map = map.edit(on(3), restore(strand));
    assert_eq!(map.actions(NOW, STRAND), [A]);
}

#[test]
fn what_is_not_removed_is_not_restored() {
    let thing = Thing::Action(A);
    let map = Scenario::with(&[A]);
    map.when(NOW, restore(thing))
        .refused_as(&Refusal::NotRemoved(thing));
    let map = map.edit(on(3), remove(thing));
    map.when(on(2), restore(thing))
        .refused_as(&Refusal::NotRemoved(thing));
    map.when(NOW, remove(thing))
        .refused_as(&Refusal::NotFound(thing));
    map.when(on(3), restore(thing))
        .accepted_as(Outcome::Applied);
}

#[test]
fn an_id_of_another_kind_is_not_found() {
    let map = Scenario::with(&[A]);
    let thing = Thing::Strand(crate::StrandId(A.0));
    map.when(NOW, remove(thing))
        .refused_as(&Refusal::NotFound(thing));
    map.when(NOW, restore(thing))
        .refused_as(&Refusal::NotFound(thing));
    map.when(NOW, retitle(thing, "x"))
        .refused_as(&Refusal::NotFound(thing));
}

#[test]
fn an_event_touches_both_strands_of_a_move() {
    let map = Scenario::with(&[A]);
    let attempt = map.when(NOW, move_to(OTHER_STRAND, A, None));
    let (_, decision) = attempt.accepted();
    let subjects = &decision.events[0].subjects;
    for touched in [A.0, STRAND.0, OTHER_STRAND.0, FIELD.0] {
        assert!(subjects.contains(&touched), "{touched}");
    }
    assert_eq!(subjects.len(), 4);
}
