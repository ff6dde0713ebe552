//! Quotas: what a road map takes up is counted alike by everyone, and an edit beyond a quota leaves no trace.

use std::sync::Arc;

use roadbook_engine::{EngineError, FORMAT_LEVEL, Quota, Settings, Usage};
use roadbook_store::{EventLog, MemoryLog, StreamId, Version, verify_log};

use crate::world::{MAP, World, set};

/// Counted from the log itself.
async fn counted(log: &MemoryLog) -> Usage {
    let mut usage = Usage::default();
    let all = log.read_versions(
        StreamId(MAP.0),
        Version::NONE,
        Version::MAX,
        &[],
        usize::MAX,
    );
    for event in all.await.unwrap() {
        let bytes = event.payload.unwrap().len() as u64;
        usage.bytes += bytes;
        let organisation = Arc::from(event.header.author.as_str());
        *usage.by_organisation.entry(organisation).or_default() += bytes;
    }
    usage
}

async fn known(world: &World) -> Usage {
    world.map().await.current().usage.clone()
}

/// Sets a cell as an organisation, on top of the current state.
async fn set_as(world: &World, organisation: &str, text: &str) -> Result<(), EngineError> {
    let base = world.now().await.base();
    let mut request = world.request(base, vec![set(0, text)]);
    request.author.organisation = organisation.to_owned();
    world.engine.edit(MAP, request).await.map(drop)
}

#[tokio::test]
async fn what_is_taken_up_is_known_to_the_writer_to_other_nodes_and_after_a_restart() {
    let log = Arc::new(MemoryLog::of_format_level(FORMAT_LEVEL));
    let settings = Settings {
        heads_poll_ms: 1,
        page_events: 3,
        snapshot_spacing_events: 5,
        ..Settings::default()
    };
    let world = World::on_node(0, log.clone(), settings.clone()).await;
    world.open().await;
    world.let_lead("EE").await;
    let other = World::on_node(1, log.clone(), settings.clone()).await;
    other.map().await;
    for number in 0..7 {
        let organisation = ["NL", "EE"][number % 2];
        set_as(&world, organisation, &"word ".repeat(number + 1))
            .await
            .unwrap();
    }
    let expected = counted(&log).await;
    assert_eq!(expected.by_organisation.len(), 3);
    assert_eq!(known(&world).await, expected);
    let last = world.now().await.version;
    other.map().await.reach(last).await.unwrap();
    assert_eq!(known(&other).await, expected);
    // From a snapshot, and from a snapshot that lacks the last events.
    world.engine.stop().await;
    let restarted = World::on_node(2, log.clone(), settings.clone()).await;
    assert_eq!(known(&restarted).await, expected);
    set_as(&restarted, "NL", "one more").await.unwrap();
    let again = World::on_node(3, log.clone(), settings).await;
    assert_eq!(known(&again).await, counted(&log).await);
}

#[tokio::test]
async fn an_edit_beyond_a_quota_is_refused_and_changes_nothing() {
    let log = Arc::new(MemoryLog::new());
    let world = World::on(log.clone(), Settings::default()).await;
    world.open().await;
    set_as(&world, "NL", "the first text of the Netherlands")
        .await
        .unwrap();
    world.engine.stop().await;
    let usage = counted(&log).await;
    let of_the_netherlands = usage.by_organisation["NL"];
    let head = log.head(StreamId(MAP.0)).await.unwrap().unwrap().version;
    for (node, quota, bound) in [
        (1, Quota::RoadMapEvents, head.0),
        (2, Quota::RoadMapBytes, usage.bytes + 10),
        (
            3,
            Quota::OrganisationBytes("NL".to_owned()),
            of_the_netherlands + 10,
        ),
    ] {
        let mut settings = Settings::default();
        match quota {
            Quota::RoadMapEvents => settings.road_map_events_max = bound,
            Quota::RoadMapBytes => settings.road_map_bytes_max = bound,
            Quota::OrganisationBytes(_) => settings.organisation_bytes_max = bound,
        }
        let world = World::on_node(node, log.clone(), settings).await;
        let before = world.now().await;
        match set_as(&world, "NL", "the second text of the Netherlands").await {
            Err(EngineError::QuotaExceeded(refused)) => {
                assert_eq!((&refused.quota, refused.max), (&quota, bound));
                assert!(refused.would_be > bound);
            }
            other => panic!("{quota}: {other:?}"),
        }
        assert_eq!(world.now().await, before);
        assert_eq!(
            log.head(StreamId(MAP.0)).await.unwrap().unwrap().version,
            head
        );
        // What is there already can be said again.
        set_as(&world, "NL", "the first text of the Netherlands")
            .await
            .unwrap();
        world.engine.stop().await;
    }
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn an_organisation_at_its_quota_does_not_hold_up_another() {
    let log = Arc::new(MemoryLog::new());
    let world = World::on(log.clone(), Settings::default()).await;
    world.open().await;
    set_as(&world, "NL", "a text").await.unwrap();
    let bound = counted(&log).await.by_organisation["GSC"];
    let settings = Settings {
        organisation_bytes_max: bound,
        ..Settings::default()
    };
    let bounded = World::on_node(1, log, settings).await;
    let refused = set_as(&bounded, "GSC", "one more").await;
    assert!(
        matches!(refused, Err(EngineError::QuotaExceeded(_))),
        "{refused:?}"
    );
    set_as(&bounded, "NL", "one more").await.unwrap();
}
