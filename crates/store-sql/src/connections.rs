//! The connections that write: whoever comes next is given the one that was given back last.
//!
//! Owns how many there are, who waits for one, and which are good still. The pool, which opens them, asks for a sign of life
//! when one is taken and again when it comes back: each time a way to the server, or to the thread of SQLite, which takes
//! longer than many an append. Invariant: a connection that was not given back in order is closed, which undoes what it wrote.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Error, Pool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::dialect::Dialect;

/// A connection that was used so recently is there still, as far as anybody can tell.
const FRESH: Duration = Duration::from_secs(1);

/// All that there are, in use or not.
pub struct Connections<DB: Dialect>(Arc<Inner<DB>>);

struct Inner<DB: Dialect> {
    pool: Pool<DB>,
    /// One for each connection that may be in use.
    places: Arc<Semaphore>,
    /// Those that are not in use. For the pool they are.
    kept: Mutex<Vec<Kept<DB>>>,
}

struct Kept<DB: Dialect> {
    connection: PoolConnection<DB>,
    opened: Instant,
    used: Instant,
}

/// One in use.
pub(crate) struct Writing<DB: Dialect> {
    /// None once it was given back.
    connection: Option<PoolConnection<DB>>,
    opened: Instant,
    may_be_lost: bool,
    connections: Connections<DB>,
    _place: OwnedSemaphorePermit,
}

impl<DB: Dialect> Connections<DB> {
    /// As many as the pool may open. From now on nobody else may take any from it.
    pub(crate) fn new(pool: Pool<DB>) -> Self {
        let places = pool.options().get_max_connections() as usize;
        Self(Arc::new(Inner {
            pool,
            places: Arc::new(Semaphore::new(places)),
            kept: Mutex::default(),
        }))
    }

    /// What opens them.
    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.0.pool
    }

    /// How long one is waited for.
    pub(crate) fn wait(&self) -> Duration {
        self.0.pool.options().get_acquire_timeout()
    }

    /// Waits for one, in turn.
    pub(crate) async fn acquire(&self) -> Result<Writing<DB>, Error> {
        let acquired = timeout(self.wait(), self.acquire_in_turn()).await;
        acquired.unwrap_or(Err(Error::PoolTimedOut))
    }

    async fn acquire_in_turn(&self) -> Result<Writing<DB>, Error> {
        let Inner { pool, places, .. } = &*self.0;
        let place = Arc::clone(places).acquire_owned().await;
        let place = place.map_err(|_| Error::PoolClosed)?;
        let kept = self.kept().pop();
        let Some(Kept {
            connection,
            opened,
            used,
        }) = kept
        else {
            let connection = pool.acquire().await?;
            return Ok(self.writing(connection, Instant::now(), place));
        };
        let mut kept = self.writing(connection, opened, place);
        kept.may_be_lost = pool.options().get_test_before_acquire();
        if !kept.may_be_lost || used.elapsed() < FRESH {
            return Ok(kept);
        }
        if let Ok(Ok(())) = timeout(self.wait() / 2, kept.ping()).await {
            return Ok(kept);
        }
        // The others were used longer ago than this one, and are most likely lost as well. Nothing more is said to them.
        let others = self.take_out(|_| true);
        for lost in others.into_iter().chain(kept.connection.take()) {
            drop(lost.detach());
        }
        kept.connection = Some(pool.acquire().await?);
        (kept.opened, kept.may_be_lost) = (Instant::now(), false);
        Ok(kept)
    }

    fn writing(
        &self,
        connection: PoolConnection<DB>,
        opened: Instant,
        place: OwnedSemaphorePermit,
    ) -> Writing<DB> {
        Writing {
            connection: Some(connection),
            opened,
            may_be_lost: false,
            connections: self.clone(),
            _place: place,
        }
    }

    /// Keeps one, unless it is older than any may become, and lets go of those that were not needed for long.
    fn keep(&self, connection: PoolConnection<DB>, opened: Instant) {
        let options = self.0.pool.options();
        let is_beyond = |age: Duration, most: Option<Duration>| most.is_some_and(|most| age > most);
        let idle_max = options.get_idle_timeout();
        for idle in self.take_out(|kept| is_beyond(kept.used.elapsed(), idle_max)) {
            close(Some(idle));
        }
        let is_old = is_beyond(opened.elapsed(), options.get_max_lifetime());
        let mut kept = self.kept();
        if self.0.places.is_closed() || is_old {
            drop(kept);
            return close(Some(connection));
        }
        let used = Instant::now();
        kept.push(Kept {
            connection,
            opened,
            used,
        });
    }

    /// Those that are kept and of which something is so. They are kept no more.
    fn take_out(&self, is_so: impl FnMut(&mut Kept<DB>) -> bool) -> Vec<PoolConnection<DB>> {
        let mut kept = self.kept();
        let taken = kept.extract_if(.., is_so);
        taken.map(|kept| kept.connection).collect()
    }

    /// Makes those that are kept look as if they had been opened and used so much earlier.
    #[cfg(test)]
    pub(crate) fn age(&self, by: Duration) {
        for kept in &mut *self.kept() {
            kept.opened -= by;
            kept.used -= by;
        }
    }

    #[cfg(test)]
    pub(crate) fn kept_now(&self) -> usize {
        self.kept().len()
    }

    /// Waits until none is in use, and closes all.
    pub(crate) async fn close(&self) {
        self.0.places.close();
        let kept = std::mem::take(&mut *self.kept());
        for Kept { connection, .. } in kept {
            // What is not said properly the other side finds out.
            drop(connection.close().await);
        }
        self.0.pool.close().await;
    }

    /// What the lock guards is whole after every statement.
    fn kept(&self) -> MutexGuard<'_, Vec<Kept<DB>>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Dialect> Clone for Connections<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: Dialect> Writing<DB> {
    /// Whether it was kept since somebody had it before, and may have been lost meanwhile.
    pub(crate) fn may_be_lost(&self) -> bool {
        self.may_be_lost
    }

    /// Gives it back: nothing is under way on it.
    pub(crate) fn give_back(mut self) {
        if let Some(connection) = self.connection.take() {
            self.connections.keep(connection, self.opened);
        }
    }
}

impl<DB: Dialect> Deref for Writing<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("whoever gives it back has it no more"),
        }
    }
}

impl<DB: Dialect> DerefMut for Writing<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("whoever gives it back has it no more"),
        }
    }
}

impl<DB: Dialect> Drop for Writing<DB> {
    fn drop(&mut self) {
        close(self.connection.take());
    }
}

/// Closes a connection, soon.
fn close<DB: Dialect>(connection: Option<PoolConnection<DB>>) {
    if let Some(mut connection) = connection {
        connection.close_on_drop();
    }
}
