//! Appending on what this node wrote last: one statement, which is its own transaction.
//!
//! Owns the heads that this node knows, and the connections that are kept for such appends. Asking where the streams stand,
//! and saying where a transaction begins and ends, takes four times as many ways to the server and back, and a lock on each
//! head besides. Invariant: the statement writes all of a batch or nothing, and nothing if this node is mistaken.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use roadbook_store::{Append, AppendOutcome, Decision, Head, Standing, StoreError, StreamId};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Error, Pool, Postgres};
use tokio::time::timeout;

use super::write;
use crate::dialect::{Dialect as _, store_error};

/// Heads that are known at once. When there are more, all are asked for again.
const KNOWN_MAX: usize = 16_384;

/// A connection that was used so recently is there still, as far as anybody can tell.
const FRESH: Duration = Duration::from_secs(1);

/// What this node knows, and by which connections it acts on it.
#[derive(Default)]
pub(super) struct Presumptions {
    heads: Mutex<HashMap<StreamId, Head>>,
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    connection: PgConnection,
    used: Instant,
}

/// What the locks guard is whole after every statement.
fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Presumptions {
    /// Takes note of where streams stand, since this node has just written it.
    pub(super) fn learn(&self, heads: &[Head]) {
        let mut known = lock(&self.heads);
        if known.len() + heads.len() > KNOWN_MAX {
            known.clear();
        }
        known.extend(heads.iter().map(|head| (head.stream_id, *head)));
    }

    /// Closes the connections.
    pub(super) async fn close(&self) {
        let kept = std::mem::take(&mut *lock(&self.kept));
        for kept in kept {
            // What is not said properly the server finds out.
            drop(kept.connection.close().await);
        }
    }

    /// Makes the appends if all of them go on where this node left their streams. None, with nothing written, if they do
    /// not, or if the server says that it is not so: why it does is found out by asking.
    pub(super) async fn append(
        &self,
        writer: &Pool<Postgres>,
        connect_timeout: Duration,
        appends: &[Append],
    ) -> Result<Option<Decision>, StoreError> {
        let decision = match self.decide(appends) {
            Some(decision) if !writer.is_closed() => decision,
            _ => return Ok(None),
        };
        let mut connection = match self.take(connect_timeout).await {
            Some(connection) => connection,
            None => match writer.acquire().await {
                Ok(connection) => connection.detach(),
                Err(error) => return Err(store_error::<Postgres>("the append", error)),
            },
        };
        match write::write(&mut connection, &decision).await {
            Ok(()) => {
                self.keep(connection);
                Ok(Some(decision))
            }
            Err(error @ Error::Database(_)) => {
                if Postgres::is_lost_race(&error) {
                    self.keep(connection);
                }
                self.forget(&decision);
                Ok(None)
            }
            // It may have reached the server.
            Err(error) => {
                self.forget(&decision);
                Err(StoreError::outcome_unknown(error))
            }
        }
    }

    /// What is to be written if the streams stand where this node left them.
    fn decide(&self, appends: &[Append]) -> Option<Decision> {
        let mut standing = Standing::default();
        {
            let known = lock(&self.heads);
            for append in appends {
                // By its events the database finds out that somebody was faster.
                if append.events.is_empty() {
                    return None;
                }
                let head = known.get(&append.stream_id)?;
                standing.heads.insert(append.stream_id, *head);
            }
        }
        let decision = standing.decide(appends.to_vec()).ok()?;
        let accepted = |outcome| matches!(outcome, &AppendOutcome::Appended { .. });
        decision.outcomes.iter().all(accepted).then_some(decision)
    }

    /// A connection that was kept and is there still.
    async fn take(&self, connect_timeout: Duration) -> Option<PgConnection> {
        loop {
            let kept = lock(&self.kept).pop()?;
            let mut connection = kept.connection;
            if kept.used.elapsed() < FRESH {
                return Some(connection);
            }
            if let Ok(Ok(())) = timeout(connect_timeout, connection.ping()).await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: PgConnection) {
        let used = Instant::now();
        lock(&self.kept).push(Kept { connection, used });
    }

    fn forget(&self, decision: &Decision) {
        let mut known = lock(&self.heads);
        for stream in decision.heads.keys() {
            known.remove(stream);
        }
    }
}
