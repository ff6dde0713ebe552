//! Opening: how a road map comes into memory, loaded from the log and with a writer of its own.
//!
//! It owns the order of that; which road maps stay in memory is `open`'s affair. Invariant: what is appended while a road map
//! is loaded is loaded too, or told to its writer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use roadbook_domain::{RoadMapId, Version};
use roadbook_store::SnapshotFamily;
use tokio::sync::mpsc;

use super::{Engine, REDACTIONS_MAX};
use crate::codec::{from_store, instant_to_store, stream_of, to_store};
use crate::dependency::Changes;
use crate::directory::DIRECTORY_STREAM;
use crate::edit::Edit;
use crate::error::EngineError;
use crate::feed::Topics;
use crate::halt::Halt;
use crate::open::Open;
use crate::past::Past;
use crate::published::Published;
use crate::redaction::Redact;
use crate::road_map::RoadMap;
use crate::snapshot_codec;
use crate::tidings::Tidings;
use crate::writer::Writer;

impl Engine {
    /// A road map in memory that is served, brought there if the log holds it, or if it is about to be opened.
    pub(super) async fn open(
        &self,
        id: RoadMapId,
        unborn: bool,
    ) -> Result<Option<Open>, EngineError> {
        let found = self.find(id, unborn).await?;
        if let Some(open) = &found {
            open.road_map.check_served()?;
        }
        Ok(found)
    }

    /// As [`Engine::open`], whether it is served or not.
    pub(super) async fn find(
        &self,
        id: RoadMapId,
        unborn: bool,
    ) -> Result<Option<Open>, EngineError> {
        let is_there = |open: &Open| {
            unborn || open.road_map.halt.reason().is_some() || !is_unborn(&open.road_map)
        };
        if let Some(open) = self.open.get(id) {
            return Ok(Some(open).filter(is_there));
        }
        let _turn = self.open.turn(id).await;
        if let Some(open) = self.open.get(id) {
            return Ok(Some(open).filter(is_there));
        }
        if *self.stopping.borrow() {
            return Err(EngineError::Stopping);
        }
        let unknown = !unborn && self.log.head(stream_of(id)).await?.is_none();
        if unknown || stream_of(id) == DIRECTORY_STREAM {
            return Ok(None);
        }
        let (inbox, edits) = mpsc::channel(self.settings.inbox_edits_max);
        let (redactions, asked) = mpsc::channel(REDACTIONS_MAX);
        let road_map = Arc::new(RoadMap {
            id,
            current: ArcSwap::from_pointee(Published::nothing(id)),
            topics: Arc::new(Topics::new(&self.settings)),
            draining: self.draining.subscribe(),
            past: Past::new(Arc::clone(&self.log), self.settings.page_events),
            settings: self.settings.clone(),
            clock: Arc::clone(&self.clock),
            past_states: self.past_states.clone(),
            measures: Arc::clone(&self.measures),
            condition: Arc::clone(&self.condition),
            halt: Halt::default(),
            registrar: Arc::clone(&self.registrar),
            recent: Mutex::new(VecDeque::new()),
            tidings: Tidings::new(self.settings.bus_appends_max),
            changes: Changes::default(),
            redactions: Arc::clone(&self.redactions),
        });
        let loaded = road_map.load().await;
        let open = Open {
            road_map,
            inbox,
            redactions,
        };
        if let Err(error) = loaded {
            if error.is_newer_format() {
                // Kept, so that not every request reads so far again to find the same.
                return self.keep_open(id, open).map(Some);
            }
            return Err(error);
        }
        self.start_writer(&open.road_map, (edits, asked)).await?;
        let open = self.keep_open(id, open)?;
        // What was appended while it was loaded was told to nobody.
        if let Some(head) = self.log.head(stream_of(id)).await?
            && from_store(head.version) > open.road_map.current().moment.version
        {
            open.road_map.tidings.log_is_at(from_store(head.version));
        }
        Ok(Some(open))
    }

    fn keep_open(&self, id: RoadMapId, open: Open) -> Result<Open, EngineError> {
        self.open.insert(id, open).ok_or(EngineError::Stopping)
    }

    async fn start_writer(
        &self,
        road_map: &Arc<RoadMap>,
        inbox: (mpsc::Receiver<Edit>, mpsc::Receiver<Redact>),
    ) -> Result<(), EngineError> {
        let current = road_map.current();
        let snapshot = self
            .log
            .nearest_snapshot(
                stream_of(road_map.id),
                SnapshotFamily::Log,
                instant_to_store(current.effective_max),
                to_store(current.moment.version),
                snapshot_codec::FORMAT,
            )
            .await?
            .map_or(Version::ZERO, |snapshot| from_store(snapshot.version));
        let mut held = self
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let background = held.as_mut().ok_or(EngineError::Stopping)?;
        let writer = Writer::new(
            Arc::clone(road_map),
            inbox,
            background.commit.clone(),
            background.snapshotter.clone(),
            Arc::clone(&self.ids),
            snapshot,
        );
        background.writers.retain(|writer| !writer.is_finished());
        background.writers.push(tokio::spawn(writer.run()));
        Ok(())
    }
}

pub(super) fn is_unborn(road_map: &RoadMap) -> bool {
    road_map.current().moment.version == Version::ZERO
}
