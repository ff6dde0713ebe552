//! The road map's model and rules: pure decisions over immutable states.
//!
//! Read in this order: a road map is made of things with lasting [`identity`]; its state maps each
//! [`register`] to the write with the greatest stamp; [`event`]s carry such writes; [`state`] folds
//! them in; [`decide()`] turns [`command`]s into events, a conflict or a refusal. Order, labels and
//! shared cells are derived in [`outline`], differences in [`comparison`], counts in [`statistics`].
//!
//! Nothing here knows a clock, randomness, I/O, a database or an API.

pub mod time;

pub mod identity;
pub mod rank;

pub mod content;
pub mod directory;
pub mod document_number;
pub mod organisation;
pub mod participation;
pub mod presidency;
pub mod reference;
pub mod revision;
mod scanner;

pub mod event;
pub mod register;
pub mod state;

pub mod access;
pub mod amendment;
pub mod bounds;
pub mod capacity;
pub mod command;
pub mod command_kind;
pub mod decide;
pub mod merge;
pub mod redaction;
pub mod refusal;
pub mod rights;
pub mod standing;

pub mod comparison;
pub mod hunk;
pub mod outline;
pub mod statistics;

pub use access::{AccessFacts, Sight};
pub use bounds::Bounds;
pub use capacity::Capacity;
pub use command::Command;
pub use command_kind::CommandKind;
pub use content::{CellContent, ContentKind};
pub use decide::{Base, Batch, Decision, Outcome, Rejection, View, decide, effective_instant};
pub use directory::{Directory, DirectoryCommand, DirectoryEvent, DirectoryRefusal};
pub use event::Event;
pub use identity::{
    ActionId, AmendmentId, ColumnId, FieldId, Parent, RoadMapId, SlotId, StrandId, Thing, Version,
};
pub use outline::Outline;
pub use participation::Participation;
pub use presidency::PresidencyKey;
pub use refusal::Refusal;
pub use register::{Marking, Register, Stamp, Stamped, Value};
pub use revision::Revision;
pub use standing::Standing;
pub use state::State;
pub use time::{Date, Instant};
