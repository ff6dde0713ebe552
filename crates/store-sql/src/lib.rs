//! The log on an SQL database: SQLite in one file.
//!
//! [`SqlStore::open`] is for the one process that writes, [`SqlStore::open_read_only`] for those that look on.
//! Appends stand in `append`, reads in `read`, the statements that change with nothing in `sql`.
//! Invariant: what [`append_batch`](roadbook_store::EventLog::append_batch) accepted has reached the disk when it returns.

mod append;
mod error;
mod lock;
mod log;
mod migrations;
mod read;
mod rows;
mod settings;
mod sql;
mod store;

pub use error::OpenError;
pub use settings::Settings;
pub use store::SqlStore;
