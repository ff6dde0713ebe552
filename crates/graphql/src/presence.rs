//! Presence: who follows a road map with the caller, and at which cell or wording each of them is.
//!
//! It owns the translation between the engine's rooms and the API. Presence is for those who take part: whoever only reads a
//! PUBLIC road map is told nothing of who works on it. Invariant: a presence ends with its subscription, and with the right to it.

use std::pin::pin;

use async_graphql::{Context, ID, InputObject, SimpleObject};
use futures_util::future::{Either, select};
use futures_util::stream::{self, BoxStream, StreamExt};
use roadbook_domain::{RoadMapId, Sight, Thing};
use roadbook_engine::{Attendance, Author, EngineError, Gathering, Place, Spot};
use uuid::Uuid;

use crate::at::{At, visible};
use crate::fault::{Code, bad_argument, engine_fault, fault};
use crate::identity::{Part, road_map_of, thing_of};
use crate::query::{engine, viewer};

/// Who is present at a road map.
#[derive(SimpleObject)]
pub(crate) struct Presence {
    /// The caller's own presence, by which `showPresence` names it.
    own: ID,
    /// How many are present, the caller among them.
    count: usize,
    /// Those who look at a cell or a wording or type there, without the caller, in the order of their coming; at most 100 unless the server is set otherwise.
    participants: Vec<Attendee>,
}

/// Somebody at a cell, or at the title or text of something.
#[derive(SimpleObject)]
pub(crate) struct Attendee {
    /// Names it as long as it is present.
    id: ID,
    /// The code of its organisation.
    organisation: String,
    /// The key of the action whose cell it is, or of the field, strand, action or column whose wording it is.
    subject: ID,
    /// The key of the column of the cell; none at a wording.
    column: Option<ID>,
    /// Whether something is being typed there.
    typing: bool,
}

/// Where the caller is: at the cell of an action in a column, at the wording of a subject, or nowhere if neither is named.
#[derive(InputObject)]
pub(crate) struct ShowPresenceInput {
    /// The road map.
    road_map: ID,
    /// What `presence` gave as `own`.
    presence: ID,
    /// The key or id of the action whose cell it is, or of the field, strand, action or column whose wording it is.
    subject: Option<ID>,
    /// The key or id of the column of the cell.
    column: Option<ID>,
    /// Whether something is being typed there.
    #[graphql(default)]
    typing: bool,
}

/// Whether the others were told.
#[derive(SimpleObject)]
pub(crate) struct ShowPresencePayload {
    /// False if that presence is over, or not the caller's: subscribe anew.
    present: bool,
}

/// The presence of the caller, and with it who else is there: at once, and whenever that changes.
pub(crate) async fn presence(
    ctx: &Context<'_>,
    road_map: &ID,
) -> async_graphql::Result<BoxStream<'static, Presence>> {
    let unknown = || bad_argument("roadMap: there is no such road map");
    let id = road_map_of(road_map).ok_or_else(unknown)?;
    let at = visible(ctx, id).await?.map_err(engine_fault)?;
    let at = at.filter(|at| at.sight() == Sight::Everything);
    let at = at.ok_or_else(unknown)?;
    let attendance = engine(ctx)?.attend(at.road_map_id(), author(ctx)?);
    let attendance = attendance.map_err(|error| match error {
        EngineError::Overloaded => fault(
            Code::Overloaded,
            "engine.presence_people_max: as many are present as this server knows of; changes can be followed all the same",
        ),
        error => engine_fault(error),
    })?;
    let organisation = viewer(ctx)?.organisation.clone();
    let present = Present {
        occasions: at.engine.standing_changes().boxed(),
        at,
        organisation,
        attendance,
    };
    let told = stream::unfold(present, |mut present| async move {
        let presence = present.next().await?;
        Some((presence, present))
    });
    Ok(told.boxed())
}

/// Tells the others where the caller is.
pub(crate) async fn show(
    ctx: &Context<'_>,
    input: ShowPresenceInput,
) -> async_graphql::Result<ShowPresencePayload> {
    let id = Uuid::parse_str(&input.presence)
        .map_err(|_| bad_argument("input.presence: no such presence"))?;
    let place = place(&input)?;
    let Some(road_map) = road_map_of(&input.road_map) else {
        return Ok(ShowPresencePayload { present: false });
    };
    // Whoever has a presence was let in, and it ends with the right to it: nothing of the road map is looked at here.
    Ok(ShowPresencePayload {
        present: engine(ctx)?.show_presence(road_map, id, &author(ctx)?, place),
    })
}

fn author(ctx: &Context<'_>) -> async_graphql::Result<Author> {
    let viewer = viewer(ctx)?;
    Ok(Author {
        organisation: viewer.organisation.clone(),
        person: viewer.person.clone(),
        on_behalf_of: None,
    })
}

fn place(input: &ShowPresenceInput) -> async_graphql::Result<Option<Place>> {
    let Some(subject) = &input.subject else {
        return match &input.column {
            None => Ok(None),
            Some(_) => Err(bad_argument("input: name the action of the column too")),
        };
    };
    let subject =
        thing_of(subject).ok_or_else(|| bad_argument("input.subject: there is no such thing"))?;
    let spot = match &input.column {
        None => Spot::Wording(subject),
        Some(column) => {
            let Thing::Action(action) = subject else {
                return Err(bad_argument("input.subject: only an action has cells"));
            };
            let Some(Thing::Column(column)) = thing_of(column) else {
                return Err(bad_argument("input.column: no such column"));
            };
            Spot::Cell(action, column)
        }
    };
    Ok(Some(Place {
        spot,
        typing: input.typing,
    }))
}

/// A presence, and what the right to it depends on.
struct Present {
    at: At,
    organisation: String,
    attendance: Attendance,
    /// Whenever rights may have changed.
    occasions: BoxStream<'static, ()>,
}

impl Present {
    /// The next word of who is there; none once the caller may not know, or the server is stopping.
    async fn next(&mut self) -> Option<Presence> {
        loop {
            let gathering = {
                let told = pin!(self.attendance.next());
                match select(self.occasions.next(), told).await {
                    Either::Left((occasion, _)) => {
                        occasion?;
                        None
                    }
                    Either::Right((gathering, _)) => Some(gathering?),
                }
            };
            let (sight, _) = self.at.judged(&self.organisation);
            if sight != Sight::Everything {
                return None;
            }
            if let Some(gathering) = gathering {
                return Some(self.object(gathering));
            }
        }
    }

    fn object(&self, gathering: Gathering) -> Presence {
        let road_map = self.at.road_map_id();
        let participants = gathering.participants.into_iter();
        let participants = participants.map(|participant| attendee_object(road_map, participant));
        Presence {
            own: ID(self.attendance.id().to_string()),
            count: gathering.count,
            participants: participants.collect(),
        }
    }
}

fn attendee_object(road_map: RoadMapId, participant: roadbook_engine::Participant) -> Attendee {
    let Place { spot, typing } = participant.place;
    let (subject, column) = match spot {
        Spot::Cell(action, column) => (Thing::Action(action), Some(Thing::Column(column))),
        Spot::Wording(subject) => (subject, None),
    };
    let key = |thing| Part::Thing(thing).key(road_map);
    Attendee {
        id: ID(participant.id.to_string()),
        organisation: participant.organisation,
        subject: key(subject),
        column: column.map(key),
        typing,
    }
}
