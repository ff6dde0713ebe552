//! Law 5: two nodes that append to one log end where one node would.

use proptest::prelude::*;
use roadbook_domain::{Event, Instant, Outcome, Register};

use super::history::{Request, day, opened, story_day};
use super::intent::{Ids, Step, step};
use super::log::Log;

const SECOND: i64 = 1_000_000;
/// Later than what opened the road map, whichever clock is read.
const FIRST_RECORDED: i64 = 200;

/// A node: its copy of the log, which may lag behind, and how far its clock is ahead.
struct Node {
    copy: Log,
    ahead: i64,
}

/// An edit that reached a node, perhaps before the node had caught up.
#[derive(Clone, Debug)]
struct Arrival {
    step: Step,
    second_node: bool,
    lagging: bool,
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let arrival =
        (step(), any::<bool>(), any::<bool>()).prop_map(|(step, second_node, lagging)| Arrival {
            step,
            second_node,
            lagging,
        });
    prop::collection::vec(arrival, 6..=24)
}

/// What both nodes left: the log, and the edits that they acknowledged, in the order of the log.
struct Outcomes {
    log: Log,
    acknowledged: Vec<(Request, Instant)>,
    retries: usize,
}

fn play(arrivals: &[Arrival], ahead: i64) -> Outcomes {
    let mut ids = Ids::default();
    let mut shared = opened(&mut ids);
    let mut nodes = [0, ahead].map(|ahead| Node {
        copy: shared.clone(),
        ahead,
    });
    let mut acknowledged = Vec::new();
    let mut retries = 0;
    for (index, arrival) in (0..).zip(arrivals) {
        let node = &mut nodes[usize::from(arrival.second_node)];
        if !arrival.lagging {
            node.copy = shared.clone();
        }
        let micros = day(FIRST_RECORDED).as_micros() + index * SECOND + node.ahead;
        let clock = Instant::from_micros(micros);
        let story = story_day(index, arrivals.len());
        let Some(request) = Request::of(&arrival.step, &node.copy, story, &mut ids) else {
            continue;
        };
        loop {
            // Computed anew on every try: the log may have gone on in the meantime.
            let recorded_at = node.copy.recording_time(clock);
            let batch = request.batch(recorded_at);
            let Ok(decision) = node.copy.decide(&batch) else {
                break;
            };
            if node.copy.version() != shared.version() {
                node.copy = shared.clone();
                retries += 1;
                continue;
            }
            shared.append(&batch, &decision);
            node.copy.append(&batch, &decision);
            if request.effective.is_none() {
                assert_current(&shared, decision.events.len(), &decision.outcomes);
            }
            acknowledged.push((request, recorded_at));
            break;
        }
    }
    Outcomes {
        log: shared,
        acknowledged,
        retries,
    }
}

/// What was acknowledged without a date is what the road map shows now, whichever clock it was recorded by.
fn assert_current(log: &Log, events: usize, outcomes: &[Outcome]) {
    for outcome in outcomes {
        assert!(!matches!(outcome, Outcome::ShadowedByLater(_)));
    }
    for entry in &log.entries[log.entries.len() - events..] {
        let register = match &entry.event {
            Event::CellSet { slot, .. } | Event::CellsShared { slot, .. } => Register::Text(*slot),
            Event::Retitled { thing, .. } => Register::Title(*thing),
            Event::Moved { thing, .. } => Register::Place(*thing),
            Event::Removed { thing, .. } | Event::Restored { thing, .. } => {
                Register::Removed(*thing)
            }
            _ => continue,
        };
        assert_eq!(log.head.stamp(&register), Some(entry.stamp));
    }
}

proptest! {
    #[test]
    fn two_nodes_end_where_one_would(
        arrivals in arrivals(),
        ahead in -3 * SECOND..=3 * SECOND,
    ) {
        let two = play(&arrivals, ahead);
        let mut one = opened(&mut Ids::default());
        for (request, recorded_at) in &two.acknowledged {
            let batch = request.batch(*recorded_at);
            prop_assert!(*recorded_at > one.recorded_at, "recording goes on");
            match one.decide(&batch) {
                Ok(decision) => one.append(&batch, &decision),
                Err(rejection) => prop_assert!(false, "one node says {rejection:?}"),
            }
        }
        prop_assert_eq!(&one.entries, &two.log.entries);
        prop_assert!(one.head == two.log.head);
    }
}

#[test]
fn an_edit_decided_on_a_stale_copy_is_decided_again() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut retries = 0;
    for _ in 0..64 {
        let tree = arrivals().new_tree(&mut runner).unwrap();
        retries += play(&tree.current(), SECOND).retries;
    }
    assert!(retries > 0, "the law is tested where it matters");
}
