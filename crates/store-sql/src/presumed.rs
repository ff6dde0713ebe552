//! Appending on what this process wrote last, without asking where the streams stand.
//!
//! Owns the heads that this process knows. Asking for them and for commands that are recorded, and saying where a transaction
//! begins and ends, takes four times as many ways to the database and back, and on PostgreSQL a lock on each head besides.
//! Invariant: all of a batch is written or nothing, and nothing if this process is mistaken.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use roadbook_store::{Append, AppendOutcome, Decision, Head, Standing, StoreError, StreamId};

use crate::connections::Connections;
use crate::dialect::{Dialect, store_error};

/// Heads that are known at once. When there are more, all are asked for again.
const KNOWN_MAX: usize = 16_384;

/// Where streams stand, as far as this process wrote them.
#[derive(Default)]
pub(crate) struct KnownHeads(Mutex<HashMap<StreamId, Head>>);

impl KnownHeads {
    /// Takes note of where streams stand, since this process has just written it.
    pub(crate) fn learn(&self, heads: &[Head]) {
        let mut known = self.known();
        if known.len() + heads.len() > KNOWN_MAX {
            known.clear();
        }
        known.extend(heads.iter().map(|head| (head.stream_id, *head)));
    }

    /// What is to be written if the streams stand where this process left them. None if it does not know, or if they do not.
    fn decide(&self, appends: &[Append]) -> Option<Decision> {
        let mut standing = Standing::default();
        {
            let known = self.known();
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

    fn forget(&self, decision: &Decision) {
        let mut known = self.known();
        for stream in decision.heads.keys() {
            known.remove(stream);
        }
    }

    /// What the lock guards is whole after every statement.
    fn known(&self) -> MutexGuard<'_, HashMap<StreamId, Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the appends if all of them go on where this process left their streams. None, with nothing written, if they do not,
/// or if the database says that it is not so: why it does is found out by asking.
pub(crate) async fn append_presuming<DB: Dialect>(
    writers: &Connections<DB>,
    heads: &KnownHeads,
    appends: &[Append],
) -> Result<Option<Decision>, StoreError> {
    let Some(decision) = heads.decide(appends) else {
        return Ok(None);
    };
    let acquired = writers.acquire().await;
    let mut connection = acquired.map_err(|error| store_error::<DB>("the append", error))?;
    let Err(error) = DB::write_alone(&mut connection, &decision).await else {
        connection.give_back();
        return Ok(Some(decision));
    };
    heads.forget(&decision);
    if DB::is_full(&error) {
        return Err(store_error::<DB>("the append", error));
    }
    if DB::is_lost_race(&error) {
        connection.give_back();
        return Ok(None);
    }
    if DB::is_without_effect(&error) {
        return Ok(None);
    }
    Err(StoreError::outcome_unknown(error))
}
