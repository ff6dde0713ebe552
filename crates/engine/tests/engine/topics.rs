//! Topics: a batch reaches those whom it concerns and wakes nobody else, and nobody misses one by that.

use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use roadbook_domain::Sight;
use roadbook_engine::{FeedItem, Filter, Rendering, RenderingKey, Settings};
use roadbook_store::MemoryLog;
use uuid::Uuid;

use crate::world::{ACTIONS, MAP, OTHER, STRAND, TEXT, World, action, set};

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn world() -> World {
    let world = World::on(Arc::new(MemoryLog::new()), Settings::default()).await;
    world.open().await;
    world
}

fn filter(subjects: &[&[Uuid]]) -> Filter {
    Filter {
        subjects: subjects.iter().map(|list| list.to_vec()).collect(),
    }
}

/// Looks whether there is an item, and is woken when there may be one.
fn poll(
    items: &mut (impl Stream<Item = FeedItem> + Unpin),
    woken: &Arc<Woken>,
) -> Option<FeedItem> {
    let waker = Waker::from(Arc::clone(woken));
    match items.poll_next_unpin(&mut Context::from_waker(&waker)) {
        Poll::Ready(item) => Some(item.expect("the stream goes on")),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_batch_wakes_only_those_whom_it_concerns() {
    let world = world().await;
    let map = world.map().await;
    let start = world.now().await.version;
    let mut followers = Vec::new();
    for wanted in [
        filter(&[&[STRAND.0]]),
        filter(&[&[OTHER.0]]),
        filter(&[&[STRAND.0, OTHER.0], &[action(5).0]]),
        filter(&[]),
    ] {
        let mut items = Box::pin(map.follow(start, wanted).unwrap());
        assert!(matches!(
            items.next().await,
            Some(FeedItem::CaughtUp { .. })
        ));
        let woken = Arc::new(Woken::default());
        assert!(poll(&mut items, &woken).is_none());
        followers.push((items, woken));
    }
    world.set(0, "in the first strand").await;
    world.set(5, "in the second strand").await;
    world.set(4, "in the second strand, another action").await;
    let woken: Vec<bool> = followers
        .iter()
        .map(|(_, woken)| woken.0.load(Ordering::Relaxed) > 0)
        .collect();
    assert_eq!(woken, [true, true, true, true]);
    for ((items, woken), expected) in followers.iter_mut().zip([
        vec![start.0 + 1],
        vec![start.0 + 2, start.0 + 3],
        vec![start.0 + 2],
        vec![start.0 + 1, start.0 + 2, start.0 + 3],
    ]) {
        let mut heard = Vec::new();
        while let Some(FeedItem::Changed(change)) = poll(items, woken) {
            heard.push(change.event().version.0);
        }
        assert_eq!(heard, expected);
        woken.0.store(0, Ordering::Relaxed);
    }
    world.set(1, "in the first strand again").await;
    let woken: Vec<bool> = followers
        .iter()
        .map(|(_, woken)| woken.0.load(Ordering::Relaxed) > 0)
        .collect();
    assert_eq!(woken, [true, false, false, true]);
}

#[tokio::test]
async fn an_event_of_several_subjects_is_heard_once() {
    let world = world().await;
    let map = world.map().await;
    let start = world.now().await.version;
    let twice = filter(&[&[STRAND.0, TEXT.0, action(0).0, STRAND.0]]);
    let mut items = Box::pin(map.follow(start, twice).unwrap());
    assert!(matches!(
        items.next().await,
        Some(FeedItem::CaughtUp { .. })
    ));
    world.set(0, "one").await;
    world.set(0, "two").await;
    for version in [start.0 + 1, start.0 + 2] {
        let Some(FeedItem::Changed(change)) = items.next().await else {
            panic!("a change was expected");
        };
        assert_eq!(change.event().version.0, version);
        let key = RenderingKey {
            cohort: 0,
            sight: Sight::Everything,
            standing: 0,
        };
        let rendering = change.rendering(key, || future::ready(None).boxed());
        assert!(rendering.is_some(), "it was read from the log");
    }
}

#[tokio::test]
async fn words_that_are_there_are_found_under_their_key_alone() {
    let world = world().await;
    let map = world.map().await;
    let start = world.now().await.version;
    let mut items = Box::pin(map.follow(start, Filter::default()).unwrap());
    assert!(matches!(
        items.next().await,
        Some(FeedItem::CaughtUp { .. })
    ));
    let base = world.now().await.base();
    let request = world.request(base, vec![set(0, "one"), set(1, "two")]);
    world.engine.edit(MAP, request).await.unwrap();
    let key = RenderingKey {
        cohort: 1,
        sight: Sight::Everything,
        standing: 0,
    };
    let others = [
        RenderingKey { cohort: 2, ..key },
        RenderingKey { standing: 1, ..key },
        RenderingKey {
            sight: Sight::Nothing,
            ..key
        },
    ];
    for version in [start.0 + 1, start.0 + 2] {
        let Some(FeedItem::Changed(change)) = items.next().await else {
            panic!("a change was expected");
        };
        let words = Bytes::from(format!("words of {version}"));
        let change = change.rendered(key).expect_err("nothing is there");
        let making = change.rendering(key, || future::ready(Some(words.clone())).boxed());
        let Some(Rendering::Making(making)) = making else {
            panic!("it was to be made");
        };
        assert_eq!(making.await.as_ref(), Some(&words));
        // Whoever asks again finds it there, and from then on all do.
        change.rendering(key, || panic!("it was made before"));
        for other in others {
            let change = change.clone().rendered(other).expect_err("another key");
            assert_eq!(change.event().version.0, version);
        }
        let found = change.rendered(key).expect("it is there");
        assert_eq!(found.as_ref(), words);
    }
    // Read from the log, it is nobody else's.
    let mut again = Box::pin(map.follow(start, Filter::default()).unwrap());
    let Some(FeedItem::Changed(change)) = again.next().await else {
        panic!("a change was expected");
    };
    assert!(change.rendered(key).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_joins_and_leaves_while_edits_go_on_hears_of_each_of_its_own_once() {
    const EDITS: u128 = 400;
    const LAST: &str = "the last of all";
    let world = Arc::new(world().await);
    let map = world.map().await;
    let start = world.now().await.version;
    let editing = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            let mut versions = Vec::new();
            for edit in 0..EDITS {
                let number = edit % ACTIONS;
                let done = world.set(number, &format!("edit {edit}")).await;
                versions.push((number, done.published.moment.version.0));
            }
            versions
        }
    });
    let mut following = Vec::new();
    for number in 0..16_u128 {
        let map = Arc::clone(&map);
        let strand = if number % 2 == 0 { STRAND.0 } else { OTHER.0 };
        following.push(tokio::spawn(async move {
            let mut heard = Vec::new();
            let mut position = start;
            // Leaves after some items, and comes back from where it was, until it has heard of the end.
            loop {
                let wanted = filter(&[&[strand]]);
                let mut items = Box::pin(map.follow(position, wanted).unwrap());
                for _ in 0..(number + 3) {
                    match items.next().await {
                        Some(FeedItem::Changed(change)) => {
                            let event = change.event();
                            position = event.version;
                            heard.push(event.version.0);
                            if format!("{:?}", event.event).contains(LAST) {
                                return heard;
                            }
                        }
                        Some(FeedItem::CaughtUp { moment }) => position = moment.version,
                        other => panic!("{other:?}"),
                    }
                }
            }
        }));
    }
    let versions = editing.await.unwrap();
    // One batch that touches both strands ends it for everybody.
    let base = world.now().await.base();
    let ends = vec![set(3, LAST), set(7, LAST)];
    let done = world
        .engine
        .edit(MAP, world.request(base, ends))
        .await
        .unwrap();
    let ends: Vec<u64> = done.events.iter().map(|event| event.version.0).collect();
    for (number, follower) in following.into_iter().enumerate() {
        let is_first = number % 2 == 0;
        let mut expected: Vec<u64> = versions
            .iter()
            .filter(|(action, _)| (*action < 4) == is_first)
            .map(|(_, version)| *version)
            .collect();
        expected.push(ends[usize::from(!is_first)]);
        let heard = follower.await.unwrap();
        assert_eq!(heard[..], expected[..], "follower {number}");
    }
}
