//! A cell at a moment, as an object of the API.
//!
//! It owns the identity of shared cells and a cell's history.
//! Invariant: a shared cell is one object, named after its first action.

use async_graphql::{Context, ID, Object};
use roadbook_domain::rights::Subject;
use roadbook_domain::{ActionId, ColumnId, Register, Thing};

use crate::allowed::{CommandKind, allowed};
use crate::amendment::{Amendment, AmendmentState, amendments_page};
use crate::at::At;
use crate::content::CellContent;
use crate::cursor::Cursor;
use crate::event::Event;
use crate::identity::Part;
use crate::page::{Listed, Logged, page_size};
use crate::part::{Action, Column};
use crate::road_map::event_page;

/// A cell, which several consecutive actions may share.
pub(crate) struct Cell {
    at: At,
    column: ColumnId,
    /// The first of the actions that share it.
    action: ActionId,
}

impl Cell {
    /// The cell that an action shows in a column.
    pub(crate) fn new(at: At, column: ColumnId, action: ActionId) -> Self {
        let sharers = at.outline().sharers(at.state(), column, action);
        let first = sharers.first().copied().unwrap_or(action);
        Self {
            at,
            column,
            action: first,
        }
    }

    fn part(&self) -> Part {
        Part::Cell(self.column, self.action)
    }
}

/// A cell, which several consecutive actions may share.
#[Object]
impl Cell {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.at.id(self.part())
    }

    /// Names it for good, as the cell of its first action.
    pub(crate) async fn key(&self) -> ID {
        self.at.key(self.part())
    }

    /// Its column.
    async fn column(&self) -> Column {
        Column {
            at: self.at.clone(),
            id: self.column,
        }
    }

    /// The actions that share it, in order; one for a cell that is not shared.
    async fn actions(&self) -> Vec<Action> {
        let at = &self.at;
        let sharers = at.outline().sharers(at.state(), self.column, self.action);
        sharers
            .iter()
            .map(|id| Action {
                at: at.clone(),
                id: *id,
            })
            .collect()
    }

    /// The version of the event that wrote what it shows; 0 if nothing was ever written.
    async fn set_at(&self) -> u64 {
        let state = self.at.state();
        let slot = state.slot(self.column, self.action);
        let stamp = state.stamp(&Register::Text(slot));
        stamp.map_or(0, |stamp| stamp.version.0)
    }

    /// What it shows.
    async fn content(&self) -> CellContent {
        let content = self.at.state().cell(self.column, self.action);
        CellContent::new(content, self.at.day())
    }

    /// The amendments to it, in the order in which they were proposed, in a shared cell those of all its actions; of those in a state, if one is given.
    async fn amendments(
        &self,
        state: Option<AmendmentState>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Amendment>> {
        let at = &self.at;
        let sharers = at.outline().sharers(at.state(), self.column, self.action);
        let held = sharers
            .iter()
            .flat_map(|action| at.state().amendments_of(self.column, *action));
        amendments_page(at, held, state, first, after.as_deref())
    }

    /// What the caller may do with it now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.at, Subject::Cell(self.column, self.action))
    }

    /// Who changed it, when, from what to what: every event that touched its action in its column, in the order of recording, up to this moment.
    async fn history(
        &self,
        #[graphql(default = 20)] first: i32,
        after: Option<Cursor>,
    ) -> async_graphql::Result<Logged<Event>> {
        let size = page_size(first)?;
        let subject = [Thing::Action(self.action).uuid()];
        let column = self.column.0;
        event_page(&self.at, &subject, size, after, |event| {
            event.subjects.contains(&column)
        })
        .await
    }
}
