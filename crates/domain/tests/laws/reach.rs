//! That the random histories reach what they are for: laws hold easily where nothing happens.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use roadbook_domain::{Event, Outcome};

use super::history::History;
use super::intent::steps;

const HISTORIES: usize = 200;

fn copies(event: &Event) -> usize {
    match event {
        Event::ActionAdded { copies, .. }
        | Event::Moved { copies, .. }
        | Event::Restored { copies, .. }
        | Event::CellsShared { copies, .. } => copies.len(),
        _ => 0,
    }
}

fn tally() -> BTreeMap<&'static str, usize> {
    let mut runner = TestRunner::deterministic();
    let mut tally = BTreeMap::new();
    for _ in 0..HISTORIES {
        let Ok(tree) = steps().new_tree(&mut runner) else {
            continue;
        };
        let history = History::play(&tree.current());
        let mut count = |what, times: usize| *tally.entry(what).or_default() += times;
        count("conflicts", history.conflicts);
        count("refusals", history.refusals);
        count("hidden by name", history.hidden.len());
        for entry in &history.log.entries {
            count(entry.event.kind(), 1);
            count("cut off", copies(&entry.event));
        }
        for accepted in &history.accepted {
            let backdated = accepted.request.effective.is_some();
            count("backdated", usize::from(backdated));
            let together = accepted.request.commands.len() > 1;
            count("several commands", usize::from(together));
            for outcome in &accepted.outcomes {
                match outcome {
                    Outcome::Merged => count("merged", 1),
                    Outcome::ShadowedByLater(_) => count("shadowed", 1),
                    Outcome::KeptAsAmendment(_) => count("kept as amendment", 1),
                    Outcome::Applied | Outcome::Unchanged => {}
                }
            }
        }
    }
    tally
}

#[test]
fn random_histories_reach_what_breaks_rules() {
    let tally = tally();
    for what in [
        "ActionAdded",
        "ActionMoved",
        "ActionRemoved",
        "ActionRestored",
        "ActionReworded",
        "AmendmentAccepted",
        "AmendmentDeclined",
        "AmendmentProposed",
        "AmendmentWithdrawn",
        "CellSet",
        "CellsShared",
        "CellsUnshared",
        "ColumnRestored",
        "ColumnRetired",
        "FieldRemoved",
        "FieldRestored",
        "StrandMoved",
        "StrandRemoved",
        "StrandRestored",
        "backdated",
        "conflicts",
        "cut off",
        "hidden by name",
        "kept as amendment",
        "merged",
        "refusals",
        "several commands",
        "shadowed",
    ] {
        let times = tally.get(what).copied().unwrap_or_default();
        assert!(times >= 3, "{what} comes {times} times in {tally:?}");
    }
}
