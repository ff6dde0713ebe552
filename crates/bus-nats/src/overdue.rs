//! Streams that the server is to forget, for which the queue of errands had no room.
//!
//! Owns which they are and how many errands of the queue come before each. Invariant: none is dropped as an append may be,
//! and each is held once, so that there are never more of them than streams.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use roadbook_store::StreamId;
use tokio::sync::Notify;

/// What was handed in when the queue was full.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    /// With the errands that were handed in before.
    streams: Mutex<BTreeMap<StreamId, usize>>,
    added: Notify,
}

impl Overdue {
    /// Adds a stream whose turn comes after so many errands.
    pub(crate) fn add(&self, stream: StreamId, after: usize) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.insert(stream, after);
        drop(streams);
        self.added.notify_one();
    }

    /// Waits until one was added.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }

    /// Takes out the streams whose turn has come, when so many errands were taken from the queue and so many wait in it.
    pub(crate) fn turn(&self, taken: usize, waiting: usize) -> Vec<StreamId> {
        let mut due = Vec::new();
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|stream, before| {
            *before = before.saturating_sub(taken).min(waiting);
            if *before == 0 {
                due.push(*stream);
            }
            *before > 0
        });
        due
    }
}
