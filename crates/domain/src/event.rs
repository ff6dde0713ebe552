//! Events: the facts of a road map's log, in the past tense and in the domain's words.
//!
//! It owns which absolute writes each event carries; whether it may happen is `decide`'s affair.
//! Invariant: what an event writes depends on nothing but the event.

use serde::{Deserialize, Serialize};

use crate::amendment::{AmendmentState, Proposal};
use crate::content::{CellContent, ContentKind};
use crate::document_number::DocumentNumber;
use crate::identity::{
    ActionId, AmendmentId, ColumnId, FieldId, Parent, RoadMapId, SlotId, StrandId, Thing, Version,
};
use crate::presidency::PresidencyKey;
use crate::rank::Rank;
use crate::register::{Birth, Marking, Register, Value};
use crate::revision::Revision;

/// A fact. Its payload in the log is this, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The road map began: always the first event of its stream.
    RoadMapOpened {
        /// The road map itself.
        road_map: RoadMapId,
        /// Its short name.
        slug: String,
        /// Its title.
        title: String,
        /// Its marking.
        marking: Marking,
    },
    /// The road map has another title.
    RoadMapRetitled {
        /// The new title.
        title: String,
    },
    /// The road map has another marking.
    RoadMapMarked {
        /// The new marking.
        marking: Marking,
    },
    /// The road map is entrusted to a working party, whose participants alone may read it while it is LIMITE.
    RoadMapEntrusted {
        /// The key of the working party.
        working_party: String,
    },
    /// A field was added.
    FieldAdded {
        /// Its id.
        field: FieldId,
        /// Its title, without the letter, which follows from order.
        title: String,
        /// Its place among the fields.
        rank: Rank,
    },
    /// A strand was added.
    StrandAdded {
        /// Its id.
        strand: StrandId,
        /// The field in which it stands.
        field: FieldId,
        /// Its title, without the number.
        title: String,
        /// Where it comes from ("para. 16").
        source: Option<String>,
        /// Its place among the strands of the field.
        rank: Rank,
    },
    /// An action was added.
    ActionAdded {
        /// Its id.
        action: ActionId,
        /// The strand in which it stands.
        strand: StrandId,
        /// What is to be done.
        wording: String,
        /// Its place among the actions of the strand.
        rank: Rank,
        /// The cells that it cut off from a shared one.
        copies: Vec<CellCopy>,
    },
    /// A column was added.
    ColumnAdded {
        /// Its id.
        column: ColumnId,
        /// Its lasting name.
        key: String,
        /// Its heading.
        heading: String,
        /// What its cells hold.
        kind: ContentKind,
        /// A footnote on its heading.
        footnote: Option<String>,
        /// Its place among the columns.
        rank: Rank,
    },
    /// A field, strand or column has another title, or an action another wording.
    Retitled {
        /// What was retitled.
        thing: Thing,
        /// Its new words.
        title: String,
        /// The two versions that were merged, if they were: the one read and the one met.
        merged_from: Vec<Version>,
    },
    /// A strand comes from elsewhere than was said.
    StrandSourced {
        /// The strand.
        strand: StrandId,
        /// Where it comes from.
        source: Option<String>,
    },
    /// A column's heading has another footnote, or none.
    ColumnFootnoted {
        /// The column.
        column: ColumnId,
        /// The footnote.
        footnote: Option<String>,
    },
    /// A thing stands elsewhere.
    Moved {
        /// What moved.
        thing: Thing,
        /// Where it stood.
        from: Parent,
        /// Where it stands.
        to: Parent,
        /// Its place among its new siblings.
        rank: Rank,
        /// The cells that were cut off from shared ones.
        copies: Vec<CellCopy>,
    },
    /// A thing was removed (a column: retired). It stays reachable in the past.
    Removed {
        /// What was removed.
        thing: Thing,
        /// Where it stood.
        parent: Parent,
    },
    /// A removed thing is back where it stood.
    Restored {
        /// What was restored.
        thing: Thing,
        /// Where it stands.
        parent: Parent,
        /// The cells that were cut off from shared ones.
        copies: Vec<CellCopy>,
    },
    /// A cell, or the shared cell of several actions, shows something else.
    CellSet {
        /// The column.
        column: ColumnId,
        /// The action at which it was set.
        action: ActionId,
        /// The slot that the action shows.
        slot: SlotId,
        /// What it shows now.
        content: CellContent,
        /// The two versions that were merged, if they were: the one read and the one met.
        merged_from: Vec<Version>,
    },
    /// Consecutive actions of a strand share one cell.
    CellsShared {
        /// The strand.
        strand: StrandId,
        /// The column.
        column: ColumnId,
        /// The actions, in order.
        actions: Vec<ActionId>,
        /// The slot that they show.
        slot: SlotId,
        /// What it shows.
        content: CellContent,
        /// The cells that were cut off from an earlier shared one.
        copies: Vec<CellCopy>,
    },
    /// A shared cell was split: each of its actions has a copy of its own.
    CellsUnshared {
        /// The strand.
        strand: StrandId,
        /// The column.
        column: ColumnId,
        /// One for each action.
        copies: Vec<CellCopy>,
    },
    /// A revision went out to delegations; it names the moment at which this took effect.
    RevisionIssued {
        /// What it says of itself.
        revision: Box<Revision>,
    },
    /// A presidency was closed: its last state as known now is sealed.
    PresidencyClosed {
        /// Whose term it was.
        presidency: PresidencyKey,
    },
    /// A corrigendum was issued: the other events of its batch correct what was wrong.
    CorrigendumIssued {
        /// The number of the document ("6183/2/15 REV 2 COR 1").
        number: DocumentNumber,
    },
    /// A text was proposed for a cell.
    AmendmentProposed {
        /// Its id.
        amendment: AmendmentId,
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
        /// What was proposed, and against which text.
        proposal: Box<Proposal>,
    },
    /// An amendment was taken back by its proposer.
    AmendmentWithdrawn {
        /// The amendment.
        amendment: AmendmentId,
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
    },
    /// An amendment went into its cell; what that shows stands in a `CellSet` of the same batch, unless it showed it before.
    AmendmentAccepted {
        /// The amendment.
        amendment: AmendmentId,
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
    },
    /// An amendment did not go into its cell.
    AmendmentDeclined {
        /// The amendment.
        amendment: AmendmentId,
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
        /// Why.
        reason: String,
    },
    /// Words were taken out of earlier events of the road map, for good.
    TextRedacted {
        /// The events that lost words.
        versions: Vec<Version>,
        /// What proves that nothing else was taken out: for each of them the log's mark of what is left of it.
        proofs: Vec<String>,
        /// The organisation on whose order it was done.
        ordered_by: String,
    },
}

/// Actions that were cut off from a shared cell: a fresh slot with a copy of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellCopy {
    /// The consecutive actions that show the copy.
    pub actions: Vec<ActionId>,
    /// The fresh slot; it names the column.
    pub slot: SlotId,
    /// The text as it was.
    pub content: CellContent,
}

impl Event {
    /// The kind under which the event stands in the log, such as `StrandRetitled`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RoadMapOpened { .. } => "RoadMapOpened",
            Self::RoadMapRetitled { .. } => "RoadMapRetitled",
            Self::RoadMapMarked { .. } => "RoadMapMarked",
            Self::RoadMapEntrusted { .. } => "RoadMapEntrusted",
            Self::FieldAdded { .. } => "FieldAdded",
            Self::StrandAdded { .. } => "StrandAdded",
            Self::ActionAdded { .. } => "ActionAdded",
            Self::ColumnAdded { .. } => "ColumnAdded",
            Self::Retitled { thing, .. } => match thing {
                Thing::Field(_) => "FieldRetitled",
                Thing::Strand(_) => "StrandRetitled",
                Thing::Action(_) => "ActionReworded",
                Thing::Column(_) => "ColumnRenamed",
            },
            Self::StrandSourced { .. } => "StrandSourced",
            Self::ColumnFootnoted { .. } => "ColumnFootnoted",
            Self::Moved { thing, .. } => match thing {
                Thing::Field(_) => "FieldMoved",
                Thing::Strand(_) => "StrandMoved",
                Thing::Action(_) => "ActionMoved",
                Thing::Column(_) => "ColumnMoved",
            },
            Self::Removed { thing, .. } => match thing {
                Thing::Field(_) => "FieldRemoved",
                Thing::Strand(_) => "StrandRemoved",
                Thing::Action(_) => "ActionRemoved",
                Thing::Column(_) => "ColumnRetired",
            },
            Self::Restored { thing, .. } => match thing {
                Thing::Field(_) => "FieldRestored",
                Thing::Strand(_) => "StrandRestored",
                Thing::Action(_) => "ActionRestored",
                Thing::Column(_) => "ColumnRestored",
            },
            Self::CellSet { .. } => "CellSet",
            Self::CellsShared { .. } => "CellsShared",
            Self::CellsUnshared { .. } => "CellsUnshared",
            Self::RevisionIssued { .. } => "RevisionIssued",
            Self::PresidencyClosed { .. } => "PresidencyClosed",
            Self::CorrigendumIssued { .. } => "CorrigendumIssued",
            Self::AmendmentProposed { .. } => "AmendmentProposed",
            Self::AmendmentWithdrawn { .. } => "AmendmentWithdrawn",
            Self::AmendmentAccepted { .. } => "AmendmentAccepted",
            Self::AmendmentDeclined { .. } => "AmendmentDeclined",
            Self::TextRedacted { .. } => "TextRedacted",
        }
    }

    /// Whether it is a step in the life of an amendment.
    pub const fn is_of_amendment(&self) -> bool {
        matches!(
            self,
            Self::AmendmentProposed { .. }
                | Self::AmendmentWithdrawn { .. }
                | Self::AmendmentAccepted { .. }
                | Self::AmendmentDeclined { .. }
        )
    }

    /// Hands over every absolute write that the event makes.
    pub fn writes(&self, write: &mut impl FnMut(Register, Value)) {
        match self {
            Self::RoadMapOpened { .. }
            | Self::RoadMapRetitled { .. }
            | Self::RoadMapMarked { .. }
            | Self::RoadMapEntrusted { .. } => self.write_details(write),
            Self::RevisionIssued { .. }
            | Self::PresidencyClosed { .. }
            | Self::CorrigendumIssued { .. }
            | Self::TextRedacted { .. } => self.write_issue(write),
            Self::FieldAdded { .. }
            | Self::StrandAdded { .. }
            | Self::ActionAdded { .. }
            | Self::ColumnAdded { .. } => self.write_birth(write),
            Self::Retitled { thing, title, .. } => {
                write(Register::Title(*thing), Value::Words(title.clone()));
            }
            Self::StrandSourced { strand, source } => {
                write(Register::Source(*strand), Value::Note(source.clone()));
            }
            Self::ColumnFootnoted { column, footnote } => {
                write(Register::Footnote(*column), Value::Note(footnote.clone()));
            }
            Self::Moved {
                thing,
                from,
                to,
                rank,
                copies,
            } => {
                write(Register::Place(*thing), Value::Place(*to, rank.clone()));
                write(Register::Layout(*from), Value::Layout);
                write(Register::Layout(*to), Value::Layout);
                write_copies(copies, write);
            }
            Self::Removed { thing, parent } => {
                write(Register::Removed(*thing), Value::Removed(true));
                write(Register::Layout(*parent), Value::Layout);
            }
            Self::Restored {
                thing,
                parent,
                copies,
            } => {
                write(Register::Removed(*thing), Value::Removed(false));
                write(Register::Layout(*parent), Value::Layout);
                write_copies(copies, write);
            }
            Self::CellSet { slot, content, .. } => {
                write(Register::Text(*slot), Value::Text(content.clone()));
            }
            Self::CellsShared { .. } | Self::CellsUnshared { .. } => self.write_sharing(write),
            Self::AmendmentProposed { .. }
            | Self::AmendmentWithdrawn { .. }
            | Self::AmendmentAccepted { .. }
            | Self::AmendmentDeclined { .. } => self.write_amendment(write),
        }
    }

    fn write_issue(&self, write: &mut impl FnMut(Register, Value)) {
        match self {
            Self::RevisionIssued { revision } => write(
                Register::Revision(revision.number.canonical()),
                Value::Revision(revision.clone()),
            ),
            Self::PresidencyClosed { presidency } => {
                write(Register::Seal(presidency.clone()), Value::Sealed);
            }
            Self::CorrigendumIssued { number } => write(
                Register::Corrigendum(number.canonical()),
                Value::Corrigendum(number.clone()),
            ),
            Self::TextRedacted { versions, .. } => {
                for version in versions {
                    write(Register::Redaction(*version), Value::Redacted);
                }
            }
            _ => {}
        }
    }

    fn write_details(&self, write: &mut impl FnMut(Register, Value)) {
        match self {
            Self::RoadMapOpened {
                slug,
                title,
                marking,
                ..
            } => {
                write(Register::Opened, Value::Opened { slug: slug.clone() });
                write(Register::RoadMapTitle, Value::Words(title.clone()));
                write(Register::RoadMapMarking, Value::Marking(*marking));
            }
            Self::RoadMapRetitled { title } => {
                write(Register::RoadMapTitle, Value::Words(title.clone()));
            }
            Self::RoadMapMarked { marking } => {
                write(Register::RoadMapMarking, Value::Marking(*marking));
            }
            Self::RoadMapEntrusted { working_party } => {
                let value = Value::Words(working_party.clone());
                write(Register::RoadMapWorkingParty, value);
            }
            _ => {}
        }
    }

    fn write_birth(&self, write: &mut impl FnMut(Register, Value)) {
        let (thing, parent, rank, title, birth) = match self {
            Self::FieldAdded { field, title, rank } => (
                Thing::Field(*field),
                Parent::Fields,
                rank,
                title,
                Birth::Field,
            ),
            Self::StrandAdded {
                strand,
                field,
                title,
                source,
                rank,
            } => {
                write(Register::Source(*strand), Value::Note(source.clone()));
                let parent = Parent::Field(*field);
                (Thing::Strand(*strand), parent, rank, title, Birth::Strand)
            }
            Self::ActionAdded {
                action,
                strand,
                wording,
                rank,
                copies,
            } => {
                write_copies(copies, write);
                let parent = Parent::Strand(*strand);
                (Thing::Action(*action), parent, rank, wording, Birth::Action)
            }
            Self::ColumnAdded {
                column,
                key,
                heading,
                kind,
                footnote,
                rank,
            } => {
                write(Register::Footnote(*column), Value::Note(footnote.clone()));
                let birth = Birth::Column {
                    key: key.clone(),
                    kind: *kind,
                };
                (
                    Thing::Column(*column),
                    Parent::Columns,
                    rank,
                    heading,
                    birth,
                )
            }
            _ => return,
        };
        write(Register::Born(thing.uuid()), Value::Born(birth));
        write(Register::Place(thing), Value::Place(parent, rank.clone()));
        write(Register::Title(thing), Value::Words(title.clone()));
        write(Register::Layout(parent), Value::Layout);
    }

    fn write_amendment(&self, write: &mut impl FnMut(Register, Value)) {
        let (amendment, state) = match self {
            Self::AmendmentProposed {
                amendment,
                column,
                action,
                proposal,
            } => {
                let birth = Birth::Amendment(*column, *action);
                write(Register::Born(amendment.0), Value::Born(birth));
                let register = Register::Amendment(*column, *action, *amendment);
                write(register, Value::Amendment(proposal.clone()));
                (amendment, AmendmentState::Open)
            }
            Self::AmendmentWithdrawn { amendment, .. } => (amendment, AmendmentState::Withdrawn),
            Self::AmendmentAccepted { amendment, .. } => (amendment, AmendmentState::Accepted),
            Self::AmendmentDeclined {
                amendment, reason, ..
            } => (amendment, AmendmentState::Declined(reason.clone())),
            _ => return,
        };
        let register = Register::AmendmentState(*amendment);
        write(register, Value::AmendmentState(state));
    }

    fn write_sharing(&self, write: &mut impl FnMut(Register, Value)) {
        match self {
            Self::CellsShared {
                strand,
                column,
                actions,
                slot,
                content,
                copies,
            } => {
                for action in actions {
                    write(Register::Slot(*column, *action), Value::Slot(*slot));
                }
                write(Register::Text(*slot), Value::Text(content.clone()));
                write(Register::Layout(Parent::Strand(*strand)), Value::Layout);
                write_copies(copies, write);
            }
            Self::CellsUnshared { strand, copies, .. } => {
                write(Register::Layout(Parent::Strand(*strand)), Value::Layout);
                write_copies(copies, write);
            }
            _ => {}
        }
    }
}

fn write_copies(copies: &[CellCopy], write: &mut impl FnMut(Register, Value)) {
    for copy in copies {
        for action in &copy.actions {
            let register = Register::Slot(copy.slot.column, *action);
            write(register, Value::Slot(copy.slot));
        }
        write(Register::Text(copy.slot), Value::Text(copy.content.clone()));
    }
}
