//! Settings of the database: how much is cached, how long is waited, how many read at once.
//!
//! It owns the numbers, their units and defaults; a deployment may set others.
//! Invariant: no setting weakens durability.

/// Settings of an SQLite file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Connections that read at once. Beyond it readers wait.
    pub read_connections_max: u32,
    /// Milliseconds that a reader waits for a connection, or a connection for a lock, before it is told "unavailable".
    pub busy_timeout_ms: u64,
    /// Page cache of each connection, in KiB.
    pub cache_kib: u32,
    /// Pages in the write-ahead file after which it is folded into the main file.
    pub checkpoint_pages: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            read_connections_max: 4,
            busy_timeout_ms: 5_000,
            cache_kib: 16_384,
            checkpoint_pages: 4_000,
        }
    }
}
