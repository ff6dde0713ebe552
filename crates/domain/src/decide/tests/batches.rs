//! Claims about several commands at once: done together or not at all.

use super::scenario::*;
use crate::command::Command;
use crate::content::ContentKind;
use crate::decide::{Outcome, Rejection};
use crate::identity::Thing;
use crate::outline::Outline;
use crate::refusal::Refusal;

#[test]
fn a_batch_with_one_refusal_does_nothing_and_names_the_command() {
    let map = Scenario::with(&[A]);
    let commands = [set(A, "x"), set(NOBODY, "y"), add(B)];
    let refusals = map.when(NOW, commands).refusals();
    let expected = Refusal::NotFound(Thing::Action(NOBODY));
    assert_eq!(refusals, [(Some(1), expected)]);
}

#[test]
fn every_refusal_of_a_batch_is_told_and_a_refusal_outweighs_a_conflict() {
    let map = Scenario::with(&[A]);
    let read = map.base(NOW);
    let map = map.edit(NOW, set(A, "theirs"));
    let commands = [set(NOBODY, "y"), set(A, "mine"), add(A)];
    let refusals = map.when(NOW, commands).reading(read).refusals();
    let expected = [
        (Some(0), Refusal::NotFound(Thing::Action(NOBODY))),
        (Some(2), Refusal::IdTaken(A.0)),
    ];
    assert_eq!(refusals, expected);
}

#[test]
fn a_refusal_of_the_whole_batch_names_no_command() {
    let map = Scenario::with(&[A]);
    let refusals = map.when(on(-1), [set(A, "x"), set(A, "y")]).refusals();
    assert_eq!(refusals, [(None, Refusal::BeforeOpening(day(0)))]);
}

#[test]
fn every_conflict_of_a_batch_is_told_with_its_command() {
    let map = Scenario::with(&[A, B, C]);
    let read = map.base(NOW);
    let map = map.edit(NOW, [set(A, "theirs"), set(C, "theirs")]);
    let commands = [set(A, "mine"), set(B, "mine"), set(C, "mine")];
    let attempt = map.when(NOW, commands).reading(read);
    let Err(Rejection::Conflicts(conflicts)) = attempt.decide() else {
        panic!("two cells were set meanwhile");
    };
    let told: Vec<usize> = conflicts.iter().map(|conflict| conflict.command).collect();
    assert_eq!(told, [0, 2]);
}

#[test]
fn an_empty_batch_is_refused() {
    let none: [Command; 0] = [];
    let refusals = Scenario::table().when(NOW, none).refusals();
    assert_eq!(refusals, [(None, Refusal::Empty)]);
}

#[test]
fn a_batch_has_a_bound() {
    let mut map = Scenario::with(&[A, B]);
    map.log.bounds.commands_max = 1;
    let refusal = Refusal::TooMany {
        what: "commands in a batch",
        max: 1,
    };
    map.when(NOW, [set(A, "x"), set(B, "y")])
        .refused_as(&refusal);
    map.when(NOW, set(A, "x")).accepted_as(Outcome::Applied);
}

#[test]
fn later_commands_see_what_earlier_ones_did() {
    let map = Scenario::nothing().edit(
        on(2),
        [
            open(),
            add_field(FIELD),
            add_strand(STRAND, FIELD),
            add_column(TEXT, "progress", ContentKind::Text),
            add(A),
            add_before(B, A),
            share(&[B, A], "ours"),
            add(C),
            set(C, "mine"),
        ],
    );
    assert_eq!(map.runs(on(2)), [vec![B, A], vec![C]]);
    assert_eq!(map.shown(on(2), A), "ours");
    assert_eq!(map.shown(on(2), C), "mine");
    assert!(map.state(on(1)).is_empty());
}

#[test]
fn one_register_is_written_once_in_a_batch() {
    let map = Scenario::with(&[A, B]);
    let batches = [
        [set(A, "x"), set(A, "y")],
        [share(&[A, B], "x"), set(B, "y")],
        [
            retitle(Thing::Action(A), "x"),
            retitle(Thing::Action(A), "y"),
        ],
        [remove(Thing::Action(A)), restore(Thing::Action(A))],
        [move_to(OTHER_STRAND, A, None), move_to(STRAND, A, None)],
        [add(C), move_to(OTHER_STRAND, C, None)],
        [share(&[A, B], "x"), unshare(A)],
    ];
    for commands in batches {
        let refusals = map.when(NOW, commands).refusals();
        assert_eq!(refusals, [(Some(1), Refusal::WrittenTwice)]);
    }
}

#[test]
fn the_order_beneath_a_parent_may_change_often_in_a_batch() {
    let map = Scenario::with(&[A, B]);
    let commands = [add(C), add_before(D, C), remove(Thing::Action(B))];
    let (map, decision) = map.when(on(2), commands).accepted();
    assert_eq!(decision.outcomes, [Outcome::Applied; 3]);
    assert_eq!(map.actions(NOW, STRAND), [A, D, C]);
}

#[test]
fn a_batch_that_changes_nothing_is_no_event() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, "x"));
    let commands = [set(A, "x"), move_to(STRAND, A, None)];
    let (_, decision) = map.when(NOW, commands).accepted();
    assert_eq!(decision.outcomes, [Outcome::Unchanged; 2]);
    assert!(decision.events.is_empty());
}

#[test]
fn a_batch_takes_effect_at_one_instant() {
    let map = Scenario::with(&[A, B]);
    let before = map.log.entries.len();
    let map = map.edit(on(3), [set(A, "x"), add(C), remove(Thing::Field(FIELD))]);
    let batch = &map.log.entries[before..];
    assert_eq!(batch.len(), 3);
    assert!(batch.iter().all(|entry| entry.stamp.effective == day(3)));
    assert!(Outline::of(&map.state(on(3))).fields.is_empty());
    assert_eq!(map.actions(on(2), STRAND), [A, B]);
}
