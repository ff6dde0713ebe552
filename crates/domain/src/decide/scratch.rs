//! The scratch state on which a batch is decided, and the questions that every rule asks of it.
//!
//! It owns the growing head and as-of states, what was written so far, and the comparison with what the client read.
//! Invariant: both states always hold exactly the events emitted so far.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Base, Batch, Conflict, Decided, Decision, Outcome, View};
use crate::bounds::Bounds;
use crate::capacity::Capacity;
use crate::event::Event;
use crate::identity::{Parent, Thing, Version};
use crate::refusal::Refusal;
use crate::register::{Register, Stamp, Stamped, is_redacted};
use crate::state::State;
use crate::time::Instant;

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    Conflict(Box<Conflict>),
    BaseNeeded,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// How a register stands to what the client read of it.
#[derive(Debug)]
pub(super) enum Seen {
    /// The client read the value that is there.
    Same,
    /// The client read an older value; none if it read nothing.
    Older(Option<Stamped>),
    /// The client read a value that takes effect later than the one that is there.
    Newer,
    /// The client read words that were redacted since: what it sends may be made from them.
    Redacted,
}

#[derive(Debug)]
pub(super) struct Scratch<'a> {
    head: State,
    /// Apart from the head only for a batch that takes effect in the past.
    at: Option<State>,
    base: Base,
    base_state: Option<&'a State>,
    bounds: &'a Bounds,
    recorded_at: Instant,
    effective: Instant,
    next: Version,
    written: HashSet<Register>,
    /// The key of the organisation that wants the batch.
    author: &'a str,
    /// The role by which the command in hand is allowed.
    capacity: Capacity,
    events: Vec<Decided>,
}

impl<'a> Scratch<'a> {
    pub(super) fn new(view: View<'a>, batch: &Batch<'a>) -> Self {
        let past = batch.effective < batch.recorded_at();
        Self {
            head: view.head.clone(),
            at: view.at.filter(|_| past).cloned(),
            base: batch.base,
            base_state: view.base,
            bounds: view.bounds,
            recorded_at: batch.recorded_at(),
            effective: batch.effective,
            next: view.version.next(),
            written: HashSet::new(),
            author: batch.standing.organisation,
            capacity: Capacity::Observer,
            events: Vec::new(),
        }
    }

    /// Everything recorded, the batch so far included.
    pub(super) fn head(&self) -> &State {
        &self.head
    }

    /// The state at the instant at which the batch takes effect, the batch so far included.
    pub(super) fn at(&self) -> &State {
        self.at.as_ref().unwrap_or(&self.head)
    }

    /// The key of the organisation that wants the batch.
    pub(super) const fn author(&self) -> &'a str {
        self.author
    }

    /// The role by which the commands to come are allowed.
    pub(super) fn act_as(&mut self, capacity: Capacity) {
        self.capacity = capacity;
    }

    pub(super) fn bounds(&self) -> &'a Bounds {
        self.bounds
    }

    pub(super) fn recorded_at(&self) -> Instant {
        self.recorded_at
    }

    /// Whether the batch opens the road map itself, so that nothing was read before it.
    pub(super) fn opens(&self) -> bool {
        self.written.contains(&Register::Opened)
    }

    /// Whether the batch takes effect before it is recorded.
    pub(super) fn is_backdated(&self) -> bool {
        self.effective < self.recorded_at
    }

    /// The version that the next event will have.
    pub(super) fn next_version(&self) -> Version {
        self.next
    }

    pub(super) fn into_decision(self, outcomes: Vec<Outcome>) -> Decision {
        Decision {
            events: self.events,
            outcomes,
            head: self.head,
        }
    }

    /// Adds an event, unless it writes a register that the batch wrote before.
    pub(super) fn emit(&mut self, event: Event, subjects: Vec<Uuid>) -> Result<(), Stop> {
        let mut twice = false;
        event.writes(&mut |register, _| {
            if !matches!(register, Register::Layout(_)) {
                twice |= !self.written.insert(register);
            }
        });
        if twice {
            return Err(Refusal::WrittenTwice.into());
        }
        let stamp = Stamp {
            effective: self.effective,
            version: self.next,
        };
        self.head.evolve(stamp, &event);
        if let Some(at) = &mut self.at {
            at.evolve(stamp, &event);
        }
        self.next = self.next.next();
        self.events.push(Decided {
            event,
            subjects,
            capacity: self.capacity,
        });
        Ok(())
    }

    /// Compares what the client read of a register with what is there at the batch's instant.
    pub(super) fn seen(&self, register: &Register) -> Result<Seen, Stop> {
        if self.written.contains(register) {
            return Ok(Seen::Same);
        }
        if self.was_redacted_since(register) {
            return Ok(Seen::Redacted);
        }
        let now = self.at().stamp(register);
        if let Some(base) = self.base_state {
            let read = base.get(register);
            let read_stamp = read.map(|held| held.stamp);
            return Ok(match read_stamp.cmp(&now) {
                std::cmp::Ordering::Equal => Seen::Same,
                std::cmp::Ordering::Less => Seen::Older(read.cloned()),
                std::cmp::Ordering::Greater => Seen::Newer,
            });
        }
        // Without the state that was read, only what it must have held is certain: the winner up to the later
        // of the two instants, if that winner was recorded by then.
        let reaches_further = self.base.effective > self.effective;
        let winner = if reaches_further {
            self.head.stamp(register)
        } else {
            now
        };
        let certain = winner.is_none_or(|stamp| {
            stamp.version <= self.base.version && stamp.effective <= self.base.effective
        });
        if certain && winner == now {
            Ok(Seen::Same)
        } else {
            Err(Stop::BaseNeeded)
        }
    }

    /// Whether what is there lost its words after the client has read.
    fn was_redacted_since(&self, register: &Register) -> bool {
        let Some(held) = self.at().get(register) else {
            return false;
        };
        // An event is redacted as of now, whatever date the batch has.
        let redaction = Register::Redaction(held.stamp.version);
        let redaction = self.head.stamp(&redaction);
        redaction.is_some_and(|redaction| redaction.version > self.base.version)
            && is_redacted(&held.value)
    }

    /// The version and instant that the client read, as the state that it read; asked for when a value must be merged.
    pub(super) fn base_state(&self) -> Result<&'a State, Stop> {
        self.base_state.ok_or(Stop::BaseNeeded)
    }

    pub(super) fn require_present(&self, thing: Thing) -> Result<(), Stop> {
        if self.at().is_present(thing) {
            Ok(())
        } else {
            Err(Refusal::NotFound(thing).into())
        }
    }

    /// Whether a stamp takes effect after the batch.
    pub(super) fn later(&self, stamp: Option<Stamp>) -> Option<Stamp> {
        stamp.filter(|stamp| stamp.effective > self.effective)
    }

    /// The stamp of a register in the head, if it takes effect after the batch.
    pub(super) fn later_in_head(&self, register: &Register) -> Option<Stamp> {
        self.later(self.head.stamp(register))
    }

    /// Refuses if the order or sharing beneath a parent was changed with a later effect.
    pub(super) fn require_layout_not_later(&self, parent: Parent) -> Result<(), Stop> {
        match self.later_in_head(&Register::Layout(parent)) {
            Some(stamp) => Err(Refusal::LayoutLater {
                parent,
                later: stamp.effective,
            }
            .into()),
            None => Ok(()),
        }
    }

    /// The thing and everything in which it stands, as subjects.
    pub(super) fn subjects_of(&self, thing: Thing) -> Vec<Uuid> {
        let mut subjects = vec![thing.uuid()];
        let mut parent = self.at().parent(thing).and_then(Parent::thing);
        while let Some(above) = parent {
            subjects.push(above.uuid());
            parent = self.at().parent(above).and_then(Parent::thing);
        }
        subjects
    }
}
