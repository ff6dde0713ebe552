//! Who takes part in the Council's work: delegations in protocol order, institutions, agencies, bodies.
//!
//! It owns the stable keys, the names that were valid when, and who was a member on a day; all of it is a table.
//! Invariant: a key never changes and never comes to mean another organisation, whatever the name becomes.

use serde::{Deserialize, Serialize};

use crate::time::Date;

mod table;
#[cfg(test)]
mod tests;

use table::{MEMBERSHIPS, NAMES, ORGANISATIONS};

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganisationKind {
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

/// An organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Organisation {
    /// The lasting key: the code of 2015, such as `LV`, `COM` or `EASO`.
    pub key: &'static str,
    /// What it is.
    pub kind: OrganisationKind,
    /// The key of the organisation that it is a unit of.
    pub part_of: Option<&'static str>,
}

/// A name, and the days on which it is valid.
pub(crate) struct Name {
    pub(crate) key: &'static str,
    pub(crate) text: &'static str,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
}

/// The days of a membership that began or ended since road maps are kept.
pub(crate) struct Membership {
    pub(crate) key: &'static str,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
}

impl Organisation {
    /// The organisation with this key.
    pub fn by_key(key: &str) -> Option<&'static Self> {
        ORGANISATIONS
            .iter()
            .find(|organisation| organisation.key == key)
    }

    /// The names valid on a day, the short one first.
    pub fn names_on(&self, on: Date) -> impl Iterator<Item = &'static str> {
        let key = self.key;
        NAMES
            .iter()
            .filter(move |name| name.key == key && is_within(on, name.from, name.until))
            .map(|name| name.text)
    }

    /// The short name on a day.
    pub fn name_on(&self, on: Date) -> &'static str {
        self.names_on(on).next().unwrap_or(self.key)
    }

    /// Whether this is the delegation of a state that was a member on a day.
    pub fn is_member_on(&self, on: Date) -> bool {
        self.kind == OrganisationKind::Delegation
            && MEMBERSHIPS
                .iter()
                .filter(|membership| membership.key == self.key)
                .all(|membership| is_within(on, membership.from, membership.until))
    }

    /// The place in protocol order, from 0: the order of the states' names in their own languages.
    ///
    /// Only delegations have one; the places are comparable, and have gaps on days with fewer members.
    pub fn protocol_order(&self) -> Option<usize> {
        ORGANISATIONS
            .iter()
            .filter(|organisation| organisation.kind == OrganisationKind::Delegation)
            .position(|organisation| organisation.key == self.key)
    }
}

/// Every organisation known, delegations first and in protocol order.
pub fn organisations() -> impl Iterator<Item = &'static Organisation> {
    ORGANISATIONS.iter()
}

/// Every name in the table, the short one of an organisation before its longer ones.
pub(crate) fn names() -> &'static [Name] {
    NAMES
}

/// The days on which a state became a member, or was one last.
pub(crate) fn membership(key: &str) -> Option<&'static Membership> {
    MEMBERSHIPS.iter().find(|membership| membership.key == key)
}

/// The delegations of the member states on a day, in protocol order: what "MS" means on that day.
pub fn members_on(on: Date) -> impl Iterator<Item = &'static Organisation> {
    ORGANISATIONS
        .iter()
        .filter(move |organisation| organisation.is_member_on(on))
}

/// The organisation that bore a name on a day.
///
/// Codes of delegations are written in capitals ("IT" is Italy, "it" is a word); other names in any case.
pub fn find(name: &str, on: Date) -> Option<&'static Organisation> {
    find_where(name, |valid| is_within(on, valid.from, valid.until))
}

/// The organisation that bears or ever bore a name.
pub fn find_ever(name: &str) -> Option<&'static Organisation> {
    find_where(name, |_| true)
}

/// The code that EU texts use for a state: EL for the ISO code GR, UK for GB.
pub fn eu_code(code: &str) -> &str {
    match code {
        "GR" => "EL",
        "GB" => "UK",
        other => other,
    }
}

fn find_where(name: &str, valid: impl Fn(&Name) -> bool) -> Option<&'static Organisation> {
    let sought = eu_code(name.trim());
    NAMES
        .iter()
        .find(|&name| is_named(name.text, sought) && valid(name))
        .and_then(|name| Organisation::by_key(name.key))
}

fn is_named(name: &str, sought: &str) -> bool {
    if name.len() == 2 {
        name == sought
    } else {
        name.eq_ignore_ascii_case(sought)
    }
}

fn is_within(on: Date, from: Option<Date>, until: Option<Date>) -> bool {
    from.is_none_or(|from| from <= on) && until.is_none_or(|until| on <= until)
}
