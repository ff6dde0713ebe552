//! What someone wants done to the directory, in the imperative.
//!
//! It owns the shapes; what becomes of a command is `decide`'s affair.
//! Invariant: a command without a day is meant from the day of recording on.

use serde::Serialize;

use super::event::{ChairHolder, MemberRole};
use crate::organisation::OrganisationKind;
use crate::time::Date;

/// One thing to be done to the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum DirectoryCommand {
    /// Make an organisation known; a working party is one of its kinds, and is chaired by the Presidency until told otherwise.
    AddOrganisation {
        /// Its lasting key: 2 to 32 capital letters, digits and hyphens.
        organisation: String,
        /// What it is.
        kind: OrganisationKind,
        /// The organisation that it is a unit of.
        part_of: Option<String>,
        /// Its name.
        name: String,
    },
    /// Give an organisation a name; a later one takes the place of an earlier one as the short name.
    NameOrganisation {
        /// The organisation.
        organisation: String,
        /// The name.
        name: String,
        /// The first day on which it is valid.
        from: Option<Date>,
        /// The last day on which it is valid.
        until: Option<Date>,
    },
    /// Let a delegation's state be a member of the Union.
    BeginMembership {
        /// The delegation.
        organisation: String,
        /// The first day.
        from: Option<Date>,
    },
    /// Let a delegation's state be no longer a member of the Union.
    EndMembership {
        /// The delegation.
        organisation: String,
        /// The first day on which it is none.
        from: Option<Date>,
    },
    /// Let someone take part in a working party.
    AdmitMember {
        /// The working party.
        working_party: String,
        /// The key of an organisation, or [`MEMBER_STATES`](super::MEMBER_STATES).
        member: String,
        /// As what.
        role: MemberRole,
        /// The first day.
        from: Option<Date>,
    },
    /// Let someone who was admitted take part no longer.
    WithdrawMember {
        /// The working party.
        working_party: String,
        /// Who was admitted.
        member: String,
        /// The first day on which it takes no part.
        from: Option<Date>,
    },
    /// Let someone chair a working party.
    GiveChair {
        /// The working party.
        working_party: String,
        /// Who.
        chair: ChairHolder,
        /// The first day.
        from: Option<Date>,
    },
}
