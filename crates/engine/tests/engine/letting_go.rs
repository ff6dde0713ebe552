//! Road maps that leave memory: which may, which may not, and that nothing is lost by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use futures_util::StreamExt as _;
use roadbook_domain::{RoadMapId, Version};
use roadbook_engine::{EditDone, EngineError, FeedItem, Filter, RoadMap, Settings};
use roadbook_store::testing::FaultyLog;
use roadbook_store::{EventLog, MemoryLog, verify_log};
use uuid::Uuid;

use crate::world::{TEXT, World, action, set};

fn map(number: u128) -> RoadMapId {
    RoadMapId(Uuid::from_u128(10_000 + number))
}

/// So many road maps stay. The heads are not looked at: that would be a use of each, for a moment.
fn settings(most: usize) -> Settings {
    Settings {
        road_maps_max: most,
        heads_poll_ms: 3_600_000,
        ..Settings::default()
    }
}

async fn open(world: &World, id: RoadMapId) {
    let opening = world.opening_of(id);
    world.engine.edit(id, opening).await.unwrap();
}

async fn held(world: &World, id: RoadMapId) -> Arc<RoadMap> {
    world.engine.road_map(id).await.unwrap().unwrap()
}

/// Sets a cell of a road map on top of its current state.
async fn edit(
    world: &World,
    id: RoadMapId,
    number: u128,
    text: &str,
) -> Result<EditDone, EngineError> {
    let base = held(world, id).await.current().moment.base();
    let request = world.request(base, vec![set(number, text)]);
    world.engine.edit(id, request).await
}

#[tokio::test]
async fn those_used_least_lately_leave_memory_and_come_back_as_they_were() {
    let world = World::on(Arc::new(MemoryLog::new()), settings(2)).await;
    let mut known: Vec<Weak<RoadMap>> = Vec::new();
    for number in 0..4 {
        open(&world, map(number)).await;
        edit(&world, map(number), 0, &format!("text {number}"))
            .await
            .unwrap();
        known.push(Arc::downgrade(&held(&world, map(number)).await));
    }
    assert!(world.measured("road_maps_in_memory 2"));
    assert!(world.measured("road_maps_let_go_total 2"));
    let is_held = |known: &Weak<RoadMap>| known.upgrade().is_some();
    // A writer that was let go of ends when it is its turn.
    while known[..2].iter().any(is_held) {
        tokio::task::yield_now().await;
    }
    assert!(known[2..].iter().all(is_held));
    for number in 0..4 {
        let current = held(&world, map(number)).await.current();
        let shown = current.state.cell(TEXT, action(0));
        assert_eq!(shown.printed(), format!("text {number}"));
        edit(&world, map(number), 1, "again").await.unwrap();
    }
    assert!(world.measured("road_maps_in_memory 2"));
}

#[tokio::test]
async fn what_depends_on_a_road_map_holds_no_longer_than_it_is_in_memory() {
    let world = World::on(Arc::new(MemoryLog::new()), settings(1)).await;
    open(&world, map(0)).await;
    let unchanged = held(&world, map(0)).await.unchanged();
    assert!(unchanged.holds());
    open(&world, map(1)).await;
    assert!(!unchanged.holds());
}

#[tokio::test]
async fn one_that_is_followed_stays_and_its_follower_misses_nothing() {
    let world = World::on(Arc::new(MemoryLog::new()), settings(1)).await;
    open(&world, map(0)).await;
    let road_map = held(&world, map(0)).await;
    let (known, head) = (Arc::downgrade(&road_map), road_map.current().moment.version);
    let mut items = Box::pin(road_map.follow(head, Filter::default()).unwrap());
    drop(road_map);
    for number in 1..4 {
        open(&world, map(number)).await;
    }
    assert!(known.upgrade().is_some());
    edit(&world, map(0), 0, "followed").await.unwrap();
    loop {
        if let FeedItem::Changed(change) = items.next().await.unwrap() {
            assert_eq!(change.event().version, head.next());
            break;
        }
    }
}

#[tokio::test]
async fn one_whose_edit_is_on_its_way_stays_also_if_its_caller_has_gone() {
    let log = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    let world = World::on(log.clone(), settings(1)).await;
    for number in [1, 2, 3, 0] {
        open(&world, map(number)).await;
    }
    let road_map = held(&world, map(0)).await;
    let known = Arc::downgrade(&road_map);
    let request = world.request(road_map.current().moment.base(), vec![set(0, "on its way")]);
    drop(road_map);
    let mut delayed = log.delay_append(log.append_calls() + 1);
    let engine = Arc::clone(&world.engine);
    let asked = tokio::spawn(async move { engine.edit(map(0), request).await });
    delayed.arrived().await;
    asked.abort();
    drop(asked.await);
    // Nothing else can be appended meanwhile, but read: these were opened before.
    for number in 1..4 {
        drop(held(&world, map(number)).await);
    }
    assert!(known.upgrade().is_some());
    drop(delayed);
    let mut changed = Box::pin(
        held(&world, map(0))
            .await
            .follow(Version::ZERO, Filter::default())
            .unwrap(),
    );
    while !matches!(
        changed.next().await.unwrap(),
        FeedItem::Changed(change) if change.event().event.kind() == "CellSet"
    ) {}
    drop(changed);
    held(&world, map(1)).await;
    held(&world, map(2)).await;
    while known.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

/// Reads every road map's events on and off, each time from where it stopped.
async fn follow_on_and_off(world: &World, seen: &mut BTreeMap<RoadMapId, Version>, id: RoadMapId) {
    let road_map = held(world, id).await;
    let position = seen.entry(id).or_insert(Version::ZERO);
    let mut items = Box::pin(road_map.follow(*position, Filter::default()).unwrap());
    drop(road_map);
    loop {
        match items.next().await.unwrap() {
            FeedItem::Changed(change) => {
                assert_eq!(change.event().version, position.next());
                *position = change.event().version;
            }
            FeedItem::StandingChanged => {}
            FeedItem::CaughtUp { .. } => return,
            FeedItem::Resync { reason, .. } => panic!("{reason:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn edits_and_followers_of_many_lose_nothing_while_road_maps_come_and_go() {
    const MAPS: u128 = 8;
    const EDITORS: u128 = 6;
    const EDITS: u128 = 40;
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let world = Arc::new(World::on(Arc::clone(&log), settings(2)).await);
    for number in 0..MAPS {
        open(&world, map(number)).await;
    }
    let mut tasks = Vec::new();
    for editor in 0..EDITORS {
        let world = Arc::clone(&world);
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = BTreeMap::new();
            for number in 0..EDITS {
                let id = map((editor * 7 + number * 3) % MAPS);
                let text = format!("editor {editor}, edit {number}");
                let done = edit(&world, id, editor, &text).await.unwrap();
                acknowledged.insert((id, done.events[0].version), text);
            }
            acknowledged
        }));
    }
    let follower = {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let mut seen = BTreeMap::new();
            for round in 0..MAPS * 10 {
                follow_on_and_off(&world, &mut seen, map(round % MAPS)).await;
            }
            seen
        })
    };
    let mut acknowledged = BTreeMap::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    assert_eq!(acknowledged.len() as u128, EDITORS * EDITS);
    let mut seen = follower.await.unwrap();
    for number in 0..MAPS {
        follow_on_and_off(&world, &mut seen, map(number)).await;
        let road_map = held(&world, map(number)).await;
        assert_eq!(seen[&map(number)], road_map.current().moment.version);
        let events = road_map
            .events(Version::ZERO, Version(u64::MAX), &[], 1_000)
            .await
            .unwrap();
        let of_editors = events
            .iter()
            .filter(|event| event.event.kind() == "CellSet");
        let ours = acknowledged.keys().filter(|(id, _)| *id == map(number));
        assert_eq!(of_editors.count(), ours.count());
    }
    let let_go = world.measured("road_maps_let_go_total 0");
    assert!(!let_go, "nothing was let go of");
    verify_log(&*log, &mut |_| {}).await.unwrap();
}
