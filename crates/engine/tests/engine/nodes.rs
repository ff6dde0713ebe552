//! Several engines on one log, as nodes on one database: what is committed through one is soon known to all.

use std::sync::Arc;

use futures_util::StreamExt as _;
use roadbook_domain::Version;
use roadbook_engine::{FeedItem, Filter, MomentSelector, Settings};
use roadbook_store::{MemoryLog, verify_log};

use crate::world::{ACTIONS, MAP, World, set};

/// A node that looks at the heads all the time: the log in memory wakes nobody.
async fn node(number: u64, log: &Arc<MemoryLog>) -> World {
    let settings = Settings {
        heads_poll_ms: 1,
        page_events: 3,
        ..Settings::default()
    };
    World::on_node(number, log.clone(), settings).await
}

/// A node that never looks, unless it is asked to reach something.
async fn sleepy_node(number: u64, log: &Arc<MemoryLog>) -> World {
    let settings = Settings {
        heads_poll_ms: u64::MAX,
        ..Settings::default()
    };
    World::on_node(number, log.clone(), settings).await
}

#[tokio::test]
async fn a_follower_hears_of_every_event_of_every_node_once_and_in_order() {
    let log = Arc::new(MemoryLog::new());
    let here = node(0, &log).await;
    here.open().await;
    let there = node(1, &log).await;
    let start = there.now().await.version;
    let map = there.map().await;
    let mut heard = Box::pin(map.follow(start, Filter::default()).unwrap());
    let base = here.now().await.base();
    let mut editing = Vec::new();
    for (node, number) in (0..ACTIONS * 6).map(|number| (number % 2, number)) {
        let world = if node == 0 { &here } else { &there };
        let cell = set(number % ACTIONS, &format!("text {number}"));
        // Twins of one batch: half of one must never be seen.
        let twin = set((number + 1) % ACTIONS, &format!("twin {number}"));
        let mut request = world.request(base, vec![cell, twin]);
        request.reason = Some(number.to_string());
        let engine = Arc::clone(&world.engine);
        editing.push(tokio::spawn(async move { engine.edit(MAP, request).await }));
    }
    let mut last = start;
    for edit in editing {
        if let Ok(done) = edit.await.unwrap() {
            last = last.max(done.published.moment.version);
        }
    }
    let mut next = start.0 + 1;
    while next <= last.0 {
        match heard.next().await.unwrap() {
            FeedItem::Changed(change) => {
                let event = change.event();
                assert_eq!(event.version.0, next);
                assert_eq!(change.published().moment.version, event.batch);
                next += 1;
            }
            FeedItem::CaughtUp { .. } | FeedItem::StandingChanged => {}
            FeedItem::Resync { reason, .. } => panic!("{reason:?}"),
        }
    }
    assert!(last > start);
    let (one, other) = (here.map().await, there.map().await);
    one.reach(last).await.unwrap();
    other.reach(last).await.unwrap();
    assert_eq!(one.current().state, other.current().state);
    assert_eq!(one.current().effective_max, other.current().effective_max);
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn what_one_node_answered_is_known_to_the_next_one_asked() {
    let log = Arc::new(MemoryLog::new());
    let here = sleepy_node(0, &log).await;
    here.open().await;
    let there = sleepy_node(1, &log).await;
    let before = there.now().await.version;
    let done = here.set(0, "written here").await;
    assert_eq!(there.now().await.version, before);
    // An edit on top of it.
    let base = done.published.moment.base();
    let edit = there.request(base, vec![set(0, "written there")]);
    let done = there.engine.edit(MAP, edit).await.unwrap();
    assert_eq!(there.shown(0).await, "written there");
    // A read of its version.
    let version = done.published.moment.version;
    let at = here.map().await.at(&MomentSelector::Version(version)).await;
    assert_eq!(at.unwrap().moment.version, version);
    assert_eq!(here.shown(0).await, "written there");
}

#[tokio::test]
async fn a_version_that_no_node_wrote_still_lies_ahead() {
    let log = Arc::new(MemoryLog::new());
    let here = sleepy_node(0, &log).await;
    here.open().await;
    let map = here.map().await;
    let ahead = Version(here.now().await.version.0 + 1);
    map.reach(ahead).await.unwrap();
    assert!(map.current().moment.version < ahead);
    assert!(map.at(&MomentSelector::Version(ahead)).await.is_err());
}

#[tokio::test]
async fn a_road_map_opened_on_one_node_is_there_on_another() {
    let log = Arc::new(MemoryLog::new());
    let here = node(0, &log).await;
    let there = node(1, &log).await;
    assert!(there.engine.road_map(MAP).await.unwrap().is_none());
    here.open().await;
    assert_eq!(there.map().await.current().state.slug(), "cyber");
}
