//! Who is present: at one node, at several, and no longer.

use std::sync::Arc;

use roadbook_domain::Thing;
use roadbook_engine::{
    Attendance, Author, EngineError, Gathering, OnBus, Participant, Place, Settings, Spot,
};
use roadbook_store::testing::MemoryBus;
use roadbook_store::{EventLog, LogName, MemoryLog};
use uuid::Uuid;

use crate::world::{MAP, TEXT, World, action};

fn settings() -> Settings {
    Settings {
        presence_interval_ms: 1,
        presence_people_max: 4,
        presence_shown_max: 2,
        ..Settings::default()
    }
}

async fn alone() -> World {
    World::on(Arc::new(MemoryLog::new()), settings()).await
}

fn person(organisation: &str, person: &str) -> Author {
    Author {
        person: Some(person.to_owned()),
        ..Author::organisation(organisation)
    }
}

fn at(number: u128, typing: bool) -> Place {
    Place {
        spot: Spot::Cell(action(number), TEXT),
        typing,
    }
}

/// What somebody is told once it is so.
async fn told(attendance: &mut Attendance, so: impl Fn(&Gathering) -> bool) -> Gathering {
    loop {
        let gathering = attendance.next().await.unwrap();
        if so(&gathering) {
            return gathering;
        }
    }
}

#[tokio::test]
async fn those_who_are_present_are_told_of_each_other() {
    let world = alone().await;
    let mut estonia = world.engine.attend(MAP, person("EE", "1")).unwrap();
    assert_eq!(estonia.next().await.unwrap().count, 1);
    let latvia = world.engine.attend(MAP, person("LV", "2")).unwrap();
    let gathering = told(&mut estonia, |gathering| gathering.count == 2).await;
    assert_eq!(gathering.participants, []);

    let shows = |place| {
        let author = person("LV", "2");
        world.engine.show_presence(MAP, latvia.id(), &author, place)
    };
    assert!(shows(Some(at(3, true))));
    let seen = told(&mut estonia, |gathering| !gathering.participants.is_empty()).await;
    let expected = Participant {
        id: latvia.id(),
        organisation: "LV".to_owned(),
        place: at(3, true),
    };
    assert_eq!(seen.participants, [expected]);

    let wording = Place {
        spot: Spot::Wording(Thing::Action(action(3))),
        typing: false,
    };
    assert!(shows(Some(wording)));
    let is_there = |gathering: &Gathering| {
        gathering
            .participants
            .iter()
            .any(|one| one.place == wording)
    };
    told(&mut estonia, is_there).await;

    assert!(shows(None));
    told(&mut estonia, |gathering| gathering.participants.is_empty()).await;
    drop(latvia);
    told(&mut estonia, |gathering| gathering.count == 1).await;
}

#[tokio::test]
async fn nobody_is_told_of_itself_nor_of_more_than_the_bound() {
    let world = alone().await;
    let mut people: Vec<Attendance> = ["EE", "LV", "FR", "DE"]
        .iter()
        .map(|code| world.engine.attend(MAP, person(code, "1")).unwrap())
        .collect();
    for (number, (one, code)) in (0..).zip(people.iter().zip(["EE", "LV", "FR", "DE"])) {
        let author = person(code, "1");
        assert!(
            world
                .engine
                .show_presence(MAP, one.id(), &author, Some(at(number, false)))
        );
    }
    let first = told(&mut people[0], |gathering| {
        gathering.participants.len() == 2
    })
    .await;
    let shown: Vec<&str> = first
        .participants
        .iter()
        .map(|participant| &*participant.organisation)
        .collect();
    assert_eq!((first.count, &*shown), (4, &["LV", "FR"][..]));
    let fifth = world.engine.attend(MAP, person("IT", "1"));
    assert!(matches!(fifth, Err(EngineError::Overloaded)));
}

#[tokio::test]
async fn only_its_owner_moves_a_presence() {
    let world = alone().await;
    let attendance = world.engine.attend(MAP, person("EE", "1")).unwrap();
    let id = attendance.id();
    let shows = |id, author: &Author| {
        world
            .engine
            .show_presence(MAP, id, author, Some(at(0, true)))
    };
    assert!(shows(id, &person("EE", "1")));
    assert!(!shows(id, &person("EE", "2")));
    assert!(!shows(id, &person("LV", "1")));
    assert!(!shows(Uuid::from_u128(404), &person("EE", "1")));
    drop(attendance);
    assert!(!shows(id, &person("EE", "1")));
}

#[tokio::test]
async fn a_presence_ends_when_the_server_drains() {
    let world = alone().await;
    let mut attendance = world.engine.attend(MAP, person("EE", "1")).unwrap();
    assert!(attendance.next().await.is_some());
    world.engine.drain();
    assert_eq!(attendance.next().await, None);
}

/// One of two nodes on a bus.
async fn node(bus: &MemoryBus, number: u64) -> World {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let bus = OnBus {
        bus: bus.end(),
        log: LogName([1; 16]),
    };
    World::on_bus(Some(bus), number, log, settings()).await
}

#[tokio::test]
async fn those_at_another_node_are_told_too_also_of_whoever_was_there_before() {
    let bus = MemoryBus::default();
    let (here, there) = (node(&bus, 0).await, node(&bus, 1).await);
    let latvia = there.engine.attend(MAP, person("LV", "1")).unwrap();
    let author = person("LV", "1");
    assert!(
        there
            .engine
            .show_presence(MAP, latvia.id(), &author, Some(at(2, true)))
    );
    let mut estonia = here.engine.attend(MAP, person("EE", "1")).unwrap();
    let seen = told(&mut estonia, |gathering| !gathering.participants.is_empty()).await;
    assert_eq!(seen.count, 2);
    assert_eq!(seen.participants[0].organisation, "LV");
    assert_eq!(seen.participants[0].place, at(2, true));
    drop(latvia);
    told(&mut estonia, |gathering| gathering.count == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_died_is_forgotten() {
    let bus = MemoryBus::default();
    let (here, there) = (node(&bus, 0).await, node(&bus, 1).await);
    let latvia = there.engine.attend(MAP, person("LV", "1")).unwrap();
    let mut estonia = here.engine.attend(MAP, person("EE", "1")).unwrap();
    told(&mut estonia, |gathering| gathering.count == 2).await;
    // Its last word never comes.
    there.engine.stop().await;
    drop(latvia);
    told(&mut estonia, |gathering| gathering.count == 1).await;
}
