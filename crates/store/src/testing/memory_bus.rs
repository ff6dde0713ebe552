//! A bus in memory, for several nodes of one process, that misbehaves as a test wants it.
//!
//! Owns what was published and who hears it. Messages travel as the bytes that they are on any bus. Invariant: whoever
//! publishes does not hear itself, unless a test delivers a message once more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::broadcast;

use crate::{Appended, Bus, Heard, Wakeup, Wakeups};

/// Messages kept for a node that is slow to take them.
const MESSAGES_MAX: usize = 1_024;

/// A bus with any number of ends.
#[derive(Clone, Default)]
pub struct MemoryBus {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    ends: Vec<broadcast::Sender<Wakeup>>,
    holds_back: bool,
    held_back: Vec<Bytes>,
}

/// The end of one node.
struct End {
    bus: MemoryBus,
    number: usize,
}

impl MemoryBus {
    /// Another end, for another node.
    pub fn end(&self) -> Arc<dyn Bus> {
        let mut shared = self.shared();
        shared.ends.push(broadcast::channel(MESSAGES_MAX).0);
        Arc::new(End {
            bus: self.clone(),
            number: shared.ends.len() - 1,
        })
    }

    /// Delivers nothing from now on but what the test delivers.
    pub fn hold_back(&self) {
        self.shared().holds_back = true;
    }

    /// What was held back since it was last taken, in the order in which it was published.
    pub fn take(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.shared().held_back)
    }

    /// Delivers a message to every node. One that cannot be read is passed over, as by every bus.
    pub fn deliver(&self, message: Bytes) {
        self.shared().deliver(message, None);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn deliver(&self, message: Bytes, from: Option<usize>) {
        if let Ok(heard) = Heard::from_bytes(message) {
            self.say(&Wakeup::Appended(Arc::new(heard)), from);
        }
    }

    fn say(&self, wakeup: &Wakeup, from: Option<usize>) {
        for (number, end) in self.ends.iter().enumerate() {
            if from != Some(number) {
                // A node that does not listen yet, or no longer, is no failure.
                drop(end.send(wakeup.clone()));
            }
        }
    }
}

impl Bus for End {
    fn publish(&self, appended: Appended) {
        let mut shared = self.bus.shared();
        if shared.holds_back {
            shared.held_back.push(appended.to_bytes());
        } else {
            shared.deliver(appended.to_bytes(), Some(self.number));
        }
    }

    fn tell(&self, note: String) {
        let shared = self.bus.shared();
        shared.say(&Wakeup::Told(note.into()), Some(self.number));
    }

    fn wakeups(&self) -> Wakeups {
        Wakeups::heard_from(self.bus.shared().ends[self.number].subscribe())
    }
}
