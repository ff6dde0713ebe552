//! Events as objects of the API: a common interface, and a type for each family of kinds.
//!
//! It owns which objects an event affects and its summary in words.
//! Invariant: `kind` is the name under which the event stands in the log.

use std::sync::Arc;

use async_graphql::{ID, Interface, Object};
use roadbook_domain::{AmendmentId, Event as Fact, Instant, Parent, Register, Thing, Version};
use roadbook_engine::{EngineError, Moment, RecordedEvent};
use uuid::Uuid;

use crate::at::At;
use crate::content::CellContent;
use crate::cursor::Cursor;
use crate::fault::engine_fault;
use crate::identity::{Name, Part};
use crate::node::{Node, StateNode, state_node};
use crate::scalar::DateTime;
use crate::viewer::Capacity;

mod summary;

use summary::summary;

/// A fact of the log.
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Names it for `node`."),
    field(
        name = "version",
        ty = "u64",
        desc = "Its place in the road map's log: 1, 2, 3, …"
    ),
    field(name = "cursor", ty = "Cursor", desc = "Resume after it."),
    field(
        name = "kind",
        ty = "String",
        desc = "What happened, such as \"StrandRetitled\"."
    ),
    field(name = "recorded_at", ty = "DateTime", desc = "When it was recorded."),
    field(
        name = "effective_at",
        ty = "DateTime",
        desc = "From when on it is so."
    ),
    field(
        name = "author",
        ty = "String",
        desc = "The organisation that recorded it."
    ),
    field(
        name = "on_behalf_of",
        ty = "Option<String>",
        desc = "In whose name, if another's."
    ),
    field(
        name = "capacity",
        ty = "Capacity",
        desc = "The role of its author when it was recorded."
    ),
    field(
        name = "reason",
        ty = "Option<String>",
        desc = "Why, in its author's words."
    ),
    field(
        name = "source",
        ty = "Option<String>",
        desc = "The document and line that it was taken from."
    ),
    field(
        name = "batch",
        ty = "u64",
        desc = "The version of the last event recorded together with it."
    ),
    field(
        name = "subjects",
        ty = "Vec<ID>",
        desc = "The keys of what it touches, and of that in which it stands."
    ),
    field(
        name = "redacted_by",
        ty = "Option<u64>",
        desc = "The version of the event that redacted it; then it shows what is left of it."
    ),
    field(
        name = "summary",
        ty = "String",
        desc = "What happened, in a sentence, with the labels of its time."
    )
)]
pub(crate) enum Event {
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

/// An event with the road map in which it happened.
#[derive(Clone)]
pub(crate) struct Happening {
    at: At,
    event: Arc<RecordedEvent>,
}

impl Happening {
    /// The road map right after the event's batch.
    async fn after(&self) -> async_graphql::Result<At> {
        if self.at.moment().version == self.event.batch {
            return Ok(self.at.clone());
        }
        let after = self.at_moment(self.event.batch, self.event.recorded_at);
        after.await.map_err(engine_fault)
    }

    /// The road map as it stood at the event's effective instant before it was recorded; none if that does not exist for
    /// the caller.
    async fn before(&self) -> async_graphql::Result<Option<At>> {
        match self.at.before(&self.event).await {
            Ok(before) => Ok(Some(before)),
            Err(EngineError::NotFound(_)) => Ok(None),
            Err(error) => Err(engine_fault(error)),
        }
    }

    async fn at_moment(&self, version: Version, effective: Instant) -> Result<At, EngineError> {
        let moment = Moment {
            version,
            effective,
            live: false,
        };
        self.at.read_moment(moment).await
    }

    /// The keys of what it touches; an id that was never born has none.
    fn subjects(&self) -> Vec<ID> {
        let current = self.at.current();
        let key = |id: &Uuid| {
            let thing = thing_born(&current.state, *id).map(Part::Thing);
            let amendment = || {
                let held = current.state.amendment(AmendmentId(*id))?;
                self.at
                    .shows_amendments()
                    .then_some(Part::Amendment(held.id))
            };
            Some(self.at.key(thing.or_else(amendment)?))
        };
        self.event.subjects.iter().filter_map(key).collect()
    }

    async fn subject_after(&self, thing: Thing) -> async_graphql::Result<Option<StateNode>> {
        let after = self.after().await?;
        Ok(state_node(&after, Part::Thing(thing)))
    }
}

/// What an id was given to.
fn thing_born(state: &roadbook_domain::State, id: Uuid) -> Option<Thing> {
    use roadbook_domain::{ActionId, ColumnId, FieldId, StrandId};
    [
        Thing::Action(ActionId(id)),
        Thing::Strand(StrandId(id)),
        Thing::Column(ColumnId(id)),
        Thing::Field(FieldId(id)),
    ]
    .into_iter()
    .find(|thing| state.is_born(*thing))
}

/// The object of an event.
pub(crate) fn event_object(at: &At, event: Arc<RecordedEvent>) -> Event {
    let happening = Happening {
        at: at.clone(),
        event,
    };
    match &happening.event.event {
        Fact::CellSet { .. } => Event::CellSet(CellSet(happening)),
        Fact::CellsShared { .. } => Event::CellsShared(CellsShared(happening)),
        Fact::CellsUnshared { .. } => Event::CellsUnshared(CellsUnshared(happening)),
        Fact::FieldAdded { .. }
        | Fact::StrandAdded { .. }
        | Fact::ActionAdded { .. }
        | Fact::ColumnAdded { .. } => Event::Added(Added(happening)),
        Fact::Retitled { .. } | Fact::StrandSourced { .. } | Fact::ColumnFootnoted { .. } => {
            Event::Retitled(Retitled(happening))
        }
        Fact::Moved { .. } => Event::Moved(Moved(happening)),
        Fact::Removed { .. } => Event::Removed(Removed(happening)),
        Fact::Restored { .. } => Event::Restored(Restored(happening)),
        Fact::RevisionIssued { .. } => Event::RevisionIssued(RevisionIssued(happening)),
        Fact::PresidencyClosed { .. } => Event::PresidencyClosed(PresidencyClosed(happening)),
        Fact::AmendmentProposed { .. } => Event::AmendmentProposed(AmendmentProposed(happening)),
        Fact::AmendmentWithdrawn { .. }
        | Fact::AmendmentAccepted { .. }
        | Fact::AmendmentDeclined { .. } => Event::AmendmentDecided(AmendmentDecided(happening)),
        Fact::CorrigendumIssued { .. } => Event::CorrigendumIssued(CorrigendumIssued(happening)),
        Fact::TextRedacted { .. } => Event::TextRedacted(TextRedacted(happening)),
        Fact::RoadMapOpened { .. }
        | Fact::RoadMapRetitled { .. }
        | Fact::RoadMapMarked { .. }
        | Fact::RoadMapEntrusted { .. } => Event::RoadMapChanged(RoadMapChanged(happening)),
    }
}

/// The objects that an event affects, as they are in the state given.
pub(crate) fn affected(at: &At, event: &RecordedEvent) -> Vec<StateNode> {
    parts_of(&event.event)
        .into_iter()
        .filter_map(|part| state_node(at, part))
        .collect()
}

/// What an event changes itself, without that in which it stands.
fn parts_of(fact: &Fact) -> Vec<Part> {
    let thing = |thing| vec![Part::Thing(thing)];
    match fact {
        Fact::CellSet { column, action, .. } => vec![Part::Cell(*column, *action)],
        Fact::AmendmentProposed { .. }
        | Fact::AmendmentWithdrawn { .. }
        | Fact::AmendmentAccepted { .. }
        | Fact::AmendmentDeclined { .. } => amending::parts_of(fact),
        Fact::CellsShared {
            column,
            copies,
            actions,
            ..
        } => {
            let cut = copies.iter().filter_map(|copy| copy.actions.first());
            actions
                .iter()
                .take(1)
                .chain(cut)
                .map(|action| Part::Cell(*column, *action))
                .collect()
        }
        Fact::CellsUnshared { column, copies, .. } => {
            let split = copies.iter().flat_map(|copy| &copy.actions);
            split.map(|action| Part::Cell(*column, *action)).collect()
        }
        Fact::FieldAdded { field, .. } => thing(Thing::Field(*field)),
        Fact::StrandAdded { strand, .. } | Fact::StrandSourced { strand, .. } => {
            thing(Thing::Strand(*strand))
        }
        Fact::ActionAdded { action, strand, .. } => {
            vec![
                Part::Thing(Thing::Action(*action)),
                Part::Thing(Thing::Strand(*strand)),
            ]
        }
        Fact::ColumnAdded { column, .. } | Fact::ColumnFootnoted { column, .. } => {
            thing(Thing::Column(*column))
        }
        Fact::Retitled { thing: subject, .. } => thing(*subject),
        Fact::Moved {
            thing: subject,
            from,
            to,
            ..
        } => {
            let homes = [from, to].into_iter().filter_map(|parent| parent.thing());
            std::iter::once(*subject)
                .chain(homes)
                .map(Part::Thing)
                .collect()
        }
        Fact::Removed { parent, .. } => vec![parent.thing().map_or(Part::State, Part::Thing)],
        Fact::Restored {
            thing: subject,
            parent,
            ..
        } => {
            let home = parent.thing().map_or(Part::State, Part::Thing);
            vec![Part::Thing(*subject), home]
        }
        Fact::RevisionIssued { .. }
        | Fact::PresidencyClosed { .. }
        | Fact::CorrigendumIssued { .. }
        | Fact::RoadMapOpened { .. }
        | Fact::RoadMapRetitled { .. }
        | Fact::RoadMapMarked { .. }
        | Fact::RoadMapEntrusted { .. }
        | Fact::TextRedacted { .. } => vec![Part::State],
    }
}

impl From<Event> for Node {
    fn from(event: Event) -> Self {
        match event {
            Event::CellSet(event) => Self::CellSet(event),
            Event::CellsShared(event) => Self::CellsShared(event),
            Event::CellsUnshared(event) => Self::CellsUnshared(event),
            Event::Added(event) => Self::Added(event),
            Event::Retitled(event) => Self::Retitled(event),
            Event::Moved(event) => Self::Moved(event),
            Event::Removed(event) => Self::Removed(event),
            Event::Restored(event) => Self::Restored(event),
            Event::RevisionIssued(event) => Self::RevisionIssued(event),
            Event::PresidencyClosed(event) => Self::PresidencyClosed(event),
            Event::CorrigendumIssued(event) => Self::CorrigendumIssued(event),
            Event::AmendmentProposed(event) => Self::AmendmentProposed(event),
            Event::AmendmentDecided(event) => Self::AmendmentDecided(event),
            Event::RoadMapChanged(event) => Self::RoadMapChanged(event),
            Event::TextRedacted(event) => Self::TextRedacted(event),
        }
    }
}

/// Declares the object of a family of events: the fields that every event has, and its own.
macro_rules! event_object {
    ($(#[$docs:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$docs])*
        pub(crate) struct $name(pub(crate) Happening);

        $(#[$docs])*
        #[Object]
        impl $name {
            /// Names it for `node`.
            pub(crate) async fn id(&self) -> ID {
                Name::Event(self.0.at.road_map_id(), self.0.event.version).encode()
            }

            /// Its place in the road map's log: 1, 2, 3, …
            pub(crate) async fn version(&self) -> u64 {
                self.0.event.version.0
            }

            /// Resume after it.
            pub(crate) async fn cursor(&self) -> Cursor {
                Cursor {
                    epoch: self.0.at.engine.epoch(),
                    version: self.0.event.version,
                    effective: self.0.event.recorded_at,
                }
            }

            /// What happened, such as "StrandRetitled".
            pub(crate) async fn kind(&self) -> String {
                self.0.event.event.kind().to_owned()
            }

            /// When it was recorded.
            pub(crate) async fn recorded_at(&self) -> DateTime {
                DateTime(self.0.event.recorded_at)
            }

            /// From when on it is so.
            pub(crate) async fn effective_at(&self) -> DateTime {
                DateTime(self.0.event.effective_at)
            }

            /// The organisation that recorded it.
            pub(crate) async fn author(&self) -> String {
                self.0.event.author.organisation.clone()
            }

            /// In whose name, if another's.
            pub(crate) async fn on_behalf_of(&self) -> Option<String> {
                self.0.event.author.on_behalf_of.clone()
            }

            /// The role of its author when it was recorded.
            pub(crate) async fn capacity(&self) -> Capacity {
                self.0.event.capacity.into()
            }

            /// Why, in its author's words.
            pub(crate) async fn reason(&self) -> Option<String> {
                self.0.event.reason.clone()
            }

            /// The document and line that it was taken from.
            pub(crate) async fn source(&self) -> Option<String> {
                self.0.event.source.clone()
            }

            /// The version of the last event recorded together with it.
            pub(crate) async fn batch(&self) -> u64 {
                self.0.event.batch.0
            }

            /// The keys of what it touches, and of that in which it stands.
            pub(crate) async fn subjects(&self) -> Vec<ID> {
                self.0.subjects()
            }

            /// The version of the event that redacted it; then it shows what is left of it.
            pub(crate) async fn redacted_by(&self) -> Option<u64> {
                self.0.event.redacted_by.map(|version| version.0)
            }

            /// What happened, in a sentence, with the labels of its time.
            pub(crate) async fn summary(&self) -> async_graphql::Result<String> {
                let after = self.0.after().await?;
                Ok(summary(&after, &self.0.event))
            }

            $($own)*
        }
    };
}

mod amending;
mod issuing;

pub(crate) use amending::{AmendmentDecided, AmendmentProposed};
pub(crate) use issuing::{CorrigendumIssued, PresidencyClosed, RevisionIssued};

event_object! {
    /// A cell, or the shared cell of several actions, was set.
    CellSet {
        /// What it showed at that date until then; none if that was before the road map was made PUBLIC for the caller.
        async fn before(&self) -> async_graphql::Result<Option<CellContent>> {
            let Some(before) = self.0.before().await? else {
                return Ok(None);
            };
            let Fact::CellSet { slot, .. } = &self.0.event.event else {
                return Ok(None);
            };
            Ok(Some(CellContent::new(before.state().text(*slot), before.day())))
        }

        /// What it shows from then on.
        async fn after(&self) -> CellContent {
            let day = self.0.event.effective_at.brussels_day();
            match &self.0.event.event {
                Fact::CellSet { content, .. } => CellContent::new(content, day),
                _ => CellContent::new(&roadbook_domain::CellContent::Blank, day),
            }
        }

        /// The versions that were merged, if they were: the one that its author had read and the one that was met.
        async fn merged_from(&self) -> Option<Vec<u64>> {
            match &self.0.event.event {
                Fact::CellSet { merged_from, .. } if !merged_from.is_empty() => {
                    Some(merged_from.iter().map(|version| version.0).collect())
                }
                _ => None,
            }
        }
    }
}

event_object! {
    /// Consecutive actions share one cell from then on.
    CellsShared {
        /// What it shows.
        async fn after(&self) -> CellContent {
            let day = self.0.event.effective_at.brussels_day();
            match &self.0.event.event {
                Fact::CellsShared { content, .. } => CellContent::new(content, day),
                _ => CellContent::new(&roadbook_domain::CellContent::Blank, day),
            }
        }
    }
}

event_object! {
    /// A shared cell was split; each of its actions has a copy.
    CellsUnshared {}
}

event_object! {
    /// A field, strand, action or column was added.
    Added {
        /// It, right after; none if the same batch removed it again.
        async fn subject(&self) -> async_graphql::Result<Option<StateNode>> {
            match parts_of(&self.0.event.event).first() {
                Some(Part::Thing(thing)) => self.0.subject_after(*thing).await,
                _ => Ok(None),
            }
        }
    }
}

event_object! {
    /// Something has other words: a title, a heading, a wording, a source or a footnote.
    Retitled {
        /// Its words at that date until then.
        async fn before(&self) -> async_graphql::Result<Option<String>> {
            let Some(before) = self.0.before().await? else {
                return Ok(None);
            };
            Ok(match &self.0.event.event {
                Fact::Retitled { thing, .. } => Some(before.state().title(*thing).to_owned()),
                Fact::StrandSourced { strand, .. } => {
                    before.state().note(&Register::Source(*strand)).map(str::to_owned)
                }
                Fact::ColumnFootnoted { column, .. } => {
                    before.state().note(&Register::Footnote(*column)).map(str::to_owned)
                }
                _ => None,
            })
        }

        /// Its words from then on.
        async fn after(&self) -> Option<String> {
            match &self.0.event.event {
                Fact::Retitled { title, .. } => Some(title.clone()),
                Fact::StrandSourced { source: words, .. }
                | Fact::ColumnFootnoted { footnote: words, .. } => words.clone(),
                _ => None,
            }
        }
    }
}

event_object! {
    /// Something stands elsewhere.
    Moved {
        /// The key of that in which it stood; none for the road map itself.
        async fn from(&self) -> Option<ID> {
            match &self.0.event.event {
                Fact::Moved { from, .. } => home_key(&self.0.at, *from),
                _ => None,
            }
        }

        /// The key of that in which it stands; none for the road map itself.
        async fn to(&self) -> Option<ID> {
            match &self.0.event.event {
                Fact::Moved { to, .. } => home_key(&self.0.at, *to),
                _ => None,
            }
        }
    }
}

fn home_key(at: &At, parent: Parent) -> Option<ID> {
    parent.thing().map(|thing| at.key(Part::Thing(thing)))
}

event_object! {
    /// Something was removed; it stays reachable in the past and can be restored.
    Removed {}
}

event_object! {
    /// Something that was removed is back.
    Restored {}
}

event_object! {
    /// Words were taken out of earlier events, for good. Whoever keeps what the API has answered must ask for it anew.
    TextRedacted {
        /// The versions of the events that lost words, ascending.
        async fn versions(&self) -> Vec<u64> {
            match &self.0.event.event {
                Fact::TextRedacted { versions, .. } => versions.iter().map(|version| version.0).collect(),
                _ => Vec::new(),
            }
        }

        /// The code of the organisation on whose order it was done.
        async fn ordered_by(&self) -> Option<String> {
            match &self.0.event.event {
                Fact::TextRedacted { ordered_by, .. } => Some(ordered_by.clone()),
                _ => None,
            }
        }
    }
}

event_object! {
    /// The road map was opened, or has another title or marking.
    RoadMapChanged {}
}
