//! Occasions: followers are told of what concerns all of them, though nothing was committed.
//!
//! It owns the task that tells of time and of rights; a drain and a halt are told of by whoever begins them. To let each
//! follower wait for all of that by itself cost more than to tell it of a change. Invariant: whoever is live when something
//! happens is told; whoever reads history looks it up when it goes live.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use crate::directory::{Registrar, Standing};
use crate::feed::Occasion;
use crate::open::OpenRoadMaps;
use crate::settings::Settings;

/// Changes of rights that follow one another so closely are told as one: whoever is not polled meanwhile has room for few
/// words, and what is told is judged anew with every item anyway.
const STANDING_PAUSE: Duration = Duration::from_millis(100);

/// What happens for all followers.
pub(crate) struct Occasions {
    open: Arc<OpenRoadMaps>,
    standing: watch::Receiver<Standing>,
    quiet: Interval,
}

impl Occasions {
    pub(crate) fn of(open: &Arc<OpenRoadMaps>, registrar: &Registrar, settings: &Settings) -> Self {
        // As far ahead as clocks reach.
        let seconds = u32::try_from(settings.caught_up_every_s).unwrap_or(u32::MAX);
        let period = Duration::from_secs(seconds.max(1).into());
        let mut quiet = interval_at(Instant::now() + period, period);
        quiet.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            open: Arc::clone(open),
            standing: registrar.standing(),
            quiet,
        }
    }

    /// Starts the task; it ends when the engine stops.
    pub(crate) fn tell(self, stopping: &watch::Sender<bool>) -> JoinHandle<()> {
        let mut stopping = stopping.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => {}
                () = self.run() => {}
            }
        })
    }

    async fn run(mut self) {
        let mut not_before = Instant::now();
        loop {
            let standing = async {
                sleep_until(not_before).await;
                // Without a registrar there are no rights that could change.
                if self.standing.changed().await.is_err() {
                    pending::<()>().await;
                }
            };
            let occasion = tokio::select! {
                biased;
                () = standing => Occasion::Standing,
                _ = self.quiet.tick() => Occasion::TimePassed,
            };
            if occasion == Occasion::Standing {
                not_before = Instant::now() + STANDING_PAUSE;
            }
            for topics in self.open.topics() {
                topics.tell(occasion);
                // Whoever was woken has its turn before the next are.
                yield_now().await;
            }
        }
    }
}
