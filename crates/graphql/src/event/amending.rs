//! Events on amendments, as objects of the API.
//!
//! It owns their fields beside those of every event.
//! Invariant: what was proposed is told as it was proposed, whatever its cell shows meanwhile.

use async_graphql::{ID, Object};
use roadbook_domain::{AmendmentId, Event as Fact};

use super::{Happening, summary};
use crate::amendment::{Amendment, AmendmentState};
use crate::content::CellContent;
use crate::cursor::Cursor;
use crate::identity::{Name, Part};
use crate::scalar::DateTime;
use crate::viewer::Capacity;

/// The amendment that an event is about.
pub(super) const fn amendment_of(fact: &Fact) -> Option<AmendmentId> {
    match fact {
        Fact::AmendmentProposed { amendment, .. }
        | Fact::AmendmentWithdrawn { amendment, .. }
        | Fact::AmendmentAccepted { amendment, .. }
        | Fact::AmendmentDeclined { amendment, .. } => Some(*amendment),
        _ => None,
    }
}

/// What an event on an amendment changes: itself, and the cell that it is for.
pub(super) fn parts_of(fact: &Fact) -> Vec<Part> {
    match fact {
        Fact::AmendmentProposed {
            amendment,
            column,
            action,
            ..
        }
        | Fact::AmendmentWithdrawn {
            amendment,
            column,
            action,
        }
        | Fact::AmendmentAccepted {
            amendment,
            column,
            action,
        }
        | Fact::AmendmentDeclined {
            amendment,
            column,
            action,
            ..
        } => vec![Part::Amendment(*amendment), Part::Cell(*column, *action)],
        _ => Vec::new(),
    }
}

impl Happening {
    async fn amendment(&self) -> async_graphql::Result<Option<Amendment>> {
        let at = self.after().await?;
        let id = amendment_of(&self.event.event);
        let id = id.filter(|id| at.state().amendment(*id).is_some());
        Ok(id.map(|id| Amendment { at, id }))
    }

    fn proposed(&self, is_base: bool) -> CellContent {
        let blank = roadbook_domain::CellContent::Blank;
        let content = match &self.event.event {
            Fact::AmendmentProposed { proposal, .. } if is_base => &proposal.base,
            Fact::AmendmentProposed { proposal, .. } => &proposal.content,
            _ => &blank,
        };
        CellContent::new(content, self.event.effective_at.brussels_day())
    }
}

event_object! {
    /// A text was proposed for a cell.
    AmendmentProposed {
        /// The amendment, right after.
        async fn amendment(&self) -> async_graphql::Result<Option<Amendment>> {
            self.0.amendment().await
        }

        /// The text that its proposer had read.
        async fn before(&self) -> CellContent {
            self.0.proposed(true)
        }

        /// The text that is proposed.
        async fn after(&self) -> CellContent {
            self.0.proposed(false)
        }
    }
}

event_object! {
    /// An amendment was withdrawn, accepted or declined. What an accepted one made of its cell stands in a `CellSet` of the same batch.
    AmendmentDecided {
        /// The amendment, right after.
        async fn amendment(&self) -> async_graphql::Result<Option<Amendment>> {
            self.0.amendment().await
        }

        /// In which state it was.
        async fn before(&self) -> AmendmentState {
            AmendmentState::Open
        }

        /// In which state it is.
        async fn after(&self) -> AmendmentState {
            match &self.0.event.event {
                Fact::AmendmentWithdrawn { .. } => AmendmentState::Withdrawn,
                Fact::AmendmentAccepted { .. } => AmendmentState::Accepted,
                Fact::AmendmentDeclined { .. } => AmendmentState::Declined,
                _ => AmendmentState::Open,
            }
        }

        /// Why it was declined, if it was. (`reason` is that of the edit.)
        async fn declined_because(&self) -> Option<String> {
            match &self.0.event.event {
                Fact::AmendmentDeclined { reason, .. } => Some(reason.clone()),
                _ => None,
            }
        }
    }
}
