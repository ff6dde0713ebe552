//! Deciding on commands to the directory.
//!
//! It owns the rules; who may ask is judged on the day of recording.
//! Invariant: it reads nothing but its arguments, and a batch is decided whole or not at all.

use super::command::DirectoryCommand;
use super::event::{ChairHolder, DirectoryEvent};
use super::refusal::DirectoryRefusal as Refusal;
use super::{Directory, MEMBER_STATES};
use crate::capacity::SECRETARIAT;
use crate::content::check_text;
use crate::organisation::OrganisationKind;
use crate::time::Date;

/// Commands in one batch.
const COMMANDS_MAX: usize = 200;
/// Organisations that a directory knows.
const ORGANISATIONS_MAX: usize = 2_000;
/// Names that one organisation ever had.
const NAMES_MAX: usize = 50;
/// Days on which something about one membership, chair or participation changed.
const CHANGES_MAX: usize = 200;
/// Those who ever took part in one working party.
const PARTICIPANTS_MAX: usize = 500;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 200;
/// Characters of a key.
const KEY_CHARS_MAX: usize = 32;
/// The first year that a day can lie in.
const FIRST_YEAR: i16 = 1950;
/// How many years ahead a day can lie.
const YEARS_AHEAD: i16 = 10;

/// What is to be appended and the directory that it leaves, or every reason that was found.
pub type DirectoryDecision =
    Result<(Vec<DirectoryEvent>, Directory), Vec<(Option<usize>, Refusal)>>;

/// Decides a batch that an organisation sends, to be recorded on a day. What is so already gives no event.
pub fn decide_directory(
    directory: &Directory,
    commands: &[DirectoryCommand],
    organisation: &str,
    today: Date,
) -> DirectoryDecision {
    let whole = |refusal| Err(vec![(None, refusal)]);
    if organisation != SECRETARIAT {
        return whole(Refusal::NotSecretariat);
    }
    if commands.is_empty() {
        return whole(Refusal::Empty);
    }
    if commands.len() > COMMANDS_MAX {
        return whole(too_many("commands in a batch", COMMANDS_MAX));
    }
    let mut scratch = directory.clone();
    let mut events = Vec::new();
    let mut refusals = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        match decide_one(&scratch, command, today) {
            Ok(decided) => {
                for event in decided {
                    scratch.evolve(&event);
                    events.push(event);
                }
            }
            Err(refusal) => refusals.push((Some(index), refusal)),
        }
    }
    if refusals.is_empty() {
        Ok((events, scratch))
    } else {
        Err(refusals)
    }
}

fn decide_one(
    held: &Directory,
    command: &DirectoryCommand,
    today: Date,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    let on = |from: &Option<Date>| in_range(from.unwrap_or(today), today);
    match command {
        DirectoryCommand::AddOrganisation {
            organisation,
            kind,
            part_of,
            name,
        } => add(held, organisation, *kind, part_of.as_deref(), name),
        DirectoryCommand::NameOrganisation {
            organisation,
            name,
            from,
            until,
        } => {
            let from = on(from)?;
            until.map_or(Ok(from), |until| in_range(until, today))?;
            give_name(held, organisation, name, from, *until)
        }
        DirectoryCommand::BeginMembership { organisation, from } => {
            set_membership(held, organisation, on(from)?, true)
        }
        DirectoryCommand::EndMembership { organisation, from } => {
            set_membership(held, organisation, on(from)?, false)
        }
        DirectoryCommand::AdmitMember {
            working_party,
            member,
            role,
            from,
        } => {
            let from = on(from)?;
            require_participant(held, working_party, member)?;
            if held.role(working_party, member, from) == Some(*role) {
                return Ok(Vec::new());
            }
            Ok(vec![DirectoryEvent::MemberAdmitted {
                working_party: working_party.clone(),
                member: member.clone(),
                role: *role,
                from: Some(from),
            }])
        }
        DirectoryCommand::WithdrawMember {
            working_party,
            member,
            from,
        } => withdraw(held, working_party, member, on(from)?),
        DirectoryCommand::GiveChair {
            working_party,
            chair,
            from,
        } => give_chair(held, working_party, chair, on(from)?),
    }
}

fn withdraw(
    held: &Directory,
    working_party: &str,
    member: &str,
    from: Date,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    require_participant(held, working_party, member)?;
    if held.role(working_party, member, from).is_none() {
        return Err(Refusal::NotAMember {
            member: member.to_owned(),
            working_party: working_party.to_owned(),
            on: from,
        });
    }
    Ok(vec![DirectoryEvent::MemberWithdrawn {
        working_party: working_party.to_owned(),
        member: member.to_owned(),
        from: Some(from),
    }])
}

fn add(
    held: &Directory,
    key: &str,
    kind: OrganisationKind,
    part_of: Option<&str>,
    name: &str,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    if !is_key(key) || key == MEMBER_STATES {
        return Err(Refusal::MalformedKey(
            key.chars().take(KEY_CHARS_MAX).collect(),
        ));
    }
    let is_code = key.len() == 2 && key.bytes().all(|byte| byte.is_ascii_uppercase());
    if kind == OrganisationKind::Delegation && !is_code {
        return Err(Refusal::MalformedCode);
    }
    if held.kind(key).is_some() {
        return Err(Refusal::KeyTaken(key.to_owned()));
    }
    if let Some(above) = part_of {
        require_organisation(held, above)?;
    }
    if held.organisations.len() >= ORGANISATIONS_MAX {
        return Err(too_many("organisations", ORGANISATIONS_MAX));
    }
    check_name(name)?;
    Ok(vec![
        DirectoryEvent::OrganisationAdded {
            organisation: key.to_owned(),
            kind,
            part_of: part_of.map(str::to_owned),
        },
        DirectoryEvent::OrganisationNamed {
            organisation: key.to_owned(),
            name: name.to_owned(),
            from: None,
            until: None,
        },
    ])
}

fn give_name(
    held: &Directory,
    key: &str,
    name: &str,
    from: Date,
    until: Option<Date>,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    require_organisation(held, key)?;
    check_name(name)?;
    if let Some(until) = until.filter(|until| *until < from) {
        return Err(Refusal::EndsBeforeItBegins { from, until });
    }
    let names = held.organisations.get(key).map_or(0, |it| it.names.len());
    if names >= NAMES_MAX {
        return Err(too_many("names of one organisation", NAMES_MAX));
    }
    Ok(vec![DirectoryEvent::OrganisationNamed {
        organisation: key.to_owned(),
        name: name.to_owned(),
        from: Some(from),
        until,
    }])
}

fn set_membership(
    held: &Directory,
    key: &str,
    from: Date,
    is_member: bool,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    require_organisation(held, key)?;
    if held.kind(key) != Some(OrganisationKind::Delegation) {
        return Err(Refusal::NotADelegation(key.to_owned()));
    }
    if held.is_member_state(key, from) == is_member {
        return Ok(Vec::new());
    }
    let changes = held
        .organisations
        .get(key)
        .map_or(0, |it| it.membership.len());
    if changes >= CHANGES_MAX {
        return Err(too_many("changes of one membership", CHANGES_MAX));
    }
    let organisation = key.to_owned();
    let from = Some(from);
    Ok(vec![if is_member {
        DirectoryEvent::MembershipBegan { organisation, from }
    } else {
        DirectoryEvent::MembershipEnded { organisation, from }
    }])
}

fn give_chair(
    held: &Directory,
    working_party: &str,
    chair: &ChairHolder,
    from: Date,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    require_working_party(held, working_party)?;
    if let ChairHolder::Organisation(key) = chair {
        require_organisation(held, key)?;
        require_able_to_take_part(held, key)?;
    }
    if held.chair_of(working_party, from) == *chair {
        return Ok(Vec::new());
    }
    let party = held.organisations.get(working_party);
    if party.is_some_and(|party| party.chairs.len() >= CHANGES_MAX) {
        return Err(too_many("changes of one chair", CHANGES_MAX));
    }
    Ok(vec![DirectoryEvent::ChairGiven {
        working_party: working_party.to_owned(),
        chair: chair.clone(),
        from: Some(from),
    }])
}

fn require_participant(held: &Directory, working_party: &str, member: &str) -> Result<(), Refusal> {
    require_working_party(held, working_party)?;
    if member != MEMBER_STATES {
        require_organisation(held, member)?;
        require_able_to_take_part(held, member)?;
    }
    let Some(party) = held.organisations.get(working_party) else {
        return Ok(());
    };
    match party.participants.get(member) {
        Some(roles) if roles.len() >= CHANGES_MAX => {
            Err(too_many("changes of one participation", CHANGES_MAX))
        }
        None if party.participants.len() >= PARTICIPANTS_MAX => Err(too_many(
            "participants of a working party",
            PARTICIPANTS_MAX,
        )),
        _ => Ok(()),
    }
}

fn require_able_to_take_part(held: &Directory, key: &str) -> Result<(), Refusal> {
    match held.kind(key) {
        Some(OrganisationKind::WorkingParty | OrganisationKind::Configuration) => {
            Err(Refusal::CannotTakePart(key.to_owned()))
        }
        _ => Ok(()),
    }
}

fn require_organisation(held: &Directory, key: &str) -> Result<(), Refusal> {
    if held.kind(key).is_some() {
        return Ok(());
    }
    if is_key(key) {
        Err(Refusal::OrganisationNotFound(key.to_owned()))
    } else {
        Err(Refusal::MalformedKey(
            key.chars().take(KEY_CHARS_MAX).collect(),
        ))
    }
}

fn require_working_party(held: &Directory, key: &str) -> Result<(), Refusal> {
    require_organisation(held, key)?;
    if held.is_working_party(key) {
        Ok(())
    } else {
        Err(Refusal::NotAWorkingParty(key.to_owned()))
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::EmptyName);
    }
    check_text(name, NAME_CHARS_MAX).map_err(Refusal::Name)
}

fn in_range(day: Date, today: Date) -> Result<Date, Refusal> {
    if day.year() < FIRST_YEAR || day.year() > today.year().saturating_add(YEARS_AHEAD) {
        return Err(Refusal::DayOutOfRange(day));
    }
    Ok(day)
}

/// Whether this can be the key of an organisation.
pub fn is_key(key: &str) -> bool {
    (2..=KEY_CHARS_MAX).contains(&key.len())
        && key.starts_with(|first: char| first.is_ascii_uppercase())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
}

const fn too_many(what: &'static str, max: usize) -> Refusal {
    Refusal::TooMany { what, max }
}
