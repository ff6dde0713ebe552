//! A stream that is held: a transaction that has locked its head and has written nothing yet.
//!
//! Owns the time between the lock and the append; judging and writing are those of every append. Invariant: a hold that is
//! dropped closes its connection, which lets the lock go.

use async_trait::async_trait;
use roadbook_store::{Append, AppendOutcome, Hold, StoreError, StreamId};
use sqlx::{Error, Pool};

use crate::answer::in_time;
use crate::append::{Besides, append_alone};
use crate::call::{Call, find_all};
use crate::dialect::Dialect;
use crate::sql;
use crate::transaction::Transaction;

/// A transaction with the lock of one stream.
pub(crate) struct HeldStream<'store, DB: Dialect> {
    transaction: Transaction<DB>,
    place: &'store DB::Place,
}

impl<'store, DB: Dialect> HeldStream<'store, DB> {
    /// Waits for the lock.
    pub(crate) async fn lock(
        writer: &Pool<DB>,
        place: &'store DB::Place,
        stream: StreamId,
    ) -> Result<Self, Error> {
        let mut transaction = Transaction::begin(writer).await?;
        let connection = transaction.connection();
        let streams = [stream];
        find_all::<DB, _>(
            connection,
            &sql::LOCK_HEADS_OF,
            &streams,
            |call| call,
            Call::stream,
        )
        .await?;
        Ok(Self { transaction, place })
    }
}

#[async_trait]
impl<DB: Dialect> Hold for HeldStream<'_, DB> {
    async fn append(self: Box<Self>, append: Append) -> Result<AppendOutcome, StoreError> {
        let Self { transaction, place } = *self;
        let appended = append_alone(transaction, append, Besides::Nothing);
        let appended = in_time::<DB, _>(place, appended, StoreError::outcome_unknown).await;
        let (outcome, heads) = appended?;
        DB::appended(place, &heads);
        Ok(outcome)
    }

    async fn release(self: Box<Self>) {
        let Self { transaction, place } = *self;
        let released = async {
            transaction.roll_back().await;
            Ok(())
        };
        // A connection that does not answer is closed, which lets the lock go too, if later.
        drop(in_time::<DB, _>(place, released, StoreError::outcome_unknown).await);
    }
}
