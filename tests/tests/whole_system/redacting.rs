//! Redacting: a text that was pasted is in no file, no answer and no export any more, and the log proves that nothing else is gone.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place, command_id, items, text};
use crate::postgres::Postgres;
use crate::running::{ANY_PORT, DATABASE, Running, Server, folder, refusal, result};

/// Nobody writes so by accident.
const LEAK: &str = "Zyxomma petiolatum was seen near the embassy by two of our people";
const SECRET: &str = "Zyxomma petiolatum";

const REDACT: &str = "mutation($input: RedactInput!) { redact(input: $input) { __typename \
    ... on RedactDone { version files repeated cursor event { version kind ... on TextRedacted { versions orderedBy } } } \
    ... on RedactPreview { versions events { kind summary } } \
    ... on RedactRefused { refusals { code message } } } }";

const EVENTS: &str = "query($id: ID!, $after: Cursor) { roadMap(id: $id) { events(first: 20, after: $after) { \
    pageInfo { hasNextPage endCursor } edges { node { version kind summary reason redactedBy \
    ... on CellSet { before { ...shown } after { ...shown } } ... on CellsShared { shared: after { ...shown } } \
    ... on Retitled { was: before is: after } } } } } } \
    fragment shown on CellContent { __typename ... on TextContent { printed } }";

const COMMANDS: &str = "mutation($input: EditInput!) { edit(input: $input) { __typename \
    ... on EditDone { version cursor } ... on EditConflicts { conflicts { base { __typename } theirs { __typename } } } } }";

/// The demonstration, on a database whose upgrade is finished.
fn served(folder: &Path) -> Server {
    assert!(Running::demo(folder).process.stop().success());
    result(folder, &["migrate", "--finish", "--database", DATABASE]);
    Running::serve(folder, ANY_PORT)
}

fn edit(api: &mut Api, place: &Place, base: &str, command: &Json) -> Json {
    let input = json!({ "input": {
        "roadMap": place.road_map, "commandId": command_id(), "base": base, "commands": [command],
    } });
    api.ask(COMMANDS, &input)["edit"].clone()
}

fn redact(api: &mut Api, input: &Json) -> Json {
    api.ask(REDACT, &json!({ "input": input }))["redact"].clone()
}

/// A text that was carried on.
struct Leak {
    place: Place,
    /// The cursor of the state before it.
    before: String,
    /// The version in which it was pasted.
    pasted: u64,
    /// How many events carry it.
    carrying: usize,
}

/// A text is pasted, merged, shared, split and moved on to a title; then a harmless one is set elsewhere.
fn leak(api: &mut Api) -> Leak {
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "A.1.1", "notes");
    let before = api.cursor(&place);
    let pasted = api.set(&place, LEAK);
    api.set(&place, &format!("{LEAK}, in 2015"));
    let merged = format!("We hear: {LEAK}");
    api.try_set(&place, &pasted.cursor, &merged).unwrap();
    let next = Place::find(&road_map, "A.1.2", "notes");
    let share = json!({ "shareCells": {
        "column": place.column, "actions": [place.action, next.action], "content": format!("{LEAK} again"),
    } });
    let split = json!({ "unshareCells": { "column": place.column, "action": place.action } });
    let retitle =
        json!({ "retitle": { "subject": next.action, "title": format!("Follow up: {LEAK}") } });
    for command in [share, split, retitle] {
        let base = api.cursor(&place);
        let done = edit(api, &place, &base, &command);
        assert_eq!(done["__typename"], "EditDone", "{done}");
    }
    api.set(&Place::find(&road_map, "B.5.1", "notes"), "harmless");
    Leak {
        place,
        before,
        pasted: pasted.version,
        carrying: 6,
    }
}

/// Everything that the API tells of the events of a leak, of the states around them and of the current one.
fn answers(api: &mut Api, leak: &Leak) -> String {
    let page = json!({ "id": leak.place.road_map, "after": leak.before });
    let mut told = api.ask(EVENTS, &page).to_string();
    for version in leak.pasted - 1..=leak.pasted + 6 {
        told.push_str(&api.road_map(&json!({ "version": version })).to_string());
    }
    told.push_str(&api.road_map(&Json::Null).to_string());
    told
}

/// The files of a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap_or_default();
        let mut parts = bytes.windows(text.len());
        if parts.any(|part| part == text.as_bytes()) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

fn exports(folder: &Path, database: &str) -> String {
    let formats = ["yaml", "json"];
    let told = formats.map(|format| {
        let arguments = ["export", "--format", format, "--database", database];
        result(folder, &arguments)
    });
    told.concat() + &result(folder, &["replay", "--json", "--database", database])
}

#[test]
fn a_redacted_text_is_in_no_file_no_answer_no_export_and_no_later_backup() {
    let folder = folder();
    let folder = folder.path();
    let mut server = served(folder);
    let mut api = Api::of(&server, folder, "GSC");
    let leak = leak(&mut api);
    assert!(answers(&mut api, &leak).contains(SECRET));
    assert!(!holding(folder, SECRET).is_empty());
    result(folder, &["backup", "earlier.db", "--database", DATABASE]);

    let mut input = json!({
        "roadMap": leak.place.road_map, "commandId": command_id(), "versions": [leak.pasted],
        "reason": "Pasted by mistake", "orderedBy": "LV", "dryRun": true,
    });
    let preview = redact(&mut api, &input);
    assert_eq!(
        items(&preview["versions"]).len(),
        leak.carrying,
        "{preview}"
    );
    input["dryRun"] = json!(false);
    let done = redact(&mut api, &input);
    assert_eq!(done["event"]["kind"], "TextRedacted", "{done}");
    assert_eq!(done["event"]["versions"], preview["versions"]);
    assert_eq!(
        (&done["files"], &done["event"]["orderedBy"]),
        (&json!("CLEAN"), &json!("LV"))
    );

    assert!(!answers(&mut api, &leak).contains(SECRET));
    assert_eq!(holding(folder, SECRET), ["earlier.db"]);
    let shown = api.road_map(&Json::Null).to_string();
    assert!(
        shown.contains("Redacted") && shown.contains("[redacted]"),
        "{shown}"
    );
    result(folder, &["backup", "later.db", "--database", DATABASE]);
    let exported = exports(folder, DATABASE);
    assert!(!exported.contains(SECRET) && exported.contains("redacted: true"));
    assert!(exported.contains("harmless"));

    let again = redact(&mut api, &input);
    assert_eq!(
        (&again["repeated"], &again["version"]),
        (&json!(true), &done["version"])
    );
    assert!(server.process.stop().success());
    assert_eq!(holding(folder, SECRET), ["earlier.db"]);
    for database in [DATABASE, "sqlite:later.db"] {
        let told = result(folder, &["verify", "--json", "--database", database]);
        let told: Json = serde_json::from_str(&told).unwrap();
        assert_eq!(told["redacted"], leak.carrying, "{told}");
        let redaction = &told["redactions"][0];
        assert_eq!(redaction["versions"], preview["versions"]);
        assert_eq!(
            (&redaction["author"], &redaction["orderedBy"]),
            (&json!("GSC"), &json!("LV"))
        );
        assert_eq!(redaction["reason"], "Pasted by mistake");
    }
    let told = result(folder, &["verify", "--database", DATABASE]);
    assert!(
        told.contains("on the order of LV: Pasted by mistake"),
        "{told}"
    );
}

#[test]
fn only_the_secretariat_redacts_and_an_edit_of_before_conflicts() {
    let folder = folder();
    let folder = folder.path();
    let server = served(folder);
    let mut secretariat = Api::of(&server, folder, "GSC");
    let road_map = secretariat.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let pasted = secretariat.set(&place, LEAK);
    let input = json!({
        "roadMap": place.road_map, "commandId": command_id(), "versions": [pasted.version], "passage": SECRET,
    });
    let mut delegation = Api::of(&server, folder, "EE");
    let refused = redact(&mut delegation, &input);
    assert_eq!(refused["refusals"][0]["code"], "NOT_ALLOWED", "{refused}");
    let telling = json!({
        "roadMap": place.road_map, "commandId": command_id(), "versions": [pasted.version], "passage": SECRET,
        "reason": format!("It says {SECRET}"),
    });
    let refused = redact(&mut secretariat, &telling);
    assert_eq!(refused["refusals"][0]["code"], "INVALID", "{refused}");
    assert_eq!(redact(&mut secretariat, &input)["__typename"], "RedactDone");
    let command = json!({ "setCell": {
        "column": place.column, "action": place.action, "content": format!("{LEAK} and more"),
    } });
    let met = edit(&mut secretariat, &place, &pasted.cursor, &command);
    assert_eq!(
        met["conflicts"][0]["base"]["__typename"], "Redacted",
        "{met}"
    );
    assert_eq!(
        met["conflicts"][0]["theirs"]["__typename"], "Redacted",
        "{met}"
    );
}

#[test]
fn what_is_left_of_a_redacted_event_cannot_be_changed_unseen() {
    let folder = folder();
    let folder = folder.path();
    let mut server = served(folder);
    let mut api = Api::of(&server, folder, "GSC");
    let leak = leak(&mut api);
    let input = json!({
        "roadMap": leak.place.road_map, "commandId": command_id(), "versions": [leak.pasted], "passage": SECRET,
    });
    redact(&mut api, &input);
    assert!(server.process.stop().success());
    result(folder, &["verify", "--database", DATABASE]);
    // What is left of an event is written by nobody but a redaction: one byte of it is changed.
    let file = folder.join("test.db");
    let mut bytes = fs::read(&file).unwrap();
    let left = b"Follow up";
    assert!(!bytes.windows(left.len()).any(|part| part == left));
    let left = b"\"content\":\"redacted\"";
    let place = bytes.windows(left.len()).position(|part| part == left);
    bytes[place.unwrap() + 12] ^= 0x20;
    fs::write(&file, bytes).unwrap();
    let said = refusal(folder, &["verify", "--database", DATABASE], 5);
    assert!(said.contains("should tell what was redacted"), "{said}");
}

#[test]
fn a_redaction_on_one_node_reaches_another_and_moves_with_the_log() {
    for version in [15, 18] {
        let folder = folder();
        let folder = folder.path();
        let postgres = Postgres::start(version);
        postgres.demo(folder).process.stop();
        postgres.result(folder, &["migrate", "--finish"]);
        let (here, there) = (postgres.serve(folder), postgres.serve(folder));
        let token = |organisation| {
            text_of(&postgres.result(folder, &["token", "--organisation", organisation]))
        };
        let mut api = Api::with(&here, &token("GSC"));
        let mut other = Api::with(&there, &token("GSC"));
        let leak = leak(&mut api);
        let input = json!({
            "roadMap": leak.place.road_map, "commandId": command_id(), "versions": [leak.pasted], "passage": LEAK,
        });
        let done = redact(&mut api, &input);
        assert_eq!(done["files"], "LEFT_TO_OPERATOR", "{done}");
        // An edit on top of it makes the other node reach it.
        let base = text(&done["cursor"]);
        other.try_set(&leak.place, &base, "written anew").unwrap();
        assert!(!answers(&mut other, &leak).contains(SECRET));
        assert!(!answers(&mut api, &leak).contains(SECRET));
        drop((here, there));
        let moving = [
            "migrate",
            "--from",
            &postgres.url,
            "--to",
            "sqlite:moved.db",
        ];
        result(folder, &moving);
        assert!(holding(folder, SECRET).is_empty());
        let told = result(
            folder,
            &["verify", "--json", "--database", "sqlite:moved.db"],
        );
        let told: Json = serde_json::from_str(&told).unwrap();
        assert_eq!(told["redacted"], leak.carrying, "{told}");
        assert!(!exports(folder, &postgres.url).contains(SECRET));
    }
}

fn text_of(printed: &str) -> String {
    printed.trim().to_owned()
}
