//! The directory: organisations, their names over time, who is a member of the Union, and who takes part in which working party.
//!
//! It owns how its events fold and what they come to on a day; what a road map does with that is `access`' and `capacity`'s
//! affair. Invariant: every answer is as of a day in Brussels, and depends on nothing but the events.

mod command;
mod decide;
mod event;
mod refusal;
mod seed;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::LazyLock;

use imbl::OrdMap;

use crate::capacity::SECRETARIAT;
use crate::organisation::{Organisation, OrganisationKind};
use crate::participation::Participation;
use crate::presidency::{Term, presidency_of};
use crate::time::Date;

pub use command::DirectoryCommand;
pub use decide::{DirectoryDecision, decide_directory, is_key};
pub use event::{ChairHolder, DirectoryEvent, MemberRole};
pub use refusal::DirectoryRefusal;
pub use seed::seed_events;

use timeline::Timeline;

/// The class that stands for the delegations of the member states on the day that is asked for.
pub const MEMBER_STATES: &str = "MS";

static SEEDED: LazyLock<Directory> = LazyLock::new(|| {
    let mut directory = Directory::default();
    for event in seed_events() {
        directory.evolve(&event);
    }
    directory
});

/// An immutable, structurally shared directory. Cloning costs nothing that grows with it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Directory {
    organisations: OrdMap<String, Entry>,
}

/// What is known of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    kind: OrganisationKind,
    part_of: Option<String>,
    names: Vec<Name>,
    membership: Timeline<bool>,
    chairs: Timeline<ChairHolder>,
    /// Of a working party: the role of whoever was ever admitted; none while it takes no part.
    participants: OrdMap<String, Timeline<Option<MemberRole>>>,
}

/// A name and the days on which it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    text: String,
    from: Option<Date>,
    until: Option<Date>,
}

impl Name {
    fn is_valid(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }
}

impl Directory {
    /// The directory as it is before anybody has changed it.
    pub fn seeded() -> Self {
        SEEDED.clone()
    }

    /// Folds an event in. What it tells of an organisation that was never added is passed over.
    pub fn evolve(&mut self, event: &DirectoryEvent) {
        match event {
            DirectoryEvent::OrganisationAdded {
                organisation,
                kind,
                part_of,
            } => {
                let entry = Entry {
                    kind: *kind,
                    part_of: part_of.clone(),
                    names: Vec::new(),
                    membership: Timeline::default(),
                    chairs: Timeline::default(),
                    participants: OrdMap::new(),
                };
                let held = self.organisations.entry(organisation.clone());
                held.or_insert(entry);
            }
            DirectoryEvent::OrganisationNamed {
                organisation,
                name,
                from,
                until,
            } => self.change(organisation, |entry| {
                entry.names.push(Name {
                    text: name.clone(),
                    from: *from,
                    until: *until,
                });
            }),
            DirectoryEvent::MembershipBegan { organisation, from } => {
                self.change(organisation, |entry| entry.membership.put(*from, true));
            }
            DirectoryEvent::MembershipEnded { organisation, from } => {
                self.change(organisation, |entry| entry.membership.put(*from, false));
            }
            DirectoryEvent::MemberAdmitted {
                working_party,
                member,
                role,
                from,
            } => self.take_part(working_party, member, *from, Some(*role)),
            DirectoryEvent::MemberWithdrawn {
                working_party,
                member,
                from,
            } => self.take_part(working_party, member, *from, None),
            DirectoryEvent::ChairGiven {
                working_party,
                chair,
                from,
            } => self.change(working_party, |entry| {
                entry.chairs.put(*from, chair.clone());
            }),
        }
    }

    /// What an organisation is; none if it is not known.
    pub fn kind(&self, organisation: &str) -> Option<OrganisationKind> {
        self.organisations.get(organisation).map(|entry| entry.kind)
    }

    /// The organisation that it is a unit of.
    pub fn part_of(&self, organisation: &str) -> Option<&str> {
        self.organisations.get(organisation)?.part_of.as_deref()
    }

    /// Whether this is the key of a working party.
    pub fn is_working_party(&self, key: &str) -> bool {
        self.kind(key) == Some(OrganisationKind::WorkingParty)
    }

    /// The keys of all organisations: delegations in protocol order, then the others by kind and key.
    pub fn organisations(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.organisations.keys().map(String::as_str).collect();
        keys.sort_by_key(|key| (self.kind(key), protocol_order(key), *key));
        keys
    }

    /// The keys of the working parties, in the order of their keys.
    pub fn working_parties(&self) -> impl Iterator<Item = &str> {
        self.organisations
            .iter()
            .filter(|(_, entry)| entry.kind == OrganisationKind::WorkingParty)
            .map(|(key, _)| key.as_str())
    }

    /// The names that are valid on a day, the short one first: of several the one that began last.
    pub fn names_on(&self, organisation: &str, on: Date) -> Vec<&str> {
        let Some(entry) = self.organisations.get(organisation) else {
            return Vec::new();
        };
        let mut names: Vec<&Name> = entry
            .names
            .iter()
            .filter(|name| name.is_valid(on))
            .collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.from));
        names.into_iter().map(|name| name.text.as_str()).collect()
    }

    /// The short name on a day; the key if none is valid then.
    pub fn name_on<'a>(&'a self, organisation: &'a str, on: Date) -> &'a str {
        let names = self.names_on(organisation, on);
        names.first().copied().unwrap_or(organisation)
    }

    /// Whether an organisation is the delegation of a state that is a member of the Union on a day.
    pub fn is_member_state(&self, organisation: &str, on: Date) -> bool {
        self.organisations
            .get(organisation)
            .is_some_and(|entry| entry.membership.on(on) == Some(&true))
    }

    /// The delegations of the member states on a day, in protocol order: what "MS" means on that day.
    pub fn members_on(&self, on: Date) -> Vec<&str> {
        let mut members: Vec<&str> = self
            .organisations
            .iter()
            .filter(|(_, entry)| entry.membership.on(on) == Some(&true))
            .map(|(key, _)| key.as_str())
            .collect();
        members.sort_by_key(|key| (protocol_order(key), *key));
        members
    }

    /// Who was admitted to a working party and takes part on a day, classes as they are, in the order of keys.
    pub fn participants_on(&self, working_party: &str, on: Date) -> Vec<(&str, MemberRole)> {
        let Some(entry) = self.organisations.get(working_party) else {
            return Vec::new();
        };
        let participants = entry.participants.iter();
        participants
            .filter_map(|(member, roles)| Some((member.as_str(), (*roles.on(on)?)?)))
            .collect()
    }

    /// Who chairs a working party on a day.
    pub fn chair_of(&self, working_party: &str, on: Date) -> ChairHolder {
        let entry = self.organisations.get(working_party);
        let given = entry.and_then(|entry| entry.chairs.on(on));
        given.cloned().unwrap_or(ChairHolder::Presidency)
    }

    /// The key of the organisation that chairs a working party on a day: the Presidency's delegation, or the fixed chair.
    /// None if nobody is known to hold the Presidency then, or if there is no such working party.
    pub fn chair_on(&self, working_party: Option<&str>, on: Date) -> Option<String> {
        if working_party.is_some_and(|key| !self.organisations.contains_key(key)) {
            return None;
        }
        let holder = working_party.map_or(ChairHolder::Presidency, |key| self.chair_of(key, on));
        match holder {
            ChairHolder::Presidency => {
                presidency_of(Term::of(on)).map(|key| key.holder().to_owned())
            }
            ChairHolder::Organisation(key) => Some(key),
        }
    }

    /// What an organisation is in a working party on a day.
    ///
    /// A road map of before there were working parties has none: then the Secretariat and the Presidency's delegation
    /// take part, and nobody else. The Secretariat takes part everywhere.
    pub fn participation(
        &self,
        organisation: &str,
        working_party: Option<&str>,
        on: Date,
    ) -> Participation {
        if self.chair_on(working_party, on).as_deref() == Some(organisation) {
            return Participation::Chair;
        }
        if organisation == SECRETARIAT {
            return Participation::Member;
        }
        let Some(working_party) = working_party else {
            return Participation::Outsider;
        };
        // The class is nobody's own key, whatever a token says.
        let own = self
            .role(working_party, organisation, on)
            .filter(|_| organisation != MEMBER_STATES);
        let class = self
            .role(working_party, MEMBER_STATES, on)
            .filter(|_| self.is_member_state(organisation, on));
        match own.max(class) {
            Some(MemberRole::Member) => Participation::Member,
            Some(MemberRole::Observer) => Participation::Observer,
            None => Participation::Outsider,
        }
    }

    /// The role of whoever was admitted under this very key, or class, on a day.
    fn role(&self, working_party: &str, member: &str, on: Date) -> Option<MemberRole> {
        let entry = self.organisations.get(working_party)?;
        *entry.participants.get(member)?.on(on)?
    }

    fn take_part(
        &mut self,
        working_party: &str,
        member: &str,
        from: Option<Date>,
        role: Option<MemberRole>,
    ) {
        self.change(working_party, |entry| {
            let mut roles = entry.participants.get(member).cloned().unwrap_or_default();
            roles.put(from, role);
            entry.participants.insert(member.to_owned(), roles);
        });
    }

    fn change(&mut self, organisation: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.organisations.get_mut(organisation) {
            change(entry);
        }
    }
}

/// The place of a delegation in protocol order; those that joined later, and all others, come after.
fn protocol_order(key: &str) -> usize {
    Organisation::by_key(key)
        .and_then(Organisation::protocol_order)
        .unwrap_or(usize::MAX)
}
