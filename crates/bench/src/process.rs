//! What another process uses of the machine, as Linux tells it.
//!
//! It owns what is read of `/proc`. Invariant: a process that has ended is an error, and no zero.

use std::fs;
use std::time::Duration;

use tokio::process::Child;

use crate::error::BenchError;

const DOING: &str = "reading what the server uses";

/// A process that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    /// The process of a child.
    pub(crate) fn of(child: &Child) -> Result<Self, BenchError> {
        let id = child.id();
        let id = id.ok_or_else(|| BenchError::unexpected(DOING, "it has ended"))?;
        Ok(Self(id))
    }

    /// What of it is in memory, in KiB: `VmRSS`.
    pub(crate) fn resident_kib(self) -> Result<f64, BenchError> {
        let status = self.read("status")?;
        let kib = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmRSS:")?;
            value.trim().strip_suffix(" kB")?.parse::<f64>().ok()
        });
        kib.ok_or_else(|| BenchError::unexpected(DOING, &status))
    }

    /// How long it has run on processors so far, all its threads together; those that have ended do not count.
    pub(crate) fn ran(self) -> Result<Duration, BenchError> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0));
        let mut nanoseconds = 0;
        for thread in threads.map_err(BenchError::io(DOING))? {
            let file = thread.map_err(BenchError::io(DOING))?.path();
            let ran = fs::read_to_string(file.join("schedstat")).map_err(BenchError::io(DOING))?;
            let first = ran
                .split(' ')
                .next()
                .and_then(|ran| ran.parse::<u64>().ok());
            nanoseconds += first.ok_or_else(|| BenchError::unexpected(DOING, &ran))?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    fn read(self, file: &str) -> Result<String, BenchError> {
        fs::read_to_string(format!("/proc/{}/{file}", self.0)).map_err(BenchError::io(DOING))
    }
}
