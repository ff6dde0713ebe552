//! Settings of a PostgreSQL database, and the sessions that are made with them.
//!
//! Owns the numbers, their units and defaults, and what every session is told at its start. Invariant: no setting, not
//! even one of the server or in the URL, weakens durability; a commit is on the disk before it is answered.

use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

/// Prepared statements kept in each connection: more than there are, with all their counts of items.
const STATEMENTS_MAX: usize = 320;

/// Every statement finds its rows by key. A plan made while a table was small, or before its statistics were, could go
/// through all of it instead, so the other ways are switched off.
const PLANS: [(&str, &str); 6] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_material", "off"),
    ("enable_memoize", "off"),
    ("jit", "off"),
];

/// Settings of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// Connections that read at once. Beyond it readers wait.
    pub read_connections_max: u32,
    /// Appends that are to be under way at once, and streams that are held at once; beyond it they wait. Twice as many
    /// connections write.
    pub write_connections_max: u32,
    /// Milliseconds to wait for a connection, in the pool or to the server, before one is told "unavailable".
    pub connect_timeout_ms: u64,
    /// Milliseconds that a statement may take before the server ends it.
    pub statement_timeout_ms: u64,
    /// Milliseconds that a statement waits for a lock before the server ends it.
    pub lock_timeout_ms: u64,
    /// Milliseconds that a transaction may stand still, as it does when its node has stopped, before the server ends it
    /// and lets its locks go.
    pub idle_in_transaction_timeout_ms: u64,
    /// Whether nodes tell each other by NOTIFY. Without it they hear of each other's appends in another way, or at the next
    /// look at the heads.
    pub notify: bool,
    /// Streams whose appends wait to be told to other nodes. Beyond it they are told that anything may have changed.
    pub notify_streams_max: usize,
    /// Milliseconds between two words to the other nodes; appends in between are told together.
    pub notify_interval_ms: u64,
    /// Wake-ups kept for a part of this process that is slow to take them. Beyond it, it is told that anything may have
    /// changed.
    pub wakeups_max: usize,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            read_connections_max: 4,
            write_connections_max: 4,
            connect_timeout_ms: 5_000,
            statement_timeout_ms: 30_000,
            lock_timeout_ms: 10_000,
            idle_in_transaction_timeout_ms: 10_000,
            notify: true,
            notify_streams_max: 1_024,
            notify_interval_ms: 5,
            wakeups_max: 1_024,
        }
    }
}

impl PostgresSettings {
    pub(super) const fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    /// The server ends a statement itself, and has as long to say so as it has to take a connection.
    pub(super) const fn answer_wait(&self) -> Duration {
        Duration::from_millis(
            self.statement_timeout_ms
                .saturating_add(self.connect_timeout_ms),
        )
    }

    pub(super) const fn notify_interval(&self) -> Duration {
        Duration::from_millis(self.notify_interval_ms)
    }

    /// Sessions that write. What is said here goes before what the server, the role or the URL says. Their few statements
    /// have one plan each, whatever the statistics say, and others wait meanwhile: it is made once, and kept.
    pub(super) fn writer(&self, server: &PgConnectOptions) -> PgConnectOptions {
        self.session(server).options([
            ("synchronous_commit", "on"),
            ("plan_cache_mode", "force_generic_plan"),
        ])
    }

    /// Sessions that read, and do nothing else unless they say so. Their statements are planned each time: a plan that is
    /// kept is that of the day when the stream was short, when one index looked as good as another, and then reads all of
    /// a long stream for its last events.
    pub(super) fn reader(&self, server: &PgConnectOptions) -> PgConnectOptions {
        self.session(server).options([
            ("default_transaction_read_only", "on"),
            ("plan_cache_mode", "force_custom_plan"),
        ])
    }

    /// The session that migrates. It waits for other nodes that do, and a migration may take as long as it takes.
    pub(super) fn migrator(server: &PgConnectOptions) -> PgConnectOptions {
        named(server).options([
            ("synchronous_commit", "on"),
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
        ])
    }

    fn session(&self, server: &PgConnectOptions) -> PgConnectOptions {
        named(server)
            .statement_cache_capacity(STATEMENTS_MAX)
            .options(PLANS)
            .options([
                ("statement_timeout", self.statement_timeout_ms),
                ("lock_timeout", self.lock_timeout_ms),
                (
                    "idle_in_transaction_session_timeout",
                    self.idle_in_transaction_timeout_ms,
                ),
            ])
    }
}

fn named(server: &PgConnectOptions) -> PgConnectOptions {
    server
        .clone()
        .application_name("roadbook")
        .disable_statement_logging()
}
