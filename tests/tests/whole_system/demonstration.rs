//! The demonstration: the real road map, cell by cell, and what happened to it.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, actions, items, printed, text};
use crate::running::{DATABASE, Running, folder, result};

/// The transcription of the note, as it is compiled into the binary.
const NOTE: &str = "../crates/documents/data/road-map-6183-2-15-REV-2.yaml";

/// The columns beside the actions.
const COLUMNS: [&str; 4] = ["progress", "due", "actors", "notes"];

fn note() -> Json {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(NOTE);
    let yaml = std::fs::read_to_string(file).unwrap();
    serde_saphyr::from_str(&yaml).unwrap()
}

fn as_of_the_note() -> Json {
    json!({ "revision": "6183/2/15 REV 2" })
}

/// What a cell of the note prints: a list is one paragraph in a line, actors are the lead and then the others.
fn in_print(cell: &Json) -> String {
    match cell {
        Json::Null => String::new(),
        Json::Array(paragraphs) => paragraphs.iter().map(text).collect::<Vec<_>>().join("\n"),
        Json::Object(actors) => {
            let parts = [actors.get("lead"), actors.get("others")]
                .into_iter()
                .flatten();
            parts.map(text).collect::<Vec<_>>().join("\n")
        }
        other => text(other),
    }
}

/// The shared cell of a strand that covers an action (counted from 1) in a column.
fn shared<'n>(strand: &'n Json, column: &str, number: usize) -> Option<&'n Json> {
    let covers = |cell: &&Json| {
        let actions = items(&cell["actions"]).iter();
        cell["column"] == column
            && actions
                .filter_map(Json::as_u64)
                .any(|action| action == number as u64)
    };
    items(&strand["shared_cells"]).iter().find(covers)
}

#[test]
fn demo_serves_the_real_road_map() {
    let folder = folder();
    let server = Running::demo(folder.path());
    let mut api = Api::of(&server, folder.path(), "LV");
    let road_map = api.road_map(&as_of_the_note());
    let (note, state) = (note(), &road_map["state"]);
    assert_eq!(state["title"], note["document"]["subject"]);
    assert_eq!(state["marking"], note["document"]["distribution"]);
    assert_eq!(items(&state["fields"]).len(), 6);
    let mut strands = 0;
    for (printed, served) in items(&note["fields"]).iter().zip(items(&state["fields"])) {
        assert_eq!(
            (&served["letter"], &served["title"]),
            (&printed["letter"], &printed["title"])
        );
        assert_eq!(
            items(&served["strands"]).len(),
            items(&printed["strands"]).len()
        );
        for (printed, served) in items(&printed["strands"])
            .iter()
            .zip(items(&served["strands"]))
        {
            assert_eq!(
                (&served["title"], &served["source"]),
                (&printed["title"], &printed["reference"])
            );
            compare_actions(printed, served);
            strands += 1;
        }
    }
    assert_eq!((strands, actions(&road_map).count()), (32, 77));
}

fn compare_actions(strand: &Json, served: &Json) {
    let (printed_actions, served_actions) = (items(&strand["actions"]), items(&served["actions"]));
    assert_eq!(
        printed_actions.len(),
        served_actions.len(),
        "{}",
        served["label"]
    );
    for (index, (action, served)) in printed_actions.iter().zip(served_actions).enumerate() {
        assert_eq!(served["text"], action["text"]);
        for column in COLUMNS {
            let common = shared(strand, column, index + 1);
            let expected = in_print(common.map_or(&action[column], |cell| &cell["value"]));
            let place = format!("{} {column}", served["label"]);
            assert_eq!(printed(served, column), expected, "{place}");
            let span = items(&served["cells"])
                .iter()
                .find(|span| span["cell"]["column"]["name"] == column);
            let span = span.unwrap();
            let sharers = common.map_or(1, |cell| items(&cell["actions"]).len());
            assert_eq!(span["span"], sharers, "{place}");
            let kind = text(&span["cell"]["content"]["__typename"]);
            let is_expected = match expected.as_str() {
                "" => kind == "Blank",
                "?" => kind == "Unknown",
                _ => kind.ends_with("Content"),
            };
            assert!(is_expected, "{place} is {kind}");
        }
    }
}

#[test]
fn the_years_after_the_note_can_be_read_as_of_any_day() {
    let folder = folder();
    let server = Running::demo(folder.path());
    let mut api = Api::of(&server, folder.path(), "NL");
    let mut due = |at: Json| {
        let road_map = api.road_map(&at);
        printed(actions(&road_map).next().unwrap(), "due")
    };
    let on = |day: &str| json!({ "effective": { "on": day } });
    assert_eq!(due(as_of_the_note()), "July 2015\nDecember 2015");
    assert_eq!(due(on("2016-04-26")), "July 2015\nDecember 2015");
    assert_eq!(due(on("2016-04-27")), "completed");
    assert_eq!(
        due(json!({ "presidency": { "key": "2015H2-LU", "sealed": true } })),
        "July 2015\nDecember 2015"
    );
    assert_eq!(due(Json::Null), "completed");
}

#[test]
fn a_demo_that_was_killed_starts_again_with_the_same_log() {
    let folder = folder();
    let version = {
        let mut server = Running::demo(folder.path());
        let mut api = Api::of(&server, folder.path(), "GSC");
        let version = api.road_map(&Json::Null)["state"]["moment"]["version"].clone();
        server.process.kill();
        version
    };
    let server = Running::demo(folder.path());
    let mut api = Api::of(&server, folder.path(), "GSC");
    assert_eq!(
        api.road_map(&Json::Null)["state"]["moment"]["version"],
        version
    );
}

#[test]
fn what_the_demo_proposes_to_try_works_as_it_is_printed() {
    let folder = folder();
    let server = Running::demo(folder.path());
    let proposed = server
        .process
        .out
        .wait_for("proposed edit", |line| line.contains("mutation("));
    let body = proposed
        .split("-d '")
        .nth(1)
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap();
    let body: Json = serde_json::from_str(body).unwrap();
    let mut api = Api::of(&server, folder.path(), "GSC");
    let done = api.ask(&text(&body["query"]), &body["variables"]);
    assert_eq!(done["edit"]["__typename"], "EditDone", "{done}");
    let asked = server
        .process
        .out
        .wait_for("proposed query", |line| line.contains("2015-12-31"));
    let body = asked
        .split("-d '")
        .nth(1)
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap();
    let body: Json = serde_json::from_str(body).unwrap();
    let answer = api.ask(&text(&body["query"]), &Json::Null);
    let state = &answer["roadMaps"]["edges"][0]["node"]["state"];
    assert_eq!(state["statistics"]["actions"], 77, "{answer}");
}

#[test]
fn the_table_of_a_past_day_is_shown_without_a_server() {
    let folder = folder();
    Running::demo(folder.path()).process.stop();
    let table = result(
        folder.path(),
        &[
            "show",
            "--database",
            DATABASE,
            "--at",
            "2015-06-05",
            "--width",
            "120",
        ],
    );
    assert!(
        table.contains("LIMITE") && table.contains("chieving Cyber Resilience"),
        "{table}"
    );
    assert!(!table.contains("The EU Internet Forum was launched"));
    assert!(
        !table.contains('\u{1b}'),
        "there is no colour where there is no terminal"
    );
}
