//! The state of a road map at a moment, as an object of the API.
//!
//! It owns what stands above fields: title, marking, columns, statistics.
//! Invariant: all that is reached from one state shows the same moment.

use async_graphql::{Context, Enum, ID, Object};
use roadbook_domain::Marking as DomainMarking;
use roadbook_domain::rights::Subject;

use crate::allowed::{CommandKind, allowed};
use crate::amendment::{Amendment, AmendmentState, amendments_page};
use crate::at::At;
use crate::identity::Part;
use crate::moment::Moment;
use crate::page::Listed;
use crate::part::{Column, Field};
use crate::scalar::Day;
use crate::statistics::Statistics;

/// A road map as it stood, or stands, at a moment.
pub(crate) struct RoadMapState(pub(crate) At);

/// A road map as it stood, or stands, at a moment.
#[Object]
impl RoadMapState {
    /// Names it at its moment.
    pub(crate) async fn id(&self) -> ID {
        self.0.id(Part::State)
    }

    /// Names it for good.
    pub(crate) async fn key(&self) -> ID {
        self.0.key(Part::State)
    }

    /// The moment that it shows.
    async fn moment(&self) -> Moment {
        Moment(self.0.clone())
    }

    /// The title.
    async fn title(&self) -> &str {
        self.0.state().road_map_title()
    }

    /// The distribution marking.
    async fn marking(&self) -> Marking {
        self.0.state().marking().into()
    }

    /// The key of the working party that it is entrusted to; none if it was opened before there were any.
    async fn working_party(&self) -> Option<&str> {
        self.0.state().working_party()
    }

    /// The columns, in order.
    async fn columns(&self) -> Vec<Column> {
        let column = |id: &_| Column {
            at: self.0.clone(),
            id: *id,
        };
        self.0.outline().columns.iter().map(column).collect()
    }

    /// The fields, in order.
    async fn fields(&self) -> Vec<Field> {
        let fields = &self.0.outline().fields;
        fields
            .iter()
            .map(|field| Field {
                at: self.0.clone(),
                id: field.id,
            })
            .collect()
    }

    /// Counts of all its actions; overdue as of the day given, or else of the moment.
    async fn statistics(&self, on: Option<Day>) -> Statistics {
        let actions = self.0.outline().actions().collect();
        Statistics::new(self.0.clone(), actions, on)
    }

    /// The amendments to its cells, in the order in which they were proposed, those to what is removed included; of those in a state, if one is given.
    async fn amendments(
        &self,
        state: Option<AmendmentState>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Amendment>> {
        let held = self.0.state().amendments();
        amendments_page(&self.0, held, state, first, after.as_deref())
    }

    /// What the caller may do with the road map as a whole now; nothing in the past.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommandKind>> {
        allowed(ctx, &self.0, Subject::RoadMap)
    }
}

/// A distribution marking.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainMarking")]
pub(crate) enum Marking {
    /// May leave the system.
    Public,
    /// For the members of the road map's working party only.
    Limite,
}
