//! Amendments: a text that somebody proposes for a cell, and what became of it.
//!
//! It owns what a proposal holds and its states; who may propose and decide is `rights`' affair, the rules are `decide`'s.
//! Invariant: a proposal never changes, and of its states only the first is not final.

use serde::{Deserialize, Serialize};

use crate::content::CellContent;
use crate::identity::{ActionId, AmendmentId, ColumnId, SlotId};
use crate::register::Stamp;

/// What was proposed, by whom, against which text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The slot that its proposer saw in the cell.
    pub slot: SlotId,
    /// The text that its proposer saw.
    pub base: CellContent,
    /// When and by which event that text was written; the first stamp of all if none did.
    pub base_stamp: Stamp,
    /// The text that is proposed.
    pub content: CellContent,
    /// The key of the organisation that proposed it.
    pub proposer: String,
}

/// What became of an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmendmentState {
    /// It waits to be decided.
    Open,
    /// Its proposer took it back.
    Withdrawn,
    /// It went into the cell.
    Accepted,
    /// It did not go into the cell, for this reason.
    Declined(String),
}

impl AmendmentState {
    /// Its name in the API and in sentences: OPEN, WITHDRAWN, ACCEPTED or DECLINED.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Withdrawn => "WITHDRAWN",
            Self::Accepted => "ACCEPTED",
            Self::Declined(_) => "DECLINED",
        }
    }
}

/// An amendment as a state holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amendment<'a> {
    /// Which one it is.
    pub id: AmendmentId,
    /// The column of its cell.
    pub column: ColumnId,
    /// The action of its cell.
    pub action: ActionId,
    /// What was proposed.
    pub proposal: &'a Proposal,
    /// When and by which event.
    pub proposed: Stamp,
    /// What became of it.
    pub state: &'a AmendmentState,
    /// When and by which event it became so.
    pub since: Stamp,
}

impl Amendment<'_> {
    /// Whether it waits to be decided.
    pub fn is_open(&self) -> bool {
        *self.state == AmendmentState::Open
    }
}
