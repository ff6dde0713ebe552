//! The past: every moment through snapshots equals the fold of the log, and cursors hold.

use std::sync::Arc;

use roadbook_domain::time::Date;
use roadbook_domain::{Instant, State, Version};
use roadbook_engine::{EngineError, MomentSelector, RecordedEvent, Settings, check_snapshots};
use roadbook_store::{EventLog, MemoryLog, SnapshotFamily, StreamId};

use crate::world::{ACTIONS, MAP, World, action, opening, set, today};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn day(number: u64) -> Date {
    let mut day = opening();
    for _ in 0..number {
        day = day.tomorrow().unwrap();
    }
    day
}

/// Events between two snapshots.
const SPACING: u64 = 7;

fn narrow() -> Settings {
    Settings {
        snapshot_spacing_events: SPACING,
        backdated_refresh_events: 5,
        page_events: 6,
        recent_states_max: 2,
        past_states_max: 1,
        ..Settings::default()
    }
}

async fn busy_world(log: Arc<MemoryLog>, seed: u64, edits: u64) -> World {
    let world = World::on(log, narrow()).await;
    world.open().await;
    let mut dice = Dice(seed);
    for edit in 0..edits {
        let number = u128::from(dice.below(u64::try_from(ACTIONS).unwrap()));
        let text = format!("edit {edit}");
        if dice.below(3) == 0 {
            world
                .set_on(day(1 + dice.below(400)), number, &text)
                .await
                .unwrap();
        } else {
            world.set(number, &text).await;
        }
    }
    world
}

fn fold(events: &[Arc<RecordedEvent>], effective: Instant, version: Version) -> State {
    let mut state = State::default();
    for event in events {
        if event.version <= version && event.effective_at <= effective {
            state.evolve(event.stamp(), &event.event);
        }
    }
    state
}

async fn all_events(world: &World) -> Vec<Arc<RecordedEvent>> {
    let map = world.map().await;
    let mut events: Vec<Arc<RecordedEvent>> = Vec::new();
    loop {
        let after = events.last().map_or(Version::ZERO, |event| event.version);
        let page = map.events(after, Version::MAX, &[], 100).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

#[tokio::test]
async fn every_moment_through_snapshots_equals_the_fold_of_the_log() {
    for seed in 1..=3 {
        let log = Arc::new(MemoryLog::new());
        let world = busy_world(log.clone(), seed, 120).await;
        // The last snapshots are kept by the time the engine has stopped.
        world.engine.stop().await;
        let stream = StreamId(MAP.0);
        for family in [SnapshotFamily::Log, SnapshotFamily::Effective] {
            let points = log.snapshot_points(stream, family).await.unwrap();
            assert!(points.len() > 3, "{family:?}: {}", points.len());
        }
        let world = World::on(
            log,
            Settings {
                page_events: 5,
                past_states_max: 1,
                ..Settings::default()
            },
        )
        .await;
        let events = all_events(&world).await;
        let map = world.map().await;
        let mut dice = Dice(seed);
        for _ in 0..150 {
            let some = &events[usize::try_from(dice.below(events.len() as u64)).unwrap()];
            let version = some.batch;
            let effective = Instant::end_of_day(day(1 + dice.below(420)));
            for moment in [
                (some.recorded_at, version),
                (effective, map.current().moment.version),
                (effective, version),
            ] {
                let selector = MomentSelector::At {
                    version: moment.1,
                    effective: moment.0,
                };
                let found = map.at(&selector).await.unwrap();
                assert!(
                    found.state == fold(&events, moment.0, moment.1),
                    "{selector:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn snapshots_that_are_missing_along_the_log_are_made_again() {
    let log = Arc::new(MemoryLog::new());
    busy_world(log.clone(), 4, 120).await.engine.stop().await;
    let stream = StreamId(MAP.0);
    let family = Some(SnapshotFamily::Log);
    assert!(log.delete_snapshots(stream, family).await.unwrap() > 0);
    let world = World::on(log.clone(), narrow()).await;
    let head = world.map().await.current().moment.version;
    world.engine.stop().await;
    let points = log.snapshot_points(stream, SnapshotFamily::Log).await;
    let versions: Vec<u64> = points
        .unwrap()
        .iter()
        .map(|point| point.version.0)
        .collect();
    let mut before = 0;
    for version in &versions {
        assert!(version - before <= 2 * SPACING, "{versions:?}");
        before = *version;
    }
    assert_eq!(before, head.0);
    let checked = check_snapshots(&*log, MAP, 100).await.unwrap().unwrap();
    assert!(checked.equal >= versions.len() as u64);
}

#[tokio::test]
async fn an_unreadable_snapshot_is_dropped_and_nothing_changes() {
    let log = Arc::new(MemoryLog::new());
    let world = busy_world(log.clone(), 5, 40).await;
    world.engine.stop().await;
    let stream = StreamId(MAP.0);
    for family in [SnapshotFamily::Log, SnapshotFamily::Effective] {
        let mut spoilt = Vec::new();
        for point in log.snapshot_points(stream, family).await.unwrap() {
            let mut snapshot = log.snapshot(stream, point).await.unwrap().unwrap();
            snapshot.state = bytes::Bytes::from_static(&[0xff; 9]);
            spoilt.push(snapshot);
        }
        log.put_snapshots(spoilt).await.unwrap();
    }
    let world = World::on(log.clone(), Settings::default()).await;
    let events = all_events(&world).await;
    let current = world.map().await.current();
    assert!(current.state == fold(&events, Instant::MAX, Version::MAX));
    let points = log
        .snapshot_points(stream, SnapshotFamily::Log)
        .await
        .unwrap();
    assert!(points.is_empty());
}

#[tokio::test]
async fn a_date_is_asked_as_known_now_or_as_known_then() {
    let log = Arc::new(MemoryLog::new());
    let world = World::on(log, Settings::default()).await;
    world.open().await;
    let june = Date::constant(2015, 6, 30);
    world.set_on(june, 0, "first report").await.unwrap();
    let known = world.map().await.current().recorded_at;
    world
        .set_on(Date::constant(2015, 6, 1), 1, "found later")
        .await
        .unwrap();
    let map = world.map().await;
    let shown = async |known: Option<Instant>, number| {
        let selector = MomentSelector::Effective { on: june, known };
        let at = map.at(&selector).await.unwrap();
        at.state
            .cell(crate::world::TEXT, action(number))
            .printed()
            .to_owned()
    };
    assert_eq!(shown(None, 0).await, "first report");
    assert_eq!(shown(None, 1).await, "found later");
    assert_eq!(shown(Some(known), 0).await, "first report");
    assert_eq!(shown(Some(known), 1).await, "");
    let before = MomentSelector::Effective {
        on: Date::constant(2014, 12, 31),
        known: None,
    };
    let refused = map.at(&before).await;
    assert!(
        matches!(refused, Err(EngineError::NotFound(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_version_within_a_batch_shows_the_whole_batch() {
    let log = Arc::new(MemoryLog::new());
    let world = World::on(log, Settings::default()).await;
    world.open().await;
    let base = world.now().await.base();
    let batch = vec![set(0, "one"), set(1, "two"), set(2, "three")];
    let done = world
        .engine
        .edit(MAP, world.request(base, batch))
        .await
        .unwrap();
    world.set(3, "after").await;
    let map = world.map().await;
    for event in &done.events {
        let at = map
            .at(&MomentSelector::Version(event.version))
            .await
            .unwrap();
        assert_eq!(at.moment.version, done.published.moment.version);
        assert_eq!(
            at.state.cell(crate::world::TEXT, action(2)).printed(),
            "three"
        );
        assert_eq!(at.state.cell(crate::world::TEXT, action(3)).printed(), "");
    }
    let recorded = MomentSelector::Recorded(done.events[0].recorded_at);
    let at = map.at(&recorded).await.unwrap();
    assert_eq!(at.moment.version, done.published.moment.version);
    assert!(today() == done.events[0].recorded_at.brussels_day());
}

#[tokio::test]
async fn a_state_that_was_current_is_read_as_a_past_one() {
    let log = Arc::new(MemoryLog::new());
    let world = World::on(log, Settings::default()).await;
    world.open().await;
    let before = world.now().await;
    assert!(before.live);
    world.set(0, "next").await;
    let map = world.map().await;
    let read = map.at(&MomentSelector::Version(before.version)).await;
    assert!(!read.unwrap().moment.live);
    assert!(map.current().moment.live);
}
