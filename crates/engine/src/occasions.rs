//! Occasions: followers are told of what concerns all of them, though nothing was committed.
//!
//! It owns the task that tells of time and of rights; a drain and a halt are told of by whoever begins them. To let each
//! follower wait for all of that by itself cost more than to tell it of a change. Invariant: whoever follows when something
//! happens is told.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::directory::{Registrar, Standing};
use crate::feed::Occasion;
use crate::open::OpenRoadMaps;
use crate::settings::Settings;

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
        let mut quiet = interval(Duration::from_secs(seconds.into()));
        quiet.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            open: Arc::clone(open),
            standing: registrar.standing(),
            quiet,
        }
    }

    /// Starts the task; it ends when the engine stops.
    pub(crate) fn tell(mut self, stopping: &watch::Sender<bool>) -> JoinHandle<()> {
        let mut stopping = stopping.subscribe();
        tokio::spawn(async move {
            loop {
                let occasion = tokio::select! {
                    biased;
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                    Ok(()) = self.standing.changed() => Occasion::Standing,
                    _ = self.quiet.tick() => Occasion::Quiet,
                };
                self.open.tell(occasion);
            }
        })
    }
}
