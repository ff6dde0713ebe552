//! Refusals: why a command cannot be done, as facts that a person can act on.
//!
//! It owns the reasons and their wording; how they travel is the API's affair.
//! Invariant: a refusal names the place and the rule, and quotes nothing of a road map's text.

use thiserror::Error;
use uuid::Uuid;

use crate::capacity::Capacity;
use crate::command_kind::CommandKind;
use crate::content::ContentError;
use crate::identity::{AmendmentId, Parent, Thing, Version};
use crate::presidency::PresidencyKey;
use crate::rights::Right;
use crate::time::{Date, Instant};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Nothing of that kind and id was born by then and is present then.
    #[error(
        "there is no {0} at that date: it was never added, is removed, or stands in something removed"
    )]
    NotFound(Thing),
    /// The road map has no event yet.
    #[error("the road map was not opened")]
    NotOpened,
    /// The road map was opened before.
    #[error("the road map was opened before; a stream is opened once")]
    AlreadyOpened,
    /// An id was used before in this road map, perhaps for something removed.
    #[error("the id {0} is used in this road map; every new thing brings an id of its own")]
    IdTaken(Uuid),
    /// A column of that key was born before.
    #[error("a column with the key \"{0}\" exists or existed; keys are never used twice")]
    ColumnKeyTaken(String),
    /// A short name or key is not well formed.
    #[error(
        "\"{0}\" is no short name: use 1 to 64 lower-case letters, digits, hyphens or underscores, beginning with a letter"
    )]
    MalformedName(String),
    /// The key of a working party is not well formed, or the directory knows no such working party.
    #[error("there is no working party of that key; name one of the directory, such as FOP")]
    WorkingPartyUnknown,
    /// Who may read the road map would have been otherwise in the past.
    #[error(
        "the marking and the working party change from now on: dated into the past, they would open or close what was read then"
    )]
    AccessBackdated,
    /// A text is too long, holds control characters or a classified marking.
    #[error("{place}: {error}")]
    Content {
        /// Where it was to stand.
        place: &'static str,
        /// What is wrong with it.
        #[source]
        error: ContentError,
    },
    /// A title is empty.
    #[error("a {0} needs words: the title is empty")]
    EmptyTitle(&'static str),
    /// The batch takes effect after it is recorded.
    #[error("the date {0} lies in the future; a change takes effect today or earlier")]
    FutureDate(Date),
    /// Its author may not do it.
    #[error(transparent)]
    NotAllowed(Box<NotAllowed>),
    /// Only the Presidency and the Secretariat may date a change into the past.
    #[error("only the Presidency and the General Secretariat may date a change before today")]
    BackdatingNotAllowed,
    /// The batch takes effect before the road map began.
    #[error("the road map begins on {0}; nothing can take effect before it")]
    BeforeOpening(Instant),
    /// The order or sharing beneath a parent was changed with a later effect.
    #[error("the order or sharing beneath {place} was changed with effect from {later}, after the date of this change", place = describe(*parent))]
    LayoutLater {
        /// The parent.
        parent: Parent,
        /// When the later change takes effect.
        later: Instant,
    },
    /// Removing or moving would hide text for good that takes effect later.
    #[error("the {thing} holds changes that take effect later, in the events {versions}; name them to hide them", versions = list(versions))]
    WouldHide {
        /// What was to be removed or moved.
        thing: Thing,
        /// The versions of those events.
        versions: Vec<Version>,
    },
    /// A text involved in sharing, or in a cut, was set with a later effect.
    #[error(
        "a text of column {column} was set with effect from {later}, after the date of this change, and a copy would not carry it"
    )]
    TextLater {
        /// The column.
        column: Uuid,
        /// When the later text takes effect.
        later: Instant,
    },
    /// The thing was removed or restored again with a later effect.
    #[error(
        "the {thing} was removed or restored with effect from {later}, after the date of this change"
    )]
    RemovedLater {
        /// The thing.
        thing: Thing,
        /// When the later change takes effect.
        later: Instant,
    },
    /// The column was moved, retired or restored with a later effect.
    #[error(
        "the {thing} was moved, retired or restored with effect from {later}, after the date of this change"
    )]
    ColumnLater {
        /// The column.
        thing: Thing,
        /// When the later change takes effect.
        later: Instant,
    },
    /// The thing to restore is not removed.
    #[error("the {0} is not removed")]
    NotRemoved(Thing),
    /// Such a thing cannot stand there, or the named sibling does not.
    #[error(
        "the {0} cannot stand there: a strand stands in a field, an action in a strand, and the one named to follow stands beside it"
    )]
    WrongPlace(Thing),
    /// The client read a later-effective value than the one it wants to set.
    #[error(
        "the value that was read takes effect after the date of this change; read the road map as of that date first"
    )]
    BaseIsLater,
    /// The base cursor names a version that does not exist yet.
    #[error("the base is version {base}, but the road map is at version {head}")]
    BaseAhead {
        /// What the client says it read.
        base: Version,
        /// What there is.
        head: Version,
    },
    /// Two commands of a batch write the same thing.
    #[error("two commands of the batch write the same value; leave one of them out")]
    WrittenTwice,
    /// Actions to share are not consecutive in one strand.
    #[error("cells are shared by two or more consecutive actions of one strand, each named once")]
    NotConsecutive,
    /// The cell is not shared.
    #[error("the cell is not shared")]
    NotShared,
    /// The revision was issued before.
    #[error("the revision {0} was issued before; a number is used once")]
    RevisionIssued(String),
    /// No member state, or another one, held that term.
    #[error("the presidency {0} is unknown, or another member state held that term")]
    UnknownPresidency(PresidencyKey),
    /// The term has not ended.
    #[error("the term of {key} ends on {last_day}; it can be closed from the next day on")]
    TermNotEnded {
        /// Whose term.
        key: PresidencyKey,
        /// Its last day.
        last_day: Date,
    },
    /// The presidency was closed before.
    #[error("the presidency {0} was closed before; its sealed state never changes")]
    AlreadyClosed(PresidencyKey),
    /// The batch takes effect within what a closed presidency holds, and is no corrigendum of the Secretariat.
    #[error(
        "the presidency {key} is closed, sealed by event {sealed_by}; only the General Secretariat may change what it holds, \
         by a batch that issues a corrigendum (COR n)"
    )]
    PresidencyClosed {
        /// The presidency.
        key: PresidencyKey,
        /// The version of the event that sealed it.
        sealed_by: Version,
    },
    /// The number of a corrigendum does not say that it is one.
    #[error("{0} is no number of a corrigendum, which ends in COR and a number")]
    NotACorrigendum(String),
    /// The corrigendum was issued before.
    #[error("the corrigendum {0} was issued before; a number is used once")]
    CorrigendumIssued(String),
    /// No amendment of that id was proposed by then.
    #[error("there is no amendment {0} at that date")]
    NoAmendment(AmendmentId),
    /// The amendment is in a final state.
    #[error("the amendment {amendment} is {state} by event {by}; that is final")]
    AmendmentDecided {
        /// The amendment.
        amendment: AmendmentId,
        /// What became of it.
        state: &'static str,
        /// The version of the event by which it did.
        by: Version,
    },
    /// A bound is reached.
    #[error("there can be {max} {what} at most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// Only the Secretariat may redact.
    #[error("only the General Secretariat may redact")]
    RedactionNotAllowed,
    /// A redaction names no event.
    #[error("name the version of at least one event that holds what is to be redacted")]
    NothingNamed,
    /// The event that a redaction names holds no words.
    #[error(
        "the event of version {0} does not exist, holds no words that could be redacted, or is redacted already"
    )]
    NothingToRedact(Version),
    /// The reason would keep what is to go.
    #[error("the reason repeats what is to be redacted, and a reason is kept for good")]
    ReasonRepeatsText,
    /// The batch is empty.
    #[error("the batch holds no command")]
    Empty,
}

/// Who wanted what, and in which role, that may not do it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{organisation} {} on {day} and may not {}: {}",
    acting(.capacities),
    .kind.deed(),
    entitled(*.kind)
)]
pub struct NotAllowed {
    /// The key of the organisation.
    pub organisation: String,
    /// The day of recording, in Brussels.
    pub day: Date,
    /// The roles that it has on the road map on that day; none for who takes no part.
    pub capacities: Vec<Capacity>,
    /// What it may not do.
    pub kind: CommandKind,
}

fn acting(capacities: &[Capacity]) -> String {
    let roles: Vec<&str> = capacities.iter().map(|capacity| capacity.role()).collect();
    if roles.is_empty() {
        "takes no part in the road map".to_owned()
    } else {
        format!("acts on the road map as {}", roles.join(" and as "))
    }
}

/// Who may do something, as a sentence.
fn entitled(kind: CommandKind) -> String {
    let holders: Vec<String> = Capacity::ALL
        .into_iter()
        .filter_map(|capacity| {
            let who = match capacity {
                Capacity::Lead => "the lead of an action",
                Capacity::Delegation => "delegations",
                Capacity::Observer => "observers",
                Capacity::Presidency | Capacity::Secretariat => capacity.role(),
            };
            match capacity.right(kind) {
                Right::No => None,
                Right::Yes => Some(who.to_owned()),
                Right::If(condition) => Some(format!("{who} {}", condition.sentence())),
            }
        })
        .collect();
    format!("this is for {}", holders.join("; "))
}

fn describe(parent: Parent) -> String {
    parent
        .thing()
        .map_or_else(|| "the road map".to_owned(), |thing| format!("the {thing}"))
}

fn list(versions: &[Version]) -> String {
    let numbers: Vec<String> = versions.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
