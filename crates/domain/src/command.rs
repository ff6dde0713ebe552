//! Commands: what someone wants done, in the imperative.
//!
//! It owns their shapes; what becomes of them is `decide`'s affair.
//! Invariant: a command names everything by its lasting id, never by its label, which moves with order.

use serde::{Deserialize, Serialize};

use crate::content::ContentKind;
use crate::document_number::DocumentNumber;
use crate::identity::{
    ActionId, AmendmentId, ColumnId, FieldId, Parent, RoadMapId, StrandId, Thing, Version,
};
use crate::presidency::PresidencyKey;
use crate::register::Marking;
use crate::revision::Revision;

/// One thing to be done. New things bring their own, unused id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Begin a road map: the first command of a stream.
    OpenRoadMap {
        /// The road map itself, which is also its stream.
        road_map: RoadMapId,
        /// Its short name: lower-case letters, digits, hyphens.
        slug: String,
        /// Its title.
        title: String,
        /// Its marking.
        marking: Marking,
        /// The key of the working party that it is entrusted to; without one it exists only for the Secretariat and the Presidency.
        working_party: Option<String>,
    },
    /// Give the road map another title or marking, or entrust it to another working party; what is absent stays.
    ChangeDetails {
        /// The new title.
        title: Option<String>,
        /// The new marking.
        marking: Option<Marking>,
        /// The key of the working party that it is to be entrusted to.
        working_party: Option<String>,
    },
    /// Add a field.
    AddField {
        /// Its id.
        field: FieldId,
        /// Its title.
        title: String,
        /// The field before which it is to stand; at the end if absent.
        before: Option<FieldId>,
    },
    /// Add a strand.
    AddStrand {
        /// Its id.
        strand: StrandId,
        /// The field in which it is to stand.
        field: FieldId,
        /// Its title.
        title: String,
        /// Where it comes from.
        source: Option<String>,
        /// The strand before which it is to stand; at the end if absent.
        before: Option<StrandId>,
    },
    /// Add an action.
    AddAction {
        /// Its id.
        action: ActionId,
        /// The strand in which it is to stand.
        strand: StrandId,
        /// What is to be done.
        wording: String,
        /// The action before which it is to stand; at the end if absent.
        before: Option<ActionId>,
    },
    /// Add a column.
    AddColumn {
        /// Its id.
        column: ColumnId,
        /// Its lasting name: lower-case letters, digits, underscores.
        key: String,
        /// Its heading.
        heading: String,
        /// What its cells hold.
        kind: ContentKind,
        /// A footnote on its heading.
        footnote: Option<String>,
        /// The column before which it is to stand; at the end if absent.
        before: Option<ColumnId>,
    },
    /// Give a field, strand or column another title, an action another wording.
    Retitle {
        /// What to retitle.
        thing: Thing,
        /// Its new words.
        title: String,
    },
    /// Say where a strand comes from.
    SetSource {
        /// The strand.
        strand: StrandId,
        /// Where it comes from.
        source: Option<String>,
    },
    /// Hang a footnote on a column's heading, or take it off.
    SetFootnote {
        /// The column.
        column: ColumnId,
        /// The footnote.
        footnote: Option<String>,
    },
    /// Let a thing stand elsewhere.
    Move {
        /// What to move.
        thing: Thing,
        /// Where it is to stand.
        under: Parent,
        /// Its sibling before which it is to stand; at the end if absent.
        before: Option<Thing>,
    },
    /// Remove a thing (a column: retire it).
    Remove {
        /// What to remove.
        thing: Thing,
        /// The later-effective events that this may hide for good; see [`Refusal::WouldHide`](crate::Refusal::WouldHide).
        hiding: Vec<Version>,
    },
    /// Bring a removed thing back to where it stood.
    Restore {
        /// What to restore.
        thing: Thing,
    },
    /// Set what a cell shows; a shared cell is set for all its actions.
    SetCell {
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
        /// What to show, as it is to be printed; read by the column's kind.
        content: String,
    },
    /// Let consecutive actions of a strand share one cell.
    ShareCells {
        /// The column.
        column: ColumnId,
        /// Two or more consecutive actions.
        actions: Vec<ActionId>,
        /// What the shared cell shows.
        content: String,
    },
    /// Split a shared cell: each of its actions gets a copy.
    UnshareCells {
        /// The column.
        column: ColumnId,
        /// Any of its actions.
        action: ActionId,
    },
    /// Issue a revision: give this moment a document number.
    IssueRevision {
        /// What it says of itself.
        revision: Box<Revision>,
    },
    /// Close a presidency whose term has ended, and seal its last state.
    ClosePresidency {
        /// Whose term it was.
        presidency: PresidencyKey,
    },
    /// Issue a corrigendum: what its batch changes was wrong, also in what a closed presidency held.
    IssueCorrigendum {
        /// The number of the document ("6183/2/15 REV 2 COR 1").
        number: DocumentNumber,
    },
    /// Propose a text for a cell.
    ProposeAmendment {
        /// The id of the amendment.
        amendment: AmendmentId,
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
        /// What the cell is to show, as it is to be printed; read by the column's kind.
        content: String,
    },
    /// Take back what one's own organisation proposed.
    WithdrawAmendment {
        /// The amendment.
        amendment: AmendmentId,
    },
    /// Put an amendment into its cell.
    AcceptAmendment {
        /// The amendment.
        amendment: AmendmentId,
        /// What the cell shows instead of the proposed text, where that does not merge.
        content: Option<String>,
    },
    /// Do not put an amendment into its cell.
    DeclineAmendment {
        /// The amendment.
        amendment: AmendmentId,
        /// Why.
        reason: String,
    },
    /// Set what a cell shows; if its author may not, or others changed it meanwhile, propose it as an amendment.
    SetCellOrPropose {
        /// The column.
        column: ColumnId,
        /// The action.
        action: ActionId,
        /// What to show.
        content: String,
        /// The id of the amendment that may come of it.
        amendment: AmendmentId,
    },
}

impl Command {
    /// The working party that the command entrusts the road map to, if it names one.
    pub fn working_party(&self) -> Option<&str> {
        match self {
            Self::OpenRoadMap { working_party, .. } | Self::ChangeDetails { working_party, .. } => {
                working_party.as_deref()
            }
            _ => None,
        }
    }

    /// The same command, but what sets a cell is proposed as an amendment of that id where it cannot be done.
    #[must_use]
    pub fn or_propose(self, amendment: impl FnOnce() -> AmendmentId) -> Self {
        match self {
            Self::SetCell {
                column,
                action,
                content,
            } => Self::SetCellOrPropose {
                column,
                action,
                content,
                amendment: amendment(),
            },
            other => other,
        }
    }

    /// The proposal as which the command may be kept, if it is one that may.
    pub fn as_proposal(&self) -> Option<(AmendmentId, Self)> {
        match self {
            Self::SetCellOrPropose {
                column,
                action,
                content,
                amendment,
            } => {
                let proposal = Self::ProposeAmendment {
                    amendment: *amendment,
                    column: *column,
                    action: *action,
                    content: content.clone(),
                };
                Some((*amendment, proposal))
            }
            _ => None,
        }
    }

    /// The road map that the command opens, if it opens one.
    pub const fn opens(&self) -> Option<RoadMapId> {
        match self {
            Self::OpenRoadMap { road_map, .. } => Some(*road_map),
            _ => None,
        }
    }
}
