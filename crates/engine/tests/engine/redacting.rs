//! Redactions: the words are gone from every state, past and event, on every node, and do not come back.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use roadbook_domain::decide::Conflict;
use roadbook_domain::{Base, CellContent, Command, Refusal, Version};
use roadbook_engine::OnBus;
use roadbook_engine::{
    Author, EditRequest, EngineError, FeedItem, Filter, Found, MomentSelector, RedactRequest,
    Redacted, RedactionDone, Settings, check_snapshots,
};
use roadbook_store::testing::MemoryBus;
use roadbook_store::{
    Appended, Bus, EventLog, FORGOTTEN, FormatLevel, LogName, MemoryLog, SnapshotFamily, StreamId,
    Wakeups, verify_log,
};

use crate::world::{ACTIONS, MAP, STRAND, TEXT, World, action, set};

const LEAK: &str = "The ambassador of Ruritania will be recalled on the third of May";
const SECRET: &str = "ambassador of Ruritania";

fn log() -> Arc<MemoryLog> {
    Arc::new(MemoryLog::of_format_level(FormatLevel(2)))
}

async fn world(log: &Arc<MemoryLog>) -> World {
    let settings = Settings {
        heads_poll_ms: 1,
        page_events: 4,
        snapshot_spacing_events: 2,
        ..Settings::default()
    };
    World::on(log.clone(), settings).await
}

fn request(world: &World, versions: &[Version], passage: Option<&str>) -> RedactRequest {
    use roadbook_engine::Ids as _;
    RedactRequest {
        command_id: world.ids.id(),
        author: Author::organisation("GSC"),
        versions: versions.to_vec(),
        passage: passage.map(str::to_owned),
        reason: Some("Classified".to_owned()),
        ordered_by: "LV".to_owned(),
        only_find: false,
    }
}

async fn redacted(world: &World, request: RedactRequest) -> RedactionDone {
    match world.engine.redact(MAP, request).await.unwrap() {
        Redacted::Done(done) => done,
        Redacted::Found(found) => panic!("{found:?}"),
    }
}

async fn refused(world: &World, request: RedactRequest) -> Vec<Refusal> {
    match world.engine.redact(MAP, request).await {
        Err(EngineError::Refused(refusals)) => {
            refusals.into_iter().map(|(_, refusal)| refusal).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn edit(world: &World, commands: Vec<Command>) -> Version {
    let base = world.now().await.base();
    let request = world.request(base, commands);
    let done = world.engine.edit(MAP, request).await.unwrap();
    done.published.moment.version
}

/// A text is pasted, merged with another edit, shared, split, and set elsewhere. The version in which it was pasted first.
async fn leak(world: &World) -> Version {
    let pasted = world.set(0, LEAK).await.published.moment;
    edit(world, vec![set(0, &format!("{LEAK} 2015"))]).await;
    let merged = format!("It is said: {LEAK}");
    let merging = world.request(pasted.base(), vec![set(0, &merged)]);
    world.engine.edit(MAP, merging).await.unwrap();
    let shown = world.shown(0).await;
    assert_eq!(shown, format!("It is said: {LEAK} 2015"));
    let shared = Command::ShareCells {
        column: TEXT,
        actions: vec![action(0), action(1)],
        content: shown,
    };
    edit(world, vec![shared]).await;
    let split = Command::UnshareCells {
        column: TEXT,
        action: action(0),
    };
    edit(world, vec![split]).await;
    world.set(5, "Something harmless").await;
    world.set(1, "Nothing of it any more").await;
    pasted.version
}

/// Everything that the engine shows of a road map: every event, and the state after each.
async fn everything(world: &World) -> String {
    let map = world.map().await;
    let mut shown = String::new();
    let last = map.current().moment.version;
    for version in 1..=last.0 {
        let event = map.event(Version(version)).await.unwrap().unwrap();
        writeln!(shown, "{event:?}").unwrap();
        let at = map.at(&MomentSelector::Version(event.batch)).await.unwrap();
        writeln!(shown, "{:?}", at.state).unwrap();
    }
    let mut heard = Box::pin(map.follow(Version::ZERO, Filter::default()).unwrap());
    loop {
        match heard.next().await.unwrap() {
            FeedItem::Changed(change) => {
                let (event, published) = (change.event(), change.published());
                writeln!(shown, "{event:?} {:?}", published.state).unwrap();
            }
            FeedItem::StandingChanged => {}
            FeedItem::CaughtUp { .. } => return shown,
            FeedItem::Resync { reason, .. } => panic!("{reason:?}"),
        }
    }
}

/// The states of all snapshots.
async fn snapshots(log: &MemoryLog) -> Vec<u8> {
    let stream = StreamId(MAP.0);
    let mut states = Vec::new();
    for family in [SnapshotFamily::Log, SnapshotFamily::Effective] {
        for point in log.snapshot_points(stream, family).await.unwrap() {
            let snapshot = log.snapshot(stream, point).await.unwrap().unwrap();
            states.extend_from_slice(&snapshot.state);
        }
    }
    states
}

fn holds_secret(bytes: &[u8]) -> bool {
    let mut parts = bytes.windows(SECRET.len());
    parts.any(|part| part == SECRET.as_bytes())
}

#[tokio::test]
async fn a_redacted_text_is_in_no_state_no_past_and_no_event() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let pasted = leak(&world).await;
    assert!(everything(&world).await.contains(SECRET));
    let done = redacted(&world, request(&world, &[pasted], None)).await;
    assert!(!done.repeated && done.scrubbed.is_some());
    let shown = everything(&world).await;
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains("Something harmless") && shown.contains("Nothing of it"));
    let current = world.map().await.current();
    let cell = |number| current.state.cell(TEXT, action(number)).clone();
    assert_eq!(cell(0), CellContent::Redacted);
    assert_eq!(cell(1).printed(), "Nothing of it any more");
    let verified = verify_log(&*log, &mut |_| {}).await.unwrap();
    assert_eq!(verified.redacted, 5);
    let found = &verified.redactions[0];
    assert_eq!(found.event.header.version.0, done.event.version.0);
    assert_eq!(found.event.header.author, "GSC");
    world.engine.stop().await;
    assert!(!holds_secret(&snapshots(&log).await));
    check_snapshots(&*log, MAP, 100).await.unwrap().unwrap();
}

#[tokio::test]
async fn no_fingerprint_is_left_of_an_edit_that_asked_for_words_that_no_event_has() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let before = world.now().await.base();
    let pasted = world.set(0, LEAK).await.published.moment;
    let base = pasted.base();
    let unchanged = world.request(base, vec![set(0, LEAK)]);
    let beside = world.request(base, vec![set(0, LEAK), set(4, "Something harmless")]);
    let merged = world.request(before, vec![set(0, LEAK)]);
    let applied = world.request(base, vec![set(5, "Something harmless")]);
    let edits = [unchanged, beside, merged, applied.clone()];
    let ids: Vec<_> = edits.iter().map(|edit| edit.command_id).collect();
    for edit in edits {
        world.engine.edit(MAP, edit).await.unwrap();
    }
    redacted(&world, request(&world, &[pasted.version], None)).await;
    let mut is_forgotten = Vec::new();
    for id in ids {
        let records = log.commands(StreamId(MAP.0), &[id]).await.unwrap();
        is_forgotten.push(records[0].fingerprint == FORGOTTEN);
    }
    assert_eq!(is_forgotten, [true, true, true, false]);
    assert!(world.engine.edit(MAP, applied).await.unwrap().repeated);
}

#[tokio::test]
async fn what_would_be_redacted_is_told_and_stays() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let pasted = leak(&world).await;
    let before = everything(&world).await;
    let mut asked = request(&world, &[pasted], Some(SECRET));
    asked.only_find = true;
    let Redacted::Found(Found { events, .. }) = world.engine.redact(MAP, asked).await.unwrap()
    else {
        panic!("it was done");
    };
    let versions: Vec<u64> = events.iter().map(|event| event.version.0).collect();
    assert_eq!(versions, (pasted.0..pasted.0 + 5).collect::<Vec<_>>());
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_redaction_that_is_sent_again_answers_the_same_and_changes_nothing() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let pasted = leak(&world).await;
    let asked = request(&world, &[pasted], None);
    let first = redacted(&world, asked.clone()).await;
    let again = redacted(&world, asked.clone()).await;
    assert!(again.repeated);
    assert_eq!(again.event, first.event);
    assert_eq!(world.now().await.version, first.event.version);
    let other = RedactRequest {
        ordered_by: "EE".to_owned(),
        ..asked
    };
    let reused = world.engine.redact(MAP, other).await;
    assert!(
        matches!(reused, Err(EngineError::CommandIdReused)),
        "{reused:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_redacted_is_refused() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let pasted = leak(&world).await;
    let mut of_other = request(&world, &[pasted], None);
    of_other.author = Author::organisation("LV");
    let found = refused(&world, of_other).await;
    assert_eq!(found, [Refusal::RedactionNotAllowed]);
    let found = refused(&world, request(&world, &[], Some(SECRET))).await;
    assert_eq!(found, [Refusal::NothingNamed]);
    for version in [Version(0), Version(9_999)] {
        let found = refused(&world, request(&world, &[version], None)).await;
        assert_eq!(found, [Refusal::NothingToRedact(version)]);
    }
    let mut telling = request(&world, &[pasted], Some(SECRET));
    telling.reason = Some(format!("It names the {SECRET}"));
    let found = refused(&world, telling).await;
    assert_eq!(found, [Refusal::ReasonRepeatsText]);
    let name = world.set(3, "Jane Doe").await.published.moment.version;
    let mut telling = request(&world, &[name], None);
    telling.reason = Some("Jane Doe asked for this".to_owned());
    let found = refused(&world, telling).await;
    assert_eq!(found, [Refusal::ReasonRepeatsText]);
    let done = redacted(&world, request(&world, &[pasted], None)).await;
    for version in [pasted, done.event.version] {
        let found = refused(&world, request(&world, &[version], None)).await;
        assert_eq!(found, [Refusal::NothingToRedact(version)]);
    }
}

#[tokio::test]
async fn nothing_is_redacted_before_an_upgrade_is_finished() {
    let world = World::on(Arc::new(MemoryLog::new()), Settings::default()).await;
    world.open().await;
    let pasted = world.set(0, LEAK).await.published.moment.version;
    let early = world
        .engine
        .redact(MAP, request(&world, &[pasted], None))
        .await;
    assert!(
        matches!(early, Err(EngineError::UpgradeUnfinished(_))),
        "{early:?}"
    );
    assert_eq!(world.shown(0).await, LEAK);
}

async fn conflict(world: &World, base: Base, text: &str) -> Conflict {
    let request: EditRequest = world.request(base, vec![set(0, text)]);
    match world.engine.edit(MAP, request).await {
        Err(EngineError::Conflicts(mut conflicts)) => conflicts.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_edit_made_from_the_words_does_not_bring_them_back() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let pasted = world.set(0, LEAK).await.published.moment;
    redacted(&world, request(&world, &[pasted.version], None)).await;
    let found = conflict(&world, pasted.base(), &format!("{LEAK} 2015")).await;
    assert_eq!(found.base, CellContent::Redacted);
    assert_eq!(found.theirs, CellContent::Redacted);
    world.set(0, "written anew").await;
    assert_eq!(world.shown(0).await, "written anew");
    let found = conflict(&world, pasted.base(), &format!("{LEAK} 2015")).await;
    assert_eq!(found.base, CellContent::Redacted);
}

/// Waits until a node holds a version.
async fn reached(world: &World, version: Version) {
    let map = world.map().await;
    map.reach(version).await.unwrap();
    assert_eq!(map.current().moment.version, version);
}

#[tokio::test]
async fn another_node_shows_nothing_of_it_once_it_has_heard() {
    let log = log();
    let here = world(&log).await;
    here.open().await;
    let pasted = leak(&here).await;
    let settings = Settings {
        heads_poll_ms: 1,
        ..Settings::default()
    };
    let there = World::on_node(1, log.clone(), settings).await;
    assert!(everything(&there).await.contains(SECRET));
    let before = there.now().await.version;
    let map = there.map().await;
    let mut heard = Box::pin(map.follow(before, Filter::default()).unwrap());
    let done = redacted(&here, request(&here, &[pasted], None)).await;
    reached(&there, done.event.version).await;
    assert!(!everything(&there).await.contains(SECRET));
    let told = loop {
        match heard.next().await.unwrap() {
            FeedItem::CaughtUp { .. } | FeedItem::StandingChanged => {}
            other => break other,
        }
    };
    let FeedItem::Changed(change) = told else {
        panic!("{told:?}");
    };
    assert_eq!(change.event().event.kind(), "TextRedacted");
    assert!(!format!("{:?}", change.published().state).contains(SECRET));
    there.engine.stop().await;
    assert!(!holds_secret(&snapshots(&log).await));
}

#[tokio::test]
async fn another_node_hears_of_it_on_the_bus() {
    let log = log();
    let bus = MemoryBus::default();
    let on_bus = || {
        Some(OnBus {
            bus: bus.end(),
            log: LogName([7; 16]),
        })
    };
    let settings = || Settings {
        heads_poll_ms: u64::MAX,
        ..Settings::default()
    };
    let here = World::on_bus(on_bus(), 0, log.clone(), settings()).await;
    let there = World::on_bus(on_bus(), 1, log.clone(), settings()).await;
    here.open().await;
    let pasted = leak(&here).await;
    assert!(everything(&there).await.contains(SECRET));
    let map = there.map().await;
    let start = map.current().moment.version;
    let mut heard = Box::pin(map.follow(start, Filter::default()).unwrap());
    redacted(&here, request(&here, &[pasted], None)).await;
    loop {
        match heard.next().await.unwrap() {
            FeedItem::Changed(_) => break,
            FeedItem::CaughtUp { .. } | FeedItem::StandingChanged => {}
            FeedItem::Resync { reason, .. } => panic!("{reason:?}"),
        }
    }
    assert!(!everything(&there).await.contains(SECRET));
}

/// A bus that hears nothing, and remembers what it was to forget.
#[derive(Default)]
struct Forgetful(Mutex<Vec<StreamId>>);

impl Bus for Forgetful {
    fn publish(&self, _appended: Appended) {}

    fn forget(&self, stream: StreamId) {
        self.0.lock().unwrap().push(stream);
    }

    fn tell(&self, _note: String) {}

    fn wakeups(&self) -> Wakeups {
        Wakeups::never()
    }
}

/// The bus may have been away at first.
#[tokio::test]
async fn a_redaction_that_is_sent_again_has_the_bus_forget_again() {
    let log = log();
    let bus = Arc::new(Forgetful::default());
    let on_bus = OnBus {
        bus: bus.clone(),
        log: LogName([7; 16]),
    };
    let world = World::on_bus(Some(on_bus), 0, log.clone(), Settings::default()).await;
    world.open().await;
    let pasted = leak(&world).await;
    let asked = request(&world, &[pasted], None);
    redacted(&world, asked.clone()).await;
    assert_eq!(*bus.0.lock().unwrap(), [StreamId(MAP.0)]);
    assert!(redacted(&world, asked).await.repeated);
    assert_eq!(*bus.0.lock().unwrap(), [StreamId(MAP.0); 2]);
}

/// A snapshot of the state before a redaction, made by a node that did not know of it.
#[tokio::test]
async fn a_snapshot_of_a_node_that_does_not_know_of_it_is_not_kept() {
    let log = log();
    let here = world(&log).await;
    here.open().await;
    let pasted = leak(&here).await;
    let sleepy = Settings {
        heads_poll_ms: u64::MAX,
        ..Settings::default()
    };
    let there = World::on_node(1, log.clone(), sleepy).await;
    assert!(everything(&there).await.contains(SECRET));
    redacted(&here, request(&here, &[pasted], None)).await;
    here.engine.stop().await;
    // It keeps a last snapshot of what it knows.
    there.engine.stop().await;
    assert!(!holds_secret(&snapshots(&log).await));
    check_snapshots(&*log, MAP, 100).await.unwrap().unwrap();
}

#[tokio::test]
async fn edits_of_another_node_that_carry_it_on_meanwhile_are_redacted_too() {
    let log = log();
    let (here, there) = (world(&log).await, world(&log).await);
    here.open().await;
    let pasted = here.set(0, LEAK).await.published.moment.version;
    reached(&there, pasted).await;
    let editing = async {
        for number in 0..40 {
            let text = format!("{LEAK} {number}");
            let number = 1 + number % (ACTIONS - 1);
            let base = there.now().await.base();
            let edit = there.request(base, vec![set(number, &text)]);
            // One that lost too many races is none.
            drop(there.engine.edit(MAP, edit).await);
        }
    };
    let asked = request(&here, &[pasted], None);
    let (done, ()) = tokio::join!(redacted(&here, asked), editing);
    let map = here.map().await;
    for version in 1..done.event.version.0 {
        let event = map.event(Version(version)).await.unwrap().unwrap();
        assert!(!format!("{event:?}").contains(SECRET), "{event:?}");
    }
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn edits_that_wait_behind_a_redaction_are_taken_after_it() {
    let log = log();
    let world = world(&log).await;
    world.open().await;
    let pasted = leak(&world).await;
    let base = world.now().await.base();
    let edits = (0..20).map(|number| {
        let command = Command::Retitle {
            thing: roadbook_domain::Thing::Strand(STRAND),
            title: format!("Strand {number}"),
        };
        let mut request = world.request(base, vec![set(7, &format!("text {number}"))]);
        if number % 2 == 0 {
            request.commands = vec![command];
        }
        let engine = Arc::clone(&world.engine);
        tokio::spawn(async move { engine.edit(MAP, request).await })
    });
    let edits: Vec<_> = edits.collect();
    redacted(&world, request(&world, &[pasted], None)).await;
    for edit in edits {
        match edit.await.unwrap() {
            Ok(_) | Err(EngineError::Conflicts(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(!everything(&world).await.contains(SECRET));
}
