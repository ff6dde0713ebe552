//! What an edit is answered: done, conflicts, or refused.
//!
//! It owns the typed outcomes and their codes.
//! Invariant: a conflict carries all three versions of the value, so that nothing typed is lost.

use std::sync::Arc;

use async_graphql::{Enum, Object, SimpleObject, Union};
use roadbook_domain::content::ContentError;
use roadbook_domain::decide::{Conflict as DomainConflict, ConflictPlace};
use roadbook_domain::{Outcome as DomainOutcome, Refusal as DomainRefusal, Version};
use roadbook_engine::EditDone as Done;

use crate::amendment::Amendment;
use crate::at::At;
use crate::content::CellContent;
use crate::cursor::Cursor;
use crate::event::{Event, affected, event_object};
use crate::fault::engine_fault;
use crate::node::StateNode;

/// What became of an edit.
#[derive(Union)]
pub(crate) enum EditPayload {
    /// It is durable.
    Done(EditDone),
    /// Others changed the same values meanwhile; nothing changed.
    Conflicts(EditConflicts),
    /// It cannot be done; nothing changed.
    Refused(EditRefused),
}

/// The edit is durable.
pub(crate) struct EditDone {
    pub(crate) at: At,
    pub(crate) done: Done,
}

/// The edit is durable.
#[Object]
impl EditDone {
    /// The version of the road map right after it.
    async fn version(&self) -> u64 {
        self.at.moment().version.0
    }

    /// Names the state right after it: the base of the next edit.
    async fn cursor(&self) -> Cursor {
        self.at.cursor()
    }

    /// Its events, in order; none if nothing changed.
    async fn events(&self) -> Vec<Event> {
        let events = self.done.events.iter();
        events
            .map(|event| event_object(&self.at, Arc::clone(event)))
            .collect()
    }

    /// What it affected, as it is right after it.
    async fn affected(&self) -> Vec<StateNode> {
        let events = self.done.events.iter();
        events.flat_map(|event| affected(&self.at, event)).collect()
    }

    /// What became of each command, in order.
    async fn outcomes(&self) -> Vec<Outcome> {
        let outcomes = self.done.outcomes.iter();
        outcomes.map(|outcome| Outcome::from(*outcome)).collect()
    }

    /// For each command, the version of the later-effective event that stays in front of it, if any.
    async fn shadowed_by(&self) -> Vec<Option<u64>> {
        let version = |outcome: &DomainOutcome| match outcome {
            DomainOutcome::ShadowedByLater(version) => Some(version.0),
            _ => None,
        };
        self.done.outcomes.iter().map(version).collect()
    }

    /// For each command, the amendment as which it was kept, if it was.
    async fn kept_as(&self) -> Vec<Option<Amendment>> {
        let amendment = |outcome: &DomainOutcome| match outcome {
            DomainOutcome::KeptAsAmendment(id) => Some(Amendment {
                at: self.at.clone(),
                id: *id,
            }),
            _ => None,
        };
        self.done.outcomes.iter().map(amendment).collect()
    }

    /// Whether this edit had been accepted before, and this is its first answer again.
    async fn repeated(&self) -> bool {
        self.done.repeated
    }
}

/// What became of one command.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It was done as asked.
    Applied,
    /// It was merged with a change that its author had not seen.
    Merged,
    /// It was so already.
    Unchanged,
    /// It was done, but a value with a later effect stays in front.
    ShadowedByLater,
    /// It was not done but proposed, as an amendment.
    KeptAsAmendment,
}

impl From<DomainOutcome> for Outcome {
    fn from(outcome: DomainOutcome) -> Self {
        match outcome {
            DomainOutcome::Applied => Self::Applied,
            DomainOutcome::Merged => Self::Merged,
            DomainOutcome::Unchanged => Self::Unchanged,
            DomainOutcome::ShadowedByLater(_) => Self::ShadowedByLater,
            DomainOutcome::KeptAsAmendment(_) => Self::KeptAsAmendment,
        }
    }
}

/// Others changed the same values meanwhile; nothing changed.
pub(crate) struct EditConflicts {
    pub(crate) at: At,
    pub(crate) conflicts: Vec<DomainConflict>,
}

/// Others changed the same values meanwhile; nothing changed.
#[Object]
impl EditConflicts {
    /// One for each value.
    async fn conflicts(&self) -> Vec<Conflict> {
        self.conflicts
            .iter()
            .map(|conflict| Conflict {
                at: self.at.clone(),
                conflict: conflict.clone(),
            })
            .collect()
    }

    /// The version of the road map.
    async fn version(&self) -> u64 {
        self.at.moment().version.0
    }

    /// Names the state that was met: the base of an edit that settles the conflicts.
    async fn cursor(&self) -> Cursor {
        self.at.cursor()
    }
}

/// A value that two authors changed.
pub(crate) struct Conflict {
    at: At,
    conflict: DomainConflict,
}

/// A value that two authors changed, and only a person can say what is meant.
#[Object]
impl Conflict {
    /// The index of the command, from 0.
    async fn command(&self) -> usize {
        self.conflict.command
    }

    /// What it is about: the name of a column, "sharing", "title", "source", "footnote", "place", "marking" or "workingParty".
    async fn register(&self) -> &str {
        match self.conflict.place {
            ConflictPlace::Cell(column, _) => {
                let state = self.at.state();
                state.column(column).map_or("cell", |(key, _)| key)
            }
            ConflictPlace::Sharing(..) => "sharing",
            ConflictPlace::Title(_) | ConflictPlace::RoadMapTitle => "title",
            ConflictPlace::Note(roadbook_domain::Thing::Column(_)) => "footnote",
            ConflictPlace::Note(_) => "source",
            ConflictPlace::Place(_) => "place",
            ConflictPlace::RoadMapMarking => "marking",
            ConflictPlace::RoadMapWorkingParty => "workingParty",
        }
    }

    /// The value that was read.
    async fn base(&self) -> CellContent {
        CellContent::new(&self.conflict.base, self.at.day())
    }

    /// The value as it is.
    async fn theirs(&self) -> CellContent {
        CellContent::new(&self.conflict.theirs, self.at.day())
    }

    /// The value that was wanted.
    async fn yours(&self) -> CellContent {
        CellContent::new(&self.conflict.yours, self.at.day())
    }

    /// The event that wrote the value as it is.
    async fn their_event(&self) -> async_graphql::Result<Option<Event>> {
        let version = self.conflict.their_version;
        if version == Version::ZERO || version > self.at.moment().version {
            return Ok(None);
        }
        let event = self.at.event(version).await.map_err(engine_fault)?;
        Ok(event.map(|event| event_object(&self.at, event)))
    }
}

/// The edit cannot be done; nothing changed.
#[derive(SimpleObject)]
pub(crate) struct EditRefused {
    /// Every reason that was found.
    pub(crate) refusals: Vec<Refusal>,
}

/// Why a command cannot be done.
#[derive(SimpleObject)]
pub(crate) struct Refusal {
    /// The index of the command, from 0; none for the edit as a whole.
    pub(crate) command: Option<usize>,
    /// The kind of reason.
    pub(crate) code: RefusalCode,
    /// The reason, naming the place and the rule.
    pub(crate) message: String,
    /// The versions that stand in the way, where an edit may name them to go on.
    pub(crate) versions: Vec<u64>,
}

/// The kind of reason for which a command is refused.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RefusalCode {
    /// What it names is not there at that date.
    NotFound,
    /// Its author may not do it.
    NotAllowed,
    /// It is malformed or contradicts itself.
    Invalid,
    /// A text is too long, or there are too many of something.
    TooLong,
    /// A text carries a marking of EU classified information.
    Classified,
    /// Its date lies in the future or before the road map.
    BadDate,
    /// Something that takes effect later stands in the way.
    LaterChange,
    /// The state that it was made from cannot be its base.
    StaleBase,
    /// It would change what a closed presidency holds, and is no corrigendum of the Secretariat.
    PresidencyClosed,
    /// It happened before and happens once.
    AlreadyDone,
    /// The command id was used before for another edit.
    CommandIdReused,
    /// The road map, or the organisation in it, would take up more room than the server allows.
    QuotaExceeded,
}

impl Refusal {
    /// A reason that lies in the shape of the edit itself.
    pub(crate) fn of_shape(
        command: Option<usize>,
        code: RefusalCode,
        message: impl Into<String>,
    ) -> Self {
        Self {
            command,
            code,
            message: message.into(),
            versions: Vec::new(),
        }
    }

    pub(crate) fn new(command: Option<usize>, refusal: &DomainRefusal) -> Self {
        let versions = match refusal {
            DomainRefusal::WouldHide { versions, .. } => {
                versions.iter().map(|version| version.0).collect()
            }
            _ => Vec::new(),
        };
        Self {
            command,
            code: code(refusal),
            message: refusal.to_string(),
            versions,
        }
    }
}

const fn code(refusal: &DomainRefusal) -> RefusalCode {
    match refusal {
        DomainRefusal::NotFound(_)
        | DomainRefusal::NotOpened
        | DomainRefusal::NoAmendment(_)
        | DomainRefusal::NothingToRedact(_) => RefusalCode::NotFound,
        DomainRefusal::NotAllowed(_)
        | DomainRefusal::BackdatingNotAllowed
        | DomainRefusal::RedactionNotAllowed => RefusalCode::NotAllowed,
        DomainRefusal::PresidencyClosed { .. } => RefusalCode::PresidencyClosed,
        DomainRefusal::TooMany { .. }
        | DomainRefusal::Content {
            error: ContentError::TooLong { .. },
            ..
        } => RefusalCode::TooLong,
        DomainRefusal::Content {
            error: ContentError::ClassifiedMarking { .. },
            ..
        } => RefusalCode::Classified,
        DomainRefusal::FutureDate(_)
        | DomainRefusal::AccessBackdated
        | DomainRefusal::BeforeOpening(_)
        | DomainRefusal::TermNotEnded { .. } => RefusalCode::BadDate,
        DomainRefusal::LayoutLater { .. }
        | DomainRefusal::WouldHide { .. }
        | DomainRefusal::TextLater { .. }
        | DomainRefusal::RemovedLater { .. }
        | DomainRefusal::ColumnLater { .. } => RefusalCode::LaterChange,
        DomainRefusal::BaseIsLater | DomainRefusal::BaseAhead { .. } => RefusalCode::StaleBase,
        DomainRefusal::AlreadyOpened
        | DomainRefusal::IdTaken(_)
        | DomainRefusal::ColumnKeyTaken(_)
        | DomainRefusal::RevisionIssued(_)
        | DomainRefusal::CorrigendumIssued(_)
        | DomainRefusal::AmendmentDecided { .. }
        | DomainRefusal::AlreadyClosed(_) => RefusalCode::AlreadyDone,
        DomainRefusal::Content { .. }
        | DomainRefusal::MalformedName(_)
        | DomainRefusal::WorkingPartyUnknown
        | DomainRefusal::NotACorrigendum(_)
        | DomainRefusal::EmptyTitle(_)
        | DomainRefusal::NotRemoved(_)
        | DomainRefusal::WrongPlace(_)
        | DomainRefusal::WrittenTwice
        | DomainRefusal::NotConsecutive
        | DomainRefusal::NotShared
        | DomainRefusal::UnknownPresidency(_)
        | DomainRefusal::NothingNamed
        | DomainRefusal::ReasonRepeatsText
        | DomainRefusal::Empty => RefusalCode::Invalid,
    }
}
