//! Edits that were sent before: found by their command ids in the log, and answered as they were the first time.
//!
//! It owns what a repeated edit is told; when to look for one is the writer's affair.
//! Invariant: one id stands for one edit, and another edit that bears it is refused.

use std::collections::HashMap;

use roadbook_domain::Version;
use roadbook_store::{CommandRecord, StoreError};
use uuid::Uuid;

use super::answer;
use crate::codec::stream_of;
use crate::edit::{Edit, EditDone, KeptAnswer};
use crate::error::EngineError;
use crate::moment::MomentSelector;
use crate::road_map::RoadMap;

/// Accepted commands by their ids, as the log holds them.
pub(super) type AcceptedBefore = HashMap<Uuid, CommandRecord>;

impl RoadMap {
    /// Those of the edits that were accepted before.
    pub(super) async fn accepted_before(
        &self,
        edits: impl Iterator<Item = &Edit>,
    ) -> Result<AcceptedBefore, StoreError> {
        let ids: Vec<Uuid> = edits.map(|edit| edit.request.command_id).collect();
        let records = self.past.log().commands(stream_of(self.id), &ids).await?;
        let by_id = records
            .into_iter()
            .map(|record| (record.command_id, record));
        Ok(by_id.collect())
    }

    /// Answers an edit that was accepted before, and hands back one that was not.
    pub(super) async fn answer_as_before(
        &self,
        edit: Edit,
        accepted: &AcceptedBefore,
    ) -> Option<Edit> {
        let Some(record) = accepted.get(&edit.request.command_id) else {
            return Some(edit);
        };
        let first = if record.fingerprint == edit.fingerprint {
            self.first_answer(record).await
        } else {
            Err(EngineError::CommandIdReused)
        };
        answer(edit, first);
        None
    }

    async fn first_answer(&self, record: &CommandRecord) -> Result<EditDone, EngineError> {
        let kept = KeptAnswer::decode(&record.answer).ok_or_else(|| {
            let place = format!("the answer of command {}", record.command_id);
            StoreError::corrupt(place, "it cannot be read")
        })?;
        let (after, through) = (Version(kept.after), Version(kept.through));
        let mut events = Vec::new();
        let mut read = after;
        while read < through {
            let limit = self.settings.page_events;
            let page = self.events(read, through, &[], limit).await?;
            let Some(last) = page.last() else { break };
            read = last.version;
            events.extend(page);
        }
        // As it was answered the first time, when this was the current state.
        let moment = self.resolve(&MomentSelector::Version(through)).await?;
        Ok(EditDone {
            published: self.state_at(moment).await?,
            events,
            outcomes: kept.outcomes(),
            repeated: true,
        })
    }
}
