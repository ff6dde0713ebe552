//! Reading while others write: whoever reads after an edit was answered reads it, also if the answer was kept.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place, command_id, token};
use crate::http::Http;
use crate::running::{
    ANY_PORT, DATABASE, Running, Server, folder, result, roadbook, serve_arguments,
};

/// A whole table, of which everything can be kept.
const TABLE: &str = "query($id: ID!) { roadMap(id: $id) { state { moment { version } fields { strands { actions { \
    label cells { cell { content { __typename ... on TextContent { printed } } } } } } } } } }";

const REDACT: &str = "mutation($input: RedactInput!) { redact(input: $input) { __typename } }";

const LEAK: &str = "Zyxomma petiolatum was seen near the embassy by two of our people";

fn read(api: &mut Api, place: &Place) -> Json {
    let data = api.ask(TABLE, &json!({ "id": place.road_map }));
    data["roadMap"]["state"].clone()
}

#[test]
fn whoever_reads_after_an_edit_was_answered_reads_it_and_nothing_that_was_redacted() {
    const READERS: usize = 4;
    const EDITS: usize = 60;
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    result(folder, &["migrate", "--finish", "--database", DATABASE]);
    let mut serve = roadbook(folder, &serve_arguments(ANY_PORT));
    serve.env("ROADBOOK_SERVER__METRICS", "true");
    let server = Server::of(Running::start(serve));
    let own = token(folder, "GSC");
    let mut editor = Api::with(&server, &own);
    let road_map = editor.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");

    let (answered, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut api = Api::with(&server, &own);
                while !is_over.load(Ordering::SeqCst) {
                    let known = answered.load(Ordering::SeqCst);
                    let version = read(&mut api, &place)["moment"]["version"].as_u64();
                    assert!(version.unwrap() >= known, "{version:?} after {known}");
                }
            });
        }
        for number in 0..EDITS {
            let done = editor.set(&place, &format!("edit {number}"));
            answered.store(done.version, Ordering::SeqCst);
        }
        is_over.store(true, Ordering::SeqCst);
    });

    let leaked = editor.set(&place, LEAK).version;
    for _ in 0..2 {
        assert!(read(&mut editor, &place).to_string().contains(LEAK));
    }
    let input = json!({ "input": {
        "roadMap": place.road_map, "commandId": command_id(), "versions": [leaked], "orderedBy": "GSC",
    } });
    assert_eq!(
        editor.ask(REDACT, &input)["redact"]["__typename"],
        "RedactDone"
    );
    assert!(!read(&mut editor, &place).to_string().contains(LEAK));

    let page = Http::connect(server.address())
        .unwrap()
        .get("/metrics")
        .unwrap();
    for end in ["Hit", "Miss"] {
        let line = format!("roadbook_responses_cached_total{{end=\"{end}\"}}");
        assert!(page.body.contains(&line), "{}", page.body);
    }
}
