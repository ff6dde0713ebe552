//! How a node hears that another process has appended.
//!
//! Owns the word that is passed and the end at which it is heard. Who says it, and over what, is a backend's affair.
//! Invariant: a wake-up may be lost and may be false; whoever listens looks at the heads now and then as well.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

use crate::{Heard, StreamId, Version};

/// The longest note, in bytes.
pub const NOTE_BYTES_MAX: usize = 7_900;

/// What may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wakeup {
    /// A stream may stand at this version or beyond it.
    Stream {
        /// The stream.
        stream: StreamId,
        /// The version that it may have reached.
        version: Version,
    },
    /// A process that has some log open says that it appended this.
    Appended(Arc<Heard>),
    /// A process that has the log open says this, which no log keeps and which may be lost.
    Told(Arc<str>),
    /// Any stream may have changed: wake-ups may have been lost until now.
    Anything,
}

/// The wake-ups of a log, from when they were asked for.
#[derive(Debug)]
pub struct Wakeups {
    heard: Option<broadcast::Receiver<Wakeup>>,
}

impl Wakeups {
    /// Of a log that only this process writes: there are none.
    pub const fn never() -> Self {
        Self { heard: None }
    }

    /// Those that are sent from now on.
    pub const fn heard_from(receiver: broadcast::Receiver<Wakeup>) -> Self {
        Self {
            heard: Some(receiver),
        }
    }

    /// Waits for the next one. Whoever is too slow for the channel is told [`Wakeup::Anything`]. After the log was
    /// closed there is none. May be dropped and asked again without losing one.
    pub async fn next(&mut self) -> Wakeup {
        let received = match &mut self.heard {
            Some(receiver) => receiver.recv().await,
            None => Err(RecvError::Closed),
        };
        match received {
            Ok(wakeup) => wakeup,
            Err(RecvError::Lagged(_)) => Wakeup::Anything,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_too_slow_is_told_that_anything_may_have_changed() {
        let (sender, receiver) = broadcast::channel(2);
        let mut wakeups = Wakeups::heard_from(receiver);
        let wakeup = |version| Wakeup::Stream {
            stream: crate::testing::stream(1),
            version: Version(version),
        };
        for version in 1..=3 {
            sender.send(wakeup(version)).unwrap();
        }
        assert_eq!(wakeups.next().await, Wakeup::Anything);
        assert_eq!(wakeups.next().await, wakeup(2));
    }
}
