//! Why a command to the directory cannot be done.
//!
//! It owns the reasons and their wording; how they travel is the API's affair.
//! Invariant: a refusal states the fact that stands in the way.

use thiserror::Error;

use crate::content::ContentError;
use crate::time::Date;

/// Why a command to the directory was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DirectoryRefusal {
    /// Somebody else than the Secretariat asks.
    #[error("only the General Secretariat changes the directory")]
    NotSecretariat,
    /// The batch is empty.
    #[error("the batch holds no command")]
    Empty,
    /// A bound is reached.
    #[error("there can be {max} {what} at most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// A key is not well formed.
    #[error(
        "\"{0}\" is no key: use 2 to 32 capital letters, digits or hyphens, beginning with a letter"
    )]
    MalformedKey(String),
    /// A delegation's key is not the code of a state.
    #[error("a delegation has the two letters of its state as its key, as in LV")]
    MalformedCode,
    /// The key is used.
    #[error("the key {0} is used; a key never comes to mean another organisation")]
    KeyTaken(String),
    /// No such organisation.
    #[error("the directory knows no organisation {0}")]
    OrganisationNotFound(String),
    /// It is no delegation.
    #[error("{0} is no delegation of a state")]
    NotADelegation(String),
    /// It is no working party.
    #[error("{0} is no working party")]
    NotAWorkingParty(String),
    /// A working party or configuration can take part nowhere.
    #[error(
        "{0} cannot take part in a working party: it is none of a delegation, institution, agency or body"
    )]
    CannotTakePart(String),
    /// It was not admitted.
    #[error("{member} takes no part in {working_party} on {on}")]
    NotAMember {
        /// Who.
        member: String,
        /// In what.
        working_party: String,
        /// On which day.
        on: Date,
    },
    /// A name is empty, too long, or holds what no text may.
    #[error("name: {0}")]
    Name(#[source] ContentError),
    /// A name is empty.
    #[error("an organisation needs a name: it is empty")]
    EmptyName,
    /// A name ends before it begins.
    #[error("the name would end on {until}, before it begins on {from}")]
    EndsBeforeItBegins {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
    /// A day is out of range.
    #[error("the day {0} is out of range: name one from 1950 until ten years from today")]
    DayOutOfRange(Date),
}
