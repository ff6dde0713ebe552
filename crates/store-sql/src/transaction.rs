//! A transaction on the connection that writes.
//!
//! Owns its beginning and its end. It does not use the transactions of sqlx, which lose count when SQLite rolls one
//! back by itself, as it does when the disk is full: every later one would then fail. Invariant: a connection whose
//! transaction was not ended properly is closed, which undoes what it wrote, and the pool opens another.

use sqlx::pool::PoolConnection;
use sqlx::{Error, Pool};

use crate::call::Call;
use crate::dialect::Dialect;

/// A transaction that has begun. Dropping it undoes it.
pub(crate) struct Transaction<DB: Dialect> {
    connection: PoolConnection<DB>,
    ended: bool,
}

impl<DB: Dialect> Transaction<DB> {
    /// Waits for a connection and for the right to write.
    pub(crate) async fn begin(writer: &Pool<DB>) -> Result<Self, Error> {
        let mut begun = Self {
            connection: writer.acquire().await?,
            ended: false,
        };
        Call::<DB>::new(DB::BEGIN_WRITING)
            .run(&mut begun.connection)
            .await?;
        Ok(begun)
    }

    /// Where its statements are run.
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }

    /// Makes what was written durable. After an error it is unknown whether it is.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        Call::<DB>::new("COMMIT").run(&mut self.connection).await?;
        self.ended = true;
        Ok(())
    }

    /// Undoes what was written, and keeps the connection with its prepared statements if that goes well.
    pub(crate) async fn roll_back(mut self) {
        self.ended = Call::<DB>::new("ROLLBACK")
            .run(&mut self.connection)
            .await
            .is_ok();
    }
}

impl<DB: Dialect> Drop for Transaction<DB> {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
