//! The station: the task that keeps this node on the bus, for as long as it runs.
//!
//! Owns the order of joining, serving and trying again, and the lines of the log about it. Invariant: whenever messages may
//! have been missed, [`Wakeup::Anything`] is said once they can be heard again.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Subscriber;
use async_nats::jetstream::consumer::push::Ordered;
use roadbook_store::Wakeup;
use tokio::sync::{broadcast, mpsc};
use tokio::time::sleep;

use crate::address::Address;
use crate::ear::Ear;
use crate::error::BusError;
use crate::link::Link;
use crate::measures::Measures;
use crate::notes;
use crate::overdue::Overdue;
use crate::settings::Settings;
use crate::speaker::{Errand, Speaker};

/// Waiting times before the server is tried again: doubled from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);

/// A node that is on the bus: it can speak, and what comes is kept for it until it hears.
pub(crate) struct Joined {
    link: Link,
    messages: Ordered,
    notes: Subscriber,
}

/// What the task works with.
pub(crate) struct Station {
    address: Address,
    settings: Settings,
    speaker: Speaker,
    ear: Ear,
    is_away: bool,
}

impl Station {
    pub(crate) fn new(
        address: Address,
        settings: &Settings,
        errands: mpsc::Receiver<Errand>,
        overdue: Arc<Overdue>,
        heard: broadcast::Sender<Wakeup>,
        measures: &Measures,
    ) -> Self {
        Self {
            address,
            settings: settings.clone(),
            speaker: Speaker::new(errands, overdue, settings, measures),
            ear: Ear::new(heard),
            is_away: false,
        }
    }

    /// Tries to join.
    pub(crate) async fn join(&self) -> Result<Joined, BusError> {
        let link = Link::open(&self.address, &self.settings).await?;
        // First: a server that answers what the ear asks for has taken what was said before on the same connection.
        let notes = notes::listen(&link, &self.settings).await?;
        let messages = self.ear.listen(&link).await?;
        Ok(Joined {
            link,
            messages,
            notes,
        })
    }

    /// Keeps the node on the bus, on the first link if there is one. Ends when nobody hands in appends any more and those
    /// that waited are sent.
    pub(crate) async fn run(mut self, first: Result<Joined, BusError>) {
        let mut joined = first;
        let mut retry = RETRY_FIRST;
        loop {
            match joined {
                Ok(Joined {
                    link,
                    mut messages,
                    notes,
                }) => {
                    self.tell_back();
                    retry = RETRY_FIRST;
                    // The end of a link is told by whoever notices it first.
                    let listeners = self.ear.listeners();
                    let end = tokio::select! {
                        () = self.speaker.speak(&link) => return,
                        end = self.ear.hear(&link, &mut messages) => end,
                        end = notes::hear(&link, notes, &listeners) => end,
                        end = link.lost() => end,
                    };
                    self.tell_away(&end);
                }
                Err(error) => self.tell_away(&error),
            }
            sleep(retry).await;
            retry = (retry * 2).min(RETRY_LAST);
            joined = self.join().await;
        }
    }

    /// However often it is tried in vain, it is told once.
    fn tell_away(&mut self, why: &BusError) {
        if !std::mem::replace(&mut self.is_away, true) {
            let cause = std::error::Error::source(why).map(ToString::to_string);
            tracing::warn!(error = %why, cause, "the bus is away; nodes hear of each other by the look at the heads");
        }
    }

    fn tell_back(&mut self) {
        if std::mem::replace(&mut self.is_away, false) {
            tracing::info!(server = self.address.place, "the bus is there again");
        }
    }
}
