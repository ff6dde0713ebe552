//! Settings of the engine: how much may wait, how often snapshots are taken, how much is kept in memory.
//!
//! It owns the numbers, their units and defaults; a deployment may set others.
//! Invariant: every queue of the engine has a bound here.

use roadbook_domain::Bounds;
use serde::{Deserialize, Serialize};

/// Settings of the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Edits that wait for the writer of one road map. Beyond it an edit is answered with "overloaded".
    pub inbox_edits_max: usize,
    /// Edits of one road map that are decided and made durable together.
    pub batch_edits_max: usize,
    /// Appends that wait for the shared commit. Beyond it writers wait.
    pub commit_queue_max: usize,
    /// Appends of different road maps that share one transaction. When so many wait, another goes beside it, on a log that
    /// works on several at once.
    pub commit_appends_max: usize,
    /// Milliseconds that a transaction may take before another goes beside it although fewer appends wait than one takes,
    /// on a log that works on several at once.
    pub commit_patience_ms: u64,
    /// How often an edit is decided anew after another writer's append came first, before it is answered with "overloaded".
    pub retries_max: usize,
    /// Milliseconds between two looks at the heads of the road maps in memory, for what other nodes appended without a
    /// wake-up being heard.
    pub heads_poll_ms: u64,
    /// Appends heard on the bus that wait for the writer of one road map. Beyond it the log is read instead.
    pub bus_appends_max: usize,
    /// Milliseconds that the clock of this node may differ from that of the database server. Beyond it the node takes no
    /// edits until its clock is right again.
    pub clock_skew_max_ms: u64,
    /// Milliseconds that a client waits for this node to catch up with what another node told it of; then the cursor
    /// counts as one that lies ahead.
    pub catch_up_wait_ms: u64,
    /// Events between two snapshots, along the log and along effective time.
    pub snapshot_spacing_events: u64,
    /// Backdated events after which the snapshots along effective time are brought forward, if that is not more than a
    /// 64th of the history.
    pub backdated_refresh_events: u64,
    /// Road maps kept in memory while nobody follows, reads or edits them; those that were used least lately leave it, and
    /// come back from their snapshots.
    pub road_maps_max: usize,
    /// Past states kept in memory, of all road maps together.
    pub past_states_max: usize,
    /// Recent states of each road map kept in memory, against which late edits are compared.
    pub recent_states_max: usize,
    /// Events read from the log at once.
    pub page_events: usize,
    /// Batches that a live subscriber may be behind before it falls back to reading the log. Words that time has passed or
    /// rights have changed count too.
    pub feed_batches_max: usize,
    /// The same for those who follow with a filter, of batches that their filter matches.
    pub feed_filtered_batches_max: usize,
    /// Times that a subscriber may fall back to the log in a row before it is told to resync.
    pub feed_fallbacks_max: u32,
    /// Seconds between two looks for subscribers who heard nothing since the last one, to tell them how far they have come.
    pub caught_up_every_s: u64,
    /// People whose presence at one road map a node knows. Beyond it nobody else can say that it is there, and follows all the same.
    pub presence_people_max: usize,
    /// Participants at a cell that each of them is told of.
    pub presence_shown_max: usize,
    /// Milliseconds within which changes of who is present are told as one.
    pub presence_interval_ms: u64,
    /// Events that a road map may have. Beyond it an edit that adds any is refused. 0: no bound.
    pub road_map_events_max: u64,
    /// Bytes that the payloads of a road map's events may take up. Beyond it an edit that adds any is refused. 0: no bound.
    pub road_map_bytes_max: u64,
    /// The same for the events of a road map that one organisation recorded. 0: no bound.
    pub organisation_bytes_max: u64,
    /// Bounds of a road map and of a batch of commands.
    pub bounds: Bounds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            inbox_edits_max: 1_024,
            batch_edits_max: 256,
            commit_queue_max: 256,
            commit_appends_max: 32,
            commit_patience_ms: 20,
            retries_max: 64,
            heads_poll_ms: 1_000,
            bus_appends_max: 256,
            clock_skew_max_ms: 5_000,
            catch_up_wait_ms: 5_000,
            snapshot_spacing_events: 500,
            backdated_refresh_events: 250,
            road_maps_max: 1_000,
            past_states_max: 64,
            recent_states_max: 256,
            page_events: 1_000,
            feed_batches_max: 1_024,
            feed_filtered_batches_max: 64,
            feed_fallbacks_max: 8,
            caught_up_every_s: 20,
            presence_people_max: 256,
            presence_shown_max: 100,
            presence_interval_ms: 250,
            road_map_events_max: 10_000_000,
            road_map_bytes_max: 4 << 30,
            organisation_bytes_max: 1 << 30,
            bounds: Bounds::default(),
        }
    }
}
