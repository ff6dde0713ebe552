//! Registers: the keys and values to which a state maps, and their stamps.
//!
//! It owns what can be written and what wins; which events write what is `event`'s affair.
//! Invariant: of two writes to one register the one with the greater `(effective_at, version)` wins, in whatever order they arrive.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::amendment::{AmendmentState, Proposal};
use crate::content::{CellContent, ContentKind};
use crate::document_number::DocumentNumber;
use crate::identity::{ActionId, AmendmentId, ColumnId, Parent, SlotId, StrandId, Thing, Version};
use crate::presidency::PresidencyKey;
use crate::rank::Rank;
use crate::redaction::REDACTED;
use crate::revision::Revision;
use crate::time::Instant;

/// What a value is stored under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Register {
    /// What the road map is, written once by its opening.
    Opened,
    /// The road map's title.
    RoadMapTitle,
    /// The road map's distribution marking.
    RoadMapMarking,
    /// That an id was used, and for what; written once.
    Born(Uuid),
    /// Whether a thing is removed (a column: retired).
    Removed(Thing),
    /// In what a thing stands, and at which rank: one register, so that a move is one write.
    Place(Thing),
    /// When the order or sharing beneath a parent last changed; it holds nothing but its stamp.
    Layout(Parent),
    /// The words of a thing: a title, a heading, the wording of an action.
    Title(Thing),
    /// Where a strand comes from ("para. 16", "Strategy").
    Source(StrandId),
    /// The footnote that hangs on a column's heading.
    Footnote(ColumnId),
    /// Which text slot an action shows in a column.
    Slot(ColumnId, ActionId),
    /// What a text slot holds.
    Text(SlotId),
    /// A revision that was issued, by its canonical number.
    Revision(String),
    /// The seal of a presidency.
    Seal(PresidencyKey),
    /// The key of the working party that the road map is entrusted to.
    RoadMapWorkingParty,
    /// A corrigendum that was issued, by its canonical number.
    Corrigendum(String),
    /// What is proposed for a cell; written once.
    Amendment(ColumnId, ActionId, AmendmentId),
    /// What became of an amendment.
    AmendmentState(AmendmentId),
    /// That words were taken out of the event of a version.
    Redaction(Version),
}

/// What a register holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// The road map's short name in addresses.
    Opened {
        /// Lower-case letters, digits and hyphens.
        slug: String,
    },
    /// A distribution marking.
    Marking(Marking),
    /// What was born.
    Born(Birth),
    /// Whether it is removed.
    Removed(bool),
    /// A parent and a rank.
    Place(Parent, Rank),
    /// Nothing but a stamp.
    Layout,
    /// Words: a title, a heading, a wording.
    Words(String),
    /// Words that may be absent: a source, a footnote.
    Note(Option<String>),
    /// A text slot.
    Slot(SlotId),
    /// The content of a text slot.
    Text(CellContent),
    /// An issued revision.
    Revision(Box<Revision>),
    /// A seal.
    Sealed,
    /// An issued corrigendum.
    Corrigendum(DocumentNumber),
    /// What is proposed.
    Amendment(Box<Proposal>),
    /// What became of an amendment.
    AmendmentState(AmendmentState),
    /// Nothing but a stamp.
    Redacted,
}

/// What an id was given to at its birth; this never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Birth {
    /// A field.
    Field,
    /// A strand.
    Strand,
    /// An action.
    Action,
    /// A column.
    Column {
        /// Its lasting name in documents and programs ("progress").
        key: String,
        /// What its cells hold.
        kind: ContentKind,
    },
    /// An amendment to the cell of a column at an action.
    Amendment(ColumnId, ActionId),
}

/// The distribution marking of a road map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Marking {
    /// May leave the system.
    Public,
    /// For the members of the road map's working party only.
    Limite,
}

/// When a write takes effect, and in which event it stands: what decides between two writes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct Stamp {
    /// From when on it is so.
    pub effective: Instant,
    /// The version of the event.
    pub version: Version,
}

/// A value with its stamp. Cloning shares the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// When and by which event it was written.
    pub stamp: Stamp,
    /// What was written.
    pub value: Arc<Value>,
}

/// Whether a value is what a redaction leaves in the place of words.
pub(crate) fn is_redacted(value: &Value) -> bool {
    match value {
        Value::Text(content) => *content == CellContent::Redacted,
        Value::Words(words) | Value::Note(Some(words)) => words == REDACTED,
        _ => false,
    }
}
