//! A stream that is held: a transaction that has locked its head and has written nothing yet.
//!
//! Owns the time between the lock and the append; reading, judging and writing are those of every stream. Invariant: a hold
//! that is dropped closes its connection, which lets the lock go.

use async_trait::async_trait;
use roadbook_store::{
    Append, AppendOutcome, Head, Hold, StoreError, StoredEvent, StreamId, Version,
};
use sqlx::Error;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use crate::answer::in_time;
use crate::append::append_held;
use crate::call::{Call, find_all};
use crate::dialect::Dialect;
use crate::store::SqlStore;
use crate::transaction::Transaction;
use crate::writer::Writer;
use crate::{row, sql};

/// A transaction with the lock of one stream.
pub(crate) struct HeldStream<'store, DB: Dialect> {
    transaction: Transaction<DB>,
    stream: StreamId,
    head: Option<Head>,
    store: &'store SqlStore<DB>,
    writer: &'store Writer<DB>,
    _turn: SemaphorePermit<'store>,
}

impl<'store, DB: Dialect> HeldStream<'store, DB> {
    /// Waits for the lock.
    pub(crate) async fn lock(
        store: &'store SqlStore<DB>,
        writer: &'store Writer<DB>,
        stream: StreamId,
    ) -> Result<Self, Error> {
        let turn = timeout(writer.connections.wait(), writer.turns.acquire()).await;
        let turn = turn.map_err(|_| Error::PoolTimedOut)?;
        let turn = turn.map_err(|_| Error::PoolClosed)?;
        let mut transaction = Transaction::begin(&writer.connections).await?;
        let connection = transaction.connection();
        let streams = [stream];
        let statement = &sql::LOCK_HEADS_OF;
        let heads =
            find_all::<DB, _>(connection, statement, &streams, |call| call, Call::stream).await?;
        let head = heads.first().map(row::head::<DB>).transpose()?;
        Ok(Self {
            transaction,
            stream,
            head,
            store,
            writer,
            _turn: turn,
        })
    }
}

#[async_trait]
impl<DB: Dialect> Hold for HeldStream<'_, DB> {
    async fn read(&mut self, after: Version, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        if self.head.is_none_or(|head| head.version <= after) {
            return Ok(Vec::new());
        }
        let connection = self.transaction.connection();
        let call = Call::<DB>::new(sql::READ_VERSIONS)
            .stream(self.stream)
            .version(after)
            .version(Version::MAX)
            .limit(limit);
        let rows = call.rows(connection);
        let rows = self.store.unless_late("a read", rows).await?;
        self.store.stored_events(self.stream, &rows).await
    }

    async fn append(self: Box<Self>, append: Append) -> Result<AppendOutcome, StoreError> {
        let Self {
            transaction,
            head,
            store,
            writer,
            ..
        } = *self;
        let place: &DB::Place = &store.place;
        let appended = append_held(writer, (transaction, head), append);
        let appended = in_time::<DB, _>(place, appended, StoreError::outcome_unknown).await;
        let (outcome, heads) = appended?;
        writer.appended(place, &heads);
        Ok(outcome)
    }

    async fn release(self: Box<Self>) {
        let Self {
            transaction, store, ..
        } = *self;
        let released = async {
            transaction.roll_back().await;
            Ok(())
        };
        // A connection that does not answer is closed, which lets the lock go too, if later.
        drop(in_time::<DB, _>(&store.place, released, StoreError::outcome_unknown).await);
    }
}
