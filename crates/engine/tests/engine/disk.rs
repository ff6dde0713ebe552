//! A disk that is low: nothing is recorded, everything is read, and edits are taken again by themselves.

use std::sync::Arc;

use futures_util::StreamExt as _;
use roadbook_engine::{
    EngineError, FeedItem, Filter, MomentSelector, Readiness, Settings, StoreError,
};
use roadbook_store::testing::FaultyLog;
use roadbook_store::{EventLog, MemoryLog, Room, SnapshotFamily, StreamId};

use crate::world::{MAP, World, set};

const LOW: Room = Room {
    free_bytes: 99,
    min_bytes: 100,
};

const ENOUGH: Room = Room {
    free_bytes: 100,
    min_bytes: 100,
};

async fn world(log: &Arc<MemoryLog>, snapshot_spacing_events: u64) -> World {
    let settings = Settings {
        heads_poll_ms: 1,
        snapshot_spacing_events,
        ..Settings::default()
    };
    let world = World::on(log.clone(), settings).await;
    world.open().await;
    world
}

/// Waits until the engine says so of itself: it looks at the disk when it looks at the log.
async fn until_read_only_is(world: &World, read_only: bool) {
    while matches!(world.engine.readiness(), Readiness::ReadOnly(_)) != read_only {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_low_disk_refuses_edits_without_a_trace_and_takes_them_once_there_is_room() {
    let log = Arc::new(MemoryLog::new());
    let world = world(&log, 500).await;
    let before = world.now().await;
    let map = world.map().await;
    let mut followed = Box::pin(map.follow(before.version, Filter::default()).unwrap());
    assert!(world.measured("read_only{reason=\"Disk\"} 0"));

    log.set_room(LOW);
    let request = world.request(before.base(), vec![set(0, "later")]);
    let refused = world.engine.edit(MAP, request.clone()).await;
    assert!(
        matches!(refused, Err(EngineError::Store(StoreError::NoRoom { .. }))),
        "{refused:?}"
    );
    assert_eq!(world.now().await, before);
    let commands = log.commands(StreamId(MAP.0), &[request.command_id]).await;
    assert_eq!(commands.unwrap(), []);
    until_read_only_is(&world, true).await;
    assert!(world.measured("read_only{reason=\"Disk\"} 1"));
    // The refused edit told of the disk, too, and the next look measures it.
    while !world.measured("disk_free_bytes 99") {
        tokio::task::yield_now().await;
    }
    let past = MomentSelector::Version(before.version);
    assert_eq!(map.at(&past).await.unwrap().moment.version, before.version);
    assert!(matches!(
        followed.next().await,
        Some(FeedItem::CaughtUp { .. })
    ));

    log.set_room(ENOUGH);
    // Not the look but the append decides, so there is nothing to wait for.
    let done = world.engine.edit(MAP, request).await.unwrap();
    assert!(!done.repeated);
    assert!(matches!(
        followed.next().await,
        Some(FeedItem::Changed { .. })
    ));
    until_read_only_is(&world, false).await;
    assert!(world.measured("read_only{reason=\"Disk\"} 0"));
}

#[tokio::test]
async fn no_snapshot_is_kept_on_a_low_disk() {
    let log = Arc::new(MemoryLog::new());
    let world = world(&log, 1_000).await;
    log.set_room(LOW);
    world.engine.stop().await;
    let points = log.snapshot_points(StreamId(MAP.0), SnapshotFamily::Log);
    assert_eq!(points.await.unwrap(), []);
}

#[tokio::test]
async fn a_disk_that_is_found_full_by_an_append_is_told_until_an_append_succeeds() {
    let faulty = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    let world = World::on(faulty.clone(), Settings::default()).await;
    world.open().await;
    faulty.fill_disk(faulty.append_calls() + 1);
    let base = world.now().await.base();
    let request = world.request(base, vec![set(0, "later")]);
    let refused = world.engine.edit(MAP, request.clone()).await;
    assert!(
        matches!(refused, Err(EngineError::Store(StoreError::NoRoom { .. }))),
        "{refused:?}"
    );
    let readiness = world.engine.readiness();
    assert!(
        matches!(&readiness, Readiness::ReadOnly(reasons)
            if matches!(reasons[..], [EngineError::Store(StoreError::NoRoom { .. })])),
        "{readiness:?}"
    );
    world.engine.edit(MAP, request).await.unwrap();
    assert!(matches!(world.engine.readiness(), Readiness::Ready));
}
