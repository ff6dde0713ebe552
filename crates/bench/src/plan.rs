//! The plan of a run: how often, how long and how much.
//!
//! It owns the numbers. Invariant: every measurement is bounded, in count or in time.

use std::time::Duration;

use crate::arguments::Arguments;

/// Clients that edit one road map at once.
pub(crate) const EDITING_CLIENTS: usize = 64;
/// Events of one edit while a history is recorded. A history of 10,000 events so has 1,000 moments to ask for.
pub(crate) const HISTORY_BATCH_EVENTS: u64 = 10;
/// One edit in so many takes effect in the past.
pub(crate) const BACKDATED_EVERY: u64 = 10;

/// Sizes and times of one run of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Whether the figures mean anything.
    pub(crate) smoke: bool,
    /// Runs of each measurement; their medians are reported.
    pub(crate) runs: usize,
    /// How long each raw limit of the disk is measured in a run.
    pub(crate) raw_lasting: Duration,
    /// How long plain rows are inserted into PostgreSQL in a run, in seconds.
    pub(crate) inserts_lasting_s: u64,
    /// How long the clients edit before it counts.
    pub(crate) edits_warm_up: Duration,
    /// How long the clients edit in a run.
    pub(crate) edits_lasting: Duration,
    /// How long the clients read in a run.
    pub(crate) reads_lasting: Duration,
    /// Road maps of which each is edited once in a run.
    pub(crate) many: usize,
    /// How many of them stay in memory.
    pub(crate) many_stay: usize,
    /// Events of the short history.
    pub(crate) history_short_events: u64,
    /// Events of the long history.
    pub(crate) history_long_events: u64,
    /// Moments of each kind that are asked for in a run.
    pub(crate) moments: usize,
    /// Sockets that follow the road map.
    pub(crate) subscribers: usize,
    /// Edits that they hear of in a run.
    pub(crate) followed_edits: usize,
    /// Sockets that are told of a change in one document.
    pub(crate) fan_out: FanOutPlan,
}

/// Sizes of the fan-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FanOutPlan {
    /// Sockets of which the cost of a delivery is told.
    pub(crate) sockets: usize,
    /// Changes that they are told of in a run, one after another and at once.
    pub(crate) changes: usize,
    /// Sockets of which the time to the last one is told, and the memory.
    pub(crate) many_sockets: usize,
    /// Changes that they are told of in a run.
    pub(crate) many_changes: usize,
    /// Strands that are followed by themselves; a multiple of ten.
    pub(crate) strands: usize,
    /// Sockets that follow each of them.
    pub(crate) sockets_of_strand: usize,
    /// Changes of one strand in a run.
    pub(crate) strand_changes: usize,
}

impl Plan {
    /// The plan that the arguments ask for.
    pub(crate) fn of(arguments: &Arguments) -> Self {
        if arguments.smoke {
            return Self::smoke();
        }
        Self {
            smoke: false,
            runs: 5,
            raw_lasting: Duration::from_millis(500),
            inserts_lasting_s: 2,
            edits_warm_up: Duration::from_secs(2),
            edits_lasting: Duration::from_secs(5),
            reads_lasting: Duration::from_secs(5),
            many: arguments.road_maps,
            many_stay: 100,
            history_short_events: 10_000,
            history_long_events: arguments.events,
            // Five runs together stay below the 1,000 moments of the short history, so that none is asked for twice.
            moments: 190,
            subscribers: 100,
            followed_edits: 200,
            fan_out: FanOutPlan {
                sockets: 1_000,
                changes: 100,
                many_sockets: 5_000,
                many_changes: 40,
                strands: 1_000,
                sockets_of_strand: 10,
                strand_changes: 200,
            },
        }
    }

    /// Enough to see that everything works.
    pub(crate) fn smoke() -> Self {
        Self {
            smoke: true,
            runs: 1,
            raw_lasting: Duration::from_millis(50),
            inserts_lasting_s: 1,
            edits_warm_up: Duration::from_millis(100),
            edits_lasting: Duration::from_millis(500),
            reads_lasting: Duration::from_millis(300),
            many: 8,
            many_stay: 2,
            history_short_events: 500,
            history_long_events: 2_000,
            moments: 20,
            subscribers: 100,
            followed_edits: 10,
            fan_out: FanOutPlan {
                sockets: 20,
                changes: 5,
                many_sockets: 50,
                many_changes: 3,
                strands: 10,
                sockets_of_strand: 2,
                strand_changes: 5,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn no_plan_asks_for_a_moment_twice() {
        let full = Plan::of(&Arguments::parse_from(["roadbook-bench"]));
        for plan in [full, Plan::smoke()] {
            let batches = plan.history_short_events / HISTORY_BATCH_EVENTS;
            assert!(((plan.runs * plan.moments) as u64) < batches);
        }
    }
}
