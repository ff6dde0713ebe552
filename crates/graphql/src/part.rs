//! Columns, fields, strands and actions at a moment, as objects of the API.
//!
//! It owns their fields; cells have a file of their own.
//! Invariant: labels follow from order and are never stored.

use std::iter;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use roadbook_domain::rights::Subject;
use roadbook_domain::statistics::left_behind;
use roadbook_domain::{
    ActionId, ColumnId, ContentKind, FieldId, Parent, Register, StrandId, Thing,
};

use crate::allowed::{CommandKind, allowed};
use crate::at::At;
use crate::cell::Cell;
use crate::identity::Part;
use crate::scalar::Day;
use crate::statistics::{Statistics, term};

/// A column of the table.
pub(crate) struct Column {
    pub(crate) at: At,
    pub(crate) id: ColumnId,
}

/// A column of the table, beside the actions themselves.
#[Object]
impl Column {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.at.id(Part::Thing(Thing::Column(self.id)))
    }

    /// Names it for good.
    pub(crate) async fn key(&self) -> ID {
        self.at.key(Part::Thing(Thing::Column(self.id)))
    }

    /// Its lasting name in documents and programs, such as "progress".
    async fn name(&self) -> &str {
        self.at.state().column(self.id).map_or("", |(key, _)| key)
    }

    /// Its heading.
    async fn heading(&self) -> &str {
        self.at.state().title(Thing::Column(self.id))
    }

    /// What its cells hold.
    async fn kind(&self) -> ColumnKind {
        let column = self.at.state().column(self.id);
        column.map_or(ContentKind::Text, |(_, kind)| kind).into()
    }

    /// The footnote on its heading.
    async fn footnote(&self) -> Option<&str> {
        self.at.state().note(&Register::Footnote(self.id))
    }

    /// What the caller may do with it now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.at, Subject::Thing(Thing::Column(self.id)))
    }
}

/// What the cells of a column hold.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "ContentKind")]
pub(crate) enum ColumnKind {
    /// Prose.
    Text,
    /// Deadlines.
    Due,
    /// Actors.
    Actors,
}

/// A field of the road map.
pub(crate) struct Field {
    pub(crate) at: At,
    pub(crate) id: FieldId,
}

/// A field of the road map, printed as a lettered band.
#[Object]
impl Field {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.at.id(Part::Thing(Thing::Field(self.id)))
    }

    /// Names it for good.
    pub(crate) async fn key(&self) -> ID {
        self.at.key(Part::Thing(Thing::Field(self.id)))
    }

    /// The letter that follows from order.
    async fn letter(&self) -> String {
        self.at.label(Thing::Field(self.id))
    }

    /// Its title, without the letter.
    async fn title(&self) -> &str {
        self.at.state().title(Thing::Field(self.id))
    }

    /// Its strands, in order.
    async fn strands(&self) -> Vec<Strand> {
        let outline = self.at.outline();
        let field = outline
            .position(Thing::Field(self.id))
            .and_then(|position| outline.field(position));
        let strands = field.map_or(&[][..], |field| &field.strands);
        strands
            .iter()
            .map(|strand| Strand {
                at: self.at.clone(),
                id: strand.id,
            })
            .collect()
    }

    /// Counts of its actions; overdue as of the day given, or else of the moment.
    async fn statistics(&self, on: Option<Day>) -> Statistics {
        let outline = self.at.outline();
        let field = outline
            .position(Thing::Field(self.id))
            .and_then(|position| outline.field(position));
        let strands = field.map_or(&[][..], |field| &field.strands);
        let actions = strands.iter().flat_map(|strand| &strand.actions);
        Statistics::new(self.at.clone(), actions.copied().collect(), on)
    }

    /// What the caller may do with it now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.at, Subject::Thing(Thing::Field(self.id)))
    }
}

/// A work strand.
pub(crate) struct Strand {
    pub(crate) at: At,
    pub(crate) id: StrandId,
}

/// A work strand of a field.
#[Object]
impl Strand {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.at.id(Part::Thing(Thing::Strand(self.id)))
    }

    /// Names it for good.
    pub(crate) async fn key(&self) -> ID {
        self.at.key(Part::Thing(Thing::Strand(self.id)))
    }

    /// The label that follows from order, such as "B.5".
    async fn label(&self) -> String {
        self.at.label(Thing::Strand(self.id))
    }

    /// Its title, without the number.
    async fn title(&self) -> &str {
        self.at.state().title(Thing::Strand(self.id))
    }

    /// Where it comes from, such as "para. 16".
    async fn source(&self) -> Option<&str> {
        self.at.state().note(&Register::Source(self.id))
    }

    /// Its actions, in order.
    async fn actions(&self) -> Vec<Action> {
        let outline = self.at.outline();
        let strand = outline
            .position(Thing::Strand(self.id))
            .and_then(|position| outline.strand(position));
        let actions = strand.map_or(&[][..], |strand| &strand.actions);
        actions
            .iter()
            .map(|id| Action {
                at: self.at.clone(),
                id: *id,
            })
            .collect()
    }

    /// What the caller may do with it now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.at, Subject::Thing(Thing::Strand(self.id)))
    }
}

/// An action of a strand.
pub(crate) struct Action {
    pub(crate) at: At,
    pub(crate) id: ActionId,
}

/// An action, one row of a strand.
#[Object]
impl Action {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.at.id(Part::Thing(Thing::Action(self.id)))
    }

    /// Names it for good.
    pub(crate) async fn key(&self) -> ID {
        self.at.key(Part::Thing(Thing::Action(self.id)))
    }

    /// The label that follows from order, such as "B.5.1".
    async fn label(&self) -> String {
        self.at.label(Thing::Action(self.id))
    }

    /// What is to be done.
    async fn text(&self) -> &str {
        self.at.state().title(Thing::Action(self.id))
    }

    /// The strand in which it stands.
    async fn strand(&self) -> Option<Strand> {
        match self.at.state().parent(Thing::Action(self.id)) {
            Some(Parent::Strand(id)) => Some(Strand {
                at: self.at.clone(),
                id,
            }),
            _ => None,
        }
    }

    /// One for each column, in order; a shared cell is the same in all the actions that share it.
    async fn cells(&self) -> Vec<CellSpan> {
        let at = &self.at;
        let columns = at.outline().columns.iter();
        columns
            .filter_map(|column| {
                let run = at.outline().run(at.state(), *column, self.id)?;
                let position = at.outline().position(Thing::Action(self.id))?;
                Some(CellSpan {
                    cell: Cell::new(at.clone(), *column, self.id),
                    span: run.span,
                    first: run.first == position.action,
                })
            })
            .collect()
    }

    /// Whether neither its wording nor any of its cells has changed in effect since the end of a presidency's term, such as "2015H1-LV".
    async fn left_behind(&self, since: String) -> async_graphql::Result<bool> {
        let behind = left_behind(self.at.state(), iter::once(self.id), term(&since)?);
        Ok(!behind.is_empty())
    }

    /// What the caller may do with it now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.at, Subject::Thing(Thing::Action(self.id)))
    }
}

/// A cell as an action shows it.
#[derive(SimpleObject)]
pub(crate) struct CellSpan {
    /// The cell; the same for all that share it.
    cell: Cell,
    /// How many consecutive actions share it.
    span: usize,
    /// Whether this is the first of them.
    first: bool,
}
