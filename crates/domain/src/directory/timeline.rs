//! Timelines: what was so from which day on.
//!
//! It owns the order of days and nothing of what is kept.
//! Invariant: on a day that is so which was said from the latest day up to it; of two for one day, the one said last.

use crate::time::Date;

/// Values, each from a day on until the next one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timeline<T>(Vec<(Date, T)>);

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Timeline<T> {
    /// Says what is so from a day on; always, if no day is named.
    pub(super) fn put(&mut self, from: Option<Date>, value: T) {
        let from = from.unwrap_or(Date::MIN);
        match self.0.binary_search_by_key(&from, |(day, _)| *day) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (from, value)),
        }
    }

    /// What is so on a day.
    pub(super) fn on(&self, day: Date) -> Option<&T> {
        let after = self.0.partition_point(|(from, _)| *from <= day);
        self.0[..after].last().map(|(_, value)| value)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
