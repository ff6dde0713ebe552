//! Moving: a road map goes from a file to a server and back, and nobody can tell by what it says.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place};
use crate::postgres::Postgres;
use crate::running::{
    ANY_PORT, DATABASE, Running, Server, folder, refusal, result, roadbook, run, said,
};

fn moved(folder: &Path, from: &str, to: &str) -> Json {
    let told = result(folder, &["migrate", "--json", "--from", from, "--to", to]);
    serde_json::from_str(&told).unwrap()
}

/// What can be read of a road map, as of today and of days long past.
fn exports(folder: &Path, database: &str) -> Vec<String> {
    ["now", "6183/2/15 REV 2", "2015-12-31", "sealed 2015H1-LV"]
        .map(|at| {
            let arguments = [
                "export",
                "--format",
                "json",
                "--at",
                at,
                "--database",
                database,
            ];
            result(folder, &arguments)
        })
        .to_vec()
}

fn replayed(folder: &Path, database: &str) -> String {
    result(folder, &["replay", "--json", "--database", database])
}

#[test]
fn a_moved_road_map_exports_the_same_bytes_and_cursors_stay_good() {
    let folder = folder();
    let folder = folder.path();
    let cursor = {
        let server = Running::demo(folder);
        let mut api = Api::of(&server, folder, "GSC");
        let road_map = api.road_map(&Json::Null);
        let place = Place::find(&road_map, "B.5.1", "notes");
        let done = api.set(&place, "before the move");
        let said = refusal(
            folder,
            &["migrate", "--from", DATABASE, "--to", "sqlite:other.db"],
            6,
        );
        assert!(said.contains("in use by another process"), "{said}");
        done.cursor
    };
    let postgres = Postgres::start(18);
    let there = postgres.url.clone();

    let told = moved(folder, DATABASE, &there);
    assert_eq!(
        (&told["streams"], &told["cursorsStayGood"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(told["events"], told["eventsCopied"]);
    assert!(
        told["commands"]
            .as_u64()
            .is_some_and(|commands| commands > 1),
        "{told}"
    );
    let back = moved(folder, &there, "sqlite:back.db");
    assert_eq!(
        (&back["events"], &back["commands"]),
        (&told["events"], &told["commands"])
    );

    let (expected, events) = (exports(folder, DATABASE), replayed(folder, DATABASE));
    assert!(expected[0].contains("before the move"));
    for database in [there.as_str(), "sqlite:back.db"] {
        assert_eq!(exports(folder, database), expected, "{database}");
        assert_eq!(replayed(folder, database), events, "{database}");
        result(folder, &["verify", "--database", database]);
    }
    edit_after(folder, &there, &cursor);
}

/// An edit on top of a state that was read before the move.
fn edit_after(folder: &Path, database: &str, cursor: &str) {
    let secret = folder.join("test.db.secret");
    let arguments = [
        "serve",
        "--dev",
        "--listen",
        ANY_PORT,
        "--log",
        "warn",
        "--database",
        database,
    ];
    let mut serve = roadbook(folder, &arguments);
    serve.env("ROADBOOK_TOKEN_SECRET_FILE", secret);
    let server = Server::of(Running::start(serve));
    let mut api = Api::of(&server, folder, "GSC");
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    api.try_set(&place, cursor, "after the move").unwrap();
}

#[test]
fn a_move_goes_on_where_the_target_is_a_beginning_and_is_refused_elsewhere() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    fs::copy(folder.join("test.db"), folder.join("other.db")).unwrap();
    let first = moved(folder, DATABASE, "sqlite:moved.db");
    let edit = |text: &str| {
        let server = Running::serve(folder, ANY_PORT);
        let mut api = Api::of(&server, folder, "GSC");
        let road_map = api.road_map(&Json::Null);
        api.set(&Place::find(&road_map, "B.5.1", "notes"), text);
    };
    edit("recorded after the first move");
    let second = moved(folder, DATABASE, "sqlite:moved.db");
    assert_eq!(second["eventsCopied"], 1, "{second}");
    let all = first["events"].as_u64().unwrap() + 1;
    assert_eq!(second["events"], all);

    fs::rename(folder.join("test.db"), folder.join("mine.db")).unwrap();
    fs::rename(folder.join("other.db"), folder.join("test.db")).unwrap();
    edit("recorded on the other side");
    let before = replayed(folder, "sqlite:moved.db");
    let said = refusal(
        folder,
        &["migrate", "--from", DATABASE, "--to", "sqlite:moved.db"],
        4,
    );
    assert!(said.contains(&format!("version {all}")), "{said}");
    assert_eq!(replayed(folder, "sqlite:moved.db"), before);
}

#[test]
fn a_move_that_is_misspelt_is_refused_and_no_password_is_told() {
    let folder = folder();
    let folder = folder.path();
    let from = ["migrate", "--from", "sqlite:nowhere.db", "--to"];
    let to = |url| [&from[..], &[url]].concat();
    refusal(folder, &to("sqlite:target.db"), 3);
    assert!(!folder.join("nowhere.db").exists() && !folder.join("target.db").exists());
    refusal(folder, &from[..3], 2);
    refusal(folder, &to("sqlite:nowhere.db"), 2);
    for url in [
        "postgres:eve:sesame@db.example/roadbook",
        "postgres://eve:sesame@127.0.0.1:1/roadbook",
    ] {
        Running::demo(folder).process.stop();
        let output = run(folder, &["migrate", "--from", DATABASE, "--to", url]);
        assert!(!output.status.success());
        assert!(!said(&output).contains("sesame"), "{}", said(&output));
    }
}
