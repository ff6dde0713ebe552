//! Keeping: backups open and verify, damage is found and named, and an export is a whole road map.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::api::{Api, Place};
use crate::running::{DATABASE, Running, folder, refusal, result};

/// In the text of one edit, and nowhere else.
const MARKER: &[u8] = b"\"unmistakable 0815";

fn verified(folder: &Path, database: &str) -> Json {
    let report = result(folder, &["verify", "--json", "--database", database]);
    serde_json::from_str(&report).unwrap()
}

fn export(folder: &Path, database: &str, format: &str, at: &str) -> String {
    result(
        folder,
        &[
            "export",
            "--database",
            database,
            "--format",
            format,
            "--at",
            at,
        ],
    )
}

/// An export without the line that names its moment.
fn without_moment(export: &str) -> String {
    let names_moment = |line: &str| {
        line.trim_start()
            .trim_start_matches('"')
            .starts_with("moment")
    };
    let kept: Vec<&str> = export.lines().filter(|line| !names_moment(line)).collect();
    kept.join("\n")
}

#[test]
fn backup_opens_and_verifies() {
    let folder = folder();
    let folder = folder.path();
    let server = Running::demo(folder);
    let mut api = Api::of(&server, folder, "GSC");
    let road_map = api.road_map(&Json::Null);
    api.set(
        &Place::find(&road_map, "B.5.1", "notes"),
        "before the backup",
    );
    result(folder, &["backup", "copy.db", "--database", DATABASE]);
    let exported = export(folder, DATABASE, "json", "now");
    api.set(
        &Place::find(&road_map, "B.5.1", "notes"),
        "after the backup",
    );
    let report = verified(folder, "sqlite:copy.db");
    assert_eq!(
        (&report["verified"], &report["streams"]),
        (&Json::from(true), &Json::from(1))
    );
    assert_eq!(export(folder, "sqlite:copy.db", "json", "now"), exported);
    assert!(exported.contains("before the backup"));
    refusal(folder, &["backup", "copy.db", "--database", DATABASE], 4);
}

#[test]
fn snapshots_that_are_made_anew_change_nothing() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let all_anew = ["rebuild", "--json", "--database", DATABASE];
    refusal(folder, &all_anew, 6);
    server.process.stop();
    let before = (
        export(folder, DATABASE, "json", "now"),
        export(folder, DATABASE, "json", "2015-12-31"),
    );
    let rebuilt: Json = serde_json::from_str(&result(folder, &all_anew)).unwrap();
    assert_eq!(rebuilt["roadMaps"], 1);
    let one_anew = [&all_anew[..], &["--road-map", "cybersecurity"]].concat();
    let again: Json = serde_json::from_str(&result(folder, &one_anew)).unwrap();
    assert_eq!(again["snapshotsDropped"], rebuilt["snapshots"]);
    assert_eq!(again["events"], rebuilt["events"]);
    let report = verified(folder, DATABASE);
    assert_eq!(report["snapshots"], again["snapshots"]);
    let after = (
        export(folder, DATABASE, "json", "now"),
        export(folder, DATABASE, "json", "2015-12-31"),
    );
    assert_eq!(before, after);
    let nothing = [&all_anew[..], &["--road-map", "nothing"]].concat();
    refusal(folder, &nothing, 3);
}

#[test]
fn verify_names_the_first_bad_event() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let mut api = Api::of(&server, folder, "GSC");
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let bad = api.set(&place, "unmistakable 0815").version;
    api.set(&place, "a good one after it");
    assert!(server.process.stop().success());
    assert_eq!(verified(folder, DATABASE)["verified"], true);

    let file = folder.join("test.db");
    let mut bytes = fs::read(&file).unwrap();
    let places: Vec<usize> = bytes
        .windows(MARKER.len())
        .enumerate()
        .filter(|(_, found)| *found == MARKER)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "the text of the edit is in the file");
    for at in places {
        bytes[at + 1] ^= 0x20;
    }
    fs::write(&file, bytes).unwrap();

    let said = refusal(folder, &["verify", "--database", DATABASE], 5);
    assert!(said.contains(&format!("version {bad}:")), "{said}");
}

#[test]
fn export_then_import_is_identity() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    for (number, (format, at)) in [
        ("yaml", "6183/2/15 REV 2"),
        ("yaml", "sealed 2015H1-LV"),
        ("json", "2015-12-31"),
        ("json", "now"),
    ]
    .into_iter()
    .enumerate()
    {
        let exported = export(folder, DATABASE, format, at);
        let name = format!("export.{format}");
        fs::write(folder.join(&name), &exported).unwrap();
        let database = format!("sqlite:imported-{number}.db");
        result(folder, &["import", &name, "--database", &database]);
        let again = export(folder, &database, format, "now");
        assert_eq!(
            without_moment(&again),
            without_moment(&exported),
            "{format} at {at}"
        );
    }
}

#[test]
fn a_replay_between_two_days_tells_what_happened_between_them() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let told = result(
        folder,
        &[
            "replay",
            "--database",
            DATABASE,
            "--from",
            "2015-06-05",
            "--to",
            "2015-07-01",
        ],
    );
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(
        lines[0].starts_with("2015-06-15")
            && lines[0].contains("General Data Protection Regulation")
    );
    assert!(told.contains("PresidencyClosed") && told.contains("2015H1-LV"));
    assert!(told.contains("C.3.2 progress"));
}
