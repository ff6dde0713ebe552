//! The live feed: no gap and no duplicate, however the follower joins, lags or resumes.

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use roadbook_domain::{Instant, Version};
use roadbook_engine::{
    Clock as _, EngineError, FeedItem, Filter, Follower, ResyncReason, RoadMap, Settings,
};
use roadbook_store::MemoryLog;
use roadbook_store::testing::FaultyLog;

use crate::world::{MAP, OTHER, STRAND, TEXT, World, action, set};

async fn world(settings: Settings) -> World {
    let world = World::on(Arc::new(MemoryLog::new()), settings).await;
    world.open().await;
    world
}

/// A follower who has nothing to read and waits.
async fn live(map: &Arc<RoadMap>, after: Version, filter: Filter) -> Follower {
    let mut items = map.follow(after, filter).unwrap();
    let first = items.next().await;
    assert!(matches!(first, Some(FeedItem::CaughtUp { .. })));
    items
}

/// Where a follower is told to resume, and why.
async fn resync(items: &mut Follower) -> (Version, ResyncReason) {
    match items.next().await {
        Some(FeedItem::Resync {
            resume_after,
            reason,
        }) => (resume_after, reason),
        other => panic!("a follower must be told, not {other:?}"),
    }
}

/// The versions that a follower hears of until it has heard of the last one.
async fn versions_until(
    items: &mut (impl Stream<Item = FeedItem> + Unpin),
    last: Version,
) -> Vec<u64> {
    let mut heard = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            FeedItem::Changed(change) => {
                let event = change.event();
                assert!(change.published().moment.version >= event.version);
                heard.push(event.version.0);
                if event.version == last {
                    return heard;
                }
            }
            FeedItem::CaughtUp { .. } | FeedItem::StandingChanged => {}
            FeedItem::Resync { reason, .. } => panic!("{reason:?}"),
        }
    }
    panic!("the stream ended before {last}");
}

#[tokio::test]
async fn history_and_live_tail_join_without_gap_or_duplicate() {
    let world = world(Settings {
        page_events: 3,
        ..Settings::default()
    })
    .await;
    for edit in 0..20 {
        world.set(0, &format!("before {edit}")).await;
    }
    let map = world.map().await;
    let follow = |after| Box::pin(map.follow(Version(after), Filter::default()).unwrap());
    let mut items = follow(0);
    // The first item is read while nothing happens, the others while edits go on.
    assert!(matches!(items.next().await, Some(FeedItem::Changed { .. })));
    let engine = Arc::clone(&world.engine);
    let base = world.now().await.base();
    let requests: Vec<_> = (0..50)
        .map(|edit| world.request(base, vec![set(edit % 8, &format!("during {edit}"))]))
        .collect();
    let editing = tokio::spawn(async move {
        let mut last = Version::ZERO;
        for request in requests {
            if let Ok(done) = engine.edit(MAP, request).await {
                last = done.published.moment.version;
            }
        }
        last
    });
    let last = editing.await.unwrap();
    let heard = versions_until(&mut items, last).await;
    assert_eq!(heard, (2..=last.0).collect::<Vec<_>>());
    let mut resumed = follow(17);
    let heard = versions_until(&mut resumed, last).await;
    assert_eq!(heard, (18..=last.0).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_filter_hears_of_its_strands_and_columns_only() {
    let world = world(Settings::default()).await;
    let start = world.now().await.version;
    let map = world.map().await;
    let filter = Filter {
        subjects: vec![vec![OTHER.0], vec![TEXT.0]],
    };
    let mut live = Box::pin(map.follow(start, filter.clone()).unwrap());
    assert!(matches!(live.next().await, Some(FeedItem::CaughtUp { .. })));
    for number in [0, 4, 1, 5, 2, 6] {
        world.set(number, "changed").await;
    }
    let last = world.now().await.version;
    let expected = vec![start.0 + 2, start.0 + 4, start.0 + 6];
    assert_eq!(versions_until(&mut live, last).await, expected);
    let mut later = Box::pin(map.follow(start, filter).unwrap());
    assert_eq!(versions_until(&mut later, last).await, expected);
    let one = Filter {
        subjects: vec![vec![STRAND.0, OTHER.0], vec![action(4).0]],
    };
    let mut one = Box::pin(map.follow(start, one).unwrap());
    let heard = versions_until(&mut one, Version(start.0 + 2)).await;
    assert_eq!(heard, [start.0 + 2]);
}

#[tokio::test]
async fn a_slow_follower_reads_on_from_history() {
    let world = world(Settings {
        feed_batches_max: 4,
        ..Settings::default()
    })
    .await;
    let start = world.now().await.version;
    let map = world.map().await;
    let mut items = live(&map, start, Filter::default()).await;
    for edit in 0..60 {
        world.set(0, &format!("edit {edit}")).await;
    }
    let last = world.now().await.version;
    let heard = versions_until(&mut items, last).await;
    assert_eq!(heard, (start.0 + 1..=last.0).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_follower_that_stays_behind_is_told_where_to_resume() {
    let settings = Settings {
        feed_batches_max: 2,
        feed_fallbacks_max: 1,
        ..Settings::default()
    };
    let world = world(settings).await;
    let start = world.now().await.version;
    let map = world.map().await;
    let mut items = Box::pin(map.follow(start, Filter::default()).unwrap());
    let mut heard = Vec::new();
    let resume = loop {
        for edit in 0..10 {
            world
                .set(0, &format!("edit {edit} after {}", heard.len()))
                .await;
        }
        match items.next().await {
            Some(FeedItem::Changed(change)) => heard.push(change.event().version.0),
            Some(FeedItem::CaughtUp { .. } | FeedItem::StandingChanged) => {}
            Some(FeedItem::Resync {
                resume_after,
                reason,
            }) => {
                assert_eq!(reason, ResyncReason::Overflow);
                break resume_after;
            }
            None => panic!("the stream ended without a word"),
        }
    };
    assert!(items.next().await.is_none());
    let last = world.now().await.version;
    let mut again = Box::pin(map.follow(resume, Filter::default()).unwrap());
    heard.extend(versions_until(&mut again, last).await);
    assert_eq!(heard, (start.0 + 1..=last.0).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_follower_whose_log_fails_at_any_read_resumes_without_gap_or_duplicate() {
    let log = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    // Nothing is at hand, so that every state is read.
    let settings = Settings {
        page_events: 4,
        recent_states_max: 1,
        past_states_max: 0,
        ..Settings::default()
    };
    let world = World::on(log.clone(), settings).await;
    world.open().await;
    let start = world.now().await.version;
    for edit in 0..6 {
        world.set(edit % 2 * 4, &format!("edit {edit}")).await;
    }
    let map = world.map().await;
    let filter = Filter {
        subjects: vec![vec![OTHER.0]],
    };
    let expected = [start.0 + 2, start.0 + 4, start.0 + 6];
    let mut failures = 0;
    for read in 1.. {
        let reads = log.reads();
        log.fail_read(reads + read);
        let mut heard = Vec::new();
        let mut items = Box::pin(map.follow(start, filter.clone()).unwrap());
        loop {
            match items.next().await.expect("a follower is told of its end") {
                FeedItem::Changed(change) => heard.push(change.event().version.0),
                FeedItem::StandingChanged => {}
                FeedItem::CaughtUp { .. } => break,
                FeedItem::Resync {
                    resume_after,
                    reason,
                } => {
                    assert_eq!(reason, ResyncReason::Unavailable);
                    failures += 1;
                    items = Box::pin(map.follow(resume_after, filter.clone()).unwrap());
                }
            }
        }
        assert_eq!(heard, expected, "with read {read} failed");
        if log.reads() < reads + read {
            break;
        }
    }
    assert!(failures > 3, "only {failures} reads could fail");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_follower_is_told_how_far_it_has_come() {
    let world = world(Settings::default()).await;
    let map = world.map().await;
    let start = world.now().await.version;
    let filter = Filter {
        subjects: vec![vec![OTHER.0]],
    };
    let mut items = live(&map, start, filter).await;
    world.set(0, "in the other strand").await;
    let Some(FeedItem::CaughtUp { moment }) = items.next().await else {
        panic!("a quiet cursor must move");
    };
    assert_eq!(moment.version, start.next());
}

#[tokio::test]
async fn followers_are_told_when_the_engine_stops() {
    let world = world(Settings::default()).await;
    let map = world.map().await;
    let start = world.now().await.version;
    let mut items = live(&map, start, Filter::default()).await;
    world.engine.stop().await;
    assert_eq!(resync(&mut items).await, (start, ResyncReason::Draining));
    assert!(items.next().await.is_none());
}

#[tokio::test]
async fn followers_are_sent_on_before_edits_are_refused() {
    let world = world(Settings::default()).await;
    let map = world.map().await;
    let start = world.now().await.version;
    let mut items = live(&map, start, Filter::default()).await;
    world.engine.drain();
    let told = items.next().await;
    assert!(
        matches!(
            told,
            Some(FeedItem::Resync {
                reason: ResyncReason::Draining,
                ..
            })
        ),
        "{told:?}"
    );
    world.set(0, "while others leave").await;
}

#[tokio::test]
async fn one_who_was_behind_when_others_were_sent_on_is_told_once_it_has_caught_up() {
    let world = world(Settings {
        feed_batches_max: 2,
        ..Settings::default()
    })
    .await;
    let map = world.map().await;
    let start = world.now().await.version;
    let mut items = live(&map, start, Filter::default()).await;
    world.engine.drain();
    // What it was told has no room any more.
    for edit in 0..10 {
        world.set(0, &format!("edit {edit}")).await;
    }
    let last = world.now().await.version;
    let heard = versions_until(&mut items, last).await;
    assert_eq!(heard, (start.0 + 1..=last.0).collect::<Vec<_>>());
    assert!(matches!(
        items.next().await,
        Some(FeedItem::CaughtUp { .. })
    ));
    assert_eq!(resync(&mut items).await, (last, ResyncReason::Draining));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_follower_is_told_that_rights_may_have_changed() {
    let world = world(Settings::default()).await;
    let map = world.map().await;
    let start = world.now().await.version;
    let filter = Filter {
        subjects: vec![vec![OTHER.0]],
    };
    let mut items = live(&map, start, filter).await;
    let tomorrow = world.clock.now().brussels_day().tomorrow().unwrap();
    world.clock.set(Instant::start_of_day(tomorrow));
    let mut told = items.next().await;
    // Quiet items may come before it.
    for _ in 0..10 {
        if !matches!(told, Some(FeedItem::CaughtUp { .. })) {
            break;
        }
        told = items.next().await;
    }
    assert!(matches!(told, Some(FeedItem::StandingChanged)), "{told:?}");
}

#[tokio::test]
async fn a_cursor_ahead_of_the_road_map_is_refused() {
    let world = world(Settings::default()).await;
    let map = world.map().await;
    let ahead = map.follow(Version(1_000), Filter::default()).err();
    assert!(
        matches!(ahead, Some(EngineError::BadMoment(_))),
        "{ahead:?}"
    );
}
