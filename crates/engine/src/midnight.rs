//! Midnight in Brussels: the instant at which a Presidency passes on, and a day that the directory names begins.
//!
//! It owns the task that waits for it by the engine's clock; what follows from another day is decided by whoever is told.
//! Invariant: a clock that is set or runs at another pace is followed within a second.

use std::sync::Arc;
use std::time::Duration;

use roadbook_domain::Instant;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::directory::Registrar;

/// The clock may be set meanwhile, so it is looked at this often.
const LOOK_MS: u64 = 1_000;

/// Starts the task; it ends when the engine stops.
pub(crate) fn watch_midnight(
    registrar: Arc<Registrar>,
    clock: Arc<dyn Clock>,
    mut stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let wait = until_midnight(clock.now()).min(Duration::from_millis(LOOK_MS));
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = tokio::time::sleep(wait) => registrar.look_at_day(),
            }
        }
    })
}

/// How long it is from an instant until the first one of the next day; never nothing.
fn until_midnight(now: Instant) -> Duration {
    let midnight = Instant::end_of_day(now.brussels_day()).next();
    let micros = midnight.as_micros().saturating_sub(now.as_micros()).max(1);
    Duration::from_micros(micros.unsigned_abs()).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use roadbook_domain::Date;

    #[test]
    fn the_wait_ends_with_the_day_in_brussels() {
        let end = Instant::end_of_day(Date::constant(2015, 6, 30));
        let before = Instant::from_micros(end.as_micros() - 1_999_999);
        assert_eq!(until_midnight(before), Duration::from_secs(2));
        assert_eq!(until_midnight(end), Duration::from_millis(1));
        let summer = Instant::start_of_day(Date::constant(2015, 3, 29));
        assert_eq!(until_midnight(summer), Duration::from_hours(23));
    }
}
