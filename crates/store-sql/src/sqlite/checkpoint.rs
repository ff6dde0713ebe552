//! Folding the write-ahead file into the main one, beside the commits and not within them.
//!
//! Owns the task that does it, on a connection of its own. Left to itself SQLite folds within the commit that fills the
//! write-ahead file, and whoever waits for that commit waits for thousands of pages.
//! Invariant: nothing depends on it but the size of the write-ahead file; a commit is durable before it is folded.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions as _, Connection as _, Error, Sqlite};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::settings::Settings;
use crate::call::Call;
use crate::dialect::Dialect;

/// The task, and the way to tell it that something was appended. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Checkpointer {
    appended: Arc<Notify>,
    stopping: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Checkpointer {
    /// Starts folding on a connection of its own.
    pub(super) async fn start(path: &std::path::Path, settings: &Settings) -> Result<Self, Error> {
        let connection = settings.checkpointer(path).connect().await?;
        let (appended, stopping) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let every = Duration::from_millis(settings.checkpoint_interval_ms);
        let task = fold_on(
            connection,
            (Arc::clone(&appended), Arc::clone(&stopping)),
            every,
            settings.checkpoint_pages,
        );
        Ok(Self {
            appended,
            stopping,
            task: tokio::spawn(task),
        })
    }

    /// Ends what is being folded, and closes the connection: whoever closes the last one takes the write-ahead file away.
    pub(super) async fn stop(mut self) {
        self.stopping.notify_one();
        // It ends by itself, unless the runtime does.
        drop((&mut self.task).await);
    }

    /// There is something new to fold. Does not wait.
    pub(super) fn appended(&self) {
        self.appended.notify_one();
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn fold_on(
    mut connection: SqliteConnection,
    (appended, stopping): (Arc<Notify>, Arc<Notify>),
    every: Duration,
    pages_max: u32,
) {
    loop {
        let waited = async {
            appended.notified().await;
            tokio::time::sleep(every).await;
        };
        tokio::select! {
            () = stopping.notified() => break,
            () = waited => {}
        }
        if let Err(error) = fold(&mut connection, pages_max).await {
            tracing::warn!(error = %error, "the write-ahead file could not be folded");
        }
    }
    // What is not closed properly is closed all the same, a little later.
    drop(connection.close().await);
}

/// Folds what can be folded without keeping anybody waiting, and begins the write-ahead file anew if it is long.
///
/// Commits go on meanwhile, so that there is always something left to fold and the file would grow for ever. Beginning it
/// anew keeps them waiting for that rest alone. Whoever reads for long prevents it, and then it is tried again later.
pub(super) async fn fold(connection: &mut SqliteConnection, pages_max: u32) -> Result<(), Error> {
    if checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)").await? >= i64::from(pages_max) {
        checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)").await?;
    }
    Ok(())
}

/// The pages that stand in the write-ahead file.
async fn checkpoint(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, Error> {
    let row = Call::<Sqlite>::new(sql).row(connection).await?;
    row.map_or(Ok(0), |row| Sqlite::integer(&row, 1))
}
