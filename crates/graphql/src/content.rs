//! What cells show, as the API gives it.
//!
//! It owns the union of contents; how they are read from print is the domain's affair.
//! Invariant: every content keeps what was printed.

use async_graphql::{Enum, Object, SimpleObject, Union};
use roadbook_domain::content::{
    ActorKind as DomainActorKind, ActorsContent as Actors, DueContent as Due, DueKind as Kind,
};
use roadbook_domain::reference::{ReferenceKind as DomainReferenceKind, references};
use roadbook_domain::{CellContent as Content, Date};

use crate::scalar::Day;

/// What a cell shows.
#[derive(Union)]
pub(crate) enum CellContent {
    /// Nothing is printed.
    Blank(Blank),
    /// A lone question mark.
    Unknown(Unknown),
    /// Prose.
    Text(TextContent),
    /// A deadline.
    Due(DueContent),
    /// Actors.
    Actors(ActorsContent),
    /// Something that was removed from the log.
    Redacted(Redacted),
}

impl CellContent {
    /// A content as it stands at a day.
    pub(crate) fn new(content: &Content, day: Date) -> Self {
        match content {
            Content::Blank => Self::Blank(Blank {
                printed: String::new(),
            }),
            Content::Question => Self::Unknown(Unknown {
                printed: "?".to_owned(),
            }),
            Content::Text(text) => Self::Text(TextContent(text.printed().to_owned())),
            Content::Due(due) => Self::Due(DueContent {
                due: due.clone(),
                day,
            }),
            Content::Actors(actors) => Self::Actors(ActorsContent(actors.clone())),
            Content::Redacted => Self::Redacted(Redacted {
                printed: String::new(),
            }),
        }
    }
}

/// Nothing is printed.
#[derive(SimpleObject)]
pub(crate) struct Blank {
    /// Always empty.
    printed: String,
}

/// A lone question mark is printed: nobody knows yet.
#[derive(SimpleObject)]
pub(crate) struct Unknown {
    /// Always "?".
    printed: String,
}

/// Something stood here and was removed from the log.
#[derive(SimpleObject)]
pub(crate) struct Redacted {
    /// Always empty.
    printed: String,
}

/// Prose.
pub(crate) struct TextContent(String);

/// Prose.
#[Object]
impl TextContent {
    /// The text, paragraphs separated by line ends.
    async fn printed(&self) -> &str {
        &self.0
    }

    /// The paragraphs, in order.
    async fn paragraphs(&self) -> Vec<&str> {
        self.0
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect()
    }

    /// The documents and acts that the text names, in order.
    async fn references(&self) -> Vec<Reference> {
        references(&self.0)
            .into_iter()
            .map(|found| Reference {
                kind: found.kind.into(),
                printed: found.printed,
                normalised: found.normalised,
            })
            .collect()
    }
}

/// A document or act that a text names.
#[derive(SimpleObject)]
struct Reference {
    /// What is named.
    kind: ReferenceKind,
    /// As it is printed.
    printed: String,
    /// As it is cited, one form for all prints.
    normalised: String,
}

/// What a reference names.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainReferenceKind")]
enum ReferenceKind {
    /// A document of the Council.
    CouncilDocument,
    /// A document of the European Council.
    EuropeanCouncilDocument,
    /// A document of the Commission.
    CommissionDocument,
    /// A legal act.
    LegalAct,
    /// A place in the Official Journal.
    OfficialJournal,
    /// A case before the Court of Justice.
    CourtCase,
}

/// A deadline.
pub(crate) struct DueContent {
    due: Due,
    day: Date,
}

/// A deadline.
#[Object]
impl DueContent {
    /// What is printed, one date or status in a line.
    async fn printed(&self) -> &str {
        self.due.printed()
    }

    /// What is understood of it, in the order of print.
    async fn terms(&self) -> Vec<DueTerm> {
        self.due
            .terms()
            .iter()
            .map(|term| DueTerm {
                kind: term.kind.into(),
                from: term.from.map(Day),
                to: term.to.map(Day),
            })
            .collect()
    }

    /// Whether every date in it lies before the day given, and nothing in it says completed or on-going; the day of the moment asked if absent.
    async fn overdue(&self, on: Option<Day>) -> bool {
        self.due.overdue(on.map_or(self.day, |day| day.0))
    }
}

/// One date or status of a deadline.
#[derive(SimpleObject)]
struct DueTerm {
    /// What it is.
    kind: DueKind,
    /// Its first day.
    from: Option<Day>,
    /// Its last day.
    to: Option<Day>,
}

/// What a term of a deadline is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Kind")]
enum DueKind {
    /// A day.
    Day,
    /// A month.
    Month,
    /// A quarter of a year.
    Quarter,
    /// Half a year.
    HalfYear,
    /// A year.
    Year,
    /// From one date to another.
    Range,
    /// Without an end.
    Ongoing,
    /// Done.
    Completed,
}

/// Who leads and who takes part.
pub(crate) struct ActorsContent(Actors);

/// Who leads and who takes part.
#[Object]
impl ActorsContent {
    /// What is printed: the lead in the first line, the others in the following ones.
    async fn printed(&self) -> &str {
        self.0.printed()
    }

    /// Who leads, in the order of print; where the print does not say who leads, the whole list.
    async fn lead(&self) -> Vec<Actor> {
        self.0.lead().iter().map(actor).collect()
    }

    /// Who takes part besides.
    async fn others(&self) -> Vec<Actor> {
        self.0.others().iter().map(actor).collect()
    }
}

/// An actor as printed.
#[derive(SimpleObject)]
struct Actor {
    /// As it is printed.
    printed: String,
    /// What it is.
    kind: ActorKind,
    /// The lasting key of the organisation, if it is one that is known.
    organisation: Option<String>,
    /// The body in brackets, or the condition.
    qualifier: Option<String>,
}

/// What an actor is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainActorKind")]
enum ActorKind {
    /// A known organisation.
    Organisation,
    /// A class such as "MS" or "private sector".
    Class,
    /// The Presidency, whoever holds it.
    Presidency,
    /// Anything else.
    Other,
}

fn actor(actor: &roadbook_domain::content::Actor) -> Actor {
    Actor {
        printed: actor.printed.clone(),
        kind: actor.kind.into(),
        organisation: actor.organisation.clone(),
        qualifier: actor.qualifier.clone(),
    }
}
