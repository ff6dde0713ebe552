//! Following: an edit reaches a watcher, and a watcher outlives its server.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place, text};
use crate::running::{ANY_PORT, DATABASE, Running, Server, folder, roadbook, serve_arguments};

/// Watches strand B.5 until so many changes were told.
fn watch(folder: &Path, url: &str, count: &str) -> Running {
    let arguments = [
        "watch",
        "--json",
        "--strand",
        "B.5",
        "--count",
        count,
        "--url",
        url,
        "--database",
        DATABASE,
    ];
    let watcher = Running::start(roadbook(folder, &arguments));
    watcher
        .err
        .wait_for("sign that it watches", |line| line == "watching");
    watcher
}

/// What the cell of a change shows, and the version of its event.
fn told(line: &str) -> (String, u64) {
    let item: Json = serde_json::from_str(line).unwrap();
    let content = text(&item["affected"][0]["content"]["printed"]);
    (content, item["event"]["version"].as_u64().unwrap())
}

fn road_map(server: &Server, folder: &Path) -> (Api, Json) {
    let mut api = Api::of(server, folder, "GSC");
    let road_map = api.road_map(&json!(null));
    (api, road_map)
}

#[test]
fn edit_arrives_at_a_watcher() {
    let folder = folder();
    let server = Running::demo(folder.path());
    let (mut api, road_map) = road_map(&server, folder.path());
    let mut watcher = watch(folder.path(), &server.url, "1");
    api.set(
        &Place::find(&road_map, "A.1.3", "notes"),
        "an edit elsewhere",
    );
    let done = api.set(
        &Place::find(&road_map, "B.5.1", "notes"),
        "an edit in the strand",
    );
    let line = watcher.out.nth(0);
    assert_eq!(
        told(&line),
        ("an edit in the strand".to_owned(), done.version)
    );
    assert!(watcher.wait().success());
    assert_eq!(watcher.out.to_the_end().len(), 1);
}

#[test]
fn watch_resumes_after_a_restart_without_gap_or_duplicate() {
    let folder = folder();
    let mut server = Running::demo(folder.path());
    let (mut api, read) = road_map(&server, folder.path());
    let place = Place::find(&read, "B.5.1", "notes");
    let mut watcher = watch(folder.path(), &server.url, "3");
    api.set(&place, "before the server was away");
    watcher.out.nth(0);
    let address = server.address().to_owned();
    server.process.kill();
    watcher
        .err
        .wait_for("word of a new try", |line| line.contains("trying again"));
    let server = Running::serve(folder.path(), &address);
    let (mut api, _) = road_map(&server, folder.path());
    api.set(&place, "perhaps before the watcher was back");
    api.set(&place, "after the server was away");
    assert!(watcher.wait().success());
    let contents: Vec<String> = watcher
        .out
        .to_the_end()
        .iter()
        .map(|line| told(line).0)
        .collect();
    let expected = [
        "before the server was away",
        "perhaps before the watcher was back",
        "after the server was away",
    ];
    assert_eq!(contents, expected);
}

#[test]
fn watch_waits_for_a_server_that_holds_less_than_it_was_told() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let (database, before) = (folder.join("test.db"), folder.join("before.db"));
    fs::copy(&database, &before).unwrap();
    let serve = || Server::of(Running::start(roadbook(folder, &serve_arguments(ANY_PORT))));
    let mut server = serve();
    let (mut api, read) = road_map(&server, folder);
    let place = Place::find(&read, "B.5.1", "notes");
    let told_before = api.set(&place, "what is lost");
    assert!(server.process.stop().success());

    fs::copy(&before, &database).unwrap();
    let server = serve();
    let mut api = Api::of(&server, folder, "GSC");
    let arguments = [
        "watch",
        "--json",
        "--count",
        "1",
        "--after",
        &told_before.cursor,
        "--url",
        &server.url,
        "--database",
        DATABASE,
    ];
    let mut watcher = Running::start(roadbook(folder, &arguments));
    watcher
        .err
        .wait_for("word of a new try", |line| line.contains("CURSOR_AHEAD"));
    api.set(&place, "in place of what is lost");
    let next = api.set(&place, "after what was told");
    let line = watcher.out.nth(0);
    assert_eq!(
        told(&line),
        ("after what was told".to_owned(), next.version)
    );
    assert!(watcher.wait().success());
}

#[test]
fn watch_ends_at_once_where_nothing_listens() {
    let folder = folder();
    let mut server = Running::demo(folder.path());
    let url = server.url.clone();
    server.process.stop();
    let arguments = ["watch", "--url", &url, "--database", DATABASE];
    let said = crate::running::refusal(folder.path(), &arguments, 6);
    assert!(said.contains("cannot be reached"), "{said}");
}
