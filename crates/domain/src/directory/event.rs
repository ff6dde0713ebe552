//! The facts of the directory's log, in the past tense.
//!
//! It owns their shapes; what they come to on a day is `directory`'s affair.
//! Invariant: each fact names the first day on which it is so, or none if it always was.

use serde::{Deserialize, Serialize};

use crate::organisation::OrganisationKind;
use crate::time::Date;

/// A fact of the directory. Its payload in the log is this, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryEvent {
    /// An organisation is known from now on.
    OrganisationAdded {
        /// Its lasting key.
        organisation: String,
        /// What it is.
        kind: OrganisationKind,
        /// The key of the organisation that it is a unit of.
        part_of: Option<String>,
    },
    /// An organisation bears a name.
    OrganisationNamed {
        /// Whose name it is.
        organisation: String,
        /// The name.
        name: String,
        /// The first day on which it is valid; always if absent.
        from: Option<Date>,
        /// The last day on which it is valid; for ever if absent.
        until: Option<Date>,
    },
    /// The state of a delegation is a member of the Union.
    MembershipBegan {
        /// The delegation.
        organisation: String,
        /// The first day; always if absent.
        from: Option<Date>,
    },
    /// The state of a delegation is no longer a member of the Union.
    MembershipEnded {
        /// The delegation.
        organisation: String,
        /// The first day on which it is none.
        from: Option<Date>,
    },
    /// Someone takes part in a working party.
    MemberAdmitted {
        /// The working party.
        working_party: String,
        /// The key of an organisation, or [`MEMBER_STATES`](super::MEMBER_STATES).
        member: String,
        /// As what.
        role: MemberRole,
        /// The first day; always if absent.
        from: Option<Date>,
    },
    /// Someone no longer takes part in a working party.
    MemberWithdrawn {
        /// The working party.
        working_party: String,
        /// Who was admitted.
        member: String,
        /// The first day on which it takes no part.
        from: Option<Date>,
    },
    /// A working party is chaired by someone else than before.
    ChairGiven {
        /// The working party.
        working_party: String,
        /// Who chairs it.
        chair: ChairHolder,
        /// The first day; always if absent.
        from: Option<Date>,
    },
}

/// As what someone takes part in a working party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberRole {
    /// It reads.
    Observer,
    /// It takes part.
    Member,
}

/// Who chairs a working party.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChairHolder {
    /// The delegation that holds the Presidency of the Council on the day.
    Presidency,
    /// Always the same organisation, by its key.
    Organisation(String),
}

impl DirectoryEvent {
    /// The kind under which the event stands in the log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OrganisationAdded { .. } => "OrganisationAdded",
            Self::OrganisationNamed { .. } => "OrganisationNamed",
            Self::MembershipBegan { .. } => "MembershipBegan",
            Self::MembershipEnded { .. } => "MembershipEnded",
            Self::MemberAdmitted { .. } => "MemberAdmitted",
            Self::MemberWithdrawn { .. } => "MemberWithdrawn",
            Self::ChairGiven { .. } => "ChairGiven",
        }
    }

    /// The first day on which it is so, if it names one.
    pub const fn from(&self) -> Option<Date> {
        match self {
            Self::OrganisationAdded { .. } => None,
            Self::OrganisationNamed { from, .. }
            | Self::MembershipBegan { from, .. }
            | Self::MembershipEnded { from, .. }
            | Self::MemberAdmitted { from, .. }
            | Self::MemberWithdrawn { from, .. }
            | Self::ChairGiven { from, .. } => *from,
        }
    }
}
