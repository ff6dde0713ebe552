//! What an answer depends on, so that whoever keeps it can tell whether it would be the same now.
//!
//! It owns how a change is noticed; what is changed, and what an answer was made of, is for others to say. Invariant: a
//! dependency is taken before what it stands for is read, and a change is told after it was made, so that an answer made of
//! what was before never counts as one made of what is now.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roadbook_domain::Instant;

use crate::clock::Clock;

/// How often something has changed that answers are made of.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Says that it has changed. Called once the change can be read.
    pub fn happened(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// That it stays as it is from now on. Called before it is read.
    pub fn none(&self) -> Dependency {
        Dependency(On::Unchanged {
            seen: self.0.load(Ordering::SeqCst),
            changes: self.clone(),
        })
    }
}

/// Something that an answer depends on.
#[derive(Clone)]
pub struct Dependency(On);

#[derive(Clone)]
enum On {
    /// That something has not changed since.
    Unchanged { changes: Changes, seen: u64 },
    /// That it is still the same day in Brussels, from its first instant to its last.
    Day {
        clock: Arc<dyn Clock>,
        first: Instant,
        last: Instant,
    },
}

impl Dependency {
    /// That it is still the day that a clock shows.
    pub fn on_day(clock: &Arc<dyn Clock>) -> Self {
        let day = clock.now().brussels_day();
        Self(On::Day {
            clock: Arc::clone(clock),
            first: Instant::start_of_day(day),
            last: Instant::end_of_day(day),
        })
    }

    /// Whether an answer that depends on it would be the same now, as far as it is concerned.
    pub fn holds(&self) -> bool {
        match &self.0 {
            On::Unchanged { changes, seen } => changes.0.load(Ordering::SeqCst) == *seen,
            On::Day { clock, first, last } => (*first..=*last).contains(&clock.now()),
        }
    }

    /// Whether it says the same as another that was taken earlier, or says it of something that has not changed meanwhile.
    pub fn is_implied_by(&self, earlier: &Self) -> bool {
        match (&self.0, &earlier.0) {
            (
                On::Unchanged { changes, seen },
                On::Unchanged {
                    changes: other,
                    seen: before,
                },
            ) => Arc::ptr_eq(&changes.0, &other.0) && seen == before,
            (On::Day { first, .. }, On::Day { first: other, .. }) => first == other,
            _ => false,
        }
    }
}

impl fmt::Debug for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            On::Unchanged { seen, .. } => f.debug_tuple("Unchanged").field(seen).finish(),
            On::Day { first, .. } => f.debug_tuple("Day").field(first).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use roadbook_domain::Date;

    use super::*;
    use crate::clock::SetClock;

    #[test]
    fn a_change_ends_what_was_taken_before_it_and_nothing_else() {
        let (one, other) = (Changes::default(), Changes::default());
        let (before, beside) = (one.none(), other.none());
        assert!(before.holds() && beside.holds());
        one.happened();
        assert!(!before.holds() && beside.holds());
        assert!(one.none().holds());
        assert!(!one.none().is_implied_by(&before) && !one.none().is_implied_by(&beside));
        assert!(other.none().is_implied_by(&beside));
    }

    #[test]
    fn a_day_lasts_from_its_first_instant_to_its_last_in_brussels() {
        let day = Date::constant(2015, 6, 30);
        let set = Arc::new(SetClock::at(Instant::start_of_day(day)));
        let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&set);
        let on_day = Dependency::on_day(&clock);
        assert!(on_day.holds());
        set.set(Instant::end_of_day(day));
        assert!(on_day.holds());
        set.set(Instant::end_of_day(day).next());
        assert!(!on_day.holds());
        set.set(Instant::start_of_day(day).previous());
        assert!(!on_day.holds());
    }
}
