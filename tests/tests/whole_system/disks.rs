//! Disks: one that is low or full costs no acknowledged edit and leaves no trace of a refused one, and reads go on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::api::{Api, Place, token};
use crate::output::wait_until;
use crate::running::{
    ANY_PORT, READY, Running, Server, binary, folder, result, roadbook, serve_arguments,
};

/// More than any disk has free.
const TOO_MUCH_MIB: &str = "9000000000";

/// How large the disk is that is filled, and how much of it must be free in the first of both cases.
const DISK_MIB: u64 = 24;
const FREE_MIN_MIB: u64 = 6;

/// A server on a database beside which there is too little room, or that looks at no disk.
fn serve_with(folder: &Path, disk_free_min_mib: &str) -> Server {
    let mut command = roadbook(folder, &serve_arguments(ANY_PORT));
    command.env("ROADBOOK_STORE__DISK_FREE_MIN_MIB", disk_free_min_mib);
    command.env("ROADBOOK_SERVER__METRICS", "true");
    Server::of(Running::start(command))
}

#[test]
fn a_server_whose_disk_is_low_reads_on_and_takes_no_edits() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let mut server = serve_with(folder, TOO_MUCH_MIB);
    let mut api = Api::of(&server, folder, "GSC");
    let before = api.road_map(&Json::Null);
    let place = Place::find(&before, "B.5.1", "notes");
    let base = api.cursor(&place);
    let refused = api
        .try_set(&place, &base, "no room")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("\"DISK_LOW\""), "{refused}");
    let (status, told) = server.get("/health/ready");
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["status"]), (200, &Json::from("read-only")));
    assert_eq!(told["reasons"][0]["code"], "DISK_LOW");
    let (_, measures) = server.get("/metrics");
    assert!(
        measures.contains("roadbook_read_only{reason=\"Disk\"} 1"),
        "{measures}"
    );
    assert_eq!(api.road_map(&Json::Null), before);
    server.process.stop();

    let server = serve_with(folder, "0");
    let mut api = Api::of(&server, folder, "GSC");
    api.try_set(&place, &base, "room enough").unwrap();
    assert_eq!(server.get("/health/ready"), (200, READY.to_owned()));
}

/// A server in a mount namespace of its own, with a small disk there that is gone with it. None if this machine lets
/// nobody make one, as a container may not.
fn on_small_disk(folder: &Path, disk_free_min_mib: u64) -> Option<(Server, PathBuf)> {
    let (disk, size) = (folder.join("disk"), format!("size={DISK_MIB}m"));
    fs::create_dir(&disk).unwrap();
    let mount = ["mount", "-t", "tmpfs", "-o", &size, "tmpfs", "disk"];
    let namespace = ["--map-root-user", "--mount", "--"];
    let tried = Command::new("unshare")
        .args(namespace)
        .args(mount)
        .current_dir(folder)
        .status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("no disk can be mounted here: only the setting is tested");
        return None;
    }
    let script = format!(
        "{} && cp test.db* disk/ && cd disk && exec \"$@\"",
        mount.join(" ")
    );
    let mut command = Command::new("unshare");
    command
        .args(namespace)
        .args(["sh", "-c", &script, "sh"])
        .arg(binary())
        .args(serve_arguments(ANY_PORT))
        .current_dir(folder)
        .env("ROADBOOK_ENGINE__HEADS_POLL_MS", "10")
        .env(
            "ROADBOOK_STORE__DISK_FREE_MIN_MIB",
            disk_free_min_mib.to_string(),
        );
    let server = Server::of(Running::start(command));
    // The namespace is seen through the process in it.
    let seen = format!("/proc/{}/root{}", server.process.id(), disk.display());
    Some((server, PathBuf::from(seen)))
}

/// Fills a disk but for so much.
fn fill(disk: &Path, left_mib: u64) {
    let mut size = DISK_MIB * 1024 * 1024;
    let filler = disk.join("filler");
    let block = vec![1; 64 * 1024];
    let mut file = fs::File::create(&filler).unwrap();
    while size > 0 && std::io::Write::write_all(&mut file, &block).is_ok() {
        size -= block.len() as u64;
    }
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(left_mib * 1024 * 1024))
        .unwrap();
}

#[test]
fn a_disk_that_fills_up_refuses_edits_until_there_is_room_again() {
    // With a bound the disk is never full; without one SQLite finds it so.
    for (free_min_mib, left_mib) in [(FREE_MIN_MIB, FREE_MIN_MIB - 1), (0, 0)] {
        let folder = folder();
        let folder = folder.path();
        Running::demo(folder).process.stop();
        let Some((server, disk)) = on_small_disk(folder, free_min_mib) else {
            return;
        };
        let token = token(folder, "GSC");
        let mut api = Api::with(&server, &token);
        let road_map = api.road_map(&Json::Null);
        let place = Place::find(&road_map, "B.5.1", "notes");
        api.set(&place, "while there is room");
        fill(&disk, left_mib);
        let mut version = 0;
        let mut refused = String::new();
        wait_until("refusal", || {
            let base = api.cursor(&place);
            match api.try_set(&place, &base, &format!("after edit {version}")) {
                Ok(done) => version = done.version,
                Err(error) => refused = error.to_string(),
            }
            !refused.is_empty()
        });
        assert!(refused.contains("\"DISK_LOW\""), "{refused}");
        let base = api.cursor(&place);
        assert!(api.try_set(&place, &base, "refused too").is_err());
        assert_eq!(api.cursor(&place), base);

        fs::remove_file(disk.join("filler")).unwrap();
        api.try_set(&place, &base, "room again").unwrap();
        wait_until("readiness", || {
            server.get("/health/ready") == (200, READY.to_owned())
        });
        fs::copy(disk.join("test.db"), folder.join("after.db")).unwrap();
        fs::copy(disk.join("test.db-wal"), folder.join("after.db-wal")).unwrap();
        result(folder, &["verify", "--database", "sqlite:after.db"]);
        let exported = result(folder, &["export", "--database", "sqlite:after.db"]);
        assert!(exported.contains("room again") && !exported.contains("refused too"));
    }
}
