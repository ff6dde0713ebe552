//! The directory as objects of the API: organisations, working parties, and the facts recorded of them.
//!
//! It owns the shapes and what a caller who has not signed in may ask; changing it is `directory_edit`'s affair.
//! Invariant: everything here is as of a day, today if none is named.

use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, Enum, Object, SimpleObject};
use roadbook_domain::directory::{ChairHolder, MEMBER_STATES};
use roadbook_domain::organisation::OrganisationKind as DomainKind;
use roadbook_domain::{Date, Directory, DirectoryEvent as Fact, Version};
use roadbook_engine::RecordedDirectoryEvent;

use crate::basis;
use crate::cursor::Cursor;
use crate::fault::{bad_argument, engine_fault};
use crate::page::{Listed, Logged, listed, page_size};
use crate::query::{engine, viewer};
use crate::scalar::{DateTime, Day};

/// The directory on a day.
#[derive(Clone)]
struct OnDay {
    directory: Arc<Directory>,
    day: Date,
}

impl OnDay {
    fn of(ctx: &Context<'_>, on: Option<Day>) -> async_graphql::Result<Self> {
        let engine = engine(ctx)?;
        basis::depend(ctx, engine.same_standing());
        let standing = engine.standing();
        Ok(Self {
            directory: standing.directory,
            day: on.map_or(standing.today, |day| day.0),
        })
    }
}

/// The organisations on a day.
pub(crate) fn organisations(
    ctx: &Context<'_>,
    on: Option<Day>,
    first: i32,
    after: Option<&str>,
) -> async_graphql::Result<Listed<Organisation>> {
    let on = OnDay::of(ctx, on)?;
    let keys = on.directory.organisations().into_iter();
    let organisations = keys.map(|key| Organisation::new(&on, key)).collect();
    listed(organisations, first, after)
}

/// The working parties on a day; none for a caller who has not signed in.
pub(crate) fn working_parties(
    ctx: &Context<'_>,
    on: Option<Day>,
    first: i32,
    after: Option<&str>,
) -> async_graphql::Result<Listed<WorkingParty>> {
    let on = OnDay::of(ctx, on)?;
    let keys = on.directory.working_parties();
    let parties = keys.map(|key| WorkingParty {
        on: on.clone(),
        key: key.to_owned(),
    });
    let signed_in = !viewer(ctx)?.is_anonymous();
    listed(parties.filter(|_| signed_in).collect(), first, after)
}

/// A page of the directory's log; empty for a caller who has not signed in.
pub(crate) async fn events(
    ctx: &Context<'_>,
    first: i32,
    after: Option<Cursor>,
) -> async_graphql::Result<Logged<DirectoryEvent>> {
    let engine = engine(ctx)?;
    let size = page_size(first)?;
    if after.is_some_and(|cursor| cursor.epoch != engine.epoch()) {
        return Err(bad_argument(
            "after: the cursor was given before the log was restored; read anew",
        ));
    }
    let read = after.map_or(Version::ZERO, |cursor| cursor.version);
    let found = if viewer(ctx)?.is_anonymous() {
        Vec::new()
    } else {
        let found = engine.directory_events(read, size + 1).await;
        found.map_err(engine_fault)?
    };
    let mut page = Logged::new(after.is_some(), found.len() > size);
    for recorded in found.into_iter().take(size) {
        let cursor = Cursor {
            epoch: engine.epoch(),
            version: recorded.version,
            effective: recorded.recorded_at,
        };
        page.edges.push(Edge::new(cursor, DirectoryEvent(recorded)));
    }
    Ok(page)
}

/// An organisation on a day.
pub(crate) struct Organisation {
    on: OnDay,
    key: String,
}

impl Organisation {
    fn new(on: &OnDay, key: &str) -> Self {
        Self {
            on: on.clone(),
            key: key.to_owned(),
        }
    }
}

/// An organisation: a delegation, an institution, an agency, a body, a working party or a configuration of the Council.
#[Object]
impl Organisation {
    /// Its lasting key, such as "LV", "COM" or "FOP".
    async fn key(&self) -> &str {
        &self.key
    }

    /// What it is.
    async fn kind(&self) -> OrganisationKind {
        let kind = self.on.directory.kind(&self.key);
        kind.unwrap_or(DomainKind::Body).into()
    }

    /// Its short name on the day.
    async fn name(&self) -> &str {
        self.on.directory.name_on(&self.key, self.on.day)
    }

    /// All its names on the day, the short one first.
    async fn names(&self) -> Vec<&str> {
        self.on.directory.names_on(&self.key, self.on.day)
    }

    /// The organisation that it is a unit of.
    async fn part_of(&self) -> Option<Self> {
        let above = self.on.directory.part_of(&self.key)?;
        Some(Self::new(&self.on, above))
    }

    /// Whether it is the delegation of a member state on the day.
    async fn member_state(&self) -> bool {
        self.on.directory.is_member_state(&self.key, self.on.day)
    }
}

/// A working party on a day.
pub(crate) struct WorkingParty {
    on: OnDay,
    key: String,
}

/// A working party: a preparatory body of the Council, with those who take part in it.
#[Object]
impl WorkingParty {
    /// Its lasting key, such as "FOP".
    async fn key(&self) -> &str {
        &self.key
    }

    /// Its short name on the day.
    async fn name(&self) -> &str {
        self.on.directory.name_on(&self.key, self.on.day)
    }

    /// Who chairs it on the day; none if nobody is known to hold the Presidency then.
    async fn chair(&self) -> Option<Organisation> {
        let chair = self.on.directory.chair_on(Some(&self.key), self.on.day)?;
        Some(Organisation::new(&self.on, &chair))
    }

    /// Whether the Presidency chairs it, rather than always the same organisation.
    async fn chaired_by_presidency(&self) -> bool {
        let chair = self.on.directory.chair_of(&self.key, self.on.day);
        chair == ChairHolder::Presidency
    }

    /// Who takes part on the day, one by one: "MS" stands for the member states of that day.
    async fn participants(&self) -> Vec<Participant> {
        let directory = &self.on.directory;
        let admitted = directory.participants_on(&self.key, self.on.day);
        let mut keys: Vec<&str> = Vec::new();
        for (member, _) in admitted {
            if member == MEMBER_STATES {
                keys.extend(directory.members_on(self.on.day));
            } else {
                keys.push(member);
            }
        }
        let mut known = std::collections::HashSet::new();
        keys.retain(|key| known.insert(*key));
        keys.into_iter()
            .map(|key| Participant {
                organisation: Organisation::new(&self.on, key),
                participation: directory
                    .participation(key, Some(&self.key), self.on.day)
                    .into(),
            })
            .collect()
    }
}

/// Who takes part in a working party, and as what.
#[derive(SimpleObject)]
pub(crate) struct Participant {
    /// Who.
    organisation: Organisation,
    /// As what.
    participation: Participation,
}

/// What an organisation is in a working party on a day.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "roadbook_domain::Participation")]
pub(crate) enum Participation {
    /// It does not take part.
    Outsider,
    /// It attends and reads.
    Observer,
    /// It takes part.
    Member,
    /// It chairs.
    Chair,
}

/// What an organisation is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainKind")]
pub(crate) enum OrganisationKind {
    /// A member state in the Council.
    Delegation,
    /// An institution, or a service with a place of its own at the table.
    Institution,
    /// An agency of the Union.
    Agency,
    /// A body or unit that is no agency.
    Body,
    /// A preparatory body of the Council.
    WorkingParty,
    /// The Council in one of its configurations.
    Configuration,
}

/// A fact of the directory.
pub(crate) struct DirectoryEvent(RecordedDirectoryEvent);

/// A fact of the directory, as it was recorded.
#[Object]
impl DirectoryEvent {
    /// Its place in the directory's log: 1, 2, 3, …
    async fn version(&self) -> u64 {
        self.0.version.0
    }

    /// What happened, such as "MemberAdmitted".
    async fn kind(&self) -> &str {
        self.0.event.kind()
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// The first day on which it is so; always if none.
    async fn from(&self) -> Option<Day> {
        self.0.event.from().map(Day)
    }

    /// The organisation that recorded it.
    async fn author(&self) -> &str {
        &self.0.author.organisation
    }

    /// Why, in its author's words.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What happened, in a sentence.
    async fn summary(&self) -> String {
        summary(&self.0.event)
    }
}

/// What a fact of the directory says, in a sentence.
pub(crate) fn summary(fact: &Fact) -> String {
    match fact {
        Fact::OrganisationAdded { organisation, .. } => format!("Added {organisation}"),
        Fact::OrganisationNamed {
            organisation, name, ..
        } => format!("Named {organisation} \"{name}\""),
        Fact::MembershipBegan { organisation, .. } => {
            format!("{organisation} became a member state")
        }
        Fact::MembershipEnded { organisation, .. } => {
            format!("{organisation} is no member state any more")
        }
        Fact::MemberAdmitted {
            working_party,
            member,
            ..
        } => format!("Admitted {member} to {working_party}"),
        Fact::MemberWithdrawn {
            working_party,
            member,
            ..
        } => format!("Withdrew {member} from {working_party}"),
        Fact::ChairGiven {
            working_party,
            chair,
            ..
        } => match chair {
            ChairHolder::Presidency => {
                format!("Gave the chair of {working_party} to the Presidency")
            }
            ChairHolder::Organisation(key) => format!("Gave the chair of {working_party} to {key}"),
        },
    }
}
