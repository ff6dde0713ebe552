//! The SQLite log, held to the contract and to what only a file can promise.
//!
//! Owns what the tests share: a folder of their own, a log in it, and a way to change the file behind the log's back.

#![allow(clippy::unwrap_used, reason = "a failed call fails its test")]

mod backup;
mod contract;
mod damage;
mod opening;
mod redacting;
mod restore;
mod writing;

use std::path::{Path, PathBuf};

use roadbook_store::testing::{append, stream};
use roadbook_store::{AppendOutcome, EventLog};
use roadbook_store_sql::{Settings, SqlStore};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

async fn open(path: &Path) -> SqlStore {
    SqlStore::open(path, &Settings::default()).await.unwrap()
}

async fn open_read_only(path: &Path) -> SqlStore {
    SqlStore::open_read_only(path, &Settings::default())
        .await
        .unwrap()
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("log.db")
}

/// Batches of two events each; every second event is not backdated.
async fn fill(log: &SqlStore, batches: u64) {
    for number in 0..batches {
        let appends = vec![append(stream(1), number * 2, &[1, 2])];
        let outcomes = log.append_batch(appends).await.unwrap();
        assert!(matches!(outcomes[0], AppendOutcome::Appended { .. }));
    }
}

/// A connection that knows nothing of Roadbook.
async fn stranger(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    options.connect().await.unwrap()
}

/// Changes a file that is closed, each statement in its turn.
async fn change(path: &Path, statements: &[&str]) {
    let mut connection = stranger(path).await;
    for statement in statements {
        let statement = AssertSqlSafe((*statement).to_owned());
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection.close().await.unwrap();
}
