//! The bus as one engine uses it: as a node of one log among whatever else travels there.
//!
//! It owns the origin of what this node tells and believes; over what a bus runs is an implementation's affair.
//! Invariant: only an append that the log took is put on the bus, and one that carries no event never is.

use std::sync::Arc;

use roadbook_store::{
    Append, AppendOutcome, Appended, Bus, Heard, LogName, Origin, StreamId, Wakeups,
};

/// A bus, and the name that the log has there.
#[derive(Clone)]
pub struct OnBus {
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The log that is served: the same name on every node of it, and on no node of another.
    pub log: LogName,
}

/// The bus, for the log and epoch that this engine serves.
#[derive(Clone)]
pub(crate) struct OwnBus {
    bus: Arc<dyn Bus>,
    origin: Origin,
}

impl OwnBus {
    pub(crate) fn of(bus: OnBus, epoch: u64) -> Self {
        let OnBus { bus, log } = bus;
        let origin = Origin { log, epoch };
        Self { bus, origin }
    }

    /// What there will be to tell if an append is taken. Made before the log has it, which keeps nothing of it.
    pub(crate) fn note(&self, append: &Append) -> Appended {
        Appended {
            origin: self.origin,
            stream_id: append.stream_id,
            head: append.head(),
            events: append.events.clone(),
        }
    }

    /// Tells the other nodes, if there is anything to tell.
    pub(crate) fn publish(&self, note: Appended, outcome: AppendOutcome) {
        let is_taken = matches!(outcome, AppendOutcome::Appended { .. });
        if is_taken && !note.events.is_empty() {
            self.bus.publish(note);
        }
    }

    /// Has the bus drop what it keeps of a stream.
    pub(crate) fn forget(&self, stream: StreamId) {
        self.bus.forget(stream);
    }

    /// Whether a message tells of this log as it is now.
    pub(crate) fn is_of(&self, heard: &Heard) -> bool {
        heard.origin == self.origin
    }

    /// Passes a note on to the other nodes.
    pub(crate) fn tell(&self, note: String) {
        self.bus.tell(note);
    }

    pub(crate) fn wakeups(&self) -> Wakeups {
        self.bus.wakeups()
    }
}

impl std::fmt::Debug for OwnBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OwnBus").field(&self.origin).finish()
    }
}
