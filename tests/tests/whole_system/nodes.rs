//! Several nodes on one PostgreSQL: each tells at once what another committed, and one that is killed takes nothing along.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::api::{Api, Place};
use crate::load::{Load, texts};
use crate::postgres::Postgres;
use crate::running::{Running, Server, folder, roadbook};

/// Cells that a load sets at once.
const CLIENTS: usize = 6;
/// Edits that are acknowledged before a node is killed.
const ACKNOWLEDGED_MIN: usize = 60;

/// Watches everything on a node.
pub(crate) fn watch(folder: &Path, node: &Server, token: &str) -> Running {
    let arguments = ["watch", "--json", "--url", &node.url, "--token", token];
    let watcher = Running::start(roadbook(folder, &arguments));
    watcher
        .err
        .wait_for("sign that it watches", |line| line == "watching");
    watcher
}

/// The versions that a watcher told of.
pub(crate) fn versions(lines: &[String]) -> Vec<u64> {
    let items = lines
        .iter()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    items
        .map(|item| item["event"]["version"].as_u64().unwrap())
        .collect()
}

/// A token that every node of the database takes.
pub(crate) fn token(postgres: &Postgres, folder: &Path) -> String {
    let printed = postgres.result(folder, &["token", "--organisation", "GSC"]);
    printed.trim().to_owned()
}

#[test]
fn an_edit_through_one_node_is_known_to_another() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(15);
    let here = postgres.demo(folder);
    let there = postgres.serve(folder);
    let token = token(&postgres, folder);
    let watcher = watch(folder, &there, &token);
    let mut api = Api::with(&here, &token);
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let done = api.set(&place, "through this node");
    let told = watcher.out.nth(0);
    assert!(told.contains("through this node"), "{told}");
    assert_eq!(versions(&[told]), [done.version]);
    // What the one answered is a base for the other, at once.
    let mut other = Api::with(&there, &token);
    let again = other.try_set(&place, &done.cursor, "through that node");
    let again = again.unwrap();
    assert_eq!(again.version, done.version + 1);
    let last = api.try_set(&place, &again.cursor, "and back").unwrap();
    assert_eq!(last.version, done.version + 2);
}

#[test]
fn a_node_that_is_killed_loses_no_acknowledged_edit_and_no_watcher_its_place() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    let mut doomed = postgres.demo(folder);
    let survivor = postgres.serve(folder);
    let token = token(&postgres, folder);
    let mut api = Api::with(&survivor, &token);
    let road_map = api.road_map(&Json::Null);
    let places = Place::several(&road_map, "notes", 2 * CLIENTS);
    let (of_doomed, of_survivor) = places.split_at(CLIENTS);
    let watcher = watch(folder, &survivor, &token);
    let before = road_map["state"]["moment"]["version"].as_u64().unwrap();

    let load = Load {
        name: "on the node that is killed".to_owned(),
        places: of_doomed,
        token: &token,
        acknowledged_min: ACKNOWLEDGED_MIN,
    };
    let mut beside = Vec::new();
    let outcome = load.until(&mut doomed, |doomed| {
        for (number, place) in of_survivor.iter().enumerate() {
            beside.push(format!("beside it, {number}"));
            api.set(place, &beside[number]);
        }
        doomed.process.kill();
    });
    let last = api.set(&of_survivor[0], "after it").version;

    watcher.out.wait_for("word of the last edit", |line| {
        versions(&[line.to_owned()]) == [last]
    });
    let heard = versions(&watcher.out.all());
    assert_eq!(heard, (before + 1..=last).collect::<Vec<_>>());

    let replayed = postgres.result(folder, &["replay", "--json"]);
    let of_test = |text: &String| text.starts_with("load ") || text.starts_with("beside it");
    let recorded: Vec<String> = texts(&replayed).into_iter().filter(of_test).collect();
    let distinct: HashSet<&String> = recorded.iter().collect();
    assert_eq!(distinct.len(), recorded.len(), "an edit is there twice");
    for text in outcome.acknowledged.iter().chain(&beside) {
        assert!(distinct.contains(text), "{text} is lost");
    }
    let verified = postgres.result(folder, &["verify", "--json"]);
    let verified: Json = serde_json::from_str(&verified).unwrap();
    assert_eq!(verified["verified"], true, "{verified}");
}

#[test]
fn a_node_that_stops_tells_its_watchers_where_to_go_on() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(15);
    let mut stopping = postgres.demo(folder);
    let other = postgres.serve(folder);
    let token = token(&postgres, folder);
    let watcher = watch(folder, &stopping, &token);
    let mut api = Api::with(&other, &token);
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let first = api.set(&place, "while both nodes run").version;
    watcher.out.nth(0);

    let address = stopping.address().to_owned();
    assert!(stopping.process.stop().success());
    watcher.err.wait_for("a farewell with a cursor", |line| {
        line.contains("begin anew (DRAINING)")
    });
    api.set(&place, "while one is away");
    let call = [
        "serve",
        "--dev",
        "--listen",
        &address,
        "--database",
        &postgres.url,
    ];
    let _again = Running::start(roadbook(folder, &call));
    let last = api.set(&place, "while it comes back").version;

    watcher.out.wait_for("word of the last edit", |line| {
        versions(&[line.to_owned()]) == [last]
    });
    let heard = versions(&watcher.out.all());
    assert_eq!(heard, (first..=last).collect::<Vec<_>>());
}
