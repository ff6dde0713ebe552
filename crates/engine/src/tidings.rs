//! Tidings: what the writer of a road map was told of others' appends and has not looked into yet.
//!
//! It owns the wait of the writer and what is kept for it meanwhile; what comes of it is `catch_up`'s affair.
//! Invariant: what is kept is bounded, and what has no room still makes the writer read the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roadbook_domain::Version;
use roadbook_store::Heard;
use tokio::sync::Notify;

use crate::codec::from_store;

/// What others told of one road map.
#[derive(Debug)]
pub(crate) struct Tidings {
    untaken: Mutex<Told>,
    something: Notify,
    appends_max: usize,
}

/// Tidings that were taken.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Appends that the bus brought, in the order in which they came.
    pub(crate) appends: Vec<Arc<Heard>>,
    /// A version that the log holds; zero if nobody said so.
    pub(crate) log_at: Version,
}

impl Tidings {
    pub(crate) fn new(appends_max: usize) -> Self {
        Self {
            untaken: Mutex::default(),
            something: Notify::new(),
            appends_max,
        }
    }

    /// The log holds a version.
    pub(crate) fn log_is_at(&self, version: Version) {
        let mut untaken = self.untaken();
        untaken.log_at = untaken.log_at.max(version);
        drop(untaken);
        self.something.notify_one();
    }

    /// The bus brought an append.
    pub(crate) fn appended(&self, heard: Arc<Heard>) {
        let mut untaken = self.untaken();
        if untaken.appends.len() < self.appends_max {
            untaken.appends.push(heard);
        } else {
            untaken.log_at = untaken.log_at.max(from_store(heard.head));
        }
        drop(untaken);
        self.something.notify_one();
    }

    /// Waits until there are any. May be dropped and asked again without losing one.
    pub(crate) async fn come(&self) {
        self.something.notified().await;
    }

    /// What there is; nothing is left afterwards.
    pub(crate) fn take(&self) -> Told {
        std::mem::take(&mut *self.untaken())
    }

    /// What the lock guards is whole after every statement.
    fn untaken(&self) -> MutexGuard<'_, Told> {
        self.untaken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use roadbook_store::testing::{append, stream};
    use roadbook_store::{Appended, LogName, Origin};

    use super::*;

    fn heard(expected: u64) -> Arc<Heard> {
        let append = append(stream(1), expected, &[1]);
        let message: Bytes = Appended {
            origin: Origin {
                log: LogName([0; 16]),
                epoch: 1,
            },
            stream_id: append.stream_id,
            head: append.head(),
            events: append.events,
        }
        .to_bytes();
        Arc::new(Heard::from_bytes(message).unwrap())
    }

    #[tokio::test]
    async fn what_has_no_room_makes_the_writer_read_the_log() {
        let tidings = Tidings::new(2);
        for expected in 0..4 {
            tidings.appended(heard(expected));
        }
        tidings.come().await;
        let told = tidings.take();
        assert_eq!(told.appends, [heard(0), heard(1)]);
        assert_eq!(told.log_at, Version(4));
        let nothing = tidings.take();
        assert!(nothing.appends.is_empty() && nothing.log_at == Version::ZERO);
    }
}
