//! A count that many threads add to at once.
//!
//! It owns where each thread counts: with one place for all they would wait for one another to be handed it, at every
//! result that is sent. Invariant: what is read is the sum of what was added before.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use prometheus_client::metrics::counter::Atomic;

/// More threads than these share places.
const STRIPES: usize = 16;

thread_local! {
    static STRIPE: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed) % STRIPES
    };
}

/// The count.
#[derive(Debug, Default)]
pub(crate) struct Striped([Stripe; STRIPES]);

/// A place apart: processors hand one another 64 bytes at once, and often fetch twice as many.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

impl Atomic<u64> for Striped {
    /// Gives what the thread's own place held before, unlike a count of one place.
    fn inc(&self) -> u64 {
        self.inc_by(1)
    }

    fn inc_by(&self, count: u64) -> u64 {
        STRIPE.with(|stripe| self.0[*stripe].0.fetch_add(count, Ordering::Relaxed))
    }

    fn get(&self) -> u64 {
        let counts = self.0.iter().map(|stripe| stripe.0.load(Ordering::Relaxed));
        counts.fold(0, u64::wrapping_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_count_is_added_up() {
        let count = Striped::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| {
                    count.inc();
                    count.inc_by(2);
                });
            }
        });
        assert_eq!(count.get(), 6 * STRIPES as u64);
        // Threads of other tests may have taken places in between.
        let counts = count.0.map(|stripe| stripe.0.into_inner());
        let used = counts.into_iter().filter(|count| *count > 0).count();
        assert!(used > STRIPES / 2, "{counts:?}");
    }
}
