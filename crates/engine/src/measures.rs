//! What the engine counts and times, for whoever runs it.
//!
//! It owns the names, units and buckets. What is counted stands where it happens; how it is read is the transport's affair.
//! Invariant: no label has a value that a client chooses, so that their number is bounded.

use std::sync::atomic::AtomicU64;
use std::time::Instant;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::edit::EditDone;
use crate::error::EngineError;

/// The measures of one engine. Reading and counting wait for nobody.
#[derive(Debug)]
pub struct Measures {
    pub(crate) commit_seconds: Histogram,
    pub(crate) commit_events: Histogram,
    pub(crate) commit_failures: Counter,
    pub(crate) edits: Family<EditLabels, Counter>,
    pub(crate) lost_races: Counter,
    pub(crate) events_of_others: Counter,
    pub(crate) bus_heard: Counter,
    pub(crate) bus_used: Counter,
    pub(crate) bus_fallbacks: Counter,
    pub(crate) followers: Gauge,
    pub(crate) feed_fallbacks: Counter,
    pub(crate) feed_resyncs: Counter,
    pub(crate) past_states: Family<PastStateLabels, Counter>,
    pub(crate) snapshots: Counter,
    pub(crate) snapshot_reaches: Gauge,
    pub(crate) road_maps_not_served: Gauge,
    pub(crate) road_maps_in_memory: Gauge,
    pub(crate) road_maps_let_go: Counter,
    clock_skew_seconds: Gauge<f64, AtomicU64>,
    pub(crate) disk_free_bytes: Gauge,
    read_only: Family<ReadOnlyLabels, Gauge>,
}

/// How an edit ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct EditLabels {
    end: EditEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum EditEnd {
    Accepted,
    Repeated,
    Refused,
    Conflict,
    Overloaded,
    Failed,
}

/// Where a past state came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PastStateLabels {
    pub(crate) from: StateSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum StateSource {
    Memory,
    Log,
}

/// Why edits are refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReadOnlyLabels {
    reason: ReadOnlyReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum ReadOnlyReason {
    Clock,
    Disk,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            // From a quarter of a millisecond to two seconds.
            commit_seconds: Histogram::new(exponential_buckets(0.000_25, 2.0, 14)),
            commit_events: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            commit_failures: Counter::default(),
            edits: Family::default(),
            lost_races: Counter::default(),
            events_of_others: Counter::default(),
            bus_heard: Counter::default(),
            bus_used: Counter::default(),
            bus_fallbacks: Counter::default(),
            followers: Gauge::default(),
            feed_fallbacks: Counter::default(),
            feed_resyncs: Counter::default(),
            past_states: Family::default(),
            snapshots: Counter::default(),
            snapshot_reaches: Gauge::default(),
            road_maps_not_served: Gauge::default(),
            road_maps_in_memory: Gauge::default(),
            road_maps_let_go: Counter::default(),
            clock_skew_seconds: Gauge::default(),
            disk_free_bytes: Gauge::default(),
            read_only: Family::default(),
        }
    }
}

impl Measures {
    /// Names every measure in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "commit",
            "Time of a transaction that appends, the wait for the disk included",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register(
            "commit_events",
            "Events of a transaction that appends",
            self.commit_events.clone(),
        );
        registry.register(
            "commit_failures",
            "Transactions that did not append, or of which that is unknown",
            self.commit_failures.clone(),
        );
        registry.register("edits", "Edits, by how they ended", self.edits.clone());
        registry.register(
            "lost_races",
            "Appends that another writer or an earlier sending of the same edit came before",
            self.lost_races.clone(),
        );
        registry.register(
            "events_of_others",
            "Events that other nodes appended and this one published",
            self.events_of_others.clone(),
        );
        registry.register(
            "bus_heard",
            "Messages heard on the bus, of any log",
            self.bus_heard.clone(),
        );
        registry.register(
            "bus_used",
            "Messages of the bus from which events were published without a read of the log",
            self.bus_used.clone(),
        );
        registry.register(
            "bus_fallbacks",
            "Messages of the bus that were ahead and did not fit, so that the log was read",
            self.bus_fallbacks.clone(),
        );
        registry.register(
            "followers",
            "Subscriptions that follow a road map now",
            self.followers.clone(),
        );
        registry.register(
            "feed_fallbacks",
            "Times that a follower was too slow for the live feed and read history",
            self.feed_fallbacks.clone(),
        );
        registry.register(
            "feed_resyncs",
            "Followers that were told to resync",
            self.feed_resyncs.clone(),
        );
        registry.register(
            "past_states",
            "Past states that were asked for, by where they came from",
            self.past_states.clone(),
        );
        self.register_road_maps(registry);
        self.register_condition(registry);
    }

    fn register_road_maps(&self, registry: &mut Registry) {
        registry.register("snapshots", "Snapshots taken", self.snapshots.clone());
        registry.register_with_unit(
            "snapshot_reaches_timestamp",
            "Recorded time of the last event in the newest snapshot taken here",
            Unit::Seconds,
            self.snapshot_reaches.clone(),
        );
        registry.register(
            "road_maps_in_memory",
            "Road maps in memory, with a writer each",
            self.road_maps_in_memory.clone(),
        );
        registry.register(
            "road_maps_let_go",
            "Road maps that left memory to make room for others",
            self.road_maps_let_go.clone(),
        );
    }

    /// Those that tell in which condition the node is.
    fn register_condition(&self, registry: &mut Registry) {
        registry.register(
            "road_maps_not_served",
            "Road maps that hold events of a newer format, for which this node does not serve them",
            self.road_maps_not_served.clone(),
        );
        registry.register_with_unit(
            "clock_skew",
            "How far the clock of this node is ahead of that of the database server",
            Unit::Seconds,
            self.clock_skew_seconds.clone(),
        );
        registry.register_with_unit(
            "disk_free",
            "Room that is left on the disk of the database, if that is on this machine",
            Unit::Bytes,
            self.disk_free_bytes.clone(),
        );
        registry.register(
            "read_only",
            "1 if edits are refused now, by reason",
            self.read_only.clone(),
        );
    }

    /// Counts an edit by its answer.
    pub(crate) fn edit(&self, result: &Result<EditDone, EngineError>) {
        let end = match result {
            Ok(done) if done.repeated => EditEnd::Repeated,
            Ok(_) => EditEnd::Accepted,
            Err(EngineError::Conflicts(_)) => EditEnd::Conflict,
            Err(EngineError::Overloaded) => EditEnd::Overloaded,
            Err(
                EngineError::Store(_) | EngineError::Stopping | EngineError::ClockSkewed { .. },
            ) => EditEnd::Failed,
            Err(
                EngineError::Refused(_)
                | EngineError::DirectoryRefused(_)
                | EngineError::CommandIdReused
                | EngineError::UpgradeUnfinished(_)
                | EngineError::QuotaExceeded(_)
                | EngineError::NotFound(_)
                | EngineError::BadMoment(_),
            ) => EditEnd::Refused,
        };
        self.edits.get_or_create(&EditLabels { end }).inc();
    }

    /// Counts a transaction that appends.
    pub(crate) fn commit(&self, begun: Instant, events: usize, done: bool) {
        self.commit_seconds.observe(begun.elapsed().as_secs_f64());
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        self.commit_events.observe(f64::from(events));
        if !done {
            self.commit_failures.inc();
        }
    }

    pub(crate) fn clock_skew(&self, ahead_micros: i64) {
        let ahead = std::time::Duration::from_micros(ahead_micros.unsigned_abs()).as_secs_f64();
        let skew = if ahead_micros < 0 { -ahead } else { ahead };
        self.clock_skew_seconds.set(skew);
    }

    pub(crate) fn read_only(&self, reason: ReadOnlyReason, is_so: bool) {
        let labels = ReadOnlyLabels { reason };
        self.read_only.get_or_create(&labels).set(i64::from(is_so));
    }

    pub(crate) fn past_state(&self, from: StateSource) {
        self.past_states
            .get_or_create(&PastStateLabels { from })
            .inc();
    }
}
