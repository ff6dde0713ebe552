//! Servers that the program works with: PostgreSQL and NATS, each started by a script of the repository.
//!
//! It owns the process of the script. Invariant: such a server ends with this process, however that ends.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::error::{BenchError, within};
use crate::program::START_MAX;

/// A server that runs until the standard input of its script ends.
#[derive(Debug)]
pub(crate) struct Companion {
    /// The first line that the script printed: where the server is reached.
    pub(crate) url: String,
    _running: Child,
}

impl Companion {
    /// Starts a script, named from the root of the repository.
    pub(crate) async fn start(script: &str, arguments: &[&str]) -> Result<Self, BenchError> {
        const DOING: &str = "starting a server by a script (from the root of the repository)";
        let mut running = Command::new(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(BenchError::io(DOING))?;
        let output = running.stdout.take();
        let output = output.ok_or_else(|| BenchError::unexpected(DOING, "no standard output"))?;
        let mut lines = BufReader::new(output).lines();
        let url = within(DOING, START_MAX, async {
            lines.next_line().await.map_err(BenchError::io(DOING))
        })
        .await?;
        let url = url.ok_or_else(|| BenchError::unexpected(DOING, "it ended without a word"))?;
        Ok(Self {
            url,
            _running: running,
        })
    }
}
