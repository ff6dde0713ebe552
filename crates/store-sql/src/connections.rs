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
    used: Instant,
}

/// One in use.
pub(crate) struct Writing<DB: Dialect> {
    /// None once it was given back.
    connection: Option<PoolConnection<DB>>,
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

    /// Waits for one, in turn.
    pub(crate) async fn acquire(&self) -> Result<Writing<DB>, Error> {
        let Inner { pool, places, .. } = &*self.0;
        let place = Arc::clone(places).acquire_owned();
        let place = timeout(pool.options().get_acquire_timeout(), place).await;
        let place = place.map_err(|_| Error::PoolTimedOut)?;
        let place = place.map_err(|_| Error::PoolClosed)?;
        let kept = self.take().await;
        let may_be_lost = kept.is_some() && pool.options().get_test_before_acquire();
        let connection = match kept {
            Some(connection) => connection,
            None => pool.acquire().await?,
        };
        Ok(Writing {
            connection: Some(connection),
            may_be_lost,
            connections: self.clone(),
            _place: place,
        })
    }

    /// One that was kept and is there still.
    async fn take(&self) -> Option<PoolConnection<DB>> {
        let options = self.0.pool.options();
        loop {
            let Kept {
                mut connection,
                used,
            } = self.kept().pop()?;
            if !options.get_test_before_acquire() || used.elapsed() < FRESH {
                return Some(connection);
            }
            if let Ok(Ok(())) = timeout(options.get_acquire_timeout(), connection.ping()).await {
                return Some(connection);
            }
            connection.close_on_drop();
        }
    }

    fn keep(&self, mut connection: PoolConnection<DB>) {
        let mut kept = self.kept();
        if self.0.places.is_closed() {
            connection.close_on_drop();
        } else {
            let used = Instant::now();
            kept.push(Kept { connection, used });
        }
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
            self.connections.keep(connection);
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
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}
