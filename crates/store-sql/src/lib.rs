//! The log on an SQL database: SQLite in one file.
//!
//! [`SqlStore`] fulfils the contract of `roadbook_store` with one body for every database; what differs is behind
//! [`Dialect`]. [`SqlStore::open`] is for the one process that writes, [`SqlStore::open_read_only`] for those that look
//! on. Begin with `store`, then `append` and `sql`; `sqlite` opens, locks and copies files. Invariant: what
//! [`append_batch`](roadbook_store::EventLog::append_batch) accepted has reached the disk when it returns.

mod append;
mod call;
mod dialect;
mod migrations;
mod row;
mod snapshots;
mod sql;
mod sqlite;
mod store;
mod transaction;

pub use dialect::{Dialect, Value};
pub use sqlite::{OpenError, Settings, SqliteFile};
pub use store::SqlStore;
