//! Edits that come in while an append is on its way: decided at once, and on nothing that does not come to be.

use std::sync::Arc;

use roadbook_domain::{Command, Outcome, Thing, Version};
use roadbook_engine::{EditDone, EditRequest, EngineError, Settings};
use roadbook_store::testing::{DelayedAppend, FaultyLog};
use roadbook_store::{MemoryLog, verify_log};
use tokio::task::JoinHandle;

use crate::world::{MAP, World, action, set};

type Answer = JoinHandle<Result<EditDone, EngineError>>;

async fn world() -> (World, Arc<FaultyLog>) {
    let log = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    let world = World::on(log.clone(), Settings::default()).await;
    world.open().await;
    (world, log)
}

fn send(world: &World, request: EditRequest) -> Answer {
    let engine = Arc::clone(&world.engine);
    tokio::spawn(async move { engine.edit(MAP, request).await })
}

async fn commands(world: &World, commands: Vec<Command>) -> EditRequest {
    world.request(world.now().await.base(), commands)
}

/// Sends an edit whose append then waits at the log.
async fn send_delayed(
    world: &World,
    log: &FaultyLog,
    request: EditRequest,
) -> (Answer, DelayedAppend) {
    let mut delayed = log.delay_append(log.append_calls() + 1);
    let answer = send(world, request);
    delayed.arrived().await;
    (answer, delayed)
}

/// Sends an edit, and returns when it is decided: that is when its event has its id.
async fn send_and_see_decided(world: &World, request: EditRequest) -> Answer {
    let ids = world.ids.given();
    let answer = send(world, request);
    while world.ids.given() == ids {
        tokio::task::yield_now().await;
    }
    answer
}

fn remove(number: u128) -> Command {
    Command::Remove {
        thing: Thing::Action(action(number)),
        hiding: Vec::new(),
    }
}

#[tokio::test]
async fn the_next_append_is_decided_while_one_is_on_its_way_and_shown_to_nobody() {
    let (world, log) = world().await;
    let before = world.now().await;
    let calls = log.append_calls();
    let edit = commands(&world, vec![set(0, "first")]).await;
    let (first, delayed) = send_delayed(&world, &log, edit).await;
    let mut others = Vec::new();
    for number in 1..4 {
        let edit = commands(&world, vec![set(number, "meanwhile")]).await;
        others.push(send_and_see_decided(&world, edit).await);
    }
    assert_eq!(world.now().await, before);
    assert_eq!(log.append_calls(), calls + 1);
    drop(delayed);
    let first = first.await.unwrap().unwrap();
    assert_eq!(first.events[0].version, before.version.next());
    for (answer, version) in others.into_iter().zip(before.version.0 + 2..) {
        let done = answer.await.unwrap().unwrap();
        assert_eq!(done.outcomes, [Outcome::Applied]);
        assert_eq!(done.events[0].version, Version(version));
    }
    assert_eq!(log.append_calls(), calls + 2);
}

#[tokio::test]
async fn what_was_decided_on_an_append_that_failed_is_decided_again() {
    let (world, log) = world().await;
    let before = world.now().await.version;
    log.fail_append(log.append_calls() + 1);
    let edit = commands(&world, vec![set(0, "lost")]).await;
    let (lost, delayed) = send_delayed(&world, &log, edit).await;
    let edit = commands(&world, vec![set(1, "kept")]).await;
    let kept = send_and_see_decided(&world, edit).await;
    drop(delayed);
    let lost = lost.await.unwrap();
    assert!(matches!(lost, Err(EngineError::Store(_))), "{lost:?}");
    let kept = kept.await.unwrap().unwrap();
    assert_eq!(kept.events[0].version, before.next());
    assert_eq!(world.shown(0).await, "");
    assert_eq!(world.shown(1).await, "kept");
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn what_was_decided_on_an_append_whose_answer_is_lost_comes_after_it() {
    let (world, log) = world().await;
    let before = world.now().await.version;
    log.lose_answer(log.append_calls() + 1);
    let edit = commands(&world, vec![set(0, "first")]).await;
    let (first, delayed) = send_delayed(&world, &log, edit).await;
    let edit = commands(&world, vec![set(1, "second")]).await;
    let second = send_and_see_decided(&world, edit).await;
    drop(delayed);
    let first = first.await.unwrap().unwrap();
    let second = second.await.unwrap().unwrap();
    assert_eq!(first.events[0].version, before.next());
    assert_eq!(second.events[0].version, Version(before.0 + 2));
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn nothing_is_refused_for_the_sake_of_what_did_not_come_to_be() {
    let (world, log) = world().await;
    log.fail_append(log.append_calls() + 1);
    let edit = commands(&world, vec![remove(3)]).await;
    let (removal, delayed) = send_delayed(&world, &log, edit).await;
    // The second command stands on the removal and is refused by it; the third edit shows that it was judged.
    let edit = commands(&world, vec![set(3, "on an action that stays")]).await;
    let judged = send(&world, edit);
    let edit = commands(&world, vec![set(0, "after it")]).await;
    let after = send_and_see_decided(&world, edit).await;
    assert!(!judged.is_finished());
    drop(delayed);
    removal.await.unwrap().unwrap_err();
    assert_eq!(judged.await.unwrap().unwrap().outcomes, [Outcome::Applied]);
    after.await.unwrap().unwrap();
    assert_eq!(world.shown(3).await, "on an action that stays");
}

#[tokio::test]
async fn a_refusal_waits_for_what_it_was_judged_by() {
    let (world, log) = world().await;
    let edit = commands(&world, vec![remove(3)]).await;
    let (removal, delayed) = send_delayed(&world, &log, edit).await;
    let edit = commands(&world, vec![set(3, "too late")]).await;
    let judged = send(&world, edit);
    let edit = commands(&world, vec![set(0, "after it")]).await;
    let after = send_and_see_decided(&world, edit).await;
    assert!(!judged.is_finished());
    drop(delayed);
    removal.await.unwrap().unwrap();
    let judged = judged.await.unwrap();
    assert!(matches!(judged, Err(EngineError::Refused(_))), "{judged:?}");
    after.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_edit_sent_again_while_it_is_on_its_way_is_done_once() {
    let (world, log) = world().await;
    let edit = commands(&world, vec![set(0, "once")]).await;
    let (first, delayed) = send_delayed(&world, &log, edit.clone()).await;
    let again = send(&world, edit);
    drop(delayed);
    let first = first.await.unwrap().unwrap();
    let again = again.await.unwrap().unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(again.events, first.events);
}
