//! The history that a follower is told before the live tail, read page by page.
//!
//! It owns the states that go with its events. A page reads for itself, so that whoever follows is not taken up by it.
//! Invariant: where a page ends, everything before was handed out, also if the log fails in the middle of it.

use std::collections::VecDeque;
use std::sync::Arc;

use roadbook_domain::Version;

use super::{Change, FeedItem, Filter};
use crate::error::EngineError;
use crate::moment::MomentSelector;
use crate::published::{Moment, Published};
use crate::recorded::RecordedEvent;
use crate::road_map::RoadMap;

/// What is still to be read.
pub(super) struct History {
    road_map: Arc<RoadMap>,
    filter: Arc<Filter>,
    /// Everything up to here was handed out.
    position: Version,
    /// Where the live tail begins.
    through: Version,
    /// The state of the last event handed out, from which the next one is folded.
    last: Option<Arc<Published>>,
}

/// What was read.
pub(super) struct Page {
    pub(super) items: VecDeque<FeedItem>,
    /// Where a follower resumes after them.
    pub(super) position: Version,
    pub(super) rest: Rest,
}

/// What comes after a page.
pub(super) enum Rest {
    /// Another one.
    More(History),
    /// Nothing: the live tail.
    Live,
    /// It could not be read.
    Failed(EngineError),
}

impl History {
    pub(super) fn new(
        road_map: &Arc<RoadMap>,
        filter: &Arc<Filter>,
        (position, through): (Version, Version),
    ) -> Self {
        Self {
            road_map: Arc::clone(road_map),
            filter: Arc::clone(filter),
            position,
            through,
            last: None,
        }
    }

    /// Reads on.
    pub(super) async fn page(mut self) -> Page {
        let mut items = VecDeque::new();
        let read = self.read(&mut items).await;
        let position = self.position;
        let rest = match read {
            Err(error) => Rest::Failed(error),
            Ok(()) if position < self.through => Rest::More(self),
            Ok(()) => Rest::Live,
        };
        Page {
            items,
            position,
            rest,
        }
    }

    async fn read(&mut self, items: &mut VecDeque<FeedItem>) -> Result<(), EngineError> {
        let most = self.road_map.settings.page_events;
        let wanted = self.filter.narrowest();
        let events = self
            .road_map
            .events(self.position, self.through, wanted, most)
            .await?;
        let finished = events.len() < most;
        for event in events {
            let version = event.version;
            if self.filter.matches(&event) {
                let published = self.state_of(&event).await?;
                items.push_back(FeedItem::Changed(Change::in_log(event, published)));
            }
            // Not before it is there to be handed out: this is where a follower resumes if the log fails.
            self.position = version;
        }
        if finished {
            self.position = self.through;
        }
        Ok(())
    }

    /// The state at the end of an event's batch: folded on from the last one if that is near, else from a snapshot.
    async fn state_of(&mut self, event: &RecordedEvent) -> Result<Arc<Published>, EngineError> {
        let near = self.road_map.settings.snapshot_spacing_events;
        let moment = Moment {
            version: event.batch,
            effective: event.recorded_at,
            live: false,
        };
        // What was read before a redaction may still hold what is gone since.
        let redaction = self.road_map.current().redaction;
        let near_enough = |last: &Published| {
            event.batch.0 - last.moment.version.0 <= near && last.redaction == redaction
        };
        let published = match &self.last {
            Some(last) if last.moment.version == event.batch && near_enough(last) => {
                return Ok(Arc::clone(last));
            }
            Some(last) if near_enough(last) => {
                let mut state = last.state.clone();
                let known = last.moment.version;
                let past = &self.road_map.past;
                past.advance(self.road_map.id, &mut state, known, event.batch)
                    .await
                    .map_err(|error| self.road_map.noticed(error))?;
                let mut published = Published::new(self.road_map.id, moment, state);
                published.redaction = redaction;
                Arc::new(published)
            }
            _ => {
                let selector = MomentSelector::Version(event.batch);
                self.road_map.at(&selector).await?
            }
        };
        self.last = Some(Arc::clone(&published));
        Ok(published)
    }
}
