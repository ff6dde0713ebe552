//! The file formats of a road map: bytes become commands, a state becomes bytes.
//!
//! Read in this order: [`diagnostic`] says what is wrong with a file and where; [`mod@import`] reads a road map
//! and [`mod@export`] writes one, in the same YAML or JSON; [`history`] reads a file of dated changes;
//! [`demonstration`] holds the road map of 2015 and what happened to it; [`table`] draws one in a terminal.
//!
//! The shape of the files is told in `docs/formats.md`.
//! Nothing here knows the log, the engine or a network: whoever imports hands the commands on.
//!
//! A file is read as a tree of located words and only then understood.
//! A reader that fills structures directly would stop at the first mistake, and every mistake is to be told.

pub mod diagnostic;

mod reading;
mod tree;
mod vocabulary;
mod written;

pub mod export;
pub mod import;

pub mod demonstration;
pub mod history;
pub mod table;

pub use diagnostic::Diagnostic;
pub use export::export;
pub use history::{CellEdit, ChangeKind, DatedChange, import_history};
pub use import::{Import, import};
pub use table::render;
pub use tree::{DEPTH_MAX, IMPORT_BYTES_MAX};
pub use written::Format;
