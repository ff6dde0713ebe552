//! Catching up: how a road map in memory learns of what the log holds beyond it.
//!
//! It owns the first load, and the folding of what other nodes appended, whether the bus brought it or the log is read.
//! Only the road map's writer catches up, so that batches are published in order; others ask it to. Invariant: a batch is
//! published whole, and once, and of what was redacted nothing stays in memory.

use std::sync::Arc;

use roadbook_domain::{Event, Instant, Version};
use roadbook_store::{Heard, Hold};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Duration, timeout};

use crate::codec::{decode, from_store, instant_from_store, stream_of, to_store};
use crate::error::EngineError;
use crate::published::{Moment, Published};
use crate::recorded::RecordedEvent;
use crate::road_map::{Committed, RoadMap};

impl RoadMap {
    /// Reads the current state for the first time. Nobody follows yet, so nobody is told.
    pub(crate) async fn load(&self) -> Result<(), EngineError> {
        let (log, stream) = (self.past.log(), stream_of(self.id));
        // Asked first: a redaction that comes in between is met when the road map catches up.
        let redaction = log.last_redaction(stream).await?;
        let Some(head) = log.head(stream).await? else {
            return Ok(());
        };
        let version = from_store(head.version);
        let folded = self.past.load(self.id, Instant::MAX, version).await;
        let folded = folded.map_err(|error| self.noticed(error))?;
        let moment = Moment {
            version,
            effective: instant_from_store(head.recorded_at),
            live: true,
        };
        let mut published = Published::new(self.id, moment, folded.state);
        published.usage = folded.usage;
        published.redaction = from_store(redaction);
        published.effective_max = instant_from_store(head.effective_max);
        self.current.store(Arc::new(published));
        self.topics.begin(version);
        Ok(())
    }

    /// Publishes what others appended, as far as the writer was told: from what the bus brought where that fits, and else
    /// from the log. Tells how many events that were.
    pub(crate) async fn follow_tidings(&self) -> Result<usize, EngineError> {
        let told = self.tidings.take();
        let mut published = 0;
        for heard in &told.appends {
            published += match self.publish_heard(heard) {
                Some(events) => events,
                None => self.catch_up().await?,
            };
        }
        if told.log_at > self.current().moment.version {
            published += self.catch_up().await?;
        }
        Ok(published)
    }

    /// Publishes what the bus brought, and tells how many events that were: none if they are known. `None` if they are
    /// not those that are due, so that the log must be read.
    fn publish_heard(&self, heard: &Heard) -> Option<usize> {
        let current = self.current().moment.version;
        if from_store(heard.head) <= current {
            return Some(0);
        }
        // All are looked at before the first is published.
        let events = heard
            .after(to_store(current))
            .map_err(|unfit| unfit.to_string());
        let events = events.and_then(|events| {
            let decoded = events.into_iter().map(|event| decode(event).map(Arc::new));
            let decoded: Result<Vec<_>, _> = decoded.collect();
            decoded.map_err(|error| error.to_string())
        });
        let events = events.and_then(|events| match redaction_among(&events) {
            None => Ok(events),
            Some(_) => Err("what was redacted is gone from events before it".to_owned()),
        });
        let events = match events {
            Ok(events) => events,
            Err(reason) => {
                self.measures.bus_fallbacks.inc();
                tracing::debug!(road_map.id = %self.id, reason, "the log is read, since what the bus brought does not fit");
                return None;
            }
        };
        self.measures.bus_used.inc();
        for batch in events.chunk_by(|one, next| one.batch == next.batch) {
            self.publish_batch(batch.to_vec());
        }
        Some(events.len())
    }

    /// Publishes, batch after batch, what the log holds beyond the current state, and tells how many events that were.
    pub(crate) async fn catch_up(&self) -> Result<usize, EngineError> {
        self.catch_up_through(None).await
    }

    /// As [`catch_up`](Self::catch_up), by way of the hold if the stream is held.
    pub(crate) async fn catch_up_through(
        &self,
        mut hold: Option<&mut (dyn Hold + '_)>,
    ) -> Result<usize, EngineError> {
        let mut published = 0;
        let limit = self.settings.page_events;
        let mut read = self.current().moment.version;
        let mut batch: Vec<Arc<RecordedEvent>> = Vec::new();
        loop {
            let page = match &mut hold {
                None => self.events(read, Version(u64::MAX), &[], limit).await?,
                Some(hold) => self.decoded(hold.read(to_store(read), limit).await)?,
            };
            let full = page.len() == limit;
            for event in page {
                read = event.version;
                published += 1;
                let ends = event.batch == event.version;
                batch.push(event);
                if ends {
                    let batch = std::mem::take(&mut batch);
                    match redaction_among(&batch) {
                        None => self.publish_batch(batch),
                        Some(redaction) => self.read_anew(batch, redaction).await?,
                    }
                }
            }
            if !full {
                return Ok(published);
            }
        }
    }

    /// Publishes a batch by which something was redacted: the state in memory still holds it, so it is read anew.
    async fn read_anew(
        &self,
        events: Vec<Arc<RecordedEvent>>,
        redaction: Version,
    ) -> Result<(), EngineError> {
        let Some(last) = events.last() else {
            return Ok(());
        };
        let folded = self.past.load(self.id, Instant::MAX, last.version).await;
        let folded = folded.map_err(|error| self.noticed(error))?;
        let current = self.current();
        let effects = events.iter().map(|event| event.effective_at);
        let moment = Moment {
            version: last.version,
            effective: last.recorded_at,
            live: true,
        };
        let mut published = Published::new(self.id, moment, folded.state);
        published.usage = folded.usage;
        published.redaction = redaction;
        published.effective_max = effects.fold(current.effective_max, Instant::max);
        self.measures.events_of_others.inc_by(events.len() as u64);
        self.forget_past(Arc::new(published), events);
        Ok(())
    }

    fn publish_batch(&self, events: Vec<Arc<RecordedEvent>>) {
        self.measures.events_of_others.inc_by(events.len() as u64);
        let current = self.current();
        let mut state = current.state.clone();
        for recorded in &events {
            state.evolve(recorded.stamp(), &recorded.event);
        }
        let published = Arc::new(current.after(&events, state));
        self.publish(Committed { events, published });
    }

    /// Waits until the current state holds a version that another node may have told a client of. Gives up without an
    /// error if the log does not hold it, or after a bounded time: whoever asks looks at the current state again.
    pub async fn reach(&self, version: Version) -> Result<(), EngineError> {
        if version <= self.current().moment.version {
            return Ok(());
        }
        // The receiver comes before the look at the log: what is published in between is heard.
        let mut published = self.topics.everything();
        let head = self.past.log().head(stream_of(self.id)).await?;
        if head.is_none_or(|head| from_store(head.version) < version) {
            return Ok(());
        }
        self.tidings.log_is_at(version);
        let wait = Duration::from_millis(self.settings.catch_up_wait_ms);
        let reached = async {
            while self.current().moment.version < version && self.check_served().is_ok() {
                if let Err(RecvError::Closed) = published.recv().await {
                    return;
                }
            }
        };
        // Whoever asked finds the version still ahead, and says so.
        drop(timeout(wait, reached).await);
        self.check_served()
    }
}

/// The last of the events by which something was redacted.
fn redaction_among(events: &[Arc<RecordedEvent>]) -> Option<Version> {
    let redacts = |event: &&Arc<RecordedEvent>| matches!(event.event, Event::TextRedacted { .. });
    events.iter().rfind(redacts).map(|event| event.version)
}
