//! The numbers of a database that an operator may set, whichever database it is.
//!
//! It owns their keys; what they mean to each backend is told there. Invariant: the defaults are those of the backends.

use roadbook_store_sql::{PostgresSettings, Settings as SqliteSettings};
use serde::{Deserialize, Serialize};

/// How much a database caches, how many connections it takes and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    /// Connections that read at once. Beyond it readers wait.
    pub(crate) read_connections_max: u32,
    /// SQLite: milliseconds that a reader waits for a connection, or a connection for a lock; then it is told
    /// "unavailable".
    pub(crate) busy_timeout_ms: u64,
    /// SQLite: page cache of each connection, in KiB. Some appends go through all that is kept, so that more makes them
    /// slower.
    pub(crate) cache_kib: u32,
    /// SQLite: pages in the write-ahead file after which it is begun anew.
    pub(crate) checkpoint_pages: u32,
    /// SQLite: milliseconds between two times that the write-ahead file is folded into the main file.
    pub(crate) checkpoint_interval_ms: u64,
    /// SQLite: mebibytes that must be free on the disk. Below it nothing is written until there is room again. 0: the disk
    /// is not looked at.
    pub(crate) disk_free_min_mib: u64,
    /// PostgreSQL: connections that write at once. Beyond it appends wait.
    pub(crate) write_connections_max: u32,
    /// PostgreSQL: milliseconds to wait for a connection; then it is told "unavailable".
    pub(crate) connect_timeout_ms: u64,
    /// PostgreSQL: milliseconds that a statement may take before the server ends it.
    pub(crate) statement_timeout_ms: u64,
    /// PostgreSQL: milliseconds that a statement waits for a lock before the server ends it.
    pub(crate) lock_timeout_ms: u64,
    /// PostgreSQL: milliseconds that a transaction may stand still before the server ends it.
    pub(crate) idle_in_transaction_timeout_ms: u64,
    /// PostgreSQL: streams that wait to be told to other nodes. Beyond it they are told that anything may have changed.
    pub(crate) notify_streams_max: usize,
    /// PostgreSQL: milliseconds between two words to the other nodes.
    pub(crate) notify_interval_ms: u64,
    /// PostgreSQL: wake-ups kept for a part of the process that is slow. Beyond it, it is told that anything may have
    /// changed.
    pub(crate) wakeups_max: usize,
}

impl Default for StoreSettings {
    fn default() -> Self {
        let SqliteSettings {
            read_connections_max,
            busy_timeout_ms,
            cache_kib,
            checkpoint_pages,
            checkpoint_interval_ms,
            disk_free_min_mib,
        } = SqliteSettings::default();
        let PostgresSettings {
            read_connections_max: _,
            write_connections_max,
            connect_timeout_ms,
            statement_timeout_ms,
            lock_timeout_ms,
            idle_in_transaction_timeout_ms,
            notify: _,
            notify_streams_max,
            notify_interval_ms,
            wakeups_max,
        } = PostgresSettings::default();
        Self {
            read_connections_max,
            busy_timeout_ms,
            cache_kib,
            checkpoint_pages,
            checkpoint_interval_ms,
            disk_free_min_mib,
            write_connections_max,
            connect_timeout_ms,
            statement_timeout_ms,
            lock_timeout_ms,
            idle_in_transaction_timeout_ms,
            notify_streams_max,
            notify_interval_ms,
            wakeups_max,
        }
    }
}

impl StoreSettings {
    pub(super) fn for_sqlite(&self) -> SqliteSettings {
        SqliteSettings {
            read_connections_max: self.read_connections_max,
            busy_timeout_ms: self.busy_timeout_ms,
            cache_kib: self.cache_kib,
            checkpoint_pages: self.checkpoint_pages,
            checkpoint_interval_ms: self.checkpoint_interval_ms,
            disk_free_min_mib: self.disk_free_min_mib,
        }
    }

    pub(super) fn for_postgres(&self) -> PostgresSettings {
        PostgresSettings {
            read_connections_max: self.read_connections_max,
            write_connections_max: self.write_connections_max,
            connect_timeout_ms: self.connect_timeout_ms,
            statement_timeout_ms: self.statement_timeout_ms,
            lock_timeout_ms: self.lock_timeout_ms,
            idle_in_transaction_timeout_ms: self.idle_in_transaction_timeout_ms,
            notify: true,
            notify_streams_max: self.notify_streams_max,
            notify_interval_ms: self.notify_interval_ms,
            wakeups_max: self.wakeups_max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_backends() {
        let settings = StoreSettings::default();
        assert_eq!(settings.for_sqlite(), SqliteSettings::default());
        assert_eq!(settings.for_postgres(), PostgresSettings::default());
    }
}
