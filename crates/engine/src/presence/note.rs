//! What one node tells the others of the people in one of its rooms.
//!
//! It owns the form in which that travels. Invariant: a note is never longer than [`roadbook_store::NOTE_BYTES_MAX`]; who does not fit in is
//! counted and not shown.

use roadbook_domain::{ColumnId, RoadMapId, Thing};
use roadbook_store::NOTE_BYTES_MAX;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Participant, Place, Spot};

/// Longer codes are no organisation's.
const ORGANISATION_BYTES_MAX: usize = 32;
/// The one form that there is. Another is not read.
const FORM: &str = "presence/2";

/// Who is in a room of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The node, named anew whenever it starts.
    pub(super) node: Uuid,
    pub(super) road_map: RoadMapId,
    /// Whether the others shall tell who is there with them.
    pub(super) asks: bool,
    pub(super) count: usize,
    pub(super) participants: Vec<Participant>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    form: String,
    node: Uuid,
    road_map: Uuid,
    asks: bool,
    count: usize,
    at: Vec<Whereabouts>,
}

/// Id, organisation, at what, in which column, whether it types.
type Whereabouts = (Uuid, String, Thing, Option<ColumnId>, bool);

impl Note {
    /// As it travels.
    pub(super) fn write(&self) -> String {
        let at = self.participants.iter().map(|participant| {
            let Place { spot, typing } = participant.place;
            let (thing, column) = match spot {
                Spot::Cell(action, column) => (Thing::Action(action), Some(column)),
                Spot::Wording(thing) => (thing, None),
            };
            let organisation = participant.organisation.clone();
            (participant.id, organisation, thing, column, typing)
        });
        let mut written = Written {
            form: FORM.to_owned(),
            node: self.node,
            road_map: self.road_map.0,
            asks: self.asks,
            count: self.count,
            at: at.collect(),
        };
        loop {
            let text = serde_json::to_string(&written).unwrap_or_default();
            if text.len() <= NOTE_BYTES_MAX {
                return text;
            }
            // Each takes about as much as another.
            let fitting = written.at.len() * NOTE_BYTES_MAX / text.len();
            written
                .at
                .truncate(fitting.min(written.at.len().saturating_sub(1)));
        }
    }

    /// None if it is no note of presence, or none that this node understands.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(text).ok()?;
        if written.form != FORM {
            return None;
        }
        let at = written.at.into_iter();
        let at = at.filter(|(_, organisation, ..)| organisation.len() <= ORGANISATION_BYTES_MAX);
        let participants = at.filter_map(|(id, organisation, thing, column, typing)| {
            let spot = match (thing, column) {
                (thing, None) => Spot::Wording(thing),
                (Thing::Action(action), Some(column)) => Spot::Cell(action, column),
                _ => return None,
            };
            Some(Participant {
                id,
                organisation,
                place: Place { spot, typing },
            })
        });
        Some(Self {
            node: written.node,
            road_map: RoadMapId(written.road_map),
            asks: written.asks,
            count: written.count,
            participants: participants.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use roadbook_domain::{ActionId, StrandId};

    use super::*;

    fn note(people: usize) -> Note {
        let action = ActionId(Uuid::from_u128(7));
        let participant = |number: usize| Participant {
            id: Uuid::from_u128(number as u128),
            organisation: "LV".to_owned(),
            place: Place {
                spot: match number % 3 {
                    0 => Spot::Wording(Thing::Strand(StrandId(Uuid::from_u128(6)))),
                    1 => Spot::Wording(Thing::Action(action)),
                    _ => Spot::Cell(action, ColumnId(Uuid::from_u128(8))),
                },
                typing: number.is_multiple_of(2),
            },
        };
        Note {
            node: Uuid::from_u128(1),
            road_map: RoadMapId(Uuid::from_u128(2)),
            asks: true,
            count: people,
            participants: (0..people).map(participant).collect(),
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let note = note(20);
        assert_eq!(Note::read(note.write().as_bytes()), Some(note));
        for other in ["", "{}", "presence/2", "[]"] {
            assert_eq!(Note::read(other.as_bytes()), None);
        }
    }

    #[test]
    fn who_does_not_fit_in_is_counted_and_not_shown() {
        let written = note(1_000).write();
        assert!(written.len() <= NOTE_BYTES_MAX);
        let read = Note::read(written.as_bytes()).unwrap();
        assert_eq!(read.count, 1_000);
        assert!((10..1_000).contains(&read.participants.len()));
    }
}
