//! Restoring, rehearsed over the wire: what came after the backup is gone, and nobody who knew it is left in the dark.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place};
use crate::postgres::Postgres;
use crate::running::{ANY_PORT, DATABASE, Running, folder, refusal, result, roadbook};

const RESTORE: [&str; 4] = ["restore", "copy.db", "--database", DATABASE];
const REPLACE: [&str; 5] = ["restore", "copy.db", "--database", DATABASE, "--replace"];

fn export(folder: &Path, database: &str) -> String {
    result(
        folder,
        &["export", "--format", "json", "--database", database],
    )
}

#[test]
fn what_came_after_the_backup_is_gone_and_old_cursors_are_told_so() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let mut api = Api::of(&server, folder, "GSC");
    let place = Place::find(&api.road_map(&Json::Null), "B.5.1", "notes");
    let kept = api.set(&place, "before the backup");
    result(folder, &["backup", "copy.db", "--database", DATABASE]);
    let lost = api.set(&place, "after the backup");
    let said = refusal(folder, &REPLACE, 6);
    assert!(said.contains("in use by another process"), "{said}");
    assert!(server.process.stop().success());
    let said = refusal(folder, &RESTORE, 4);
    assert!(said.contains("exists; --replace"), "{said}");
    assert!(export(folder, DATABASE).contains("after the backup"));

    let told = result(folder, &[&REPLACE[..], &["--json"]].concat());
    let told: Json = serde_json::from_str(&told).unwrap();
    let former = told["kept"].as_str().unwrap();
    assert!(former.starts_with("test.db.until-20"), "{told}");
    assert!(export(folder, &format!("sqlite:{former}")).contains("after the backup"));
    assert_eq!(export(folder, DATABASE), export(folder, "sqlite:copy.db"));

    let server = Running::serve(folder, ANY_PORT);
    let mut api = Api::of(&server, folder, "GSC");
    // The version that was lost is given anew: followed in it, the old cursor would miss this edit.
    let anew = api.set(&place, "instead of what was lost");
    assert_eq!(anew.version, lost.version);
    for cursor in [&kept.cursor, &lost.cursor] {
        let refused = api.try_set(&place, cursor, "on an old base").unwrap_err();
        assert!(refused.to_string().contains("STALE_BASE"), "{refused}");
        let arguments = [
            "watch",
            "--url",
            &server.url,
            "--after",
            cursor,
            "--database",
            DATABASE,
        ];
        let watcher = Running::start(roadbook(folder, &arguments));
        watcher
            .err
            .wait_for("resync", |line| line.contains("EPOCH_CHANGED"));
    }
    let exported = export(folder, DATABASE);
    assert!(
        exported.contains("instead of what was lost") && !exported.contains("after the backup")
    );
    result(folder, &["verify", "--database", DATABASE]);
}

#[test]
fn an_epoch_does_not_come_back_when_a_backup_is_restored_again() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    result(folder, &["backup", "copy.db", "--database", DATABASE]);
    let epoch_of = |arguments: &[&str]| {
        let told = result(folder, &[arguments, &["--json"]].concat());
        let told: Json = serde_json::from_str(&told).unwrap();
        told["epoch"].as_u64().unwrap()
    };
    let first = epoch_of(&REPLACE);
    let raised = epoch_of(&["restore", "--raise-epoch", "--database", DATABASE]);
    assert!(raised > first && first > 1_000_000_000, "{first}, {raised}");
    fs::remove_file(folder.join("test.db")).unwrap();
    // Nothing is left that would tell the first epoch.
    assert!(epoch_of(&RESTORE) >= first);
}

#[test]
fn a_damaged_backup_is_refused_and_the_database_stays() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let mut api = Api::of(&server, folder, "GSC");
    let place = Place::find(&api.road_map(&Json::Null), "B.5.1", "notes");
    let bad = api.set(&place, "unmistakable 0816").version;
    api.set(&place, "a good one after it");
    assert!(server.process.stop().success());
    result(folder, &["backup", "copy.db", "--database", DATABASE]);
    let file = folder.join("copy.db");
    let mut bytes = fs::read(&file).unwrap();
    let marker = b"\"unmistakable 0816";
    let places = bytes.windows(marker.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, found)| found == marker)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "the text of the edit is in the backup");
    for at in places {
        bytes[at + 1] ^= 0x20;
    }
    fs::write(&file, bytes).unwrap();
    let said = refusal(folder, &REPLACE, 5);
    assert!(said.contains(&format!("version {bad}:")), "{said}");
    assert!(export(folder, DATABASE).contains("a good one after it"));
    refusal(
        folder,
        &["restore", "nothing.db", "--replace", "--database", DATABASE],
        3,
    );
}

#[test]
fn a_server_is_restored_by_its_own_tools_and_only_the_epoch_is_raised() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let postgres = Postgres::start(15);
    let database = postgres.url.clone();
    result(folder, &["migrate", "--from", DATABASE, "--to", &database]);
    let before = export(folder, &database);
    let said = refusal(folder, &["restore", "copy.db", "--database", &database], 2);
    assert!(said.contains("--raise-epoch"), "{said}");
    let told = result(
        folder,
        &[
            "restore",
            "--raise-epoch",
            "--json",
            "--database",
            &database,
        ],
    );
    let told: Json = serde_json::from_str(&told).unwrap();
    assert!(told["epoch"].as_u64() > Some(1_000_000_000) && !told.to_string().contains("sesame"));
    assert_eq!(export(folder, &database), before);
    let again = result(
        folder,
        &["migrate", "--json", "--from", DATABASE, "--to", &database],
    );
    let again: Json = serde_json::from_str(&again).unwrap();
    assert_eq!(again["cursorsStayGood"], json!(false), "{again}");
}
