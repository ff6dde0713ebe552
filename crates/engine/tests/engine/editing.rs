//! Edits: many at once, repeated, refused, and on a log that fails.

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use roadbook_domain::{Base, Command, Outcome, Refusal, Thing, Version};
use roadbook_engine::{EngineError, MomentSelector, Settings};
use roadbook_store::testing::FaultyLog;
use roadbook_store::{EventLog, MemoryLog, StreamId, verify_log};

use crate::world::{ACTIONS, MAP, World, action, set};

async fn world() -> World {
    World::on(Arc::new(MemoryLog::new()), Settings::default()).await
}

#[tokio::test]
async fn different_cells_never_conflict_however_stale_their_base() {
    let world = world().await;
    let opened = world.open().await;
    let base = opened.published.moment.base();
    let mut edits = Vec::new();
    for number in 0..ACTIONS {
        let request = world.request(base, vec![set(number, &format!("text {number}"))]);
        let engine = Arc::clone(&world.engine);
        edits.push(tokio::spawn(async move { engine.edit(MAP, request).await }));
    }
    for edit in edits {
        let done = edit.await.unwrap().unwrap();
        assert_eq!(done.outcomes, [Outcome::Applied]);
    }
    for number in 0..ACTIONS {
        assert_eq!(world.shown(number).await, format!("text {number}"));
    }
    let version = world.now().await.version;
    assert_eq!(
        version.0,
        opened.published.moment.version.0 + u64::try_from(ACTIONS).unwrap()
    );
}

#[tokio::test]
async fn the_same_cell_merges_or_comes_back_as_a_conflict() {
    let world = world().await;
    world.open().await;
    world
        .set(0, "The Council adopted the first text in May")
        .await;
    let base = world.now().await.base();
    world
        .set(0, "The Council adopted the second text in May")
        .await;
    let merging = "The Council adopted the first text in May and published it";
    let request = world.request(base, vec![set(0, merging)]);
    let done = world.engine.edit(MAP, request).await.unwrap();
    assert_eq!(done.outcomes, [Outcome::Merged]);
    assert_eq!(
        world.shown(0).await,
        "The Council adopted the second text in May and published it"
    );
    let clashing = "The Council adopted the third text in May";
    let request = world.request(base, vec![set(0, clashing)]);
    let Err(EngineError::Conflicts(conflicts)) = world.engine.edit(MAP, request).await else {
        panic!("an overlapping change must come back");
    };
    assert_eq!(conflicts[0].yours.printed(), clashing);
    assert!(conflicts[0].theirs.printed().contains("second"));
    assert!(conflicts[0].base.printed().contains("first"));
}

#[tokio::test]
async fn a_repeated_edit_answers_the_same_and_changes_nothing() {
    let world = world().await;
    world.open().await;
    let base = world.now().await.base();
    let request = world.request(base, vec![set(0, "once")]);
    let first = world.engine.edit(MAP, request.clone()).await.unwrap();
    world.set(0, "meanwhile").await;
    let version = world.now().await.version;
    let again = world.engine.edit(MAP, request.clone()).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(again.outcomes, first.outcomes);
    assert_eq!(again.events, first.events);
    assert_eq!(again.published.moment, first.published.moment);
    assert_eq!(world.now().await.version, version);
    let mut other = request;
    other.commands = vec![set(0, "something else")];
    let reused = world.engine.edit(MAP, other).await;
    assert!(
        matches!(reused, Err(EngineError::CommandIdReused)),
        "{reused:?}"
    );
}

#[tokio::test]
async fn an_edit_that_changed_nothing_is_remembered_too() {
    let world = world().await;
    world.open().await;
    world.set(0, "so already").await;
    let base = world.now().await.base();
    let request = world.request(base, vec![set(0, "so already")]);
    let first = world.engine.edit(MAP, request.clone()).await.unwrap();
    assert_eq!(first.outcomes, [Outcome::Unchanged]);
    assert!(first.events.is_empty());
    world.set(0, "other").await;
    let again = world.engine.edit(MAP, request).await.unwrap();
    assert_eq!(again.outcomes, [Outcome::Unchanged]);
    assert_eq!(world.shown(0).await, "other");
}

#[tokio::test]
async fn the_same_edit_sent_twice_at_once_is_done_once() {
    let world = world().await;
    world.open().await;
    let request = world.request(world.now().await.base(), vec![set(0, "once")]);
    let (first, second) = tokio::join!(
        world.engine.edit(MAP, request.clone()),
        world.engine.edit(MAP, request)
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.repeated != second.repeated);
    assert_eq!(first.events, second.events);
}

#[tokio::test]
async fn a_refused_edit_leaves_no_trace() {
    let log = Arc::new(MemoryLog::new());
    let world = World::on(log.clone(), Settings::default()).await;
    world.open().await;
    let before = log.head(StreamId(MAP.0)).await.unwrap();
    let nobody = Command::Remove {
        thing: Thing::Action(action(99)),
        hiding: Vec::new(),
    };
    let request = world.request(world.now().await.base(), vec![set(0, "half"), nobody]);
    let refused = world.engine.edit(MAP, request.clone()).await;
    let Err(EngineError::Refused(refusals)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        matches!(refusals[0], (Some(1), Refusal::NotFound(_))),
        "{refusals:?}"
    );
    assert_eq!(log.head(StreamId(MAP.0)).await.unwrap(), before);
    assert_eq!(world.shown(0).await, "");
    let known = log.commands(StreamId(MAP.0), &[request.command_id]).await;
    assert!(known.unwrap().is_empty());
}

#[tokio::test]
async fn a_road_map_that_was_never_opened_is_not_found_and_not_kept() {
    let world = world().await;
    let request = world.request(Base::NOTHING, vec![set(0, "nowhere")]);
    let missing = world.engine.edit(MAP, request).await;
    assert!(
        matches!(missing, Err(EngineError::NotFound(_))),
        "{missing:?}"
    );
    assert!(world.engine.road_map(MAP).await.unwrap().is_none());
    let listed = world.engine.road_maps(None, 10).await.unwrap();
    assert!(listed.served.is_empty() && listed.not_served.is_empty());
}

#[tokio::test]
async fn recorded_times_grow_though_the_clock_steps_back() {
    let world = world().await;
    world.open().await;
    let first = world.set(0, "one").await;
    world.clock.set(roadbook_domain::Instant::from_micros(0));
    let second = world.set(0, "two").await;
    assert!(second.events[0].recorded_at > first.events[0].recorded_at);
    assert_eq!(world.shown(0).await, "two");
}

#[tokio::test]
async fn an_append_that_fails_changes_nothing_and_the_next_one_succeeds() {
    let faulty = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    let world = World::on(faulty.clone(), Settings::default()).await;
    world.open().await;
    let before = world.now().await;
    faulty.fail_append(faulty.append_calls() + 1);
    let request = world.request(before.base(), vec![set(0, "lost")]);
    let failed = world.engine.edit(MAP, request.clone()).await;
    assert!(matches!(failed, Err(EngineError::Store(_))), "{failed:?}");
    assert_eq!(world.now().await, before);
    let done = world.engine.edit(MAP, request).await.unwrap();
    assert!(!done.repeated);
    assert_eq!(world.shown(0).await, "lost");
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_neither_lost_nor_done_twice() {
    let faulty = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    let world = World::on(faulty.clone(), Settings::default()).await;
    world.open().await;
    let before = world.now().await.version;
    faulty.lose_answer(faulty.append_calls() + 1);
    let done = world.set(0, "kept").await;
    assert_eq!(done.outcomes, [Outcome::Applied]);
    assert_eq!(world.now().await.version, before.next());
    assert_eq!(world.shown(0).await, "kept");
    assert_eq!(
        world.set(1, "and on").await.events[0].version,
        Version(before.0 + 2)
    );
    verify_log(&*faulty, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn two_engines_on_one_log_decide_again_when_the_other_came_first() {
    let log = Arc::new(MemoryLog::new());
    let here = World::on(log.clone(), Settings::default()).await;
    here.open().await;
    let there = World::on(log.clone(), Settings::default()).await;
    assert_eq!(there.shown(0).await, "");
    for round in 0..20 {
        let base = here.now().await.base();
        let mut first = here.request(base, vec![set(0, &format!("here {round}"))]);
        first.command_id = uuid::Uuid::from_u128(50_000 + round);
        let mut second = there.request(
            there.now().await.base(),
            vec![set(1, &format!("there {round}"))],
        );
        second.command_id = uuid::Uuid::from_u128(60_000 + round);
        let (first, second) =
            tokio::join!(here.engine.edit(MAP, first), there.engine.edit(MAP, second));
        first.unwrap();
        second.unwrap();
    }
    let third = World::on(log.clone(), Settings::default()).await;
    assert_eq!(third.shown(0).await, "here 19");
    assert_eq!(third.shown(1).await, "there 19");
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn stopping_answers_what_was_taken_on_and_refuses_what_comes_after() {
    let world = world().await;
    world.open().await;
    let base = world.now().await.base();
    let mut edits = Vec::new();
    for number in 0..ACTIONS {
        let request = world.request(base, vec![set(number, "in flight")]);
        let engine = Arc::clone(&world.engine);
        edits.push(tokio::spawn(async move { engine.edit(MAP, request).await }));
    }
    tokio::task::yield_now().await;
    world.engine.stop().await;
    for edit in edits {
        match edit.await.unwrap() {
            Ok(done) => assert_eq!(done.outcomes, [Outcome::Applied]),
            Err(error) => assert!(matches!(error, EngineError::Stopping), "{error}"),
        }
    }
    let request = world.request(base, vec![set(0, "too late")]);
    let late = world.engine.edit(MAP, request).await;
    assert!(matches!(late, Err(EngineError::Stopping)), "{late:?}");
}

#[tokio::test]
async fn a_full_inbox_is_told_at_once() {
    let settings = Settings {
        inbox_edits_max: 1,
        ..Settings::default()
    };
    let world = World::on(Arc::new(MemoryLog::new()), settings).await;
    world.open().await;
    let base = world.now().await.base();
    // Polled in turn on one thread, the writer cannot take anything on before the second edit arrives.
    let first = world
        .engine
        .edit(MAP, world.request(base, vec![set(0, "first")]));
    let second = world
        .engine
        .edit(MAP, world.request(base, vec![set(1, "second")]));
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok(), "{first:?}");
    assert!(matches!(second, Err(EngineError::Overloaded)), "{second:?}");
}

#[tokio::test]
async fn a_version_ahead_of_the_road_map_is_no_moment() {
    let world = world().await;
    world.open().await;
    let ahead = MomentSelector::Version(Version(1_000));
    let refused = world.map().await.at(&ahead).await;
    assert!(
        matches!(refused, Err(EngineError::BadMoment(_))),
        "{refused:?}"
    );
    let base = Base {
        version: Version(1_000),
        effective: world.now().await.effective,
    };
    let request = world.request(base, vec![set(0, "from the future")]);
    let refused = world.engine.edit(MAP, request).await;
    assert!(
        matches!(refused, Err(EngineError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn edits_are_counted_by_how_they_ended() {
    let world = world().await;
    world.open().await;
    let base = world.now().await.base();
    let edit = world.request(base, vec![set(0, "the first text")]);
    world.engine.edit(MAP, edit.clone()).await.unwrap();
    world.engine.edit(MAP, edit).await.unwrap();
    let clash = world.request(base, vec![set(0, "a second text")]);
    world.engine.edit(MAP, clash).await.unwrap_err();
    let nothing = world.request(base, Vec::new());
    world.engine.edit(MAP, nothing).await.unwrap_err();
    let mut registry = Registry::default();
    world.engine.measures().register(&mut registry);
    let mut page = String::new();
    encode(&mut page, &registry).unwrap();
    for line in [
        "edits_total{end=\"Accepted\"} 2",
        "edits_total{end=\"Repeated\"} 1",
        "edits_total{end=\"Conflict\"} 1",
        "edits_total{end=\"Refused\"} 1",
        "commit_seconds_count 3",
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
}
