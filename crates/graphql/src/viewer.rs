//! Who asks: the caller of a request or the owner of a socket, as the transport established it.
//!
//! It owns the viewer and what it may know of itself; how identity is proven is the transport's affair.
//! Invariant: two callers with equal visibility see the same bytes, whatever they ask.

use async_graphql::{Enum, ID, Object};
use roadbook_domain::Capacity as DomainCapacity;

use crate::at::visible;
use crate::fault::{bad_argument, engine_fault};
use crate::identity::road_map_of;

/// A caller whose identity the transport has verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Viewer {
    /// The code of the caller's organisation, such as `LV`, `COM` or `GSC`.
    pub organisation: String,
    /// The person within the organisation, as an opaque subject; never a name.
    pub person: Option<String>,
}

impl Viewer {
    /// A caller who has not signed in: it takes part nowhere, and changes nothing.
    pub const fn anonymous() -> Self {
        Self {
            organisation: String::new(),
            person: None,
        }
    }

    /// The caller as far as it decides what is seen: two with equal visibility see the same, whoever the persons are.
    pub fn visibility(&self) -> Self {
        Self {
            organisation: self.organisation.clone(),
            person: None,
        }
    }

    /// Whether nobody has signed in.
    pub const fn is_anonymous(&self) -> bool {
        self.organisation.is_empty()
    }
}

/// The caller.
#[Object]
impl Viewer {
    /// The code of its organisation; empty if nobody has signed in.
    async fn organisation(&self) -> &str {
        &self.organisation
    }

    /// In which roles it may act on a road map now; LEAD among them if it leads any action.
    async fn capacities(
        &self,
        ctx: &async_graphql::Context<'_>,
        road_map: ID,
    ) -> async_graphql::Result<Vec<Capacity>> {
        let id = road_map_of(&road_map).ok_or_else(|| bad_argument("roadMap: no such id"))?;
        let known = visible(ctx, id).await?.map_err(engine_fault)?;
        Ok(known.map_or_else(Vec::new, |at| {
            let held = at.standing(&self.organisation).capacities(at.state());
            held.into_iter().map(Capacity::from).collect()
        }))
    }
}

/// A role on a road map.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainCapacity")]
pub enum Capacity {
    /// Whoever chairs the working party: the delegation that holds the Presidency of the Council, or a fixed chair.
    Presidency,
    /// The Council's General Secretariat.
    Secretariat,
    /// The organisation that leads an action, for the progress and due date of the actions that it leads.
    Lead,
    /// Any other delegation, institution or agency that is a member of the working party.
    Delegation,
    /// Whoever attends the working party and reads.
    Observer,
}
