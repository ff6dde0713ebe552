//! Amendments at a moment, as objects of the API.
//!
//! It owns their fields and lists; who may propose and decide is the domain's affair.
//! Invariant: an amendment keeps the text that it was made against, whatever its cell shows meanwhile.

use async_graphql::{Context, Enum, ID, Object};
use roadbook_domain::amendment::{Amendment as Held, AmendmentState as DomainState};
use roadbook_domain::rights::Subject;
use roadbook_domain::{AmendmentId, Thing};

use crate::allowed::{CommandKind, allowed};
use crate::at::At;
use crate::cell::Cell;
use crate::content::CellContent;
use crate::identity::Part;
use crate::page::{Listed, listed};
use crate::part::{Action, Column};
use crate::scalar::DateTime;

/// A text that is proposed for a cell.
pub(crate) struct Amendment {
    pub(crate) at: At,
    pub(crate) id: AmendmentId,
}

impl Amendment {
    /// The amendment as the state holds it; whoever makes this object has seen it there.
    fn held(&self) -> Option<Held<'_>> {
        self.at.state().amendment(self.id)
    }

    fn text(&self, pick: impl FnOnce(Held<'_>) -> &roadbook_domain::CellContent) -> CellContent {
        let blank = roadbook_domain::CellContent::Blank;
        let content = self.held().map_or(&blank, pick);
        CellContent::new(content, self.at.day())
    }
}

/// A text that is proposed for a cell.
#[Object]
impl Amendment {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.at.id(Part::Amendment(self.id))
    }

    /// Names it for good.
    pub(crate) async fn key(&self) -> ID {
        self.at.key(Part::Amendment(self.id))
    }

    /// The cell that it is for; none while its action or column is removed.
    async fn cell(&self) -> Option<Cell> {
        let held = self.held()?;
        let outline = self.at.outline();
        let is_present = |thing| outline.position(thing).is_some();
        let there =
            is_present(Thing::Column(held.column)) && is_present(Thing::Action(held.action));
        there.then(|| Cell::new(self.at.clone(), held.column, held.action))
    }

    /// The action of its cell, removed or not.
    async fn action(&self) -> Option<Action> {
        self.held().map(|held| Action {
            at: self.at.clone(),
            id: held.action,
        })
    }

    /// The column of its cell, retired or not.
    async fn column(&self) -> Option<Column> {
        self.held().map(|held| Column {
            at: self.at.clone(),
            id: held.column,
        })
    }

    /// The organisation that proposed it.
    async fn proposer(&self) -> String {
        let held = self.held();
        held.map_or_else(String::new, |held| held.proposal.proposer.clone())
    }

    /// The text that is proposed.
    async fn content(&self) -> CellContent {
        self.text(|held| &held.proposal.content)
    }

    /// The text against which it was proposed.
    async fn base(&self) -> CellContent {
        self.text(|held| &held.proposal.base)
    }

    /// What became of it.
    async fn state(&self) -> AmendmentState {
        let held = self.held();
        held.map_or(AmendmentState::Open, |held| held.state.into())
    }

    /// Why it was declined, if it was.
    async fn reason(&self) -> Option<String> {
        match self.held()?.state {
            DomainState::Declined(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    /// The instant from which on it is proposed.
    async fn proposed_at(&self) -> Option<DateTime> {
        self.held().map(|held| DateTime(held.proposed.effective))
    }

    /// The version of the event that proposed it.
    async fn proposed_by(&self) -> u64 {
        self.held().map_or(0, |held| held.proposed.version.0)
    }

    /// The instant from which on it is in its state.
    async fn since(&self) -> Option<DateTime> {
        self.held().map(|held| DateTime(held.since.effective))
    }

    /// What the caller may do with it now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.at, Subject::Amendment(self.id))
    }
}

/// What became of an amendment.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AmendmentState {
    /// It waits to be decided.
    Open,
    /// Its proposer took it back.
    Withdrawn,
    /// It went into the cell.
    Accepted,
    /// It did not go into the cell.
    Declined,
}

impl From<&DomainState> for AmendmentState {
    fn from(state: &DomainState) -> Self {
        match state {
            DomainState::Open => Self::Open,
            DomainState::Withdrawn => Self::Withdrawn,
            DomainState::Accepted => Self::Accepted,
            DomainState::Declined(_) => Self::Declined,
        }
    }
}

/// A page of amendments in the order in which they were proposed; of those in a state, if one is given. For whoever takes no
/// part in the working party there are none.
pub(crate) fn amendments_page<'a>(
    at: &At,
    held: impl Iterator<Item = Held<'a>>,
    state: Option<AmendmentState>,
    first: i32,
    after: Option<&str>,
) -> async_graphql::Result<Listed<Amendment>> {
    let exist = at.shows_amendments();
    let is_meant = |held: &Held<'_>| exist && state.is_none_or(|state| state == held.state.into());
    let mut found: Vec<Held<'_>> = held.filter(is_meant).collect();
    found.sort_unstable_by_key(|held| (held.proposed, held.id));
    let amendments = found
        .into_iter()
        .map(|held| Amendment {
            at: at.clone(),
            id: held.id,
        })
        .collect();
    listed(amendments, first, after)
}
