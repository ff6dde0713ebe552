//! Laws 1 and 2: the order of folding does not matter, and a snapshot is as good as the log.

use proptest::prelude::*;
use roadbook_domain::{Instant, State, Version};

use super::history::History;
use super::intent::steps;
use super::log::{Entry, Log};

fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> State {
    let mut state = State::default();
    for entry in entries {
        state.evolve(entry.stamp, &entry.event);
    }
    state
}

/// The entries in an order that the seed decides.
fn shuffled(log: &Log, mut seed: u64) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = log.entries.iter().collect();
    for last in (1..entries.len()).rev() {
        // The constants of Knuth's MMIX: any full-period generator would do.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let chosen = usize::try_from(seed >> 33).unwrap_or(0) % (last + 1);
        entries.swap(chosen, last);
    }
    entries
}

/// The fold at a moment through a snapshot at another: its state, then what it lacks, as two ranges of an index.
fn through_snapshot(log: &Log, snapshot: (Instant, Version), moment: (Instant, Version)) -> State {
    let (from, known_before) = snapshot;
    let (until, known) = moment;
    let mut state = log.as_of(from, known_before);
    for Entry { stamp, event, .. } in &log.entries {
        let between = stamp.version <= known_before && stamp.effective > from;
        let late = stamp.version > known_before && stamp.version <= known;
        if (between || late) && stamp.effective <= until {
            state.evolve(*stamp, event);
        }
    }
    state
}

proptest! {
    #[test]
    fn any_permutation_of_a_log_folds_to_the_same_state(steps in steps(), seed in any::<u64>()) {
        let log = History::play(&steps).log;
        let forward = fold(&log.entries);
        prop_assert!(forward == log.head);
        prop_assert!(fold(log.entries.iter().rev()) == forward);
        prop_assert!(fold(shuffled(&log, seed)) == forward);
    }

    #[test]
    fn an_event_that_is_folded_twice_counts_once(steps in steps(), seed in any::<u64>()) {
        let log = History::play(&steps).log;
        let twice = shuffled(&log, seed);
        let twice = twice.iter().copied().chain(&log.entries);
        prop_assert!(fold(twice) == log.head);
    }

    #[test]
    fn any_usable_snapshot_gives_the_state_that_the_log_gives(
        steps in steps(),
        picks in prop::collection::vec(any::<(u16, u16, u16, u16)>(), 24),
    ) {
        let history = History::play(&steps);
        let log = &history.log;
        let instants: Vec<Instant> = history.instants().into_iter().collect();
        let versions: Vec<Version> = log.entries.iter().map(|entry| entry.batch).collect();
        let instant = |pick: u16| instants[usize::from(pick) % instants.len()];
        let version = |pick: u16| versions[usize::from(pick) % versions.len()];
        for (one, two, three, four) in picks {
            let (from, until) = (instant(one).min(instant(two)), instant(one).max(instant(two)));
            let (before, known) = (version(three).min(version(four)), version(three).max(version(four)));
            let through = through_snapshot(log, (from, before), (until, known));
            prop_assert!(through == log.as_of(until, known));
        }
    }

    #[test]
    fn a_snapshot_along_the_log_lacks_nothing_of_its_own_versions(steps in steps(), pick in any::<u16>()) {
        let log = History::play(&steps).log;
        let at = usize::from(pick) % log.entries.len();
        let known = log.entries[at].stamp.version;
        let reached = log.entries[..=at].iter().map(|entry| entry.stamp.effective).max();
        let reached = reached.unwrap_or(Instant::MIN);
        prop_assert!(log.as_of(reached, known) == log.as_of(Instant::MAX, known));
    }
}
