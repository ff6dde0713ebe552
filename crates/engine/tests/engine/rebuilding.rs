//! Rebuilding: snapshots that were lost or never made are all there again, and say what the log says.

use std::sync::Arc;

use roadbook_domain::Version;
use roadbook_domain::time::Date;
use roadbook_engine::{Rebuilt, Settings, check_snapshots, rebuild};
use roadbook_store::{EventLog, MemoryLog, SnapshotFamily, StreamId};

use crate::world::{ACTIONS, MAP, World};

const STREAM: StreamId = StreamId(MAP.0);

fn settings(spacing: u64) -> Settings {
    Settings {
        snapshot_spacing_events: spacing,
        page_events: 10,
        ..Settings::default()
    }
}

/// A log of which a fifth is backdated, and hardly any snapshot was made.
async fn log_of(edits: u128) -> Arc<dyn EventLog> {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let world = World::on(Arc::clone(&log), settings(1_000_000)).await;
    world.open().await;
    for edit in 0..edits {
        let (action, text) = (edit % ACTIONS, format!("edit {edit}"));
        if edit % 5 == 0 {
            let day = i8::try_from(1 + edit % 28).unwrap();
            let day = Date::constant(2015, 6, day);
            world.set_on(day, action, &text).await.unwrap();
        } else {
            world.set(action, &text).await;
        }
    }
    world.engine.stop().await;
    log
}

async fn count(log: &dyn EventLog, family: SnapshotFamily) -> u64 {
    log.snapshot_points(STREAM, family).await.unwrap().len() as u64
}

#[tokio::test]
async fn snapshots_are_made_anew_along_the_log_and_along_effective_time() {
    let log = log_of(60).await;
    let head = log.head(STREAM).await.unwrap().unwrap().version.0;
    let mut told = 0;
    let settings_of_10 = settings(10);
    let rebuilt = rebuild(&log, MAP, &settings_of_10, |events| told += events);
    let rebuilt = rebuilt.await.unwrap();
    assert_eq!((rebuilt.events, told), (head, head));
    let along_log = count(&*log, SnapshotFamily::Log).await;
    let along_effective = count(&*log, SnapshotFamily::Effective).await;
    assert_eq!(rebuilt.made, along_log + along_effective);
    assert!(along_log >= head / 20 && along_effective > 0);
    let checked = check_snapshots(&*log, MAP, 100).await.unwrap().unwrap();
    assert_eq!((checked.equal, checked.skipped), (rebuilt.made, 0));
    let again = rebuild(&log, MAP, &settings(10), |_| {}).await.unwrap();
    assert_eq!((again.dropped, again.made), (rebuilt.made, rebuilt.made));

    // Whoever starts on it finds what was there.
    let world = World::on_node(1, log, settings(10)).await;
    assert_eq!(world.now().await.version, Version(head));
    assert_eq!(world.shown(3).await, "edit 59");
}

#[tokio::test]
async fn what_has_no_road_map_in_it_is_left_alone() {
    let log = log_of(0).await;
    let nothing = roadbook_domain::RoadMapId(uuid::Uuid::from_u128(77));
    let rebuilt = rebuild(&log, nothing, &settings(10), |_| {}).await.unwrap();
    assert_eq!(rebuilt, Rebuilt::default());
}
