//! Rebuilding: everything that is projected from the log of a road map is thrown away and made anew.
//!
//! It owns the reading ahead and the pass along the log; where snapshots stand is `snapshot_keeper`'s affair.
//! Invariant: the log is only read, in pages, and of a road map no more than a few of them are in memory.

use std::sync::Arc;

use roadbook_domain::{RoadMapId, Version};
use roadbook_store::{EventLog, StoreError, StoredEvent};
use tokio::sync::mpsc;

use crate::codec::{decode, stream_of, to_store};
use crate::directory::DIRECTORY_STREAM;
use crate::recorded::RecordedEvent;
use crate::settings::Settings;
use crate::snapshot_keeper::Keeper;

/// Pages that wait before each step: those that were read to be decoded, those that were decoded to be folded.
const PAGES_AHEAD: usize = 2;

/// What was made anew of a road map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events that were folded.
    pub events: u64,
    /// Snapshots that were dropped.
    pub dropped: u64,
    /// Snapshots that were made.
    pub made: u64,
}

/// Makes the snapshots of a road map anew. `told` hears of every page how many events it has.
///
/// It is safe beside servers, which only read more of the log meanwhile.
pub async fn rebuild(
    log: &Arc<dyn EventLog>,
    road_map: RoadMapId,
    settings: &Settings,
    told: impl FnMut(u64) + Send,
) -> Result<Rebuilt, StoreError> {
    if stream_of(road_map) == DIRECTORY_STREAM {
        // It is read whole at each start.
        return Ok(Rebuilt::default());
    }
    let keeper = Keeper::new(Arc::clone(log), settings);
    keeper.rebuild(road_map, told).await
}

/// The events of a road map up to a version. One task reads them page by page, another decodes what was read, so that the
/// database works on the next page meanwhile.
pub(crate) fn pages(
    log: &Arc<dyn EventLog>,
    road_map: RoadMapId,
    through: Version,
    page_events: usize,
) -> mpsc::Receiver<Result<Vec<RecordedEvent>, StoreError>> {
    let mut stored = stored_pages(log, road_map, through, page_events);
    let (decoded_by, decoded) = mpsc::channel(PAGES_AHEAD);
    tokio::spawn(async move {
        while let Some(page) = stored.recv().await {
            let page = page.and_then(|page| page.into_iter().map(decode).collect());
            let failed = page.is_err();
            // Whoever folds may have given up.
            if decoded_by.send(page).await.is_err() || failed {
                return;
            }
        }
    });
    decoded
}

fn stored_pages(
    log: &Arc<dyn EventLog>,
    road_map: RoadMapId,
    through: Version,
    page_events: usize,
) -> mpsc::Receiver<Result<Vec<StoredEvent>, StoreError>> {
    let (read_by, read) = mpsc::channel(PAGES_AHEAD);
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let stream = stream_of(road_map);
        let mut after = roadbook_store::Version::NONE;
        loop {
            let page = log.read_versions(stream, after, to_store(through), &[], page_events);
            let page = page.await;
            let is_last = page.as_ref().map_or(true, |page| page.len() < page_events);
            if let Ok([.., last]) = page.as_deref() {
                after = last.header.version;
            }
            if read_by.send(page).await.is_err() || is_last {
                return;
            }
        }
    });
    read
}
