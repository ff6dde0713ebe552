//! Waiting before the next try: twice as long each time, up to a bound, and never in step with others.
//!
//! It owns the delays and no clock. Invariant: a delay lies between half of the step and the whole of it.

use std::time::Duration;

/// The first step, in milliseconds.
const FIRST_MS: u64 = 250;
/// The longest step, in milliseconds.
const LONGEST_MS: u64 = 15_000;

/// The delays between tries.
#[derive(Debug)]
pub(crate) struct Backoff {
    step_ms: u64,
}

impl Backoff {
    /// Before the first try.
    pub(crate) const fn new() -> Self {
        Self { step_ms: FIRST_MS }
    }

    /// After a success: the next failure begins with a short delay again.
    pub(crate) const fn reset(&mut self) {
        self.step_ms = FIRST_MS;
    }

    /// The delay before the next try. `chance` scatters it, so that many clients of one server do not come back at once.
    pub(crate) fn next(&mut self, chance: u8) -> Duration {
        let half = self.step_ms / 2;
        let delay = half + half * u64::from(chance) / u64::from(u8::MAX);
        self.step_ms = (self.step_ms * 2).min(LONGEST_MS);
        Duration::from_millis(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_their_bound_and_begin_anew() {
        let mut backoff = Backoff::new();
        let delays: Vec<u128> = (0..9).map(|_| backoff.next(u8::MAX).as_millis()).collect();
        assert_eq!(
            delays,
            [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]
        );
        backoff.reset();
        assert_eq!(backoff.next(0).as_millis(), 125);
    }
}
