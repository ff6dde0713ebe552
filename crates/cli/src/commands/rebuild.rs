//! `roadbook rebuild`: makes everything anew that is projected from the log, which is the snapshots.
//!
//! It owns how many road maps are rebuilt at once, and the report; how one is rebuilt is `engine`'s affair.
//! Invariant: the log itself is only read.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use roadbook_domain::RoadMapId;
use roadbook_engine::{Rebuilt, StoreError, rebuild};
use roadbook_store::EventLog;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::arguments::RebuildArguments;
use crate::database::{self, Store};
use crate::settings::Settings;
use crate::terminal::{self, Progress};
use crate::wiring;

/// Streams whose heads are read at once.
const PAGE_HEADS: usize = 256;
/// Pages whose progress waits to be told.
const PAGES_TOLD_MAX: usize = 64;

/// A road map and how many events it has.
type Found = (RoadMapId, u64);

/// Runs the command.
pub(crate) async fn run(arguments: &RebuildArguments, settings: &Settings) -> anyhow::Result<()> {
    let name = arguments.road_map.as_deref();
    let only = match name {
        Some(name) => Some(named(name, settings).await?),
        None => None,
    };
    let store = database::open(settings).await?;
    let began = Instant::now();
    let done = all(&store, only, settings).await;
    let seconds = began.elapsed().as_secs_f64();
    store.close().await?;
    let (road_maps, rebuilt) = done?;
    let Rebuilt {
        events,
        dropped,
        made,
    } = rebuilt;
    if arguments.json {
        let told = json!({
            "roadMaps": road_maps, "events": events, "snapshotsDropped": dropped, "snapshots": made,
            "seconds": seconds,
        });
        return terminal::print(&format!("{told}\n"));
    }
    terminal::print(&format!(
        "rebuilt {road_maps} road maps from {events} events in {seconds:.1} s: {made} snapshots in place of {dropped}\n"
    ))
}

/// The road map of an id or short name. It is found by reading alone, before the database is opened to write.
async fn named(name: &str, settings: &Settings) -> anyhow::Result<RoadMapId> {
    let wired = wiring::Wired::to_read(settings).await?;
    Ok(wired.road_map(Some(name)).await?.id())
}

/// Rebuilds one road map, or all of them, as many at once as the machine has cores; tells how many those were.
async fn all(
    store: &Store,
    only: Option<RoadMapId>,
    settings: &Settings,
) -> anyhow::Result<(usize, Rebuilt)> {
    let log = store.log();
    let mut waiting = found(&*log, only).await?;
    let events = waiting.iter().map(|(_, events)| events).sum();
    let mut count = 0;
    let (told_by, mut told) = mpsc::channel(PAGES_TOLD_MAX);
    let mut line = Progress::new("rebuilding");
    let telling = tokio::spawn(async move {
        let mut done: u64 = 0;
        while let Some(events_read) = told.recv().await {
            done += events_read;
            line.reached(done, events);
        }
    });
    let mut total = Rebuilt::default();
    let mut rebuilding = JoinSet::new();
    let at_once = available_parallelism().map_or(1, NonZeroUsize::get);
    loop {
        while rebuilding.len() < at_once
            && let Some((road_map, _)) = waiting.pop()
        {
            let (log, told_by) = (Arc::clone(&log), told_by.clone());
            let settings = settings.engine.clone();
            rebuilding.spawn(async move {
                // What is not told is only progress.
                let tell = |events| {
                    let _full = told_by.try_send(events);
                };
                rebuild(&log, road_map, &settings, tell).await
            });
        }
        let Some(ended) = rebuilding.join_next().await else {
            break;
        };
        let rebuilt = ended??;
        // The directory has a log, too, and no snapshots.
        count += usize::from(rebuilt.events > 0);
        total.events += rebuilt.events;
        total.dropped += rebuilt.dropped;
        total.made += rebuilt.made;
    }
    drop(told_by);
    telling.await?;
    Ok((count, total))
}

/// What is to be rebuilt.
async fn found(log: &dyn EventLog, only: Option<RoadMapId>) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let heads = log.heads(after, PAGE_HEADS).await?;
        let ids = heads
            .iter()
            .map(|head| (RoadMapId(head.stream_id.0), head.version.0));
        found.extend(ids.filter(|(id, _)| only.is_none_or(|only| only == *id)));
        match heads.last() {
            Some(last) if heads.len() == PAGE_HEADS => after = Some(last.stream_id),
            _ => return Ok(found),
        }
    }
}
