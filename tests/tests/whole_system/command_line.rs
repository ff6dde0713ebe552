//! The command line: exit codes that scripts can rely on, and settings that cannot be misspelt unseen.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value as Json;

use crate::running::{ANY_PORT, DATABASE, Running, folder, refusal, result, roadbook, said};

#[test]
fn wrong_usage_ends_with_2() {
    let folder = folder();
    let folder = folder.path();
    refusal(folder, &["juggle"], 2);
    refusal(folder, &["show", "--at", "soon"], 2);
    refusal(folder, &["show", "--database", "mysql://somewhere"], 2);
    refusal(folder, &["token", "--organisation", "LV", "--days", "0"], 2);
    let said = refusal(
        folder,
        &["serve", "--database", DATABASE, "--listen", ANY_PORT],
        2,
    );
    assert!(said.contains("no identity provider"), "{said}");
    let said = refusal(folder, &["serve", "--dev", "--listen", ANY_PORT], 2);
    assert!(said.contains("--database"), "{said}");
}

#[test]
fn a_server_out_of_reach_ends_with_6_and_its_password_is_not_told() {
    let folder = folder();
    let url = "postgres://eve:sesame@127.0.0.1:1/roadbook";
    let said = refusal(folder.path(), &["show", "--database", url], 6);
    assert!(
        said.contains("127.0.0.1:1/roadbook") && !said.contains("sesame"),
        "{said}"
    );
}

#[test]
fn health_tells_by_its_code_whether_a_server_wants_requests() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let ask = ["health", "--url", &server.url];
    assert_eq!(result(folder, &ask), "ready\n");
    server.process.stop();
    let said = refusal(folder, &ask, 6);
    assert!(said.contains("cannot be reached"), "{said}");
    refusal(folder, &["health", "--url", "ftp://example.eu"], 2);
}

#[test]
fn what_is_not_there_ends_with_3() {
    let folder = folder();
    let folder = folder.path();
    refusal(folder, &["show"], 3);
    refusal(folder, &["token", "--organisation", "LV"], 3);
    refusal(
        folder,
        &["import", "nothing.yaml", "--database", DATABASE],
        3,
    );
    assert!(!folder.join("test.db").exists(), "nothing was made");
    Running::demo(folder).process.stop();
    refusal(folder, &["show", "elsewhere", "--database", DATABASE], 3);
    refusal(
        folder,
        &["show", "--database", DATABASE, "--at", "2014-01-01"],
        3,
    );
    refusal(
        folder,
        &["show", "--database", DATABASE, "--at", "1/1/15"],
        3,
    );
    refusal(
        folder,
        &[
            "token",
            "--organisation",
            "Atlantis",
            "--database",
            DATABASE,
        ],
        2,
    );
}

#[test]
fn what_is_refused_ends_with_4_and_names_the_lines() {
    let folder = folder();
    let folder = folder.path();
    let bad = "document:\n  subject: One\n  distribution: SECRET\ncolumns: []\nfields:\n- letter: A\n  titel: Typo\n";
    fs::write(folder.join("bad.yaml"), bad).unwrap();
    let said = refusal(folder, &["import", "bad.yaml", "--database", DATABASE], 4);
    assert!(said.contains("line 3") && said.contains("line 7"), "{said}");
    fs::write(
        folder.join("foreign.db"),
        "this is no database at all, only some words in a file",
    )
    .unwrap();
    refusal(folder, &["show", "--database", "sqlite:foreign.db"], 4);
}

#[test]
fn a_road_map_in_use_is_no_demonstration() {
    let folder = folder();
    let folder = folder.path();
    let own = "document:\n  slug: own\n  subject: Our own road map\n  distribution: LIMITE\ncolumns:\n- key: actions\n  heading: ACTIONS\nfields:\n- letter: A\n  title: One\n";
    fs::write(folder.join("own.yaml"), own).unwrap();
    let opened = result(
        folder,
        &["import", "own.yaml", "--json", "--database", DATABASE],
    );
    let opened: Json = serde_json::from_str(&opened).unwrap();
    assert_eq!(opened["slug"], "own");
    refusal(folder, &["import", "own.yaml", "--database", DATABASE], 4);
    let said = refusal(
        folder,
        &["demo", "--listen", ANY_PORT, "--database", DATABASE],
        4,
    );
    assert!(said.contains("other road maps"), "{said}");
}

#[test]
fn unknown_settings_are_refused_wherever_they_stand() {
    let folder = folder();
    let folder = folder.path();
    let misspelt = roadbook(folder, &["show"])
        .env("ROADBOOK_DATABSE", DATABASE)
        .output()
        .unwrap();
    assert_eq!(misspelt.status.code(), Some(2), "{}", said(&misspelt));
    assert!(
        said(&misspelt).contains("ROADBOOK_DATABSE"),
        "{}",
        said(&misspelt)
    );
    fs::write(
        folder.join("roadbook.toml"),
        "[engine]\nqueue = 1\n[server.limits]\nbodies = 2\n",
    )
    .unwrap();
    let said = refusal(folder, &["show"], 2);
    assert!(
        said.contains("engine.queue") && said.contains("server.limits.bodies"),
        "{said}"
    );
}

#[test]
fn settings_are_printed_with_their_source_and_without_secrets() {
    let folder = folder();
    let folder = folder.path();
    let settings = "listen = \"127.0.0.1:1\"\ntoken = \"open-sesame\"\n[server.limits]\nbody_bytes_max = 4096\n";
    fs::write(folder.join("roadbook.toml"), settings).unwrap();
    let mut check = roadbook(
        folder,
        &["config", "check", "--json", "--database", DATABASE],
    );
    check.env("ROADBOOK_ENGINE__PAGE_EVENTS", "77");
    let output = check.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("sesame"), "{}", said(&output));
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let settings = &report["settings"];
    assert_eq!(settings["engine.page_events"]["value"], 77);
    assert_eq!(
        settings["engine.page_events"]["source"],
        "ROADBOOK_ENGINE__PAGE_EVENTS"
    );
    assert_eq!(settings["database"]["source"], "--database");
    assert_eq!(settings["server.limits.body_bytes_max"]["value"], 4096);
    assert_eq!(settings["engine.retries_max"]["source"], "default");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let mut replay = roadbook(folder, &["replay", "--json", "--database", DATABASE])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // All events are more than a pipe holds, so the program writes on after the reader has gone.
    let mut first = String::new();
    BufReader::new(replay.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with('{'), "{first}");
    assert!(replay.wait().unwrap().success());
}

#[test]
fn the_help_tells_the_exit_codes_and_the_moments() {
    let folder = folder();
    let help = result(folder.path(), &["--help"]);
    assert!(
        help.contains("Exit codes") && help.contains("2015H1-LV"),
        "{help}"
    );
}
