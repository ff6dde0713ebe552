//! Several nodes on one PostgreSQL that tell each other over NATS: what the bus brings, and that nothing hangs on it.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::api::{Api, Place};
use crate::http::Http;
use crate::load::{Load, texts};
use crate::nats::{Nats, PASSWORD};
use crate::nodes::{token, versions, watch};
use crate::postgres::Postgres;
use crate::running::{ANY_PORT, DATABASE, Server, folder, refusal};

/// A node that never looks at the heads while a test runs: what it hears of others, the bus has brought.
const NEVER_LOOKS: (&str, &str) = ("ROADBOOK_ENGINE__HEADS_POLL_MS", "86400000");
/// Measures are told.
const MEASURES: (&str, &str) = ("ROADBOOK_SERVER__METRICS", "true");
/// The bus tells how it fares.
const TELLS_OF_THE_BUS: (&str, &str) = ("ROADBOOK_LOG", "warn,roadbook_bus_nats=info");

const AWAY: &str = "the bus is away";
const BACK: &str = "the bus is there";

/// Cells that a load sets at once.
const CLIENTS: usize = 4;
/// Edits that are acknowledged before the bus is killed.
const ACKNOWLEDGED_MIN: usize = 30;
/// Edits beside the load while the bus is away, and once it is back.
const BESIDE: usize = 5;

/// A count that a node tells at `/metrics`.
fn count(node: &Server, measure: &str) -> u64 {
    let mut http = Http::connect(node.address()).unwrap();
    let page = http.get("/metrics").unwrap().body;
    let mut lines = page.lines();
    let found = lines.find_map(|line| line.strip_prefix(&format!("{measure} ")));
    found.unwrap_or_else(|| panic!("{page}")).parse().unwrap()
}

fn says(node: &Server, what: &str) {
    let lines = &node.process.err;
    lines.wait_for(what, |line| line.contains(what));
}

fn times(node: &Server, what: &str) -> usize {
    let lines = node.process.err.all();
    lines.iter().filter(|line| line.contains(what)).count()
}

#[test]
fn the_bus_alone_tells_one_node_what_another_committed() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    let nats = Nats::start();
    let settings = [("ROADBOOK_BUS", &*nats.url), NEVER_LOOKS, MEASURES];
    let here = Server::of(postgres.node(folder, &["demo"], &settings));
    let there = Server::of(postgres.node(folder, &["serve", "--dev"], &settings));
    let token = token(&postgres, folder);
    let watcher = watch(folder, &there, &token);
    let mut api = Api::with(&here, &token);
    let road_map = api.road_map(&Json::Null);
    let done = api.set(&Place::find(&road_map, "B.5.1", "notes"), "by the bus");
    let told = watcher.out.nth(0);
    assert!(told.contains("by the bus"), "{told}");
    assert_eq!(versions(&[told]), [done.version]);
    // It came with the message, and the log was not read for it.
    assert_eq!(count(&there, "roadbook_bus_used_total"), 1);
    assert_eq!(count(&there, "roadbook_bus_fallbacks_total"), 0);
    assert_eq!(count(&here, "roadbook_bus_dropped_total"), 0);
}

#[test]
fn an_append_too_long_for_the_bus_is_told_and_read_from_the_log() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    let nats = Nats::start();
    let short = ("ROADBOOK_NATS__MESSAGE_BYTES_MAX", "64");
    let settings = [("ROADBOOK_BUS", &*nats.url), NEVER_LOOKS, MEASURES, short];
    let here = Server::of(postgres.node(folder, &["demo"], &settings));
    let there = Server::of(postgres.node(folder, &["serve", "--dev"], &settings));
    let token = token(&postgres, folder);
    let watcher = watch(folder, &there, &token);
    let mut api = Api::with(&here, &token);
    let road_map = api.road_map(&Json::Null);
    api.set(&Place::find(&road_map, "B.5.1", "notes"), "too long");
    let told = watcher.out.nth(0);
    assert!(told.contains("too long"), "{told}");
    assert_eq!(count(&there, "roadbook_bus_used_total"), 0);
    assert_eq!(count(&there, "roadbook_bus_fallbacks_total"), 1);
}

#[test]
fn a_bus_that_is_killed_and_comes_back_loses_no_edit_and_no_watcher_its_place() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    let mut nats = Nats::start();
    let url = nats.url.clone();
    let settings = [("ROADBOOK_BUS", &*url), TELLS_OF_THE_BUS];
    let mut loaded = Server::of(postgres.node(folder, &["demo"], &settings));
    let quiet = Server::of(postgres.node(folder, &["serve", "--dev"], &settings));
    let token = token(&postgres, folder);
    let mut api = Api::with(&quiet, &token);
    let road_map = api.road_map(&Json::Null);
    let places = Place::several(&road_map, "notes", CLIENTS + 1);
    let (of_load, beside) = places.split_at(CLIENTS);
    let watcher = watch(folder, &quiet, &token);
    let before = road_map["state"]["moment"]["version"].as_u64().unwrap();

    let load = Load {
        name: "while the bus dies".to_owned(),
        places: of_load,
        token: &token,
        acknowledged_min: ACKNOWLEDGED_MIN,
    };
    let mut set = Vec::new();
    let mut set_some = |api: &mut Api, when: &str| {
        for number in 0..BESIDE {
            let content = format!("beside it {when}, {number}");
            api.set(&beside[0], &content);
            set.push(content);
        }
    };
    let outcome = load.until(&mut loaded, |loaded| {
        nats.kill();
        says(&quiet, AWAY);
        set_some(&mut api, "without the bus");
        nats.start_again();
        says(&quiet, BACK);
        says(loaded, BACK);
        set_some(&mut api, "with the bus again");
        loaded.process.kill();
    });
    let last = api.set(&beside[0], "after it").version;

    watcher.out.wait_for("word of the last edit", |line| {
        versions(&[line.to_owned()]) == [last]
    });
    let heard = versions(&watcher.out.all());
    assert_eq!(heard, (before + 1..=last).collect::<Vec<_>>());
    let replayed = postgres.result(folder, &["replay", "--json"]);
    let recorded: HashSet<String> = texts(&replayed).into_iter().collect();
    for text in outcome.acknowledged.iter().chain(&set) {
        assert!(recorded.contains(text), "{text} is lost");
    }
    // However often it was tried to reach it.
    assert_eq!((times(&quiet, AWAY), times(&quiet, BACK)), (1, 1));
}

#[test]
fn a_node_serves_while_the_bus_is_away_and_joins_it_once_it_is_there() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    let mut nats = Nats::start();
    let url = nats.url.clone();
    nats.kill();
    let settings = [
        ("ROADBOOK_BUS", &*url),
        NEVER_LOOKS,
        MEASURES,
        TELLS_OF_THE_BUS,
    ];
    let here = Server::of(postgres.node(folder, &["demo"], &settings));
    let there = Server::of(postgres.node(folder, &["serve", "--dev"], &settings));
    says(&there, AWAY);
    let token = token(&postgres, folder);
    let watcher = watch(folder, &there, &token);
    let mut api = Api::with(&here, &token);
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let first = api.set(&place, "nobody hears of it");
    nats.start_again();
    says(&here, BACK);
    says(&there, BACK);
    let second = api.set(&place, "heard again");
    watcher
        .out
        .wait_for("word of the last edit", |line| line.contains("heard again"));
    let heard = versions(&watcher.out.all());
    assert_eq!(heard, [first.version, second.version]);
    for said in here
        .process
        .err
        .all()
        .iter()
        .chain(&there.process.err.all())
    {
        assert!(!said.contains("sesame"), "{said}");
    }
}

/// What a node says that cannot be on a bus.
#[track_caller]
fn refused(folder: &Path, database: &str, bus: &str, code: i32) -> String {
    let arguments = [
        "serve",
        "--dev",
        "--listen",
        ANY_PORT,
        "--database",
        database,
        "--bus",
        bus,
    ];
    let said = refusal(folder, &arguments, code);
    assert!(said.contains("`bus`") && !said.contains("sesame"), "{said}");
    said
}

#[test]
fn what_no_retry_can_help_is_refused_at_the_start() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    let plain = Nats::plain();
    let said = refused(folder, &postgres.url, &plain.url, 4);
    assert!(said.contains("JetStream"), "{said}");
    let nats = Nats::start();
    let (_, address) = nats.url.rsplit_once('@').unwrap();
    for stranger in ["roadbook:sesame@", "eve:sesame@", "sesame@", ""] {
        let url = format!("nats://{stranger}{address}");
        let said = refused(folder, &postgres.url, &url, 4);
        assert!(said.contains(address), "{said}");
    }
    let said = refused(folder, DATABASE, &nats.url, 2);
    assert!(said.contains("SQLite"), "{said}");
    assert!(nats.url.contains(PASSWORD));
}
