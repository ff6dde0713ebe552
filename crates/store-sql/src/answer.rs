//! Waiting for an answer of the database, no longer than one can come.
//!
//! Owns the clock of the client's side. A server ends its statements itself; but one that lost its power, or a network
//! that swallows everything, never says so, and the system takes a quarter of an hour to find out. Invariant: every call of
//! the log ends.

use std::io;

use roadbook_store::StoreError;
use tokio::time::timeout;

use crate::dialect::Dialect;

/// What a call gives, or what `late` makes of an answer that did not come in time. The connection that it waited on is
/// closed, or found dead when it goes back to its pool.
pub(crate) async fn in_time<DB: Dialect, T>(
    place: &DB::Place,
    call: impl Future<Output = Result<T, StoreError>>,
    late: impl FnOnce(io::Error) -> StoreError,
) -> Result<T, StoreError> {
    let Some(wait) = DB::answer_wait(place) else {
        return call.await;
    };
    let answer = timeout(wait, call).await;
    answer.unwrap_or_else(|_| Err(late(io::ErrorKind::TimedOut.into())))
}
