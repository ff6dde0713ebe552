//! Changing the directory: one batch, whole or not at all, by the Secretariat.
//!
//! It owns the shapes of commands and answers and the way between; what may be done is the domain's affair.
//! Invariant: expected outcomes are typed; only faults are errors.

use async_graphql::{Context, Enum, InputObject, OneofObject, SimpleObject, Union};
use roadbook_domain::directory::{ChairHolder, MemberRole as DomainRole};
use roadbook_domain::organisation::OrganisationKind as DomainKind;
use roadbook_domain::{DirectoryCommand, DirectoryRefusal as Refused};
use roadbook_engine::{Author, DirectoryRequest, EngineError};
use uuid::Uuid;

use crate::directory::{OrganisationKind, summary};
use crate::fault::engine_fault;
use crate::payload::{Refusal, RefusalCode};
use crate::query::{engine, viewer};
use crate::scalar::Day;

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 1_000;

/// One atomic batch of changes to the directory.
#[derive(InputObject)]
pub(crate) struct EditDirectoryInput {
    /// A UUID that the client makes for this edit. Sending the same edit again under it changes nothing more.
    command_id: Uuid,
    /// Why, in one's own words; 1,000 characters at most.
    reason: Option<String>,
    /// What is to be done, in order.
    commands: Vec<DirectoryCommandInput>,
}

/// One thing to be done to the directory: exactly one of these. A day that is absent is today.
#[derive(OneofObject)]
pub(crate) enum DirectoryCommandInput {
    /// Make an organisation known; a working party is one of its kinds, chaired by the Presidency until told otherwise.
    AddOrganisation(AddOrganisationInput),
    /// Give an organisation a name; a later one takes the place of an earlier one as the short name.
    NameOrganisation(NameOrganisationInput),
    /// Let a delegation's state be a member of the Union.
    BeginMembership(MembershipInput),
    /// Let a delegation's state be no longer a member of the Union.
    EndMembership(MembershipInput),
    /// Let someone take part in a working party.
    AdmitMember(AdmitMemberInput),
    /// Let someone who was admitted take part no longer. Open streams of LIMITE road maps end at once.
    WithdrawMember(WithdrawMemberInput),
    /// Let the Presidency, or always the same organisation, chair a working party.
    GiveChair(GiveChairInput),
}

/// A new organisation.
#[derive(InputObject)]
pub(crate) struct AddOrganisationInput {
    /// Its lasting key: 2 to 32 capital letters, digits or hyphens.
    key: String,
    /// What it is.
    kind: OrganisationKind,
    /// The key of the organisation that it is a unit of.
    part_of: Option<String>,
    /// Its name.
    name: String,
}

/// A name.
#[derive(InputObject)]
pub(crate) struct NameOrganisationInput {
    /// The key of the organisation.
    organisation: String,
    /// The name.
    name: String,
    /// The first day on which it is valid.
    from: Option<Day>,
    /// The last day on which it is valid; for ever if absent.
    until: Option<Day>,
}

/// A membership of the Union.
#[derive(InputObject)]
pub(crate) struct MembershipInput {
    /// The key of the delegation.
    organisation: String,
    /// The first day on which it is so.
    from: Option<Day>,
}

/// A new participant.
#[derive(InputObject)]
pub(crate) struct AdmitMemberInput {
    /// The key of the working party.
    working_party: String,
    /// The key of an organisation, or "MS" for the member states of whatever day.
    member: String,
    /// As what.
    role: MemberRole,
    /// The first day.
    from: Option<Day>,
}

/// A participant who leaves.
#[derive(InputObject)]
pub(crate) struct WithdrawMemberInput {
    /// The key of the working party.
    working_party: String,
    /// Who was admitted, under the same key.
    member: String,
    /// The first day on which it takes no part.
    from: Option<Day>,
}

/// A chair.
#[derive(InputObject)]
pub(crate) struct GiveChairInput {
    /// The key of the working party.
    working_party: String,
    /// The key of the organisation that chairs always; the Presidency if absent.
    organisation: Option<String>,
    /// The first day.
    from: Option<Day>,
}

/// As what someone takes part in a working party.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainRole")]
pub(crate) enum MemberRole {
    /// It reads.
    Observer,
    /// It takes part.
    Member,
}

/// What became of a change to the directory.
#[derive(Union)]
pub(crate) enum EditDirectoryPayload {
    /// It is durable.
    Done(EditDirectoryDone),
    /// It cannot be done; nothing changed.
    Refused(EditDirectoryRefused),
}

/// The change is durable, and holds for everybody who asks from now on.
#[derive(SimpleObject)]
pub(crate) struct EditDirectoryDone {
    /// The version of the directory right after it.
    version: u64,
    /// What happened, in sentences; none if it was so already.
    events: Vec<String>,
    /// Whether it had been accepted before.
    repeated: bool,
}

/// The change cannot be made; nothing changed.
#[derive(SimpleObject)]
pub(crate) struct EditDirectoryRefused {
    /// Every reason that was found.
    pub(crate) refusals: Vec<Refusal>,
}

/// Makes a batch of changes.
pub(crate) async fn edit_directory(
    ctx: &Context<'_>,
    input: EditDirectoryInput,
) -> async_graphql::Result<EditDirectoryPayload> {
    let viewer = viewer(ctx)?;
    if let Some(reason) = &input.reason
        && let Err(error) = roadbook_domain::content::check_text(reason, REASON_CHARS_MAX)
    {
        let message = format!("reason: {error}");
        return Ok(refused(vec![Refusal::of_shape(
            None,
            RefusalCode::Invalid,
            message,
        )]));
    }
    let request = DirectoryRequest {
        command_id: input.command_id,
        author: Author {
            organisation: viewer.organisation.clone(),
            person: viewer.person.clone(),
            on_behalf_of: None,
        },
        reason: input.reason,
        commands: input.commands.into_iter().map(command).collect(),
    };
    match engine(ctx)?.edit_directory(&request).await {
        Ok(done) => Ok(EditDirectoryPayload::Done(EditDirectoryDone {
            version: done.version.0,
            events: done.events.iter().map(summary).collect(),
            repeated: done.repeated,
        })),
        Err(EngineError::DirectoryRefused(refusals)) => {
            let refusals = refusals.iter().map(|(command, refusal)| {
                Refusal::of_shape(*command, code(refusal), refusal.to_string())
            });
            Ok(refused(refusals.collect()))
        }
        Err(error @ EngineError::CommandIdReused) => {
            let code = RefusalCode::CommandIdReused;
            let refusal = Refusal::of_shape(None, code, error.to_string());
            Ok(refused(vec![refusal]))
        }
        Err(error) => Err(engine_fault(error)),
    }
}

const fn refused(refusals: Vec<Refusal>) -> EditDirectoryPayload {
    EditDirectoryPayload::Refused(EditDirectoryRefused { refusals })
}

fn command(input: DirectoryCommandInput) -> DirectoryCommand {
    use DirectoryCommandInput as Input;
    let day = |from: Option<Day>| from.map(|day| day.0);
    match input {
        Input::AddOrganisation(input) => DirectoryCommand::AddOrganisation {
            organisation: input.key,
            kind: DomainKind::from(input.kind),
            part_of: input.part_of,
            name: input.name,
        },
        Input::NameOrganisation(input) => DirectoryCommand::NameOrganisation {
            organisation: input.organisation,
            name: input.name,
            from: day(input.from),
            until: day(input.until),
        },
        Input::BeginMembership(input) => DirectoryCommand::BeginMembership {
            organisation: input.organisation,
            from: day(input.from),
        },
        Input::EndMembership(input) => DirectoryCommand::EndMembership {
            organisation: input.organisation,
            from: day(input.from),
        },
        Input::AdmitMember(input) => DirectoryCommand::AdmitMember {
            working_party: input.working_party,
            member: input.member,
            role: DomainRole::from(input.role),
            from: day(input.from),
        },
        Input::WithdrawMember(input) => DirectoryCommand::WithdrawMember {
            working_party: input.working_party,
            member: input.member,
            from: day(input.from),
        },
        Input::GiveChair(input) => DirectoryCommand::GiveChair {
            working_party: input.working_party,
            chair: input
                .organisation
                .map_or(ChairHolder::Presidency, ChairHolder::Organisation),
            from: day(input.from),
        },
    }
}

const fn code(refusal: &Refused) -> RefusalCode {
    match refusal {
        Refused::NotSecretariat => RefusalCode::NotAllowed,
        Refused::TooMany { .. } => RefusalCode::TooLong,
        Refused::OrganisationNotFound(_) | Refused::NotAMember { .. } => RefusalCode::NotFound,
        Refused::KeyTaken(_) => RefusalCode::AlreadyDone,
        Refused::DayOutOfRange(_) | Refused::EndsBeforeItBegins { .. } => RefusalCode::BadDate,
        Refused::Empty
        | Refused::MalformedKey(_)
        | Refused::MalformedCode
        | Refused::NotADelegation(_)
        | Refused::NotAWorkingParty(_)
        | Refused::CannotTakePart(_)
        | Refused::Name(_)
        | Refused::EmptyName => RefusalCode::Invalid,
    }
}
