//! Law 3: no as-of state holds a dangling reference, a broken shared cell, or half a batch.

use std::collections::HashSet;

use proptest::prelude::*;
use roadbook_domain::{ColumnId, Outline, Register, SlotId, State, Thing};

use super::history::History;
use super::intent::steps;

/// What must hold of every state that anyone can be shown.
fn assert_sound(state: &State) {
    let outline = Outline::of(state);
    for (thing, parent, _) in state.places() {
        assert!(state.is_born(thing), "{thing} is placed and not born");
        assert!(parent.holds(thing), "{thing} cannot stand in {parent:?}");
        if let Some(above) = parent.thing() {
            assert!(state.is_born(above), "{thing} stands in the unborn {above}");
        }
        let shown = outline.position(thing).is_some();
        assert_eq!(shown, state.is_present(thing), "{thing} is present or not");
        let parent_shown = parent
            .thing()
            .is_none_or(|above| outline.position(above).is_some());
        assert!(
            !shown || parent_shown,
            "{thing} is shown and {parent:?} is not"
        );
    }
    for (register, _) in state.registers() {
        if let Register::AmendmentState(id) = register {
            let held = state.amendment(*id);
            assert!(held.is_some(), "{id} was decided and not proposed");
        }
    }
    for held in state.amendments() {
        assert!(
            held.proposed <= held.since,
            "{} was decided before",
            held.id
        );
        for thing in [Thing::Column(held.column), Thing::Action(held.action)] {
            assert!(state.is_born(thing), "{} is of the unborn {thing}", held.id);
        }
    }
    // Retired columns too: they may come back as they are.
    for column in state.columns_born() {
        assert_runs_whole(state, &outline, column);
    }
}

/// Every slot is shown by one run of consecutive actions in one strand.
fn assert_runs_whole(state: &State, outline: &Outline, column: ColumnId) {
    let mut shown: HashSet<SlotId> = HashSet::new();
    for strand in outline.strands() {
        let runs = strand
            .actions
            .chunk_by(|a, b| state.slot(column, *a) == state.slot(column, *b));
        for run in runs {
            let slot = state.slot(column, run[0]);
            assert_eq!(slot.column, column, "a slot belongs to its column");
            assert!(shown.insert(slot), "{slot:?} is shown by two separate runs");
            for action in run {
                let told = outline.sharers(state, column, *action);
                assert_eq!(told, run, "the run of {}", Thing::Action(*action));
            }
        }
    }
}

proptest! {
    #[test]
    fn every_state_as_of_any_moment_is_sound(steps in steps()) {
        let history = History::play(&steps);
        for effective in history.instants() {
            let mut state = State::default();
            for batch in history.log.entries.chunk_by(|a, b| a.batch == b.batch) {
                let counted: Vec<_> = batch
                    .iter()
                    .filter(|entry| entry.stamp.effective <= effective)
                    .collect();
                prop_assert!(counted.is_empty() || counted.len() == batch.len(), "half a batch");
                for entry in &counted {
                    state.evolve(entry.stamp, &entry.event);
                }
                if !counted.is_empty() {
                    assert_sound(&state);
                }
            }
        }
    }

    #[test]
    fn a_batch_is_one_stretch_of_versions_and_one_instant(steps in steps()) {
        let history = History::play(&steps);
        for accepted in &history.accepted {
            let batch = accepted.request.batch(accepted.recorded_at);
            let events = history.log.entries.iter().filter(|entry| {
                entry.stamp.version > accepted.before && entry.stamp.version <= accepted.after
            });
            for entry in events {
                prop_assert_eq!(entry.batch, accepted.after);
                prop_assert_eq!(entry.stamp.effective, batch.effective);
            }
        }
    }
}
