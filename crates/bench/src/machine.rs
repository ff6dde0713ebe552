//! The machine, as far as figures depend on it.
//!
//! It owns what is read of Linux's `/proc`. Invariant: what cannot be read is called unknown and stops nothing.

use std::fs;
use std::path::Path;

/// What stands in place of what cannot be read.
const UNKNOWN: &str = "unknown";

/// Lines that describe the processor, the memory, the system, the disk of a folder and the command.
pub(crate) fn describe(folder: &Path) -> Vec<String> {
    let processors = read("/proc/cpuinfo");
    let count = processors
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let model = value(&processors, "model name");
    let memory = value(&read("/proc/meminfo"), "MemTotal");
    let system = read("/proc/sys/kernel/osrelease");
    let words: Vec<String> = std::env::args().collect();
    vec![
        format!(
            "Machine: {count} × {model}, {memory} of memory, Linux {}.",
            system.trim()
        ),
        format!("Disk: {}.", disk(&read("/proc/mounts"), folder)),
        "Server and load share the processors: the load runs on one thread.".to_owned(),
        format!("Command: `{}`", words.join(" ")),
    ]
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// The value of the first line `key : value`.
fn value(text: &str, key: &str) -> String {
    let found = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    });
    found.unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The file system in which a folder lies: that of the longest mount point above it, the last one if mounted twice.
fn disk(mounts: &str, folder: &Path) -> String {
    let found = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (device, point, kind) = (words.next()?, words.next()?, words.next()?);
            folder
                .starts_with(point)
                .then(|| (point.len(), format!("{kind} on {device}")))
        })
        .max_by_key(|(length, _)| *length);
    found.map_or_else(|| UNKNOWN.to_owned(), |(_, disk)| disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_is_the_disk() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /srv xfs rw 0 0\n";
        assert_eq!(disk(mounts, Path::new("/tmp/bench")), "tmpfs on tmpfs");
        assert_eq!(disk(mounts, Path::new("/work")), "ext4 on /dev/a");
        assert_eq!(disk("", Path::new("/work")), UNKNOWN);
    }

    #[test]
    fn a_value_stands_after_its_key() {
        assert_eq!(value("model name\t: X 1\nflags : y\n", "model name"), "X 1");
        assert_eq!(value("", "model name"), UNKNOWN);
    }
}
