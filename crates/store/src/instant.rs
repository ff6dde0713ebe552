//! A moment of time as the log keeps it: whole microseconds since the Unix epoch, in UTC.
//!
//! Owns the representation only. What a date or a presidency means as an instant is the domain's affair, and reading
//! the clock is the engine's. Invariant: comparing two instants compares the moments.

use std::fmt;

/// Microseconds since the Unix epoch, UTC. Negative before 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Before every moment that an event can have. Also the running maximum of a stream without events.
    pub const MIN: Self = Self(i64::MIN);

    /// After every moment that an event can have: "whenever it takes effect".
    pub const MAX: Self = Self(i64::MAX);
}

/// Prints the number of microseconds. A calendar date is made of it by whoever shows it to people.
impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} µs", self.0)
    }
}
