//! How often a caller may ask, and how often an address may fail to say who asks.
//!
//! It owns the two rates; how a refusal is told belongs to the transports. Invariant: whoever has said who they are is judged
//! by their own rate alone, whatever others do who share their address.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::Viewer;
use crate::peer::Peer;
use crate::settings::Limits;

/// Those who have not asked for a while are forgotten after so many questions of others.
const FORGOTTEN_EVERY: u32 = 1024;

/// The rates of all callers and addresses.
pub(crate) struct Rates {
    operations: Option<Rate<Viewer>>,
    /// Of those who have not said who they are, by address.
    strangers: Option<Rate<Peer>>,
    refusals: Option<Rate<Peer>>,
    told: Option<Rate<Viewer>>,
}

/// Come back later, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOften {
    pub(crate) wait: Duration,
    /// Whether it is worth an entry of the audit: one in a second is.
    pub(crate) is_told: bool,
}

struct Rate<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, Time, NoOpMiddleware<Duration>>,
    asked: AtomicU32,
    time: Time,
}

/// The time of the runtime, which a test can move.
#[derive(Clone)]
struct Time(Instant);

impl Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            operations: Rate::new(
                limits.caller_operations_per_s,
                limits.caller_operations_burst,
            ),
            strangers: Rate::new(
                limits.caller_operations_per_s,
                limits.caller_operations_burst,
            ),
            refusals: Rate::new(limits.address_refusals_per_s, limits.address_refusals_burst),
            told: Rate::new(1, 1),
        }
    }

    /// Counts an operation of a caller; one who has not signed in is counted with all others at its address. Whoever is no
    /// person in particular, as the holder of a development token for a whole organisation, is not counted.
    pub(crate) fn operation(&self, caller: &Viewer, peer: Option<Peer>) -> Result<(), TooOften> {
        match (&self.operations, &self.strangers, peer) {
            (_, Some(rate), Some(peer)) if caller.is_anonymous() => rate.count(&peer),
            (Some(rate), ..) if caller.person.is_some() => {
                rate.count(caller).map_err(|too_often| TooOften {
                    is_told: self
                        .told
                        .as_ref()
                        .is_some_and(|told| told.count(caller).is_ok()),
                    ..too_often
                })
            }
            _ => Ok(()),
        }
    }

    /// Counts a sign-in that was refused. Only under another server, which tells no address, it is not counted.
    pub(crate) fn refusal(&self, peer: Option<Peer>) -> Result<(), TooOften> {
        match (&self.refusals, peer) {
            (Some(rate), Some(peer)) => rate.count(&peer),
            _ => Ok(()),
        }
    }
}

impl<K: Hash + Eq + Clone> Rate<K> {
    /// So many in a second, and so many at once after a quiet time; none if nothing is bounded.
    fn new(per_s: u32, burst: u32) -> Option<Self> {
        let quota = Quota::per_second(NonZeroU32::new(per_s)?);
        let quota = quota.allow_burst(NonZeroU32::new(burst)?);
        let time = Time(Instant::now());
        Some(Self {
            limiter: RateLimiter::new(quota, HashMapStateStore::default(), time.clone()),
            asked: AtomicU32::new(0),
            time,
        })
    }

    fn count(&self, key: &K) -> Result<(), TooOften> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked.is_multiple_of(FORGOTTEN_EVERY) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(key).map_err(|until| TooOften {
            wait: until.wait_time_from(self.time.now()),
            is_told: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rate_lets_a_burst_through_and_then_so_many_in_a_second() {
        let rate = Rate::new(2, 3).unwrap();
        for _ in 0..3 {
            assert_eq!(rate.count(&"a"), Ok(()));
        }
        let wait = Duration::from_millis(500);
        let is_told = false;
        assert_eq!(rate.count(&"a"), Err(TooOften { wait, is_told }));
        assert_eq!(rate.count(&"b"), Ok(()));
        tokio::time::advance(wait).await;
        assert_eq!(rate.count(&"a"), Ok(()));
        assert!(rate.count(&"a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_went_away_are_forgotten() {
        let rate = Rate::new(1000, 1).unwrap();
        for number in 0..FORGOTTEN_EVERY * 3 {
            tokio::time::advance(Duration::from_millis(10)).await;
            assert_eq!(rate.count(&number), Ok(()));
        }
        let known = rate.limiter.len();
        assert!(known <= FORGOTTEN_EVERY as usize, "{known}");
    }

    #[tokio::test]
    async fn a_rate_of_none_is_no_rate() {
        let limits = Limits {
            caller_operations_per_s: 0,
            ..Limits::default()
        };
        let rates = Rates::new(&limits);
        let caller = Viewer {
            organisation: "LV".to_owned(),
            person: Some("p1".to_owned()),
        };
        assert!((0..100_000).all(|_| rates.operation(&caller, None).is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_at_one_address_share_a_rate() {
        let limits = Limits {
            caller_operations_per_s: 1,
            caller_operations_burst: 1,
            ..Limits::default()
        };
        let rates = Rates::new(&limits);
        let [here, there] = [1, 2].map(|last| Some(Peer::at([192, 0, 2, last].into())));
        let stranger = Viewer::anonymous();
        assert_eq!(rates.operation(&stranger, here), Ok(()));
        assert!(rates.operation(&stranger, here).is_err());
        assert_eq!(rates.operation(&stranger, there), Ok(()));
    }
}
