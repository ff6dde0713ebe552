//! A transaction on the connection that writes.
//!
//! Owns its beginning and its end. It does not use the transactions of sqlx, which lose count when SQLite rolls one
//! back by itself, as it does when the disk is full: every later one would then fail. Invariant: a connection whose
//! transaction was not ended properly is closed, which undoes what it wrote.

use sqlx::Error;

use crate::call::Call;
use crate::connections::{Connections, Writing};
use crate::dialect::Dialect;

/// A transaction that has begun. Dropping it undoes it.
pub(crate) struct Transaction<DB: Dialect>(Writing<DB>);

impl<DB: Dialect> Transaction<DB> {
    /// Waits for a connection and for the right to write.
    pub(crate) async fn begin(writers: &Connections<DB>) -> Result<Self, Error> {
        loop {
            let mut connection = writers.acquire().await?;
            match Call::<DB>::new(DB::BEGIN_WRITING)
                .run(&mut connection)
                .await
            {
                Ok(_) => return Ok(Self(connection)),
                // Nothing was begun. There are only so many that were kept.
                Err(_) if connection.may_be_lost() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where its statements are run.
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.0
    }

    /// Makes what was written durable. After an error it is unknown whether it is.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        Call::<DB>::new("COMMIT").run(&mut self.0).await?;
        self.0.give_back();
        Ok(())
    }

    /// Undoes what was written, and keeps the connection with its prepared statements if that goes well.
    pub(crate) async fn roll_back(mut self) {
        if Call::<DB>::new("ROLLBACK").run(&mut self.0).await.is_ok() {
            self.0.give_back();
        }
    }
}
