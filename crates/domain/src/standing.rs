//! Standing: who asks, as far as deciding needs to know.
//!
//! It owns which capacities an organisation holds on a road map; what each may do is `rights`' affair.
//! Invariant: a standing holds for the instant of recording, and a capacity follows from it and the state of that instant.

use crate::capacity::{Capacity, SECRETARIAT};
use crate::content::{ActorKind, ActorsContent, CellContent, ContentKind};
use crate::identity::{ActionId, ColumnId, Thing};
use crate::participation::Participation;
use crate::state::State;
use crate::time::Instant;

#[cfg(test)]
mod tests;

/// Who asks, on a road map, at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The key of the organisation.
    pub organisation: &'a str,
    /// What it is in the road map's working party at that instant.
    pub participation: Participation,
    /// The instant: when what it asks for is recorded.
    pub recorded_at: Instant,
}

impl Standing<'_> {
    /// That of the General Secretariat, for what it brings in itself.
    pub const fn secretariat(recorded_at: Instant) -> Self {
        Self {
            organisation: SECRETARIAT,
            participation: Participation::Member,
            recorded_at,
        }
    }

    /// The role that it has whatever the road map says; an outsider has none.
    pub fn capacity(&self) -> Option<Capacity> {
        if self.organisation == SECRETARIAT {
            return Some(Capacity::Secretariat);
        }
        match self.participation {
            Participation::Outsider => None,
            Participation::Observer => Some(Capacity::Observer),
            Participation::Member => Some(Capacity::Delegation),
            Participation::Chair => Some(Capacity::Presidency),
        }
    }

    /// Every role that it has in a state: that of [`Standing::capacity`], and the lead if it leads any action.
    pub fn capacities(&self, state: &State) -> Vec<Capacity> {
        let leads = || {
            state.places().any(|(thing, _, _)| match thing {
                Thing::Action(action) => self.leads(state, action),
                _ => false,
            })
        };
        let role = self.capacity();
        let lead = role.filter(|_| leads()).map(|_| Capacity::Lead);
        role.into_iter().chain(lead).collect()
    }

    /// Whether it leads an action; whoever takes no part leads nothing.
    pub fn leads(&self, state: &State, action: ActionId) -> bool {
        self.capacity().is_some()
            && state.is_present(Thing::Action(action))
            && actors_column(state)
                .and_then(|column| match state.cell(column, action) {
                    CellContent::Actors(actors) => sole_lead(actors),
                    _ => None,
                })
                .is_some_and(|lead| lead == self.organisation)
    }
}

/// The column that says who leads: the first present one that holds actors.
fn actors_column(state: &State) -> Option<ColumnId> {
    state
        .columns()
        .filter(|(column, _)| {
            let holds_actors = state
                .column(*column)
                .is_some_and(|(_, kind)| kind == ContentKind::Actors);
            holds_actors && state.is_present(Thing::Column(*column))
        })
        .min_by_key(|(column, rank)| (*rank, *column))
        .map(|(column, _)| column)
}

/// The key of the one organisation that the first line names, and names without a condition.
///
/// A list does not say which of its members leads, and a class names nobody; neither gives anyone the lead.
/// A body in brackets or a unit after a slash names the organisation before it; a unit alone names the unit alone.
pub fn sole_lead(actors: &ActorsContent) -> Option<&str> {
    match actors.lead() {
        [lead] if lead.kind == ActorKind::Organisation && lead.is_without_condition() => {
            lead.organisation.as_deref()
        }
        _ => None,
    }
}
