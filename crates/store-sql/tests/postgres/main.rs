//! The PostgreSQL log, held to the contract and to what only a server with several nodes can get wrong.
//!
//! Owns what the tests share: databases of their own on servers of both versions, and a log in each. Starting a server
//! takes more than a second, and a test runner may give each test a process of its own: so the claims of a file are one
//! test for each version, which says the name of each claim before it checks it.

#![allow(clippy::unwrap_used, reason = "a failed call fails its test")]

mod connecting;
mod contract;
mod damage;
mod moving;
mod nodes;
mod outages;
mod proxy;
mod rights;
mod server;
mod wakeups;

use roadbook_store::testing::{append, stream};
use roadbook_store::{AppendOutcome, EventLog};
use roadbook_store_sql::{PostgresSettings, SqlStore};
use server::Server;
use sqlx::Postgres;

type Log = SqlStore<Postgres>;

/// Makes the tests of a file: its claims, one after the other, on each version.
macro_rules! claims {
    ($($claim:ident),+ $(,)?) => {
        async fn run_all(server: &'static crate::server::Server) {
            $(
                println!("claim: {}", stringify!($claim));
                $claim(server).await;
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn on_postgres_15() {
            run_all(crate::server::server(15)).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn on_postgres_18() {
            run_all(crate::server::server(18)).await;
        }
    };
}
pub(crate) use claims;

async fn open(url: &str) -> Log {
    Log::connect(url, &PostgresSettings::default())
        .await
        .unwrap()
}

/// A log in a new database; gives the name of the database too.
async fn fresh(server: &Server) -> (Log, String) {
    let database = server.database().await;
    (open(&server.url(&database)).await, database)
}

/// Batches of two events each; every second batch begins before the end of the one before it.
async fn fill(log: &Log, batches: u64) {
    for number in 0..batches {
        let appends = vec![append(stream(1), number * 2, &[1, 2])];
        let outcomes = log.append_batch(appends).await.unwrap();
        assert!(matches!(outcomes[0], AppendOutcome::Appended { .. }));
    }
}

async fn version(log: &Log, number: u64) -> u64 {
    let head = log.head(stream(number)).await.unwrap();
    head.map_or(0, |head| head.version.0)
}
