//! The directory's own stream: its seed, its changes, what other nodes hear of them, and what is not understood.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use roadbook_domain::directory::MemberRole;
use roadbook_domain::time::Date;
use roadbook_domain::{
    Capacity, Command, Directory, DirectoryCommand, DirectoryRefusal, Instant, Marking,
    Participation, Refusal, RoadMapId, Version,
};
use roadbook_engine::{
    Author, DirectoryRequest, EngineError, FORMAT_LEVEL, FeedItem, Filter, Settings,
    UpgradeUnfinished,
};
use roadbook_store::{
    Append, EventHeader, EventLog as _, FormatLevel, MemoryLog, NewEvent, StreamId, verify_log,
};
use uuid::Uuid;

use crate::world::{MAP, OTHER, World, today};

/// The stream's well-known id; it never changes.
const STREAM: StreamId = StreamId(Uuid::from_u128(0x6469_7265_6374_8f72_8000_0000_0000_0001));

fn log() -> Arc<MemoryLog> {
    Arc::new(MemoryLog::of_format_level(FORMAT_LEVEL))
}

async fn node(number: u64, log: &Arc<MemoryLog>) -> World {
    let settings = Settings {
        heads_poll_ms: 1,
        page_events: 7,
        ..Settings::default()
    };
    World::on_node(number, log.clone(), settings).await
}

fn request(world: &World, commands: Vec<DirectoryCommand>) -> DirectoryRequest {
    use roadbook_engine::Ids as _;
    DirectoryRequest {
        command_id: world.ids.id(),
        author: Author::organisation("GSC"),
        reason: Some("A test".to_owned()),
        commands,
    }
}

fn withdraw(member: &str, from: Option<Date>) -> DirectoryCommand {
    DirectoryCommand::WithdrawMember {
        working_party: "FOP".to_owned(),
        member: member.to_owned(),
        from,
    }
}

fn admit(member: &str) -> DirectoryCommand {
    DirectoryCommand::AdmitMember {
        working_party: "DAPIX".to_owned(),
        member: member.to_owned(),
        role: MemberRole::Observer,
        from: None,
    }
}

fn part(world: &World, organisation: &str, working_party: &str) -> Participation {
    let standing = world.engine.standing();
    standing
        .directory
        .participation(organisation, Some(working_party), standing.today)
}

#[tokio::test]
async fn an_unchanged_directory_is_the_seed_and_leaves_the_log_alone() {
    let log = log();
    let world = node(0, &log).await;
    assert_eq!(*world.engine.directory(), Directory::seeded());
    assert!(log.head(STREAM).await.unwrap().is_none());
    assert!(
        world
            .engine
            .directory_events(Version::ZERO, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_first_change_writes_the_seed_before_itself_and_another_start_reads_both() {
    let log = log();
    let world = node(0, &log).await;
    let first = request(&world, vec![withdraw("ENISA", None)]);
    let done = world.engine.edit_directory(&first).await.unwrap();
    assert_eq!((done.events.len(), done.repeated), (1, false));
    assert_eq!(part(&world, "ENISA", "FOP"), Participation::Outsider);
    let done = world
        .engine
        .edit_directory(&request(&world, vec![admit("ENISA")]))
        .await
        .unwrap();
    assert_eq!(done.events.len(), 1);

    let again = node(1, &log).await;
    assert_eq!(again.engine.directory(), world.engine.directory());
    assert_eq!(part(&again, "ENISA", "DAPIX"), Participation::Observer);
    let mut told = Vec::new();
    while let Some(last) = {
        let after = told
            .last()
            .map_or(Version::ZERO, |it: &(Version, &str)| it.0);
        let page = again.engine.directory_events(after, 5).await.unwrap();
        told.extend(page.iter().map(|it| (it.version, it.event.kind())));
        page.last().map(|it| it.version)
    } {
        assert!(last <= done.version);
    }
    assert_eq!(told.len() as u64, done.version.0);
    assert_eq!(told[told.len() - 2].1, "MemberWithdrawn");
    assert_eq!(told[0].1, "OrganisationAdded");
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn nodes_that_change_it_at_once_lose_nothing_and_hear_of_each_other() {
    let log = log();
    let (here, there) = (node(0, &log).await, node(1, &log).await);
    let mut changing = Vec::new();
    for (world, member) in [
        (&here, "FRA"),
        (&there, "EDA"),
        (&here, "EIGE"),
        (&there, "CEPOL"),
    ] {
        let request = request(world, vec![admit(member)]);
        let engine = Arc::clone(&world.engine);
        changing.push(tokio::spawn(async move {
            engine.edit_directory(&request).await
        }));
    }
    for change in changing {
        change.await.unwrap().unwrap();
    }
    for world in [&here, &there] {
        for member in ["FRA", "EDA", "EIGE", "CEPOL"] {
            while part(world, member, "DAPIX") != Participation::Observer {
                tokio::task::yield_now().await;
            }
        }
    }
    verify_log(&*log, &mut |_| {}).await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_sent_again_changes_nothing_and_its_id_is_used_once() {
    let world = node(0, &log()).await;
    let change = request(&world, vec![admit("FRA")]);
    let first = world.engine.edit_directory(&change).await.unwrap();
    let second = world.engine.edit_directory(&change).await.unwrap();
    assert_eq!((second.version, second.repeated), (first.version, true));
    let other = DirectoryRequest {
        commands: vec![admit("EDA")],
        ..change
    };
    let reused = world.engine.edit_directory(&other).await;
    assert!(
        matches!(reused, Err(EngineError::CommandIdReused)),
        "{reused:?}"
    );
}

#[tokio::test]
async fn a_refused_change_leaves_no_trace() {
    let log = log();
    let world = node(0, &log).await;
    let mut change = request(&world, vec![admit("FRA")]);
    change.author = Author::organisation("NL");
    let Err(EngineError::DirectoryRefused(refusals)) = world.engine.edit_directory(&change).await
    else {
        panic!("it was accepted");
    };
    assert_eq!(refusals, [(None, DirectoryRefusal::NotSecretariat)]);
    assert!(log.head(STREAM).await.unwrap().is_none());
}

#[tokio::test]
async fn before_the_upgrade_is_finished_the_seed_holds_and_nothing_is_written() {
    let log = Arc::new(MemoryLog::of_format_level(FormatLevel(1)));
    let world = node(0, &log).await;
    let refused = world
        .engine
        .edit_directory(&request(&world, vec![admit("FRA")]))
        .await;
    let Err(EngineError::UpgradeUnfinished(UpgradeUnfinished { needs, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(needs, FormatLevel(2));
    assert!(log.head(STREAM).await.unwrap().is_none());
    assert_eq!(part(&world, "ENISA", "FOP"), Participation::Member);
}

#[tokio::test(start_paused = true)]
async fn midnight_in_brussels_is_told_and_brings_what_was_dated_to_the_day() {
    let world = node(0, &log()).await;
    let tomorrow = today().tomorrow().unwrap();
    let change = request(&world, vec![withdraw("ENISA", Some(tomorrow))]);
    world.engine.edit_directory(&change).await.unwrap();
    assert_eq!(part(&world, "ENISA", "FOP"), Participation::Member);
    let mut changes = Box::pin(world.engine.standing_changes());
    world.clock.set(Instant::start_of_day(tomorrow));
    changes.next().await.unwrap();
    assert_eq!(world.engine.standing().today, tomorrow);
    assert_eq!(part(&world, "ENISA", "FOP"), Participation::Outsider);
}

#[tokio::test(start_paused = true)]
async fn changes_of_rights_in_close_succession_take_little_room_before_a_follower() {
    let world = node(0, &log()).await;
    world.open().await;
    let map = world.map().await;
    let filter = Filter {
        subjects: vec![vec![OTHER.0]],
    };
    let start = world.now().await.version;
    let mut items = Box::pin(map.follow(start, filter).unwrap());
    assert!(matches!(
        items.next().await,
        Some(FeedItem::CaughtUp { .. })
    ));
    for change in 0..200 {
        let command = if change % 2 == 0 {
            admit("FRA")
        } else {
            DirectoryCommand::WithdrawMember {
                working_party: "DAPIX".to_owned(),
                member: "FRA".to_owned(),
                from: None,
            }
        };
        let request = request(&world, vec![command]);
        world.engine.edit_directory(&request).await.unwrap();
    }
    let mut told = 0;
    while let Some(item) = items.next().now_or_never() {
        assert!(matches!(item, Some(FeedItem::StandingChanged)), "{item:?}");
        told += 1;
    }
    assert!((1..10).contains(&told), "{told}");
}

#[tokio::test]
async fn what_a_later_version_wrote_closes_the_directory_rather_than_being_passed_over() {
    let log = log();
    let world = node(0, &log).await;
    let done = world
        .engine
        .edit_directory(&request(&world, vec![admit("FRA")]))
        .await
        .unwrap();
    let mut changes = Box::pin(world.engine.standing_changes());
    append_later_kind(&log, done.version).await;
    changes.next().await.unwrap();
    assert_eq!(part(&world, "EE", "FOP"), Participation::Outsider);
    assert_eq!(part(&world, "GSC", "FOP"), Participation::Member);
    // A party that is not known has no chair: who holds the Presidency may not be who chaired it.
    assert_eq!(part(&world, "NL", "FOP"), Participation::Outsider);
    world.open().await;
}

async fn append_later_kind(log: &MemoryLog, after: Version) {
    let version = roadbook_store::Version(after.0 + 1);
    let head = log.head(STREAM).await.unwrap().unwrap();
    let header = EventHeader {
        format: EventHeader::FORMAT,
        stream_id: STREAM,
        version,
        id: Uuid::from_u128(77),
        kind: "MemberKnighted".to_owned(),
        schema: 1,
        recorded_at: head.recorded_at,
        effective_at: head.recorded_at,
        author: "GSC".to_owned(),
        person: None,
        on_behalf_of: None,
        capacity: Capacity::Secretariat.as_str().to_owned(),
        command_id: Uuid::from_u128(78),
        batch: version,
        reason: None,
        source: None,
        subjects: Vec::new(),
    };
    let append = Append {
        stream_id: STREAM,
        expected_version: head.version,
        events: vec![NewEvent {
            header,
            payload: Bytes::from_static(b"{}"),
            salt: [1; 16],
        }],
        commands: Vec::new(),
    };
    log.append_batch(vec![append]).await.unwrap();
}

#[tokio::test]
async fn the_directory_is_no_road_map() {
    let world = node(0, &log()).await;
    world
        .engine
        .edit_directory(&request(&world, vec![admit("FRA")]))
        .await
        .unwrap();
    world.open().await;
    let id = RoadMapId(STREAM.0);
    assert!(world.engine.road_map(id).await.unwrap().is_none());
    let listed = world.engine.road_maps(None, 9).await.unwrap();
    let ids: Vec<RoadMapId> = listed.served.iter().map(|it| it.id()).collect();
    assert_eq!((ids, listed.not_served.len()), (vec![MAP], 0));
    let opening = world.opening_of(id);
    let refused = world.engine.edit(id, opening).await;
    assert!(
        matches!(refused, Err(EngineError::NotFound(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_road_map_is_entrusted_only_to_a_working_party_of_the_directory() {
    let world = node(0, &log()).await;
    world.open().await;
    let entrust = |key: &str| Command::ChangeDetails {
        title: None,
        marking: Some(Marking::Public),
        working_party: Some(key.to_owned()),
    };
    for key in ["NOWHERE", "COM"] {
        let base = world.now().await.base();
        let refused = world
            .engine
            .edit(MAP, world.request(base, vec![entrust(key)]))
            .await;
        let Err(EngineError::Refused(refusals)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(refusals, [(Some(0), Refusal::WorkingPartyUnknown)]);
    }
    let base = world.now().await.base();
    let done = world
        .engine
        .edit(MAP, world.request(base, vec![entrust("DAPIX")]))
        .await
        .unwrap();
    assert_eq!(done.published.state.working_party(), Some("DAPIX"));
    let map = world.map().await;
    assert_eq!(map.participation("EE"), Participation::Member);
    assert_eq!(map.participation("ENISA"), Participation::Outsider);
}
