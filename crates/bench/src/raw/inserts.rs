//! Inserts: what a PostgreSQL server takes at best, as its own tool `pgbench` finds it.
//!
//! It owns how often and how many; the rows are those of the script.
//! Invariant: it measures the very server that Roadbook then works on.

use std::fmt;

use tokio::process::Command;

use crate::error::{BenchError, within};
use crate::plan::{EDITING_CLIENTS, Plan};
use crate::program::START_MAX;
use crate::samples::{grouped, median};

/// What runs `pgbench`, from the root of the repository.
const INSERTS: &str = "scripts/postgres-inserts";
/// Rows of a large transaction.
const BATCH_ROWS: usize = 100;
const DOING: &str = "measuring inserts by a script (from the root of the repository)";

/// What the server takes, in rows a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inserts {
    /// From as many connections as clients edit, one row a transaction.
    single_per_second: f64,
    /// From one connection, many rows a transaction.
    batched_per_second: f64,
}

impl Inserts {
    /// Inserts into the server of a URL, in as many runs as everything else is measured.
    pub(crate) async fn measure(url: &str, plan: &Plan) -> Result<Self, BenchError> {
        let (mut single, mut batched) = (Vec::new(), Vec::new());
        for _ in 0..plan.runs {
            single.push(insert(url, EDITING_CLIENTS, 1, plan.inserts_lasting_s).await?);
            batched.push(insert(url, 1, BATCH_ROWS, plan.inserts_lasting_s).await?);
        }
        Ok(Self {
            single_per_second: median(single),
            batched_per_second: median(batched),
        })
    }
}

impl fmt::Display for Inserts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`INSERT` by `pgbench`: {} rows/s of 600 bytes from {EDITING_CLIENTS} connections one by one, {} rows/s from one \
             in batches of {BATCH_ROWS}",
            grouped(self.single_per_second),
            grouped(self.batched_per_second)
        )
    }
}

/// Rows a second from so many connections, so many a transaction.
async fn insert(url: &str, clients: usize, rows: usize, seconds: u64) -> Result<f64, BenchError> {
    let lasting = std::time::Duration::from_secs(seconds);
    let printed = within(DOING, START_MAX + lasting, async {
        Command::new(INSERTS)
            .args([
                url,
                &clients.to_string(),
                &rows.to_string(),
                &seconds.to_string(),
            ])
            .kill_on_drop(true)
            .output()
            .await
            .map_err(BenchError::io(DOING))
    })
    .await?;
    let text = String::from_utf8_lossy(&printed.stdout);
    match text.trim().parse() {
        Ok(figure) if printed.status.success() => Ok(figure),
        _ => Err(BenchError::unexpected(
            DOING,
            &String::from_utf8_lossy(&printed.stderr),
        )),
    }
}
