//! The halt of a road map: it holds what came after this program, so this node does not serve it any more.
//!
//! It owns the reason; that an event is of a newer format is found out by `codec`.
//! Invariant: a halt lasts as long as the process, since only a newer program can read on.

use std::sync::OnceLock;

use roadbook_store::StoreError;

use crate::error::EngineError;
use crate::feed::Occasion;
use crate::road_map::RoadMap;

/// Whether a road map is halted, and why.
#[derive(Debug, Default)]
pub(crate) struct Halt(OnceLock<StoreError>);

impl Halt {
    /// Why the road map is not served; none if it is.
    pub(crate) fn reason(&self) -> Option<StoreError> {
        self.0.get().cloned()
    }

    /// True if it was not halted before.
    fn begin(&self, reason: &StoreError) -> bool {
        self.0.set(reason.clone()).is_ok()
    }
}

impl RoadMap {
    /// Refuses if this node does not serve the road map.
    pub(crate) fn check_served(&self) -> Result<(), EngineError> {
        self.halt
            .reason()
            .map_or(Ok(()), |reason| Err(reason.into()))
    }

    /// What an error of reading means for the road map: what cannot be read on must not be served as if it ended there.
    pub(crate) fn noticed(&self, error: StoreError) -> EngineError {
        if matches!(error, StoreError::NewerFormat { .. }) && self.halt.begin(&error) {
            tracing::error!(road_map.id = %self.id, error = %error, "the road map is not served any more; upgrade this node");
            self.measures.road_maps_not_served.inc();
            self.changes.happened();
            self.topics.tell(Occasion::Ending);
        }
        error.into()
    }
}
