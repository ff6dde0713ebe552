//! The side of a store that writes.
//!
//! Owns what every append needs besides itself. Invariant: what is known of the heads was written by this process, and
//! streams that are held leave connections for appends to others.

use roadbook_store::Head;
use sqlx::Pool;
use tokio::sync::Semaphore;

use crate::connections::Connections;
use crate::dialect::Dialect;
use crate::presumed::KnownHeads;

/// The connections, and where this process left the streams.
pub(crate) struct Writer<DB: Dialect> {
    pub(crate) connections: Connections<DB>,
    pub(crate) heads: KnownHeads,
    /// One for each stream that may be held at once.
    pub(crate) turns: Semaphore,
    pub(crate) appends_in_parallel: usize,
}

impl<DB: Dialect> Writer<DB> {
    /// Half of the connections are for streams that are held, if there are two.
    pub(crate) fn new(pool: Pool<DB>) -> Self {
        let connections = pool.options().get_max_connections() as usize;
        let turns = connections / 2;
        Self {
            connections: Connections::new(pool),
            heads: KnownHeads::default(),
            turns: Semaphore::new(turns),
            appends_in_parallel: connections - turns,
        }
    }

    /// Takes note of what was appended, to go on from it and to pass it on.
    pub(crate) fn appended(&self, place: &DB::Place, heads: &[Head]) {
        self.heads.learn(heads);
        DB::appended(place, heads);
    }
}
