//! Claims about ranks: who stands before whom, as of every moment.

use super::scenario::*;
use crate::decide::Outcome;
use crate::identity::Thing;
use crate::outline::Outline;
use crate::rank::Rank;
use crate::state::State;

fn rank(state: &State, thing: Thing) -> Rank {
    state.place(thing).unwrap().1.clone()
}

#[test]
fn a_new_thing_stands_at_the_end_or_before_the_one_named() {
    let map = Scenario::with(&[A, B])
        .edit(NOW, add_before(C, A))
        .edit(NOW, add_before(D, B));
    assert_eq!(map.actions(NOW, STRAND), [C, A, D, B]);
    let outline = Outline::of(&map.state(NOW));
    assert_eq!(outline.label(Thing::Action(D)).as_deref(), Some("A.1.3"));
}

#[test]
fn a_new_rank_lies_before_every_rank_ever_issued_after_its_left_neighbour() {
    let map = Scenario::with(&[A, B, C]);
    let held = rank(&map.state(NOW), Thing::Action(B));
    let map = map
        .edit(on(1), move_to(OTHER_STRAND, B, None))
        .edit(on(1), add_before(D, C));
    let state = map.state(NOW);
    assert!(rank(&state, Thing::Action(A)) < rank(&state, Thing::Action(D)));
    assert!(rank(&state, Thing::Action(D)) < held);
}

#[test]
fn a_removed_sibling_keeps_its_place_among_the_later_ones() {
    let map = Scenario::with(&[A, B, C])
        .edit(on(1), remove(Thing::Action(B)))
        .edit(on(2), add_before(D, C))
        .edit(on(3), restore(Thing::Action(B)));
    assert_eq!(map.actions(NOW, STRAND), [A, D, B, C]);
}

#[test]
fn no_two_siblings_ever_have_one_rank() {
    let map = Scenario::with(&[A, B, C])
        .edit(on(1), move_to(OTHER_STRAND, B, None))
        .edit(on(2), add_before(D, C))
        .edit(on(3), move_to(STRAND, B, Some(C)));
    assert_eq!(map.actions(NOW, STRAND), [A, D, B, C]);
    let state = map.state(NOW);
    let mut ranks: Vec<Rank> = [A, B, C, D]
        .map(|action| rank(&state, Thing::Action(action)))
        .into();
    ranks.sort_unstable();
    ranks.dedup();
    assert_eq!(ranks.len(), 4);
}

#[test]
fn a_thing_moves_to_the_front_the_middle_and_the_end() {
    let map = Scenario::with(&[A, B, C]);
    for (before, expected) in [
        (Some(A), [C, A, B]),
        (Some(B), [A, C, B]),
        (None, [A, B, C]),
    ] {
        let (after, _) = map.when(NOW, move_to(STRAND, C, before)).accepted();
        assert_eq!(after.actions(NOW, STRAND), expected);
    }
    map.when(NOW, move_to(STRAND, A, Some(C)))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_backdated_insert_stands_among_the_siblings_of_then() {
    let map = Scenario::with(&[A])
        .edit(on(4), add(B))
        .edit(on(4), add_before(C, B));
    assert_eq!(map.actions(on(3), STRAND), [A]);
    assert_eq!(map.actions(on(4), STRAND), [A, C, B]);
}

#[test]
fn a_strand_moves_with_its_actions() {
    let map = Scenario::with(&[A, B])
        .edit(on(0), add_field(OTHER_FIELD))
        .edit(on(2), move_strand(STRAND, OTHER_FIELD));
    let outline = Outline::of(&map.state(NOW));
    assert_eq!(outline.label(Thing::Action(B)).as_deref(), Some("B.1.2"));
    assert_eq!(
        outline.label(Thing::Strand(OTHER_STRAND)).as_deref(),
        Some("A.1")
    );
    let before = Outline::of(&map.state(on(1)));
    assert_eq!(before.label(Thing::Action(B)).as_deref(), Some("A.1.2"));
}
