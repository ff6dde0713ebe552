//! Who asks: the caller of a request or the owner of a socket, as the transport established it.
//!
//! It owns the viewer and what it may know of itself; how identity is proven is the transport's affair.
//! Invariant: two callers with equal viewers see the same bytes, whatever they ask.

use async_graphql::{Enum, ID, Object};
use roadbook_domain::Capacity as DomainCapacity;
use roadbook_engine::Clock;

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

    /// In which roles it may act on a road map today.
    async fn capacities(
        &self,
        ctx: &async_graphql::Context<'_>,
        road_map: ID,
    ) -> async_graphql::Result<Vec<Capacity>> {
        let engine = crate::query::engine(ctx)?;
        let id = road_map_of(&road_map).ok_or_else(|| bad_argument("roadMap: no such id"))?;
        let known = visible(ctx, id).await?.map_err(engine_fault)?;
        let now = Clock::now(&**engine.clock());
        Ok(known.map_or_else(Vec::new, |_| {
            vec![DomainCapacity::of(&self.organisation, now).into()]
        }))
    }
}

/// A role on a road map.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "DomainCapacity")]
pub enum Capacity {
    /// The delegation that holds the Presidency of the Council.
    Presidency,
    /// The Council's General Secretariat.
    Secretariat,
    /// Any other delegation, institution or agency.
    Delegation,
}
