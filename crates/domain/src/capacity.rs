//! Capacities: in which role an organisation acts on a road map.
//!
//! It owns the roles and their names; how one is held is `standing`'s affair, what each may do `rights`'.
//! Invariant: a capacity is judged at the instant of recording, never at the date a change takes effect.

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The code of the Council's General Secretariat.
pub const SECRETARIAT: &str = "GSC";

/// A role on a road map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Capacity {
    /// Whoever chairs the working party: the Presidency's delegation, or a fixed chair.
    Presidency,
    /// The Council's General Secretariat.
    Secretariat,
    /// The organisation that leads an action; held beside another role, and for its actions only.
    Lead,
    /// Any other delegation, institution or agency that is a member.
    Delegation,
    /// Whoever attends and reads.
    Observer,
}

impl Capacity {
    /// All of them, those that may do most first.
    pub const ALL: [Self; 5] = [
        Self::Presidency,
        Self::Secretariat,
        Self::Lead,
        Self::Delegation,
        Self::Observer,
    ];

    /// The name under which it stands in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Presidency => "PRESIDENCY",
            Self::Secretariat => "SECRETARIAT",
            Self::Lead => "LEAD",
            Self::Delegation => "DELEGATION",
            Self::Observer => "OBSERVER",
        }
    }

    /// What somebody acts as, in a sentence.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Presidency => "the Presidency",
            Self::Secretariat => "the General Secretariat",
            Self::Lead => "the lead of some actions",
            Self::Delegation => "a delegation",
            Self::Observer => "an observer",
        }
    }

    /// The role under a name of the log.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|held| held.as_str() == name)
    }
}
