//! How far a log has come in what it may hold: the format level.
//!
//! Owns the number alone; what each level adds is known to whoever writes the events. Invariant: the level of a log only
//! rises, and nothing that a level adds is in a log of a lower one.

use std::fmt;

/// What a log may hold: everything that was added up to this level, and nothing that was added later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormatLevel(pub u32);

impl FormatLevel {
    /// The level of a log that was never raised.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for FormatLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
