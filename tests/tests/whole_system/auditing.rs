//! The audit: what stands in its file, and what does not.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place};
use crate::http::Http;
use crate::output::wait_until;
use crate::running::{
    ANY_PORT, DATABASE, Running, Server, folder, hang_up, result, roadbook, said,
};

fn demo(folder: &Path) -> Server {
    let arguments = [
        "demo",
        "--listen",
        ANY_PORT,
        "--database",
        DATABASE,
        "--log",
        "warn",
    ];
    let mut command = roadbook(folder, &arguments);
    command.env("ROADBOOK_AUDIT__FILE", "audit.jsonl");
    Server::of(Running::start(command))
}

fn entries(file: &Path) -> Vec<Json> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn of<'a>(entries: &'a [Json], event: &str) -> Vec<&'a Json> {
    entries
        .iter()
        .filter(|entry| entry["event"] == event)
        .collect()
}

#[track_caller]
fn assert_says_nothing_of(file: &Path, secrets: &[&str]) {
    let text = fs::read_to_string(file).unwrap();
    for secret in secrets {
        assert!(!text.contains(secret), "{text}");
    }
}

/// A token of a person of Estonia.
fn estonian(folder: &Path) -> String {
    let arguments = [
        "token",
        "--database",
        DATABASE,
        "--organisation",
        "EE",
        "--person",
        "p-17",
    ];
    result(folder, &arguments).trim().to_owned()
}

#[test]
fn the_audit_tells_who_signed_in_was_refused_and_read_what_and_no_text() {
    let folder = folder();
    let folder = folder.path();
    let mut server = demo(folder);
    let token = estonian(folder);
    let mut api = Api::with(&server, &token);
    let road_map = api.road_map(&Json::Null);
    let id = road_map["id"].as_str().unwrap().to_owned();
    let place = Place::find(&road_map, "B.5.1", "notes");
    Api::of(&server, folder, "GSC").set(&place, "words that are nobody else's");
    // Estonia does not hold the Presidency, and dates nothing into the past.
    let backdating = json!({ "input": {
        "roadMap": id, "commandId": "0190163d-8694-739b-aea5-966c26f8ad91", "base": api.cursor(&place),
        "effective": "2015-06-30",
        "commands": [{ "setCell": { "action": place.action, "column": place.column, "content": "before" } }],
    } });
    let mutation = "mutation Backdate($input: EditInput!) { edit(input: $input) { __typename } }";
    let refused = api.ask(mutation, &backdating);
    assert_eq!(refused["edit"]["__typename"], "EditRefused", "{refused}");
    let mut http = Http::connect(server.address()).unwrap();
    let query = "{\"query\":\"{ viewer { organisation } }\"}";
    let bad = http.post("/graphql", Some("a-bad-token"), query).unwrap();
    assert_eq!(bad.status, 401);
    server.process.stop();

    let file = folder.join("audit.jsonl");
    let by_secretariat = |entry: &Json| entry["organisation"] == "GSC";
    let (secretariat, found): (Vec<_>, Vec<_>) =
        entries(&file).into_iter().partition(by_secretariat);
    assert!(
        of(&secretariat, "read")
            .iter()
            .any(|read| read["operation"] == "mutation")
    );
    let who = |entry: &Json| (entry["organisation"].clone(), entry["person"].clone());
    let estonia = (json!("EE"), json!("p-17"));
    let [sign_in] = of(&found, "sign-in")[..] else {
        panic!("one connection and one token are one sign-in: {found:?}");
    };
    assert_eq!(who(sign_in), estonia);
    let reads = of(&found, "read");
    assert!(reads.iter().all(|read| who(read) == estonia), "{found:?}");
    let uuids: Vec<&Json> = reads.iter().map(|read| &read["road_maps"][0]).collect();
    assert!(!uuids.is_empty() && uuids.iter().all(|uuid| *uuid == uuids[0]));
    assert!(
        reads
            .iter()
            .any(|read| read["operation"] == "query" && read["outcome"] == "ok")
    );
    let refusals = of(&found, "refusal");
    let [not_allowed, unknown] = refusals[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (who(not_allowed), &not_allowed["outcome"]),
        (estonia, &json!("NOT_ALLOWED"))
    );
    assert_eq!(not_allowed["name"], "Backdate");
    assert_eq!(
        (&unknown["outcome"], &unknown["organisation"]),
        (&json!("UNAUTHENTICATED"), &Json::Null)
    );

    assert_says_nothing_of(
        &file,
        &[
            "nobody else",
            token.rsplit_once('.').unwrap().1,
            "a-bad-token",
        ],
    );
}

#[test]
fn an_export_is_told_by_its_road_map() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let mut command = roadbook(folder, &["export", "--database", DATABASE]);
    command.env("ROADBOOK_AUDIT__FILE", "audit.jsonl");
    let exported = command.output().unwrap();
    assert!(exported.status.success(), "{}", said(&exported));
    let found = entries(&folder.join("audit.jsonl"));
    let [export] = of(&found, "export")[..] else {
        panic!("{found:?}");
    };
    let id = export["road_maps"][0].as_str().unwrap();
    assert_eq!(id.len(), 36, "{id}");
}

#[test]
fn a_renamed_file_is_followed_by_a_new_one_after_a_signal() {
    let folder = folder();
    let folder = folder.path();
    let server = demo(folder);
    let (file, old) = (folder.join("audit.jsonl"), folder.join("audit.1.jsonl"));
    let read = || {
        let token = crate::api::token(folder, "LV");
        Api::with(&server, &token).road_map(&Json::Null);
    };
    read();
    wait_until("first entries", || of(&entries(&file), "read").len() == 1);
    fs::rename(&file, &old).unwrap();
    hang_up(server.process.id());
    wait_until("new file", || file.exists());
    read();
    wait_until("second entries", || of(&entries(&file), "read").len() == 1);
    assert_eq!(of(&entries(&old), "read").len(), 1);
}
