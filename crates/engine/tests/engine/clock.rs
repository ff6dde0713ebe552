//! The clock of a node against that of the log: a node whose clock is wrong reads and records nothing.

use std::sync::Arc;

use roadbook_domain::Instant;
use roadbook_engine::{EngineError, Readiness, Settings};
use roadbook_store::MemoryLog;

use crate::world::{World, set, today};

/// More than the default bound.
const WRONG_MS: i64 = 7_000;

/// Sets the log's clock so that this node's is ahead by so much.
fn put_ahead(log: &MemoryLog, world_shows: Instant, ahead_ms: i64) {
    let shows = world_shows.as_micros() - ahead_ms * 1_000;
    log.set_clock(roadbook_store::Instant(shows));
}

fn start() -> Instant {
    Instant::start_of_day(today())
}

async fn node(log: &Arc<MemoryLog>) -> World {
    let settings = Settings {
        heads_poll_ms: 1,
        ..Settings::default()
    };
    World::on(log.clone(), settings).await
}

/// Sets a cell on top of the current state, or tells why not.
async fn try_set(world: &World, text: &str) -> Result<(), EngineError> {
    let base = world.now().await.base();
    let request = world.request(base, vec![set(0, text)]);
    let map = world.map().await.id();
    world.engine.edit(map, request).await.map(drop)
}

/// Tries until it is answered otherwise than before: the node looks at the clock when it looks at the log.
async fn until_refused_is(world: &World, refused: bool) -> Result<(), EngineError> {
    loop {
        let answer = try_set(world, "tried").await;
        if answer.is_err() == refused {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_node_whose_clock_is_wrong_takes_no_edits_until_it_is_right_and_reads_on() {
    let log = Arc::new(MemoryLog::new());
    let world = node(&log).await;
    world.open().await;
    assert!(world.measured("read_only{reason=\"Clock\"} 0"));
    for (ahead_ms, side) in [(WRONG_MS, "ms ahead of"), (-WRONG_MS, "ms behind that")] {
        put_ahead(&log, start(), ahead_ms);
        let refused = until_refused_is(&world, true).await.unwrap_err();
        let EngineError::ClockSkewed { max_ms: 5_000, .. } = refused else {
            panic!("{refused:?}");
        };
        let told = refused.to_string();
        assert!(
            told.contains(side) && told.contains("engine.clock_skew_max_ms = 5000"),
            "{told}"
        );
        let before = world.now().await;
        assert!(try_set(&world, "never recorded").await.is_err());
        assert_eq!(world.now().await, before);
        let readiness = world.engine.readiness();
        assert!(
            matches!(&readiness, Readiness::ReadOnly(reasons)
                if matches!(reasons[..], [EngineError::ClockSkewed { .. }])),
            "{readiness:?}"
        );
        assert!(world.measured("read_only{reason=\"Clock\"} 1"));

        put_ahead(&log, start(), 0);
        until_refused_is(&world, false).await.unwrap();
        assert!(matches!(world.engine.readiness(), Readiness::Ready));
        assert!(world.measured("read_only{reason=\"Clock\"} 0"));
    }
}

#[tokio::test]
async fn a_node_that_starts_with_a_wrong_clock_starts_and_takes_no_edits() {
    let log = Arc::new(MemoryLog::new());
    node(&log).await.open().await;
    put_ahead(&log, start(), 24 * 3_600 * 1_000);
    let settings = Settings {
        heads_poll_ms: u64::MAX,
        ..Settings::default()
    };
    let world = World::on_node(1, log.clone(), settings).await;
    let refused = try_set(&world, "a day too early").await;
    assert!(
        matches!(refused, Err(EngineError::ClockSkewed { ahead_ms, .. }) if ahead_ms >= 86_400_000),
        "{refused:?}"
    );
    assert_eq!(world.shown(0).await, "");
}

#[tokio::test]
async fn a_log_without_a_clock_judges_none() {
    let world = node(&Arc::new(MemoryLog::new())).await;
    world.open().await;
    world.clock.set(Instant::from_micros(0));
    world.set(0, "by the only clock there is").await;
    assert!(matches!(world.engine.readiness(), Readiness::Ready));
}
