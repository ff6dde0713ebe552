//! The interfaces of the API: everything with an id, and everything that stands in a road map at a moment.
//!
//! It owns the interfaces and how an id is resolved to its object.
//! Invariant: an id that names nothing resolves to nothing, for whatever reason.

use async_graphql::{Context, ID, Interface};
use roadbook_domain::Thing;
use roadbook_engine::MomentSelector;

use crate::amendment::Amendment;
use crate::at::{At, visible};
use crate::basis;
use crate::cell::Cell;
use crate::event::{
    Added, AmendmentDecided, AmendmentProposed, CellSet, CellsShared, CellsUnshared,
    CorrigendumIssued, Moved, PresidencyClosed, Removed, Restored, Retitled, RevisionIssued,
    RoadMapChanged, TextRedacted, event_object,
};
use crate::fault::engine_fault;
use crate::identity::{Name, Part};
use crate::part::{Action, Column, Field, Strand};
use crate::road_map::RoadMap;
use crate::state::RoadMapState;

/// Anything with an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Names it for `node`."))]
pub(crate) enum Node {
    RoadMap(RoadMap),
    RoadMapState(RoadMapState),
    Column(Column),
    Field(Field),
    Strand(Strand),
    Action(Action),
    Cell(Cell),
    Amendment(Amendment),
    CellSet(CellSet),
    CellsShared(CellsShared),
    CellsUnshared(CellsUnshared),
    Added(Added),
    Retitled(Retitled),
    Moved(Moved),
    Removed(Removed),
    Restored(Restored),
    RevisionIssued(RevisionIssued),
    PresidencyClosed(PresidencyClosed),
    CorrigendumIssued(CorrigendumIssued),
    AmendmentProposed(AmendmentProposed),
    AmendmentDecided(AmendmentDecided),
    RoadMapChanged(RoadMapChanged),
    TextRedacted(TextRedacted),
}

/// Something in a road map at a moment. The id of a past object includes its moment, so that a client's cache never mixes 2015 with now; `key` is the lasting identity. Both resolve through `node`.
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Names it at its moment."),
    field(name = "key", ty = "ID", desc = "Names it for good.")
)]
pub(crate) enum StateNode {
    RoadMapState(RoadMapState),
    Column(Column),
    Field(Field),
    Strand(Strand),
    Action(Action),
    Cell(Cell),
    Amendment(Amendment),
}

/// The object of a part at a moment; none if it is not present there.
pub(crate) fn state_node(at: &At, part: Part) -> Option<StateNode> {
    let present = |thing: Thing| at.outline().position(thing).is_some();
    match part {
        Part::State => Some(StateNode::RoadMapState(RoadMapState(at.clone()))),
        Part::Cell(column, action) => {
            let shown = present(Thing::Column(column)) && present(Thing::Action(action));
            shown.then(|| StateNode::Cell(Cell::new(at.clone(), column, action)))
        }
        Part::Amendment(id) => {
            let held = at.state().amendment(id).filter(|_| at.shows_amendments());
            held.map(|_| StateNode::Amendment(Amendment { at: at.clone(), id }))
        }
        Part::Thing(thing) if !present(thing) => None,
        Part::Thing(thing) => Some(match thing {
            Thing::Field(id) => StateNode::Field(Field { at: at.clone(), id }),
            Thing::Strand(id) => StateNode::Strand(Strand { at: at.clone(), id }),
            Thing::Action(id) => StateNode::Action(Action { at: at.clone(), id }),
            Thing::Column(id) => StateNode::Column(Column { at: at.clone(), id }),
        }),
    }
}

impl From<StateNode> for Node {
    fn from(node: StateNode) -> Self {
        match node {
            StateNode::RoadMapState(state) => Self::RoadMapState(state),
            StateNode::Column(column) => Self::Column(column),
            StateNode::Field(field) => Self::Field(field),
            StateNode::Strand(strand) => Self::Strand(strand),
            StateNode::Action(action) => Self::Action(action),
            StateNode::Cell(cell) => Self::Cell(cell),
            StateNode::Amendment(amendment) => Self::Amendment(amendment),
        }
    }
}

/// The object that an id names.
pub(crate) async fn resolve(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<Option<Node>> {
    let Some(name) = Name::decode(id) else {
        return Ok(None);
    };
    let (Name::RoadMap(of) | Name::Part(of, ..) | Name::Event(of, _)) = name;
    let Some(at) = visible(ctx, of).await?.map_err(engine_fault)? else {
        return Ok(None);
    };
    match name {
        Name::RoadMap(_) => Ok(Some(Node::RoadMap(RoadMap(at)))),
        Name::Event(_, version) => {
            let known = version <= at.moment().version;
            let event = if known {
                at.event(version).await.map_err(engine_fault)?
            } else {
                None
            };
            Ok(event.map(|event| event_object(&at, event).into()))
        }
        Name::Part(_, part, None) => Ok(state_node(&at, part).map(Node::from)),
        Name::Part(_, part, Some((version, effective))) => {
            let selector = MomentSelector::At { version, effective };
            let Ok(then) = at.read(&selector).await else {
                // Perhaps only for now, if the log could not be read.
                basis::leave_open(ctx);
                return Ok(None);
            };
            Ok(state_node(&then, part).map(Node::from))
        }
    }
}
