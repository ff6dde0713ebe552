//! Watching over a server: the measures it tells, and that the pages about them name no others.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place};
use crate::http::Http;
use crate::running::{ANY_PORT, Running, Server, folder, roadbook, serve_arguments};

/// Every word that begins as a measure of ours does, without what a form of histogram or counter adds.
fn named(text: &str) -> BTreeSet<String> {
    let is_of_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    text.split(|letter| !is_of_name(letter))
        .filter(|word| word.starts_with("roadbook_"))
        .map(|word| {
            let parts = ["_bucket", "_count", "_sum", "_total"];
            let stem = parts.iter().find_map(|part| word.strip_suffix(part));
            stem.unwrap_or(word).to_owned()
        })
        .collect()
}

#[test]
fn the_measures_are_those_of_the_pages_and_count_what_happens() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let mut serve = roadbook(folder, &serve_arguments(ANY_PORT));
    serve.env("ROADBOOK_SERVER__METRICS", "true");
    let server = Server::of(Running::start(serve));
    let mut api = Api::of(&server, folder, "GSC");
    let road_map = api.road_map(&Json::Null);
    api.set(&Place::find(&road_map, "B.5.1", "notes"), "counted");
    // What was never counted under any label is not told.
    api.road_map(&json!({ "effective": { "on": "2015-12-31" } }));

    let mut http = Http::connect(server.address()).unwrap();
    let page = http.get("/metrics").unwrap();
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .contains("roadbook_edits_total{end=\"Accepted\"} 1"),
        "{}",
        page.body
    );
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let described = std::fs::read_to_string(docs.join("operations.md")).unwrap();
    let drawn = std::fs::read_to_string(docs.join("grafana.json")).unwrap();
    let told = named(&page.body);
    let rows = described
        .lines()
        .filter(|line| line.starts_with("| `roadbook_"))
        .collect::<String>();
    assert_eq!(named(&rows), told);
    assert!(named(&drawn).is_subset(&told), "{:?}", named(&drawn));
}
