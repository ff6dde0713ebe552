//! The bus as the rest of the process sees it: a queue in, wake-ups out.
//!
//! Owns both ends; what happens between them is the station's affair. Invariant: nobody who hands an append in ever waits,
//! and what waits for the server is bounded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use roadbook_store::{Appended, Bus, StreamId, Wakeup, Wakeups};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::address::Address;
use crate::error::BusError;
use crate::measures::Measures;
use crate::overdue::Overdue;
use crate::settings::Settings;
use crate::speaker::Errand;
use crate::station::Station;

/// How long the last messages may take when the bus is left.
const LAST_MESSAGES_TIMEOUT: Duration = Duration::from_secs(1);

/// A node's place on the bus.
#[derive(Debug)]
pub struct NatsBus {
    queue: Mutex<Option<mpsc::Sender<Errand>>>,
    overdue: Arc<Overdue>,
    heard: broadcast::Sender<Wakeup>,
    measures: Measures,
    station: Mutex<Option<JoinHandle<()>>>,
}

impl NatsBus {
    /// Gets on the bus. A server that does not answer is waited for beside everything else; one that refuses this node, or
    /// has no JetStream, is an error.
    pub async fn join(url: &str, settings: &Settings) -> Result<Self, BusError> {
        let address = Address::at(url)?;
        let (queue, appends) = mpsc::channel(settings.queue_appends_max.max(1));
        let (heard, _) = broadcast::channel(settings.heard_max.max(1));
        let measures = Measures::default();
        let overdue = Arc::new(Overdue::default());
        let station = Station::new(
            address,
            settings,
            appends,
            Arc::clone(&overdue),
            heard.clone(),
            &measures,
        );
        let joined = match station.join().await {
            Err(error) if !error.may_pass() => return Err(error),
            joined => joined,
        };
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            overdue,
            heard,
            measures,
            station: Mutex::new(Some(tokio::spawn(station.run(joined)))),
        })
    }

    /// What it counts.
    pub const fn measures(&self) -> &Measures {
        &self.measures
    }

    /// Sends what waits, as far as the server takes it within a moment, and leaves the bus.
    pub async fn close(&self) {
        // The station ends with the queue.
        drop(take(&self.queue));
        if let Some(mut station) = take(&self.station)
            && timeout(LAST_MESSAGES_TIMEOUT, &mut station).await.is_err()
        {
            station.abort();
        }
    }
}

impl Bus for NatsBus {
    fn publish(&self, appended: Appended) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = &*queue else { return };
        if queue.try_send(Errand::Tell(appended)).is_err() {
            self.measures.dropped.inc();
        }
    }

    fn forget(&self, stream: StreamId) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = &*queue else { return };
        if let Err(TrySendError::Full(_)) = queue.try_send(Errand::Forget(stream)) {
            self.overdue.add(stream, queue.max_capacity());
        }
    }

    fn tell(&self, note: String) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*queue {
            // Nobody misses a note.
            drop(queue.try_send(Errand::Pass(note)));
        }
    }

    fn wakeups(&self) -> Wakeups {
        Wakeups::heard_from(self.heard.subscribe())
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        if let Some(station) = take(&self.station) {
            station.abort();
        }
    }
}

fn take<T>(held: &Mutex<Option<T>>) -> Option<T> {
    held.lock().unwrap_or_else(PoisonError::into_inner).take()
}
