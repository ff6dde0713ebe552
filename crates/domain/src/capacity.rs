//! Capacities: in which role an organisation acts on a road map at an instant.
//!
//! It owns how a capacity follows from organisation and date; what each may do is `decide`'s affair.
//! Invariant: a capacity is judged at the instant of recording, never at the date a change takes effect.

use serde::{Deserialize, Serialize};

use crate::presidency;
use crate::time::Instant;

#[cfg(test)]
mod tests;

/// The code of the Council's General Secretariat.
pub const SECRETARIAT: &str = "GSC";

/// A role on a road map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Capacity {
    /// The delegation that holds the Presidency of the Council at that instant.
    Presidency,
    /// The Council's General Secretariat.
    Secretariat,
    /// Any other delegation, institution or agency.
    Delegation,
}

impl Capacity {
    /// The capacity of an organisation, by its code, at an instant.
    pub fn of(organisation: &str, at: Instant) -> Self {
        if organisation == SECRETARIAT {
            return Self::Secretariat;
        }
        match presidency::holder_on(at) {
            Some(key) if key.holder() == organisation => Self::Presidency,
            _ => Self::Delegation,
        }
    }

    /// Whether it may date a change before the day of recording.
    pub const fn may_backdate(self) -> bool {
        matches!(self, Self::Presidency | Self::Secretariat)
    }

    /// The name under which it stands in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Presidency => "PRESIDENCY",
            Self::Secretariat => "SECRETARIAT",
            Self::Delegation => "DELEGATION",
        }
    }
}
