//! Access: what of a road map exists for whom.
//!
//! It owns the two rules of distribution; who takes part on a day is `directory`'s affair, and what they may do is decided
//! elsewhere. Invariant: access is judged by who takes part today, whatever past moment is read.

use crate::directory::Directory;
use crate::event::Event;
use crate::identity::Version;
use crate::participation::Participation;
use crate::register::{Marking, Register, Stamp};
use crate::state::State;
use crate::time::{Date, Instant};

/// What decides about access to a road map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessFacts {
    /// The working party that it is entrusted to.
    pub working_party: Option<String>,
    /// Its marking now.
    pub marking: Marking,
    /// When it was made PUBLIC, if it is.
    pub public_since: Option<Stamp>,
}

impl AccessFacts {
    /// The facts in the current state of a road map.
    pub fn of(state: &State) -> Self {
        let marking = state.marking();
        let marked = state.stamp(&Register::RoadMapMarking);
        Self {
            working_party: state.working_party().map(str::to_owned),
            marking,
            public_since: marked.filter(|_| marking == Marking::Public),
        }
    }
}

/// What of a road map exists for someone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// The road map does not exist.
    Nothing,
    /// What it has been since it was made PUBLIC.
    From(Stamp),
    /// All of it.
    Everything,
}

impl Sight {
    /// What of a road map exists for an organisation today.
    ///
    /// LIMITE: everything for those who take part in its working party today, nothing for others. PUBLIC: for others, the
    /// moments from the one on at which it was made so.
    pub fn of(facts: &AccessFacts, directory: &Directory, organisation: &str, today: Date) -> Self {
        let working_party = facts.working_party.as_deref();
        match directory.participation(organisation, working_party, today) {
            Participation::Observer | Participation::Member | Participation::Chair => {
                Self::Everything
            }
            Participation::Outsider => facts.public_since.map_or(Self::Nothing, Self::From),
        }
    }

    /// Whether a moment exists: known up to a version, as of an instant.
    pub fn shows(self, version: Version, effective: Instant) -> bool {
        match self {
            Self::Nothing => false,
            Self::From(since) => version >= since.version && effective >= since.effective,
            Self::Everything => true,
        }
    }

    /// Whether an event exists. Amendments are between those who take part: what they were made against may be older than what
    /// was made PUBLIC, and what was declined never became part of the road map.
    pub fn shows_event(self, version: Version, event: &Event) -> bool {
        let first = self.first_version();
        first.is_some_and(|first| version >= first)
            && (self.shows_amendments() || !event.is_of_amendment())
    }

    /// Whether amendments exist.
    pub fn shows_amendments(self) -> bool {
        self == Self::Everything
    }

    /// The first version whose event exists.
    pub fn first_version(self) -> Option<Version> {
        match self {
            Self::Nothing => None,
            Self::From(since) => Some(since.version),
            Self::Everything => Some(Version(1)),
        }
    }
}

#[cfg(test)]
mod tests;
