//! Two versions on one log: nothing is written before its level, and what is of a later form is never passed over.

use std::sync::Arc;

use futures_util::StreamExt as _;
use roadbook_domain::RoadMapId;
use roadbook_engine::{
    EngineError, FeedItem, Filter, MomentSelector, Readiness, ResyncReason, Settings, StoreError,
};
use roadbook_store::{
    Append, AppendOutcome, EventLog, FormatLevel, MemoryLog, NewEvent, StreamId, Version,
    verify_log,
};
use uuid::Uuid;

use crate::world::{MAP, World, set};

/// A second road map beside that of the world.
const BESIDE: RoadMapId = RoadMapId(Uuid::from_u128(9));

/// A node that looks at the log all the time.
async fn node(number: u64, log: &Arc<MemoryLog>) -> World {
    let settings = Settings {
        heads_poll_ms: 1,
        ..Settings::default()
    };
    World::on_node(number, log.clone(), settings).await
}

/// Appends an event as a later version would: that of the head once more, in another form.
async fn append_of_later_version(log: &MemoryLog, kind: &str, schema: u16) {
    let stream = StreamId(MAP.0);
    let head = log.head(stream).await.unwrap().unwrap().version;
    let page = log.read_sealed(stream, Version(head.0 - 1), 1).await;
    let last = page.unwrap().pop().unwrap();
    let mut header = last.event.header;
    header.version = head.next();
    header.batch = head.next();
    kind.clone_into(&mut header.kind);
    header.schema = schema;
    let append = Append {
        stream_id: stream,
        expected_version: head,
        events: vec![NewEvent {
            header,
            payload: last.event.payload.unwrap(),
            salt: last.salt.unwrap(),
        }],
        commands: Vec::new(),
    };
    let outcomes = log.append_batch(vec![append]).await.unwrap();
    assert!(matches!(outcomes[..], [AppendOutcome::Appended { .. }]));
    verify_log(log, &mut |_| {}).await.unwrap();
}

#[track_caller]
fn assert_newer<T: std::fmt::Debug>(answer: Result<T, EngineError>, named: &str) {
    match answer {
        Err(EngineError::Store(StoreError::NewerFormat { detail, .. })) => {
            assert!(detail.contains(named), "{detail}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_road_map_that_holds_what_came_later_is_served_no_more_and_others_are() {
    for (kind, schema) in [("CellSigned", 1), ("CellSet", 2)] {
        let log = Arc::new(MemoryLog::new());
        let world = node(0, &log).await;
        world.open().await;
        let beside = world.opening_of(BESIDE);
        world.engine.edit(BESIDE, beside).await.unwrap();
        let start = world.now().await;
        let map = world.map().await;
        let mut followed = Box::pin(map.follow(start.version, Filter::default()).unwrap());
        assert!(world.measured("road_maps_not_served 0"));

        append_of_later_version(&log, kind, schema).await;

        let told = loop {
            match followed.next().await.unwrap() {
                FeedItem::CaughtUp { .. } => {}
                other => break other,
            }
        };
        let FeedItem::Resync {
            resume_after,
            reason,
        } = told
        else {
            panic!("the event was told as {told:?}");
        };
        assert_eq!(
            (resume_after, reason),
            (start.version, ResyncReason::NewerFormat)
        );
        assert!(followed.next().await.is_none());
        assert_newer(world.engine.road_map(MAP).await, kind);
        let edit = world.request(start.base(), vec![set(0, "not seen")]);
        assert_newer(world.engine.edit(MAP, edit).await, kind);
        assert!(world.measured("road_maps_not_served 1"));
        let readiness = world.engine.readiness();
        assert!(matches!(readiness, Readiness::Ready), "{readiness:?}");

        let beside = world.engine.road_map(BESIDE).await.unwrap().unwrap();
        assert_eq!(beside.current().state.slug(), "cyber");
        let listed = world.engine.road_maps(None, 1).await.unwrap();
        let ids: Vec<RoadMapId> = listed.served.iter().map(|served| served.id()).collect();
        assert_eq!((ids, listed.not_served.len()), (vec![BESIDE], 1));
    }
}

#[tokio::test]
async fn a_node_that_starts_finds_what_came_later_and_does_not_serve_it() {
    let log = Arc::new(MemoryLog::new());
    let world = node(0, &log).await;
    world.open().await;
    world.set(0, "one").await;
    world.engine.stop().await;
    append_of_later_version(&log, "CellSigned", 1).await;

    let fresh = node(1, &log).await;
    for _ in 0..2 {
        assert_newer(fresh.engine.road_map(MAP).await, "CellSigned");
    }
    assert!(fresh.measured("road_maps_not_served 1"));
}

#[tokio::test]
async fn one_who_asks_for_a_version_of_another_node_is_told_at_once() {
    let log = Arc::new(MemoryLog::new());
    let settings = Settings {
        heads_poll_ms: u64::MAX,
        catch_up_wait_ms: u64::MAX,
        ..Settings::default()
    };
    let world = World::on(log.clone(), settings).await;
    world.open().await;
    let map = world.map().await;
    append_of_later_version(&log, "CellSigned", 1).await;
    let version = world.now().await.version.next();
    let asked = map.at(&MomentSelector::Version(version)).await;
    assert_newer(asked, "CellSigned");
}

#[tokio::test]
async fn nothing_is_written_before_the_level_of_the_log_allows_it() {
    let log = Arc::new(MemoryLog::of_format_level(FormatLevel(0)));
    let world = node(0, &log).await;
    let opening = world.opening_of(MAP);
    let refused = world.engine.edit(MAP, opening.clone()).await;
    let Err(EngineError::UpgradeUnfinished(refused)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (refused.needs, refused.level),
        (FormatLevel(1), FormatLevel(0))
    );
    assert_eq!(log.head(StreamId(MAP.0)).await.unwrap(), None);

    log.raise_format_level(FormatLevel(1)).await.unwrap();
    // The node finds that out when it looks at the log next.
    loop {
        match world.engine.edit(MAP, opening.clone()).await {
            Err(EngineError::UpgradeUnfinished(_)) => tokio::task::yield_now().await,
            answer => break drop(answer.unwrap()),
        }
    }
    let head = log.head(StreamId(MAP.0)).await.unwrap().unwrap();
    assert_eq!(world.now().await.version.0, head.version.0);
}
