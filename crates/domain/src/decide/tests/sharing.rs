//! Claims about shared cells: what is joined, what is split, and what is cut off with a copy.

use super::scenario::*;
use crate::command::Command;
use crate::content::CellContent;
use crate::decide::{ConflictPlace, Outcome};
use crate::event::Event;
use crate::identity::{ActionId, Parent, SlotId, Thing};
use crate::refusal::Refusal;

/// Every action of the first strand shows this text now.
fn all_show(map: &Scenario, actions: &[ActionId], text: &str) {
    for action in actions {
        assert_eq!(map.shown(NOW, *action), text);
    }
}

fn text_later(later: i64) -> Refusal {
    Refusal::TextLater {
        column: TEXT.0,
        later: day(later),
    }
}

#[test]
fn a_shared_cell_is_set_for_all_its_actions() {
    let map = Scenario::with_shared_abc("ours");
    all_show(&map, &[A, B, C], "ours");
    assert_eq!(map.runs(NOW), [vec![A, B, C]]);
    let attempt = map.when(NOW, set(B, "ours, revised"));
    let (map, decision) = attempt.accepted();
    all_show(&map, &[A, B, C], "ours, revised");
    for action in [A, B, C] {
        assert!(decision.events[0].subjects.contains(&action.0));
    }
}

#[test]
fn a_share_mints_one_slot_for_its_actions_in_their_order() {
    let map = Scenario::with(&[A, B, C]);
    let by = map.version().next();
    let (map, decision) = map.when(NOW, share(&[C, B], "ours")).accepted();
    let slot = SlotId::minted(TEXT, B, by);
    let expected = Event::CellsShared {
        strand: STRAND,
        column: TEXT,
        actions: vec![B, C],
        slot,
        content: CellContent::of_words("ours"),
        copies: Vec::new(),
    };
    assert_eq!(decision.events[0].event, expected);
    assert_eq!(map.runs(NOW), [vec![A], vec![B, C]]);
}

#[test]
fn only_two_or_more_consecutive_actions_of_one_strand_share() {
    let map = Scenario::with(&[A, B, C]).edit(on(0), add_to(OTHER_STRAND, D, None));
    let cases: [&[ActionId]; 6] = [&[], &[A], &[A, C], &[A, A], &[C, D], &[D, A]];
    for actions in cases {
        map.when(NOW, share(actions, "ours"))
            .refused_as(&Refusal::NotConsecutive);
    }
}

#[test]
fn what_stands_between_is_part_of_the_order_only_while_it_is_present() {
    let map = Scenario::with(&[A, B, C]);
    map.when(on(2), share(&[A, C], "ours"))
        .refused_as(&Refusal::NotConsecutive);
    let map = map
        .edit(on(1), remove(Thing::Action(B)))
        .edit(on(2), share(&[A, C], "ours"));
    assert_eq!(map.runs(NOW), [vec![A, C]]);
    map.when(on(3), share(&[A, B], "ours"))
        .refused_as(&Refusal::NotFound(Thing::Action(B)));
}

#[test]
fn a_share_needs_the_texts_that_its_author_read() {
    let map = Scenario::with(&[A, B]).edit(on(1), set(B, "seen"));
    let read = map.base(NOW);
    let map = map.edit(NOW, set(B, "not seen"));
    let conflict = map
        .when(NOW, share(&[A, B], "ours"))
        .reading(read)
        .conflict();
    assert_eq!(conflict.place, ConflictPlace::Cell(TEXT, B));
    assert_eq!(conflict.base.printed(), "seen");
    assert_eq!(conflict.theirs.printed(), "not seen");
    assert_eq!(conflict.yours.printed(), "ours");
    assert_eq!(conflict.their_version, map.version());
}

#[test]
fn a_share_of_cells_that_were_shared_meanwhile_conflicts_over_their_sharing() {
    let map = Scenario::with(&[A, B, C]);
    let read = map.base(NOW);
    let map = map.edit(NOW, share(&[B, C], "theirs"));
    let conflict = map
        .when(NOW, share(&[A, B], "mine"))
        .reading(read)
        .conflict();
    assert_eq!(conflict.place, ConflictPlace::Sharing(TEXT, B));
}

#[test]
fn a_share_is_refused_before_what_takes_effect_later() {
    let both = [A, B];
    let map = Scenario::with(&both).edit(on(5), set(B, "later"));
    map.when(on(4), share(&both, "ours"))
        .refused_as(&text_later(5));
    map.when(on(5), share(&both, "ours"))
        .accepted_as(Outcome::Applied);

    let map = Scenario::with(&both).edit(on(5), add(C));
    let parent = Parent::Strand(STRAND);
    map.when(on(4), share(&both, "ours"))
        .refused_as(&Refusal::LayoutLater {
            parent,
            later: day(5),
        });

    let thing = Thing::Column(TEXT);
    let moved = Command::Move {
        thing,
        under: Parent::Columns,
        before: None,
    };
    for command in [moved, remove(thing)] {
        let map = Scenario::with(&both).edit(on(5), command);
        map.when(on(4), share(&both, "ours"))
            .refused_as(&Refusal::ColumnLater {
                thing,
                later: day(5),
            });
    }
}

#[test]
fn an_unshare_is_refused_before_what_takes_effect_later() {
    let map = Scenario::with_shared_abc("ours").edit(on(5), set(A, "later"));
    map.when(on(4), unshare(B)).refused_as(&text_later(5));
    let map = Scenario::with_shared_abc("ours").edit(on(5), add(D));
    map.when(on(4), unshare(B))
        .refused_as(&Refusal::LayoutLater {
            parent: Parent::Strand(STRAND),
            later: day(5),
        });
    let thing = Thing::Column(TEXT);
    let map = Scenario::with_shared_abc("ours").edit(on(5), remove(thing));
    map.when(on(4), unshare(B))
        .refused_as(&Refusal::ColumnLater {
            thing,
            later: day(5),
        });
}

#[test]
fn sharing_and_splitting_close_the_past_of_their_strand() {
    let parent = Parent::Strand(STRAND);
    let shared = Scenario::with(&[A, B]).edit(on(5), share(&[A, B], "ours"));
    let split = Scenario::with_shared_abc("ours").edit(on(5), unshare(A));
    for map in [shared, split] {
        let later = day(5);
        map.when(on(4), add(D))
            .refused_as(&Refusal::LayoutLater { parent, later });
        map.when(on(5), add(D)).accepted_as(Outcome::Applied);
    }
}

#[test]
fn an_unshared_cell_leaves_each_action_a_copy_of_its_own() {
    let map = Scenario::with_shared_abc("ours");
    let (map, decision) = map.when(on(2), unshare(B)).accepted();
    assert_eq!(decision.outcomes, [Outcome::Applied]);
    assert_eq!(map.runs(NOW), [vec![A], vec![B], vec![C]]);
    assert_eq!(map.runs(on(1)), [vec![A, B, C]]);
    all_show(&map, &[A, B, C], "ours");
    let map = map.edit(on(3), set(B, "mine"));
    all_show(&map, &[A, C], "ours");
    assert_eq!(map.shown(NOW, B), "mine");
    assert_eq!(map.shown(on(2), B), "ours");
    map.when(NOW, unshare(B)).refused_as(&Refusal::NotShared);
}

#[test]
fn an_unshare_by_somebody_who_read_another_sharing_is_a_conflict() {
    let map = Scenario::with_shared_abc("ours");
    let read = map.base(NOW);
    let map = map.edit(NOW, share(&[B, C], "theirs"));
    let conflict = map.when(NOW, unshare(B)).reading(read).conflict();
    assert_eq!(conflict.place, ConflictPlace::Sharing(TEXT, B));
}

#[test]
fn a_share_over_a_part_of_a_run_cuts_the_rest_in_two() {
    let map = Scenario::with(&[A, B, C, D])
        .edit(on(1), share(&[A, B, C, D], "ours"))
        .edit(on(2), share(&[B, C], "the middle"));
    assert_eq!(map.runs(NOW), [vec![A], vec![B, C], vec![D]]);
    all_show(&map, &[A, D], "ours");
    all_show(&map, &[B, C], "the middle");
    let map = map.edit(on(3), set(A, "alone"));
    assert_eq!(map.shown(NOW, D), "ours");
}

#[test]
fn an_insert_into_a_run_cuts_it_and_the_far_part_gets_a_copy() {
    let map = Scenario::with_shared_abc("ours");
    let (map, decision) = map.when(on(2), add_before(D, B)).accepted();
    assert_eq!(map.runs(NOW), [vec![A], vec![D], vec![B, C]]);
    all_show(&map, &[A, B, C], "ours");
    assert_eq!(map.shown(NOW, D), "");
    for action in [A, B, C] {
        let touched = decision.events[0].subjects.contains(&action.0);
        assert_eq!(touched, action != A, "what was cut off is touched");
    }
    let map = map.edit(on(3), set(C, "the far part"));
    assert_eq!(map.shown(NOW, A), "ours");
    assert_eq!(map.shown(NOW, B), "the far part");
}

#[test]
fn an_insert_at_the_edge_of_a_run_cuts_nothing() {
    let map = Scenario::with_shared_abc("ours").edit(on(2), add_before(D, A));
    assert_eq!(map.runs(NOW), [vec![D], vec![A, B, C]]);
    let map = Scenario::with_shared_abc("ours").edit(on(2), add(D));
    assert_eq!(map.runs(NOW), [vec![A, B, C], vec![D]]);
}

#[test]
fn an_insert_cuts_the_runs_of_every_column() {
    let in_actors = Command::ShareCells {
        column: ACTORS,
        actions: vec![A, B],
        content: "COM\nMS".to_owned(),
    };
    let map = Scenario::with_shared_abc("ours").edit(on(1), in_actors);
    let (map, decision) = map.when(on(2), add_before(D, B)).accepted();
    let Event::ActionAdded { copies, .. } = &decision.events[0].event else {
        panic!("an action is added");
    };
    assert_eq!(copies.len(), 2);
    for action in [A, B] {
        assert_eq!(map.shown_in(ACTORS, NOW, action), "COM\nMS");
    }
    let map = map.edit(on(3), set_in(ACTORS, B, "EEAS"));
    assert_eq!(map.shown_in(ACTORS, NOW, A), "COM\nMS");
}

#[test]
fn a_retired_column_keeps_its_runs_whole_for_the_day_it_comes_back() {
    let column = Thing::Column(TEXT);
    let map = Scenario::with_shared_abc("ours")
        .edit(on(2), remove(column))
        .edit(on(3), add_before(D, C))
        .edit(on(4), restore(column));
    assert_eq!(map.runs(NOW), [vec![A, B], vec![D], vec![C]]);
    all_show(&map, &[A, B, C], "ours");
    let map = map.edit(on(5), set(A, "the first part"));
    all_show(&map, &[A, B], "the first part");
    assert_eq!(
        map.shown(NOW, C),
        "ours",
        "the part that was cut off has a text of its own"
    );
}

#[test]
fn a_move_out_of_a_run_takes_a_copy_along() {
    for (moved, rest) in [(A, [B, C]), (B, [A, C]), (C, [A, B])] {
        let map = Scenario::with_shared_abc("ours");
        let map = map.edit(on(2), move_to(OTHER_STRAND, moved, None));
        assert_eq!(map.runs(NOW), [rest.to_vec()]);
        all_show(&map, &[A, B, C], "ours");
        let map = map.edit(on(3), set(rest[0], "the rest"));
        all_show(&map, &rest, "the rest");
        assert_eq!(map.shown(NOW, moved), "ours");
    }
}

#[test]
fn a_move_out_of_a_run_is_refused_before_a_later_text() {
    let map = Scenario::with_shared_abc("ours").edit(on(5), set(B, "later"));
    let versions = vec![map.version()];
    let thing = Thing::Action(A);
    map.when(on(4), move_to(OTHER_STRAND, A, None))
        .refused_as(&Refusal::WouldHide { thing, versions });
}

#[test]
fn a_move_within_its_run_keeps_it_whole() {
    let map = Scenario::with_shared_abc("ours").edit(on(2), move_to(STRAND, A, None));
    assert_eq!(map.runs(NOW), [vec![B, C, A]]);
}

#[test]
fn a_move_away_from_its_run_within_the_strand_takes_a_copy_along() {
    let map = Scenario::with_shared_abc("ours")
        .edit(on(1), add(D))
        .edit(on(2), move_to(STRAND, A, None));
    assert_eq!(map.runs(NOW), [vec![B, C], vec![D], vec![A]]);
    let map = map.edit(on(3), set(A, "alone"));
    all_show(&map, &[B, C], "ours");
}

#[test]
fn a_move_into_a_run_cuts_it() {
    let map = Scenario::with_shared_abc("ours")
        .edit(on(1), add_to(OTHER_STRAND, D, None))
        .edit(on(2), move_to(STRAND, D, Some(C)));
    assert_eq!(map.runs(NOW), [vec![A, B], vec![D], vec![C]]);
    all_show(&map, &[A, B, C], "ours");
}

#[test]
fn a_removal_from_the_middle_of_a_run_leaves_it_whole() {
    let map = Scenario::with_shared_abc("ours").edit(on(2), remove(Thing::Action(B)));
    assert_eq!(map.runs(NOW), [vec![A, C]]);
    let map = map.edit(on(3), set(A, "revised"));
    assert_eq!(map.shown(NOW, C), "revised");
    let map = map.edit(on(4), restore(Thing::Action(B)));
    assert_eq!(map.runs(NOW), [vec![A, B, C]]);
    assert_eq!(map.shown(NOW, B), "revised");
}

#[test]
fn a_restore_into_a_run_cuts_it() {
    let map = Scenario::with(&[A, D, B])
        .edit(on(1), set(D, "mine"))
        .edit(on(1), remove(Thing::Action(D)))
        .edit(on(2), share(&[A, B], "ours"))
        .edit(on(3), restore(Thing::Action(D)));
    assert_eq!(map.runs(NOW), [vec![A], vec![D], vec![B]]);
    assert_eq!(map.runs(on(2)), [vec![A, B]]);
    all_show(&map, &[A, B], "ours");
    assert_eq!(map.shown(NOW, D), "mine");
}

#[test]
fn a_restore_beside_a_run_that_was_cut_shows_a_copy() {
    let map = Scenario::with_shared_abc("ours")
        .edit(on(2), remove(Thing::Action(B)))
        .edit(on(3), add_before(D, C))
        .edit(on(4), restore(Thing::Action(B)));
    // B was in the run of A, C was cut off from it, and D stands between A and B.
    assert_eq!(map.actions(NOW, STRAND), [A, D, B, C]);
    assert_eq!(map.runs(NOW), [vec![A], vec![D], vec![B], vec![C]]);
    all_show(&map, &[A, B, C], "ours");
    let map = map.edit(on(5), set(A, "alone"));
    all_show(&map, &[B, C], "ours");
}

#[test]
fn a_restore_that_cuts_is_refused_before_a_later_text() {
    let map = Scenario::with(&[A, D, B])
        .edit(on(1), remove(Thing::Action(D)))
        .edit(on(2), share(&[A, B], "ours"))
        .edit(on(5), set(A, "later"));
    map.when(on(4), restore(Thing::Action(D)))
        .refused_as(&text_later(5));
}
