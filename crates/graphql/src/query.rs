//! The queries of the API.
//!
//! It owns the ways in; what is found there belongs to the objects.
//! Invariant: a query changes nothing, and a field that says of its basis that it is whole reaches all it reads by the gate.

use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Object};
use roadbook_domain::{CellContent as Content, ContentKind, RoadMapId};
use roadbook_engine::Engine;

use crate::at::{visible, visible_after};
use crate::basis;
use crate::content::CellContent;
use crate::cursor::Cursor;
use crate::directory::{self, DirectoryEvent, Organisation, WorkingParty};
use crate::fault::{Code, bad_argument, engine_fault, fault};
use crate::identity::{Name, road_map_of};
use crate::node::{Node, resolve};
use crate::page::{Listed, Logged, page_size};
use crate::part::ColumnKind;
use crate::road_map::RoadMap;
use crate::scalar::Day;
use crate::trail;
use crate::viewer::Viewer;

/// The engine that this schema serves.
pub(crate) fn engine<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Arc<Engine>> {
    ctx.data::<Arc<Engine>>()
}

/// The caller; a fault if the transport let one through without an identity.
pub(crate) fn viewer<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Viewer> {
    ctx.data_opt::<Viewer>()
        .ok_or_else(|| fault(Code::Internal, "the caller is unknown"))
}

/// A page of road maps.
type RoadMaps = async_graphql::connection::Connection<
    String,
    RoadMap,
    async_graphql::connection::EmptyFields,
    async_graphql::connection::EmptyFields,
    async_graphql::connection::DefaultConnectionName,
    async_graphql::connection::DefaultEdgeName,
    async_graphql::connection::DisableNodesField,
>;

/// The ways in.
#[derive(Debug)]
pub(crate) struct Query;

/// The ways in.
#[Object]
impl Query {
    /// The object that an id or key names; none if it names nothing.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<Node>> {
        basis::tell_all(ctx);
        resolve(ctx, &id).await
    }

    /// The caller.
    async fn viewer(&self, ctx: &Context<'_>) -> async_graphql::Result<Viewer> {
        basis::tell_all(ctx);
        viewer(ctx).cloned()
    }

    /// The organisations on a day, today if absent: delegations in protocol order, then the others.
    async fn organisations(
        &self,
        ctx: &Context<'_>,
        on: Option<Day>,
        #[graphql(default = 100)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Organisation>> {
        basis::tell_all(ctx);
        directory::organisations(ctx, on, first, after.as_deref())
    }

    /// The working parties on a day, today if absent, with those who take part.
    async fn working_parties(
        &self,
        ctx: &Context<'_>,
        on: Option<Day>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<WorkingParty>> {
        basis::tell_all(ctx);
        directory::working_parties(ctx, on, first, after.as_deref())
    }

    /// The facts recorded of organisations and working parties, in the order of recording; none as long as nobody has changed the directory.
    async fn directory_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        after: Option<Cursor>,
    ) -> async_graphql::Result<Logged<DirectoryEvent>> {
        directory::events(ctx, first, after).await
    }

    /// How what is typed in a cell of a column of this kind would be understood, as of today. Nothing is kept.
    async fn understood(
        &self,
        ctx: &Context<'_>,
        kind: ColumnKind,
        text: String,
    ) -> async_graphql::Result<CellContent> {
        let content = Content::read(ContentKind::from(kind), &text);
        let content = content.map_err(|error| bad_argument(format!("text: {error}")))?;
        Ok(CellContent::new(&content, engine(ctx)?.standing().today))
    }

    /// A road map by its id or bare UUID; none if there is no such road map for the caller.
    async fn road_map(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<RoadMap>> {
        basis::tell_all(ctx);
        let Some(id) = road_map_of(&id) else {
            return Ok(None);
        };
        let found = visible(ctx, id).await?.map_err(engine_fault)?;
        Ok(found.map(RoadMap))
    }

    /// The road maps that exist for the caller, in the order of their ids. Those that this node does not serve are left out, with an error that says so.
    async fn road_maps(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<RoadMaps> {
        let size = page_size(first)?;
        let start = after.as_ref().map(|after| {
            let name = road_map_of(&ID(after.clone()));
            name.ok_or_else(|| bad_argument("after: take a cursor from an earlier page"))
        });
        let start: Option<RoadMapId> = start.transpose()?;
        let listed = visible_after(ctx, start, size + 1).await?;
        let (mut found, not_served) = listed.map_err(engine_fault)?;
        if let Some(error) = not_served.into_iter().next() {
            let error = engine_fault(error).into_server_error(ctx.item.pos);
            ctx.add_error(ctx.set_error_path(error));
        }
        let mut page = RoadMaps::new(after.is_some(), found.len() > size);
        found.truncate(size);
        trail::note(ctx, &found);
        for at in found {
            let cursor = Name::RoadMap(at.road_map_id()).encode().to_string();
            page.edges.push(Edge::new(cursor, RoadMap(at)));
        }
        Ok(page)
    }
}
