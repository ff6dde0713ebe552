//! Redaction: taking words out of events that are recorded already, wherever they were carried on to.
//!
//! It owns the search for the events that carry a passage, and what is left of each; how the log lets go of the words and
//! proves it is `store`'s affair. Read `texts` for where an event has words, `passage` for when a text carries some.
//! Invariant: keys, kinds, ids and order are never touched, so that a fold still knows which registers an event wrote.

mod passage;
mod texts;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use self::passage::Passage;
use self::texts::visit_texts;
use crate::event::Event;
use crate::identity::Version;
use crate::register::Register;

/// What stands in the place of redacted words that are no cell, such as a title: a cell has a content of its own for that.
pub const REDACTED: &str = "[redacted]";

/// Events that a redaction can name at most.
pub const NAMED_MAX: usize = 200;

/// The longest passage, in characters: that of a whole text cell.
pub const PASSAGE_CHARS_MAX: usize = crate::content::TEXT_CHARS_MAX;

/// A search through the events of a road map for what is to be redacted.
///
/// The events that are named lose all their words. Of the others, every text goes that carries the passage or, where none
/// is given, that carries any of the texts of the events that are named.
#[derive(Debug)]
pub struct Search {
    named: BTreeSet<Version>,
    passages: Vec<Passage>,
    /// All that the named events say, whether it is looked for or not.
    told: Vec<Passage>,
    /// No passage was given: the texts of the named events are looked for.
    by_whole_texts: bool,
    /// Registers in which words were found: what was written there later is likely to be made from them.
    near: HashSet<Register>,
}

impl Search {
    /// A search for a passage, or for all that the named events say. A passage without a word or sign is none.
    pub fn new(named: impl IntoIterator<Item = Version>, passage: Option<&str>) -> Self {
        let passage = passage.filter(|passage| !passage.trim().is_empty());
        Self {
            named: named.into_iter().collect(),
            by_whole_texts: passage.is_none(),
            passages: passage.map(Passage::exact).into_iter().collect(),
            told: Vec::new(),
            near: HashSet::new(),
        }
    }

    /// The events that are named.
    pub fn named(&self) -> impl Iterator<Item = Version> {
        self.named.iter().copied()
    }

    /// Learns what a named event says, before the search begins. False if it says nothing that could be redacted.
    pub fn learn(&mut self, event: &Event) -> bool {
        let mut says_something = false;
        visit_texts(&mut event.clone(), &mut |_, text| {
            let Some(words) = text.words() else { return };
            says_something = true;
            if self.by_whole_texts {
                self.passages.push(Passage::whole(words));
            }
            self.told.push(Passage::whole(words));
        });
        says_something
    }

    /// Whether a reason, which is kept for good, repeats anything of what is to go.
    pub fn is_repeated_by(&self, reason: &str) -> bool {
        let mut passages = self.passages.iter().chain(&self.told);
        passages.any(|passage| passage.is_repeated_by(reason))
    }

    /// Looks at the next event in the order of versions, and tells what is to be left of it if any of its words go.
    pub fn look(&mut self, version: Version, event: &Event) -> Option<Event> {
        let mut left = event.clone();
        let is_named = self.named.contains(&version);
        let mut goes = false;
        visit_texts(&mut left, &mut |register, mut text| {
            let Some(words) = text.words() else { return };
            let is_near = self.near.contains(&register);
            let mut passages = self.passages.iter();
            if is_named || passages.any(|passage| passage.is_in(words, is_near)) {
                text.redact();
                goes = true;
                self.near.insert(register);
            }
        });
        goes.then_some(left)
    }
}
