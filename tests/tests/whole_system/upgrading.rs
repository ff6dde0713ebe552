//! Upgrading: two versions may work on one database, and neither passes over what it does not know.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place, items, text, token};
use crate::output::wait_until;
use crate::postgres::Postgres;
use crate::running::{
    ANY_PORT, DATABASE, READY, Running, Server, folder, refusal, result, roadbook, serve_arguments,
};
use crate::sql;

/// The road map that gets an event of a later version, and the one beside it.
const NAMES: [&str; 2] = ["touched", "beside"];

/// The file of the test's database.
const FILE: &str = "test.db";

const LIST: &str = "{ roadMaps { edges { node { id slug } } } }";

const ONE: &str = "query($id: ID!) { roadMap(id: $id) { slug } }";

fn write_road_map(folder: &Path) {
    let demonstration = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/documents/data/road-map-6183-2-15-REV-2.yaml");
    std::fs::copy(demonstration, folder.join("own.yaml")).unwrap();
}

/// Opens both road maps and gives their bare ids.
fn import_both(folder: &Path) -> [String; 2] {
    write_road_map(folder);
    NAMES.map(|name| {
        let call = [
            "import",
            "own.yaml",
            "--json",
            "--slug",
            name,
            "--database",
            DATABASE,
        ];
        let opened: Json = serde_json::from_str(&result(folder, &call)).unwrap();
        text(&opened["roadMap"])
    })
}

fn bytes_of(id: &str) -> [u8; 16] {
    let digits = id.replace('-', "");
    u128::from_str_radix(&digits, 16).unwrap().to_be_bytes()
}

/// A server that looks at the log a hundred times a second, and tells its measures.
fn serve(folder: &Path) -> Server {
    let mut command = roadbook(folder, &serve_arguments(ANY_PORT));
    command.env("ROADBOOK_ENGINE__HEADS_POLL_MS", "10");
    command.env("ROADBOOK_SERVER__METRICS", "true");
    Server::of(Running::start(command))
}

#[test]
fn a_road_map_with_an_event_of_a_later_version_is_not_served_while_another_one_is() {
    let folder = folder();
    let folder = folder.path();
    let [touched, beside] = import_both(folder);
    let mut server = serve(folder);
    // What of it is not known cannot be judged, so only those who see everything are told of it.
    let token = token(folder, "GSC");
    let watch = ["watch", "touched", "--url", &server.url, "--token", &token];
    let mut watcher = Running::start(roadbook(folder, &watch));
    watcher
        .err
        .wait_for("sign that it watches", |line| line == "watching");

    sql::append_later_kind(&folder.join(FILE), bytes_of(&touched));

    assert_eq!(watcher.wait().code(), Some(4));
    let told = watcher.err.to_the_end().join("\n");
    assert!(
        told.contains("NEWER_FORMAT") && told.contains("newer version"),
        "{told}"
    );
    assert_eq!(watcher.out.all(), Vec::<String>::new());
    for round in 0..2 {
        let mut api = Api::with(&server, &token);
        let refused = api.try_ask(ONE, &json!({ "id": touched })).unwrap_err();
        assert!(
            refused.to_string().contains("\"NEWER_FORMAT\""),
            "{refused}"
        );
        let other = api.ask(ONE, &json!({ "id": beside }));
        assert_eq!(other["roadMap"]["slug"], "beside");
        let listed = api.answer(LIST, &Json::Null);
        let edges = items(&listed["data"]["roadMaps"]["edges"]);
        assert_eq!(edges.len(), 1, "{listed}");
        assert_eq!(edges[0]["node"]["slug"], "beside");
        assert_eq!(listed["errors"][0]["extensions"]["code"], "NEWER_FORMAT");
        assert_eq!(server.get("/health/ready"), (200, READY.to_owned()));
        let (_, measures) = server.get("/metrics");
        assert!(
            measures.contains("roadbook_road_maps_not_served 1"),
            "{measures}"
        );
        let log = server.process.err.all().join("\n");
        assert!(
            log.contains("not served any more") && log.contains(sql::LATER_KIND),
            "{log}"
        );
        if round == 0 {
            // A server that is started again finds the same.
            server.process.stop();
            server = serve(folder);
        }
    }
    let verified = result(folder, &["verify", "--database", DATABASE]);
    assert!(verified.contains("2 road maps"), "{verified}");
}

#[test]
fn what_is_new_is_written_once_the_upgrade_is_finished_while_the_nodes_run() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(15);
    let node = postgres.demo(folder);
    let token = postgres.result(folder, &["token", "--organisation", "GSC"]);
    let mut api = Api::with(&node, token.trim());
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let mut number = 0;
    let mut edit = |api: &mut Api| {
        number += 1;
        let base = api.cursor(&place);
        api.try_set(&place, &base, &format!("edit {number}"))
            .map_err(|error| error.to_string())
    };
    assert!(edit(&mut api).is_ok());

    sql::on_server(&postgres.url, "UPDATE log SET format_level = 0");
    wait_until("a refusal", || edit(&mut api).is_err());
    let refused = edit(&mut api).unwrap_err();
    assert!(
        refused.contains("\"UPGRADE_UNFINISHED\"") && refused.contains("migrate --finish"),
        "{refused}"
    );
    let told = postgres.result(folder, &["migrate"]);
    assert!(
        told.contains("its format level is 0") && told.contains("--finish"),
        "{told}"
    );
    let told = postgres.result(folder, &["migrate", "--finish"]);
    assert!(told.contains("raised from 0 to 2"), "{told}");
    let again = postgres.result(folder, &["migrate", "--finish"]);
    assert!(again.contains("no upgrade is to be finished"), "{again}");
    wait_until("an accepted edit", || edit(&mut api).is_ok());
}

#[test]
fn a_database_beyond_what_the_program_knows_is_refused_by_name() {
    let folder = folder();
    let folder = folder.path();
    import_both(folder);
    sql::on_file(&folder.join(FILE), &["UPDATE log SET format_level = 99"]);
    for command in [
        "serve --dev",
        "show touched",
        "verify",
        "backup copy.db",
        "migrate",
        "migrate --finish",
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--database", DATABASE]).collect();
        let told = refusal(folder, &words, 4);
        assert!(
            told.contains(DATABASE) && told.contains("format level 99") && told.contains("up to 2"),
            "{command}: {told}"
        );
    }
    assert!(!folder.join("copy.db").exists());
}
