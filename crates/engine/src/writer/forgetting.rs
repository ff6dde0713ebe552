//! The fingerprints that a redaction overwrites: digests without a salt of what was asked, by which a guess could be proved.
//!
//! It owns which commands those are; the log overwrites them with the redaction.
//! Invariant: a fingerprint stays only if all that its command asked for is said by events that stay as they are.

use std::sync::Arc;

use roadbook_domain::Version;
use roadbook_store::{CommandRecord, FORGOTTEN, StoreError};
use uuid::Uuid;

use super::Writer;
use crate::codec::{from_store, stream_of};
use crate::edit::KeptAnswer;

impl Writer {
    /// The commands to be forgotten: those of events that lose words, and those that asked for words that no event has.
    pub(super) async fn forgotten(
        &self,
        mut forgotten: Vec<Uuid>,
        head: Version,
    ) -> Result<Vec<Uuid>, StoreError> {
        let log = Arc::clone(self.road_map.past.log());
        let limit = self.road_map.settings.page_events;
        let stream = stream_of(self.road_map.id);
        let mut after = None;
        loop {
            let page = log.commands_after(stream, after, limit).await?;
            let may_hide =
                |record: &&CommandRecord| from_store(record.last_version) <= head && hides(record);
            forgotten.extend(page.iter().filter(may_hide).map(|record| record.command_id));
            match page.last() {
                Some(last) if page.len() == limit => after = Some(last.command_id),
                _ => break,
            }
        }
        forgotten.sort_unstable();
        forgotten.dedup();
        Ok(forgotten)
    }
}

/// Whether a command may have asked for words that no event has: nobody can tell whether they are those that go.
fn hides(record: &CommandRecord) -> bool {
    let answer = KeptAnswer::decode(&record.answer);
    record.fingerprint != FORGOTTEN && answer.is_none_or(|answer| answer.is_other_than_asked())
}
