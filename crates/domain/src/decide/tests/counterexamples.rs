//! The sequences that broke earlier forms of the rules, each as a claim about these.

use uuid::Uuid;

use super::scenario::*;
use crate::decide::{Base, ConflictPlace};
use crate::identity::{ActionId, Parent, Thing};
use crate::outline::Outline;
use crate::refusal::Refusal;
use crate::time::Instant;

#[test]
fn a_strand_is_not_removed_before_an_action_that_came_and_went_in_it() {
    let map = Scenario::table()
        .edit(on(2), add(A))
        .edit(on(3), remove(Thing::Action(A)));
    let refusal = map.when(on(1), remove(Thing::Strand(STRAND))).refused();
    assert!(
        matches!(
            refusal,
            Refusal::WouldHide { .. } | Refusal::LayoutLater { .. }
        ),
        "{refusal:?}"
    );
    assert_eq!(map.actions(on(2), STRAND), [A]);
}

#[test]
fn a_column_is_not_retired_before_a_text_that_stands_in_it() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, "visible somewhere"));
    let versions = vec![map.version()];
    let thing = Thing::Column(TEXT);
    map.when(on(0), remove(thing))
        .refused_as(&Refusal::WouldHide { thing, versions });
}

#[test]
fn a_shared_cell_is_not_cut_before_a_text_that_the_copy_would_miss() {
    let map = Scenario::with(&[A, B])
        .edit(on(0), share(&[A, B], "first"))
        .edit(on(2), set(A, "second"));
    map.when(on(0), add_before(C, B))
        .refused_as(&Refusal::TextLater {
            column: TEXT.0,
            later: day(2),
        });
}

#[test]
fn nothing_is_inserted_before_a_later_change_of_the_order() {
    let map = Scenario::with(&[A, B])
        .edit(on(4), share(&[A, B], "shared"))
        .edit(on(5), remove(Thing::Action(A)));
    map.when(on(1), add_before(C, B))
        .refused_as(&Refusal::LayoutLater {
            parent: Parent::Strand(STRAND),
            later: day(5),
        });
    assert_eq!(map.runs(on(4)), [vec![A, B]]);
}

#[test]
fn a_restored_member_of_a_run_shows_the_text_of_the_run_and_not_its_neighbours() {
    let map = Scenario::with(&[C, A, B])
        .edit(on(1), set(C, "Q"))
        .edit(on(1), share(&[A, B], "P"))
        .edit(on(2), remove(Thing::Action(A)))
        .edit(on(3), remove(Thing::Action(B)))
        .edit(on(4), restore(Thing::Action(B)));
    assert_eq!(map.runs(NOW), [vec![C], vec![B]]);
    assert_eq!(map.shown(NOW, B), "P");
    let map = map.edit(on(5), restore(Thing::Action(A)));
    assert_eq!(map.runs(NOW), [vec![C], vec![A], vec![B]]);
    assert_eq!(map.shown(NOW, A), "P");
    assert_eq!(map.shown(NOW, B), "P");
    assert_eq!(map.shown(NOW, C), "Q");
}

#[test]
fn a_value_that_takes_effect_after_what_was_read_is_not_overwritten_unseen() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, "later words"));
    let unseen = map.version();
    let map = map.edit(on(0), set(A, "earlier words"));
    let read = map.base(on(0));
    let conflict = map.when(on(1), set(A, "mine")).reading(read).conflict();
    assert_eq!(conflict.place, ConflictPlace::Cell(TEXT, A));
    assert_eq!(conflict.base.printed(), "earlier words");
    assert_eq!(conflict.theirs.printed(), "later words");
    assert_eq!(conflict.yours.printed(), "mine");
    assert_eq!(conflict.their_version, unseen);
}

#[test]
fn an_edit_acknowledged_by_a_node_whose_clock_lags_is_current() {
    let map = Scenario::with(&[A])
        .clock(day(2_011))
        .edit(NOW, set(A, "by the node at 11"))
        .clock(day(2_010))
        .edit(NOW, set(A, "by the node at 10"));
    assert_eq!(map.shown(NOW, A), "by the node at 10");
    assert_eq!(map.log.recorded_at, day(2_011).next());
}

#[test]
fn thirty_backdated_inserts_at_one_place_leave_room_for_another() {
    let mut map = Scenario::with(&[A, B]);
    let mut expected = vec![A];
    for number in 0..30 {
        let action = ActionId(Uuid::from_u128(0xAA00 + number));
        map = map.edit(on(1), add_before(action, B));
        expected.push(action);
    }
    expected.push(B);
    assert_eq!(map.actions(on(1), STRAND), expected);
    assert_eq!(map.actions(on(0), STRAND), [A, B]);
    for number in 30..60 {
        let action = ActionId(Uuid::from_u128(0xAA00 + number));
        map = map.edit(on(1), add_before(action, expected[1]));
        expected.insert(1, action);
    }
    assert_eq!(map.actions(NOW, STRAND), expected);
}

#[test]
fn a_batch_that_is_known_is_known_whole() {
    let map = Scenario::with(&[A, B]);
    let before = map.version();
    let map = map.edit(on(1), [set(A, "one half"), set(B, "the other half")]);
    let events = &map.log.entries[usize::try_from(before.0).unwrap()..];
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].stamp.effective, events[1].stamp.effective);
    for entry in events {
        // Whatever version is asked for, what is known ends with its batch.
        let state = map.log.as_of(Instant::MAX, entry.batch);
        assert_eq!(state.cell(TEXT, A).printed(), "one half");
        assert_eq!(state.cell(TEXT, B).printed(), "the other half");
    }
}

#[test]
fn a_text_that_a_later_share_took_the_place_of_is_not_hidden_unnamed() {
    let map = Scenario::with(&[A, B]).edit(on(3), set(A, "before the share"));
    let text = map.version();
    let map = map.edit(on(4), share(&[A, B], "shared"));
    let shared = map.version();
    let strand = Thing::Strand(STRAND);
    // To name the share alone is not enough: on 3 another text was shown.
    map.when(on(2), remove_hiding(strand, &[shared])).refused();
    let refusal = map.when(on(2), remove(strand)).refused();
    let told = match &refusal {
        Refusal::WouldHide { versions, .. } => versions.contains(&text),
        Refusal::LayoutLater { .. } => true,
        _ => false,
    };
    assert!(told, "{refusal:?}");
}

#[test]
fn a_text_in_a_strand_that_moved_away_later_is_not_hidden_unnamed() {
    let strand = Thing::Strand(STRAND);
    let away = move_strand(STRAND, OTHER_FIELD);
    let map = Scenario::with(&[A])
        .edit(on(0), add_field(OTHER_FIELD))
        .edit(on(3), set(A, "in the first field"))
        .edit(on(4), remove(Thing::Action(A)))
        .edit(on(5), away);
    let moved = map.version();
    assert_eq!(map.shown(on(3), A), "in the first field");
    assert!(Outline::of(&map.state(on(3))).position(strand).is_some());
    map.when(on(2), remove_hiding(Thing::Field(FIELD), &[moved]))
        .refused();
}

#[test]
fn an_edit_based_on_nothing_meets_what_is_there() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, "theirs"));
    let conflict = map
        .when(on(1), set(A, "mine"))
        .reading(Base::NOTHING)
        .conflict();
    assert_eq!(conflict.base.printed(), "");
    assert_eq!(conflict.theirs.printed(), "theirs");
    assert_eq!(conflict.their_version, map.version());
}

#[test]
fn a_text_of_a_run_that_came_and_went_is_not_hidden_unnamed() {
    let map = Scenario::with(&[B, C])
        .edit(on(0), add_to(OTHER_STRAND, A, None))
        .edit(on(3), move_to(STRAND, A, Some(B)))
        .edit(on(3), share(&[A, B], "first"))
        .edit(on(4), set(A, "on four"))
        .edit(on(5), move_to(OTHER_STRAND, A, None))
        .edit(on(6), share(&[B, C], "on six"));
    let shared = map.version();
    assert_eq!(map.shown(on(4), B), "on four");
    // Neither on 2 nor now does anything in the strand show the text of 4, or a slot made for what stands there.
    map.when(on(2), remove_hiding(Thing::Strand(STRAND), &[shared]))
        .refused();
}
