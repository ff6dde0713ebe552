//! A disk that is full.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::api::{Api, token};
use crate::chance::Chance;
use crate::checker::Truth;
use crate::running::{ANY_PORT, DATABASE, Running, Server, folder, roadbook};
use crate::traffic::Traffic;

/// Edits between two events.
const SOME: usize = 80;

/// A small disk in memory.
struct Disk(PathBuf);

impl Disk {
    /// Needs root, as mounting does: the test is not skipped without it, since a skipped test proves nothing.
    fn mount(on: &Path) -> Self {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "roadbook-test"])
            .arg(on)
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "a small disk could not be mounted, which takes root and the right to mount"
        );
        Self(on.to_owned())
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Writes until there is no room, not even for one byte.
    fn fill(&self) {
        let mut filler = File::options()
            .append(true)
            .create(true)
            .open(self.filler())
            .unwrap();
        for length in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; length]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a process may still be ending.
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_refuses_edits_and_loses_none() {
    let mut chance = Chance::of_test();
    let folder = folder();
    let disk = Disk::mount(folder.path());
    // The disk is to be filled to its last byte, and not to be low long before.
    let arguments = ["demo", "--listen", ANY_PORT, "--database", DATABASE];
    let mut demo = roadbook(&disk.0, &arguments);
    demo.env("ROADBOOK_STORE__DISK_FREE_MIN_MIB", "0");
    let server = Server::of(Running::start(demo));
    let token = token(&disk.0, "GSC");
    let addresses = vec![server.address().to_owned()];
    let traffic = Traffic::start(addresses.clone(), &token, chance.branch());
    traffic.until_acknowledged(1 + chance.below(SOME));
    for _ in 0..2 {
        disk.fill();
        traffic.until_failed(20);
        // Whoever reads is not concerned.
        Api::with(&server, &token).road_map(&Json::Null);
        disk.make_room();
        traffic.until_acknowledged(SOME);
    }
    traffic.finish().check(&Truth {
        folder: &disk.0,
        database: DATABASE,
        nodes: &addresses,
        token: &token,
    });
    drop(server);
    let serving = Running::serve(&disk.0, ANY_PORT);
    drop(serving);
}
