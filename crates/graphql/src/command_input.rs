//! Commands as the API takes them.
//!
//! It owns their shapes and their translation to the domain's; whether they may be done is decided there.
//! Invariant: a new thing without an id gets one that follows from the command id, so that a repeated edit is the same edit.

use async_graphql::{ID, InputObject, OneofObject};
use roadbook_domain::document_number::DocumentNumber;
use roadbook_domain::revision::Cover;
use roadbook_domain::{
    ActionId, AmendmentId, ColumnId, Command, ContentKind, FieldId, Marking as DomainMarking,
    Parent, Revision, RoadMapId, StrandId, Thing, Version, presidency,
};
use uuid::Uuid;

use crate::identity::{amendment_of, thing_of};
use crate::part::ColumnKind;
use crate::scalar::Day;
use crate::state::Marking;

/// One thing to be done: exactly one of these.
#[derive(OneofObject)]
pub(crate) enum CommandInput {
    /// Begin the road map, under the bare UUID given as the edit's road map.
    OpenRoadMap(OpenRoadMapInput),
    /// Give the road map another title or marking, or entrust it to another working party.
    ChangeDetails(ChangeDetailsInput),
    /// Add a field.
    AddField(AddFieldInput),
    /// Add a strand.
    AddStrand(AddStrandInput),
    /// Add an action.
    AddAction(AddActionInput),
    /// Add a column.
    AddColumn(AddColumnInput),
    /// Give a field, strand or column another title, an action another wording.
    Retitle(RetitleInput),
    /// Say where a strand comes from.
    SetSource(SetSourceInput),
    /// Hang a footnote on a column's heading, or take it off.
    SetFootnote(SetFootnoteInput),
    /// Let something stand elsewhere.
    Move(MoveInput),
    /// Remove something; a column is retired.
    Remove(RemoveInput),
    /// Bring something back to where it stood.
    Restore(RestoreInput),
    /// Set what a cell shows.
    SetCell(SetCellInput),
    /// Let consecutive actions share one cell.
    ShareCells(ShareCellsInput),
    /// Split a shared cell.
    UnshareCells(UnshareCellsInput),
    /// Give this moment a document number.
    IssueRevision(IssueRevisionInput),
    /// Close a presidency whose term has ended, and seal its last state.
    ClosePresidency(ClosePresidencyInput),
    /// Say by which document the edit corrects what was wrong, also in what a closed presidency held.
    IssueCorrigendum(IssueCorrigendumInput),
    /// Propose a text for a cell.
    ProposeAmendment(ProposeAmendmentInput),
    /// Take back what one's own organisation proposed.
    WithdrawAmendment(WithdrawAmendmentInput),
    /// Put an amendment into its cell.
    AcceptAmendment(AcceptAmendmentInput),
    /// Do not put an amendment into its cell.
    DeclineAmendment(DeclineAmendmentInput),
}

/// Begin a road map.
#[derive(InputObject)]
pub(crate) struct OpenRoadMapInput {
    /// Its short name: 1 to 64 lower-case letters, digits, hyphens, underscores, beginning with a letter.
    slug: String,
    /// Its title.
    title: String,
    /// Its marking.
    marking: Marking,
    /// The key of the working party that it is entrusted to, such as "FOP". While it is LIMITE it exists for those alone who take part there.
    working_party: String,
}

/// Change what stands above the table; what is absent stays.
#[derive(InputObject)]
pub(crate) struct ChangeDetailsInput {
    /// The new title.
    title: Option<String>,
    /// The new marking. It holds from now on: what was read before stays open or closed as it was.
    marking: Option<Marking>,
    /// The key of the working party that it is to be entrusted to, from now on.
    working_party: Option<String>,
}

/// Add a field.
#[derive(InputObject)]
pub(crate) struct AddFieldInput {
    /// A UUID of its own; made from the command id if absent.
    id: Option<Uuid>,
    /// Its title, without the letter.
    title: String,
    /// The field before which it is to stand; at the end if absent.
    before: Option<ID>,
}

/// Add a strand.
#[derive(InputObject)]
pub(crate) struct AddStrandInput {
    /// A UUID of its own; made from the command id if absent.
    id: Option<Uuid>,
    /// The field.
    field: ID,
    /// Its title, without the number.
    title: String,
    /// Where it comes from, such as "para. 16".
    source: Option<String>,
    /// The strand before which it is to stand; at the end if absent.
    before: Option<ID>,
}

/// Add an action.
#[derive(InputObject)]
pub(crate) struct AddActionInput {
    /// A UUID of its own; made from the command id if absent.
    id: Option<Uuid>,
    /// The strand.
    strand: ID,
    /// What is to be done.
    text: String,
    /// The action before which it is to stand; at the end if absent.
    before: Option<ID>,
}

/// Add a column.
#[derive(InputObject)]
pub(crate) struct AddColumnInput {
    /// A UUID of its own; made from the command id if absent.
    id: Option<Uuid>,
    /// Its lasting name in documents and programs.
    name: String,
    /// Its heading.
    heading: String,
    /// What its cells hold.
    kind: ColumnKind,
    /// A footnote on its heading.
    footnote: Option<String>,
    /// The column before which it is to stand; at the end if absent.
    before: Option<ID>,
}

/// Give something other words.
#[derive(InputObject)]
pub(crate) struct RetitleInput {
    /// A field, strand, action or column.
    subject: ID,
    /// Its new words.
    title: String,
}

/// Say where a strand comes from.
#[derive(InputObject)]
pub(crate) struct SetSourceInput {
    /// The strand.
    strand: ID,
    /// Where it comes from; nowhere if absent.
    source: Option<String>,
}

/// Change the footnote on a heading.
#[derive(InputObject)]
pub(crate) struct SetFootnoteInput {
    /// The column.
    column: ID,
    /// The footnote; none if absent.
    footnote: Option<String>,
}

/// Let something stand elsewhere.
#[derive(InputObject)]
pub(crate) struct MoveInput {
    /// A field, strand, action or column.
    subject: ID,
    /// The field for a strand, the strand for an action; absent for a field or a column.
    under: Option<ID>,
    /// Its sibling before which it is to stand; at the end if absent.
    before: Option<ID>,
}

/// Remove something.
#[derive(InputObject)]
pub(crate) struct RemoveInput {
    /// A field, strand, action or column.
    subject: ID,
    /// The versions of later-effective events that this may hide for good.
    #[graphql(default)]
    hiding: Vec<u64>,
}

/// Bring something back.
#[derive(InputObject)]
pub(crate) struct RestoreInput {
    /// A removed field, strand, action or column.
    subject: ID,
}

/// Set what a cell shows. For a shared cell, any of its actions will do.
#[derive(InputObject)]
pub(crate) struct SetCellInput {
    /// The action.
    action: ID,
    /// The column.
    column: ID,
    /// What to show, as it is to be printed: paragraphs, dates or actors in lines; in an actors cell the lead in the first line. Empty for blank, "?" for unknown.
    content: String,
}

/// Let actions share a cell.
#[derive(InputObject)]
pub(crate) struct ShareCellsInput {
    /// The column.
    column: ID,
    /// Two or more consecutive actions of a strand.
    actions: Vec<ID>,
    /// What the shared cell shows.
    content: String,
}

/// Split a shared cell.
#[derive(InputObject)]
pub(crate) struct UnshareCellsInput {
    /// The column.
    column: ID,
    /// Any of its actions.
    action: ID,
}

/// Give this moment a document number.
#[derive(InputObject)]
pub(crate) struct IssueRevisionInput {
    /// The number, such as "6183/2/15 REV 2".
    number: String,
    /// The date printed on it.
    date: Day,
    /// What its cover names as the previous document.
    previous_document: Option<String>,
    /// The revision that it takes the place of.
    supersedes: Option<String>,
}

/// Close a presidency.
#[derive(InputObject)]
pub(crate) struct ClosePresidencyInput {
    /// Term and code, such as "2015H1-LV".
    presidency: String,
}

/// Issue a corrigendum.
#[derive(InputObject)]
pub(crate) struct IssueCorrigendumInput {
    /// The number, such as "6183/2/15 REV 2 COR 1".
    number: String,
}

/// Propose a text for a cell. For a shared cell, any of its actions will do.
#[derive(InputObject)]
pub(crate) struct ProposeAmendmentInput {
    /// A UUID of its own; made from the command id if absent.
    id: Option<Uuid>,
    /// The action.
    action: ID,
    /// The column.
    column: ID,
    /// What the cell is to show, as it is to be printed.
    content: String,
}

/// Take back an amendment.
#[derive(InputObject)]
pub(crate) struct WithdrawAmendmentInput {
    /// The amendment.
    amendment: ID,
}

/// Put an amendment into its cell: merged, from the text that its proposer had read, with the one that is there.
#[derive(InputObject)]
pub(crate) struct AcceptAmendmentInput {
    /// The amendment.
    amendment: ID,
    /// What the cell is to show instead of the proposed text, where that does not merge.
    content: Option<String>,
}

/// Do not put an amendment into its cell.
#[derive(InputObject)]
pub(crate) struct DeclineAmendmentInput {
    /// The amendment.
    amendment: ID,
    /// Why.
    reason: String,
}

/// Why an input is no command: the message names the place.
pub(crate) type Malformed = String;

impl CommandInput {
    /// The command; `mint` makes the id of a new thing.
    pub(crate) fn command(
        self,
        road_map: RoadMapId,
        mint: impl FnOnce() -> Uuid,
    ) -> Result<Command, Malformed> {
        Ok(match self {
            Self::OpenRoadMap(input) => Command::OpenRoadMap {
                road_map,
                slug: input.slug,
                title: input.title,
                marking: DomainMarking::from(input.marking),
                working_party: Some(input.working_party),
            },
            Self::ChangeDetails(input) => Command::ChangeDetails {
                title: input.title,
                marking: input.marking.map(DomainMarking::from),
                working_party: input.working_party,
            },
            Self::AddField(input) => input.command(mint())?,
            Self::AddStrand(input) => input.command(mint())?,
            Self::AddAction(input) => input.command(mint())?,
            Self::AddColumn(input) => input.command(mint())?,
            Self::SetSource(input) => Command::SetSource {
                strand: required("strand", &input.strand, strand)?,
                source: input.source,
            },
            Self::SetFootnote(input) => Command::SetFootnote {
                column: required("column", &input.column, column)?,
                footnote: input.footnote,
            },
            Self::SetCell(input) => Command::SetCell {
                column: required("column", &input.column, column)?,
                action: required("action", &input.action, action)?,
                content: input.content,
            },
            Self::ShareCells(input) => Command::ShareCells {
                column: required("column", &input.column, column)?,
                actions: input
                    .actions
                    .iter()
                    .map(|id| required("actions", id, action))
                    .collect::<Result<_, _>>()?,
                content: input.content,
            },
            Self::UnshareCells(input) => Command::UnshareCells {
                column: required("column", &input.column, column)?,
                action: required("action", &input.action, action)?,
            },
            Self::Retitle(input) => Command::Retitle {
                thing: required("subject", &input.subject, Some)?,
                title: input.title,
            },
            Self::Move(input) => move_command(input)?,
            Self::Remove(input) => Command::Remove {
                thing: required("subject", &input.subject, Some)?,
                hiding: input.hiding.into_iter().map(Version).collect(),
            },
            Self::Restore(input) => Command::Restore {
                thing: required("subject", &input.subject, Some)?,
            },
            Self::IssueRevision(input) => issue_revision(&input)?,
            Self::ProposeAmendment(input) => input.command(mint())?,
            Self::WithdrawAmendment(input) => input.command()?,
            Self::AcceptAmendment(input) => input.command()?,
            Self::DeclineAmendment(input) => input.command()?,
            Self::IssueCorrigendum(input) => Command::IssueCorrigendum {
                number: number("number", &input.number)?,
            },
            Self::ClosePresidency(input) => Command::ClosePresidency {
                presidency: presidency::find(&input.presidency)
                    .map_err(|error| format!("presidency: {error}"))?,
            },
        })
    }
}

impl AddFieldInput {
    fn command(self, minted: Uuid) -> Result<Command, Malformed> {
        Ok(Command::AddField {
            field: FieldId(self.id.unwrap_or(minted)),
            title: self.title,
            before: optional("before", self.before, field)?,
        })
    }
}

impl AddStrandInput {
    fn command(self, minted: Uuid) -> Result<Command, Malformed> {
        Ok(Command::AddStrand {
            strand: StrandId(self.id.unwrap_or(minted)),
            field: required("field", &self.field, field)?,
            title: self.title,
            source: self.source,
            before: optional("before", self.before, strand)?,
        })
    }
}

impl AddActionInput {
    fn command(self, minted: Uuid) -> Result<Command, Malformed> {
        Ok(Command::AddAction {
            action: ActionId(self.id.unwrap_or(minted)),
            strand: required("strand", &self.strand, strand)?,
            wording: self.text,
            before: optional("before", self.before, action)?,
        })
    }
}

impl AddColumnInput {
    fn command(self, minted: Uuid) -> Result<Command, Malformed> {
        Ok(Command::AddColumn {
            column: ColumnId(self.id.unwrap_or(minted)),
            key: self.name,
            heading: self.heading,
            kind: ContentKind::from(self.kind),
            footnote: self.footnote,
            before: optional("before", self.before, column)?,
        })
    }
}

fn move_command(input: MoveInput) -> Result<Command, Malformed> {
    let thing = required("subject", &input.subject, Some)?;
    let under = match (&input.under, thing) {
        (None, Thing::Field(_)) => Parent::Fields,
        (None, Thing::Column(_)) => Parent::Columns,
        (None, _) => return Err("under: a strand needs a field, an action a strand".to_owned()),
        (Some(id), _) => required("under", id, Thing::as_parent)?,
    };
    Ok(Command::Move {
        thing,
        under,
        before: optional("before", input.before, Some)?,
    })
}

fn issue_revision(input: &IssueRevisionInput) -> Result<Command, Malformed> {
    let optional =
        |place: &str, text: Option<&String>| text.map(|text| number(place, text)).transpose();
    Ok(Command::IssueRevision {
        revision: Box::new(Revision {
            number: number("number", &input.number)?,
            date: input.date.0,
            previous_document: optional("previousDocument", input.previous_document.as_ref())?,
            supersedes: optional("supersedes", input.supersedes.as_ref())?,
            cover: Cover::default(),
        }),
    })
}

fn number(place: &str, text: &str) -> Result<DocumentNumber, Malformed> {
    text.parse().map_err(|error| format!("{place}: {error}"))
}

impl ProposeAmendmentInput {
    fn command(self, minted: Uuid) -> Result<Command, Malformed> {
        Ok(Command::ProposeAmendment {
            amendment: AmendmentId(self.id.unwrap_or(minted)),
            column: required("column", &self.column, column)?,
            action: required("action", &self.action, action)?,
            content: self.content,
        })
    }
}

impl WithdrawAmendmentInput {
    fn command(self) -> Result<Command, Malformed> {
        let amendment = amendment(&self.amendment)?;
        Ok(Command::WithdrawAmendment { amendment })
    }
}

impl AcceptAmendmentInput {
    fn command(self) -> Result<Command, Malformed> {
        Ok(Command::AcceptAmendment {
            amendment: amendment(&self.amendment)?,
            content: self.content,
        })
    }
}

impl DeclineAmendmentInput {
    fn command(self) -> Result<Command, Malformed> {
        Ok(Command::DeclineAmendment {
            amendment: amendment(&self.amendment)?,
            reason: self.reason,
        })
    }
}

fn amendment(id: &ID) -> Result<AmendmentId, Malformed> {
    amendment_of(id).ok_or_else(|| "amendment: this id names no amendment".to_owned())
}

fn required<T>(
    place: &str,
    id: &ID,
    pick: impl FnOnce(Thing) -> Option<T>,
) -> Result<T, Malformed> {
    thing_of(id)
        .and_then(pick)
        .ok_or_else(|| format!("{place}: this id names nothing that can stand there"))
}

fn optional<T>(
    place: &str,
    id: Option<ID>,
    pick: impl FnOnce(Thing) -> Option<T>,
) -> Result<Option<T>, Malformed> {
    id.map(|id| required(place, &id, pick)).transpose()
}

const fn field(thing: Thing) -> Option<FieldId> {
    match thing {
        Thing::Field(id) => Some(id),
        _ => None,
    }
}

const fn strand(thing: Thing) -> Option<StrandId> {
    match thing {
        Thing::Strand(id) => Some(id),
        _ => None,
    }
}

const fn action(thing: Thing) -> Option<ActionId> {
    match thing {
        Thing::Action(id) => Some(id),
        _ => None,
    }
}

const fn column(thing: Thing) -> Option<ColumnId> {
    match thing {
        Thing::Column(id) => Some(id),
        _ => None,
    }
}
