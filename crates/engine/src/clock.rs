//! The clock: the one place where the time of day is read.
//!
//! It owns nothing else; the rule that recorded times grow is the writer's affair.
//! Invariant: nobody else in the workspace reads the system's clock.

use std::sync::atomic::{AtomicI64, Ordering};

use roadbook_domain::Instant;

/// Tells the time of day.
pub trait Clock: Send + Sync + 'static {
    /// The present instant, as far as this machine knows. It may stand still or step back.
    fn now(&self) -> Instant;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that everyone else must use"
        )]
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since_epoch.map_or(0, |elapsed| elapsed.as_micros());
        Instant::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// A clock that shows another time than the machine's and runs at its pace, for development.
#[derive(Clone, Copy, Debug)]
pub struct ShiftedClock {
    /// Microseconds that it is ahead of the machine's.
    ahead: i64,
}

impl ShiftedClock {
    /// A clock that shows this instant now.
    pub fn starting_at(instant: Instant) -> Self {
        let now = SystemClock.now().as_micros();
        Self {
            ahead: instant.as_micros().saturating_sub(now),
        }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Instant {
        Instant::from_micros(SystemClock.now().as_micros().saturating_add(self.ahead))
    }
}

/// A clock that stands still until it is set, for tests and replays.
#[derive(Debug)]
pub struct SetClock(AtomicI64);

impl SetClock {
    /// A clock that shows this instant.
    pub const fn at(instant: Instant) -> Self {
        Self(AtomicI64::new(instant.as_micros()))
    }

    /// Lets it show another instant.
    pub fn set(&self, instant: Instant) {
        self.0.store(instant.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}
