//! The room on the disk of a SQLite file.
//!
//! Owns the question to the file system. Invariant: a file system that does not answer stops nobody from writing; a disk
//! that is full then is told by SQLite itself.

use std::path::Path;

use roadbook_store::Room;

use super::settings::Settings;

const BYTES_IN_A_MIB: u64 = 1024 * 1024;

/// The room that a file has, if it is asked for.
pub(super) fn room(file: &Path, settings: &Settings) -> Option<Room> {
    if settings.disk_free_min_mib == 0 {
        return None;
    }
    Some(Room {
        free_bytes: free_bytes(file)?,
        min_bytes: settings.disk_free_min_mib.saturating_mul(BYTES_IN_A_MIB),
    })
}

/// What a process without special rights can still write.
#[cfg(unix)]
fn free_bytes(file: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(file).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_file: &Path) -> Option<u64> {
    None
}
