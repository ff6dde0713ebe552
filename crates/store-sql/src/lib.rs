//! The log on an SQL database: SQLite in one file, or PostgreSQL shared by several nodes.
//!
//! [`SqlStore`] fulfils the contract of `roadbook_store` with one body for every database; what differs is behind
//! [`Dialect`]. A file is opened with [`SqlStore::open`] by the one process that writes; a server is connected to with
//! [`SqlStore::connect`] by any number of nodes; each has a way to read only. Begin with `store`, then `append` and `sql`;
//! `sqlite` opens, locks and copies files, `postgres` connects and lets nodes hear of each other. Invariant: what
//! [`append_batch`](roadbook_store::EventLog::append_batch) accepted has reached the disk when it returns.

mod answer;
mod append;
mod call;
mod connections;
mod dialect;
mod hold;
mod migrations;
mod postgres;
mod presumed;
mod row;
mod snapshots;
mod sql;
mod sqlite;
mod store;
mod transaction;
mod writer;

pub use dialect::{Dialect, Value};
pub use postgres::{ConnectError, PostgresPlace, PostgresSettings};
pub use sqlite::{OpenError, Restore, RestoreError, Restored, Settings, SqliteFile};
pub use store::{PostgresStore, SqlStore, SqliteStore};
