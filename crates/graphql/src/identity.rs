//! The ids of the API: opaque names of road maps, of what stands in them at a moment, and of events.
//!
//! It owns their encoding. A key is lasting; the id of a past object adds its moment to the key.
//! Invariant: a client that stores objects by id never shows a past text as the current one.

use async_graphql::ID;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roadbook_domain::{
    ActionId, AmendmentId, ColumnId, FieldId, Instant, RoadMapId, StrandId, Thing, Version,
};
use roadbook_engine::Moment;
use uuid::Uuid;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A road map.
    RoadMap(RoadMapId),
    /// Something in a road map, at a moment; at the current one if absent.
    Part(RoadMapId, Part, Option<(Version, Instant)>),
    /// An event.
    Event(RoadMapId, Version),
}

/// What stands in a road map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Its state as a whole.
    State,
    /// A field, strand, action or column.
    Thing(Thing),
    /// The cell of a column at an action.
    Cell(ColumnId, ActionId),
    /// A text that is proposed for a cell.
    Amendment(AmendmentId),
}

impl Name {
    pub(crate) fn encode(self) -> ID {
        let text = match self {
            Self::RoadMap(road_map) => format!("r.{}", simple(road_map.0)),
            Self::Part(road_map, part, moment) => {
                let moment = moment.map_or_else(String::new, |(version, effective)| {
                    format!(".{version}.{}", effective.as_micros())
                });
                format!("{}.{}{moment}", part.encode(), simple(road_map.0))
            }
            Self::Event(road_map, version) => format!("e.{}.{version}", simple(road_map.0)),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }

    pub(crate) fn decode(id: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["r", road_map] => Some(Self::RoadMap(RoadMapId(uuid(road_map)?))),
            ["e", road_map, version] => {
                let version = Version(version.parse().ok()?);
                Some(Self::Event(RoadMapId(uuid(road_map)?), version))
            }
            [kind, rest @ ..] => {
                let (part, rest) = Part::decode(kind, rest)?;
                let (road_map, moment) = match rest {
                    [road_map] => (road_map, None),
                    [road_map, version, effective] => {
                        let version = Version(version.parse().ok()?);
                        let effective = Instant::from_micros(effective.parse().ok()?);
                        (road_map, Some((version, effective)))
                    }
                    _ => return None,
                };
                Some(Self::Part(RoadMapId(uuid(road_map)?), part, moment))
            }
            [] => None,
        }
    }
}

impl Part {
    /// The lasting key.
    pub(crate) fn key(self, road_map: RoadMapId) -> ID {
        Name::Part(road_map, self, None).encode()
    }

    /// The id at a moment: the key itself for the current state, so that a live object keeps its name.
    pub(crate) fn id(self, road_map: RoadMapId, moment: Moment) -> ID {
        let moment = (!moment.live).then_some((moment.version, moment.effective));
        Name::Part(road_map, self, moment).encode()
    }

    fn encode(self) -> String {
        match self {
            Self::State => "s".to_owned(),
            Self::Thing(thing) => {
                let kind = match thing {
                    Thing::Field(_) => "f",
                    Thing::Strand(_) => "w",
                    Thing::Action(_) => "a",
                    Thing::Column(_) => "c",
                };
                format!("{kind}.{}", simple(thing.uuid()))
            }
            Self::Cell(column, action) => {
                format!("l.{}.{}", simple(column.0), simple(action.0))
            }
            Self::Amendment(amendment) => format!("m.{}", simple(amendment.0)),
        }
    }

    fn decode<'a>(kind: &str, rest: &'a [&'a str]) -> Option<(Self, &'a [&'a str])> {
        match (kind, rest) {
            ("s", rest) => Some((Self::State, rest)),
            ("l", [column, action, rest @ ..]) => {
                let cell = Self::Cell(ColumnId(uuid(column)?), ActionId(uuid(action)?));
                Some((cell, rest))
            }
            ("m", [id, rest @ ..]) => Some((Self::Amendment(AmendmentId(uuid(id)?)), rest)),
            (kind, [id, rest @ ..]) => {
                let id = uuid(id)?;
                let thing = match kind {
                    "f" => Thing::Field(FieldId(id)),
                    "w" => Thing::Strand(StrandId(id)),
                    "a" => Thing::Action(ActionId(id)),
                    "c" => Thing::Column(ColumnId(id)),
                    _ => return None,
                };
                Some((Self::Thing(thing), rest))
            }
            _ => None,
        }
    }
}

/// The road map that an id of the API, or a bare UUID, names.
pub(crate) fn road_map_of(id: &ID) -> Option<RoadMapId> {
    match Name::decode(id) {
        Some(Name::RoadMap(road_map)) => Some(road_map),
        Some(_) => None,
        None => Uuid::parse_str(id).ok().map(RoadMapId),
    }
}

/// The thing that an id or key names, at whatever moment.
pub(crate) fn thing_of(id: &ID) -> Option<Thing> {
    match Name::decode(id) {
        Some(Name::Part(_, Part::Thing(thing), _)) => Some(thing),
        _ => None,
    }
}

/// The amendment that an id or key names, at whatever moment.
pub(crate) fn amendment_of(id: &ID) -> Option<AmendmentId> {
    match Name::decode(id) {
        Some(Name::Part(_, Part::Amendment(amendment), _)) => Some(amendment),
        _ => None,
    }
}

/// What an event can touch: the thing or amendment that an id or key names, at whatever moment.
pub(crate) fn subject_of(id: &ID) -> Option<Uuid> {
    let thing = thing_of(id).map(Thing::uuid);
    thing.or_else(|| amendment_of(id).map(|amendment| amendment.0))
}

fn simple(id: Uuid) -> String {
    id.simple().to_string()
}

fn uuid(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_their_encoding() {
        let road_map = RoadMapId(Uuid::from_u128(1));
        let action = ActionId(Uuid::from_u128(2));
        let column = ColumnId(Uuid::from_u128(3));
        let moment = Some((Version(9), Instant::from_micros(-4)));
        let names = [
            Name::RoadMap(road_map),
            Name::Event(road_map, Version(7)),
            Name::Part(road_map, Part::State, None),
            Name::Part(road_map, Part::Thing(Thing::Action(action)), moment),
            Name::Part(road_map, Part::Cell(column, action), moment),
            Name::Part(road_map, Part::Amendment(AmendmentId(action.0)), moment),
        ];
        for name in names {
            assert_eq!(Name::decode(&name.encode()), Some(name));
        }
        assert_eq!(Name::decode("!"), None);
    }
}
