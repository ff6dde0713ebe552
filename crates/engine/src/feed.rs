//! The live feed: history from a cursor, then the live tail, joined by version.
//!
//! It owns the join, the fall back to history, and when a follower is told to resync; which batch concerns whom is found by
//! its topics.
//! Invariant: a follower sees every matching event once and in order, or is told from where to resume; it is never silently skipped.

mod renderings;
mod topics;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream};
use roadbook_domain::Version;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Sleep};
use uuid::Uuid;

use crate::bell::Bell;
use crate::error::EngineError;
use crate::moment::MomentSelector;
use crate::published::{Moment, Published};
use crate::recorded::RecordedEvent;
use crate::road_map::RoadMap;

use topics::{Listening, Passed};

pub use renderings::{Handed, Rendering, RenderingKey};
pub(crate) use topics::Topics;

/// What a follower wants to hear of: alternatives within a list, restrictions between lists; an empty list restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Lists of subjects; an event must touch one of each.
    pub subjects: Vec<Vec<Uuid>>,
}

impl Filter {
    /// Whether an event is wanted.
    pub fn matches(&self, event: &RecordedEvent) -> bool {
        self.subjects.iter().all(|wanted| {
            wanted.is_empty()
                || event
                    .subjects
                    .iter()
                    .any(|touched| wanted.contains(touched))
        })
    }

    /// The list by which the log's index is asked: any that restricts.
    fn narrowest(&self) -> &[Uuid] {
        self.subjects
            .iter()
            .filter(|wanted| !wanted.is_empty())
            .min_by_key(|wanted| wanted.len())
            .map_or(&[], Vec::as_slice)
    }
}

/// What a follower hears.
#[derive(Clone, Debug)]
pub enum FeedItem {
    /// An event that matches, with the state at the end of its batch.
    Changed {
        /// The event.
        event: Arc<RecordedEvent>,
        /// The state at the end of its batch.
        published: Arc<Published>,
        /// The batch as it is handed on to others too; none if the event was read from the log.
        handed: Option<Handed>,
    },
    /// Everything up to this moment was looked through.
    CaughtUp {
        /// The moment.
        moment: Moment,
    },
    /// The stream ends here; follow anew from the version named.
    Resync {
        /// The last version that was looked through.
        resume_after: Version,
        /// Why.
        reason: ResyncReason,
    },
}

/// Why a follower is told to resync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncReason {
    /// It fell behind more often than it may.
    Overflow,
    /// The server is stopping.
    Draining,
    /// The log failed.
    Unavailable,
    /// The road map holds events of a newer format, and this node does not serve it any more.
    NewerFormat,
}

impl RoadMap {
    /// Follows the road map after a version. The stream ends after a [`FeedItem::Resync`].
    pub fn follow(
        self: &Arc<Self>,
        after: Version,
        filter: Filter,
    ) -> Result<impl Stream<Item = FeedItem> + Send + use<>, EngineError> {
        // Boxed, since a stream by `unfold` moves what it holds with every item.
        let follower = Box::new(Follower::new(Arc::clone(self), after, filter)?);
        Ok(stream::unfold(follower, |mut follower| async move {
            let item = follower.next().await?;
            Some((item, follower))
        }))
    }
}

struct Follower {
    road_map: Arc<RoadMap>,
    live: Listening,
    /// Rings when one of the next two has something to say, which is seldom.
    bell: Bell,
    /// Ends when the server drains or the road map is served no more.
    ending: BoxFuture<'static, ResyncReason>,
    quiet: Pin<Box<Sleep>>,
    /// When something was last heard.
    heard: Instant,
    filter: Filter,
    /// Everything up to here was looked through.
    position: Version,
    /// The end of the history that is read before the live tail; none while live.
    history: Option<Version>,
    /// The state of the last event handed out, from which the next one is folded.
    last: Option<Arc<Published>>,
    ready: VecDeque<FeedItem>,
    fallbacks: u32,
    ended: bool,
}

/// What a follower that is live waits for.
enum Heard {
    Ending(ResyncReason),
    Timer,
    Batch(Result<Arc<Passed>, RecvError>),
}

impl Follower {
    fn new(road_map: Arc<RoadMap>, after: Version, filter: Filter) -> Result<Self, EngineError> {
        // The receiver comes before the head: what is committed in between is in both, and skipped once.
        let live = road_map.topics.listen(&filter);
        let head = road_map.current().moment.version;
        if after > head {
            return Err(EngineError::BadMoment(
                "the cursor lies ahead of the road map",
            ));
        }
        road_map.measures.followers.inc();
        Ok(Self {
            live,
            bell: Bell::default(),
            ending: ending(&road_map),
            quiet: Box::pin(tokio::time::sleep(quiet_of(&road_map))),
            heard: Instant::now(),
            filter,
            position: after,
            history: Some(head),
            last: None,
            ready: VecDeque::new(),
            fallbacks: 0,
            ended: false,
            road_map,
        })
    }

    async fn next(&mut self) -> Option<FeedItem> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            match self.history {
                // Boxed, since a follower is live for nearly all of its life, and many are.
                Some(through) => Box::pin(self.read_history(through)).await,
                None => self.read_live().await,
            }
        }
    }

    async fn read_history(&mut self, through: Version) {
        let page = self.road_map.settings.page_events;
        let wanted = self.filter.narrowest();
        let events = match self
            .road_map
            .events(self.position, through, wanted, page)
            .await
        {
            Ok(events) => events,
            Err(error) => return self.fail(&error),
        };
        let finished = events.len() < page;
        for event in events {
            let version = event.version;
            if self.filter.matches(&event) {
                match self.state_of(&event).await {
                    Ok(published) => self.ready.push_back(FeedItem::Changed {
                        event,
                        published,
                        handed: None,
                    }),
                    Err(error) => return self.fail(&error),
                }
            }
            // Not before it is there to be handed out: this is where a follower resumes if the log fails.
            self.position = version;
        }
        if finished {
            self.position = through;
            self.history = None;
            self.heard = Instant::now();
            self.last = None;
            let moment = self.road_map.current().moment;
            let moment = Moment {
                version: through,
                ..moment
            };
            self.ready.push_back(FeedItem::CaughtUp { moment });
        }
    }

    /// The state at the end of an event's batch: folded on from the last one if that is near, else from a snapshot.
    async fn state_of(&mut self, event: &RecordedEvent) -> Result<Arc<Published>, EngineError> {
        let near = self.road_map.settings.snapshot_spacing_events;
        let moment = Moment {
            version: event.batch,
            effective: event.recorded_at,
            live: false,
        };
        // What was read before a redaction may still hold what is gone since.
        let redaction = self.road_map.current().redaction;
        let near_enough = |last: &Published| {
            event.batch.0 - last.moment.version.0 <= near && last.redaction == redaction
        };
        let published = match &self.last {
            Some(last) if last.moment.version == event.batch && near_enough(last) => {
                return Ok(Arc::clone(last));
            }
            Some(last) if near_enough(last) => {
                let mut state = last.state.clone();
                let known = last.moment.version;
                let past = &self.road_map.past;
                past.advance(self.road_map.id, &mut state, known, event.batch)
                    .await
                    .map_err(|error| self.road_map.noticed(error))?;
                let mut published = Published::new(self.road_map.id, moment, state);
                published.redaction = redaction;
                Arc::new(published)
            }
            _ => {
                let selector = MomentSelector::Version(event.batch);
                self.road_map.at(&selector).await?
            }
        };
        self.last = Some(Arc::clone(&published));
        Ok(published)
    }

    async fn read_live(&mut self) {
        let heard = self.hear().await;
        let now = Instant::now();
        match heard {
            Heard::Ending(reason) => self.resync(reason),
            Heard::Timer => self.ring(now),
            Heard::Batch(received) => {
                self.heard = now;
                match received {
                    Ok(passed) => self.take(&passed),
                    Err(RecvError::Lagged(_)) => self.fall_back(),
                    Err(RecvError::Closed) => self.resync(ResyncReason::Draining),
                }
            }
        }
    }

    async fn hear(&mut self) -> Heard {
        let Self {
            live,
            bell,
            ending,
            quiet,
            ..
        } = self;
        let mut next = std::pin::pin!(live.next());
        let heard = poll_fn(move |cx| {
            let seldom = bell.answer(cx, |cx| {
                if let Poll::Ready(reason) = ending.as_mut().poll(cx) {
                    return Poll::Ready(Heard::Ending(reason));
                }
                quiet.as_mut().poll(cx).map(|()| Heard::Timer)
            });
            match seldom {
                Poll::Ready(seldom) => Poll::Ready(seldom),
                Poll::Pending => next.as_mut().poll(cx).map(Heard::Batch),
            }
        });
        heard.await
    }

    /// The timer rings: too early if something was heard since it was set, which is not done with every item.
    fn ring(&mut self, now: Instant) {
        let quiet = quiet_of(&self.road_map);
        if now.duration_since(self.heard) >= quiet {
            self.heard = now;
            self.be_quiet();
        }
        self.quiet.as_mut().reset(self.heard + quiet);
    }

    /// Nothing came for a while: tells how far everything was looked through.
    fn be_quiet(&mut self) {
        let moment = self.road_map.current().moment;
        let through = self.live.through().unwrap_or(self.position);
        if through.max(self.position) == moment.version {
            self.position = moment.version;
            self.fallbacks = 0;
            self.ready.push_back(FeedItem::CaughtUp { moment });
        }
    }

    fn take(&mut self, passed: &Passed) {
        let batch = &passed.batch;
        let committed = &batch.committed;
        let Some(last) = committed.events.last() else {
            return;
        };
        if last.version <= self.position {
            return;
        }
        if committed.published.redaction < self.road_map.current().redaction {
            // It waited here since before a redaction, and may hold what is gone.
            return self.fall_back();
        }
        if passed.since > self.position {
            // Another node's events came in between, or a batch was missed: history knows them all.
            return self.fall_back();
        }
        for event in &committed.events {
            if event.version > self.position && self.filter.matches(event) {
                self.ready.push_back(FeedItem::Changed {
                    event: Arc::clone(event),
                    published: Arc::clone(&committed.published),
                    handed: Some(Handed::new(batch)),
                });
            }
        }
        self.position = last.version;
    }

    fn fall_back(&mut self) {
        self.fallbacks += 1;
        self.road_map.measures.feed_fallbacks.inc();
        if self.fallbacks > self.road_map.settings.feed_fallbacks_max {
            return self.resync(ResyncReason::Overflow);
        }
        self.live.skip();
        self.history = Some(self.road_map.current().moment.version);
    }

    fn fail(&mut self, error: &EngineError) {
        tracing::warn!(road_map.id = %self.road_map.id, error = %error, "a follower could not read on");
        self.resync(if error.is_newer_format() {
            ResyncReason::NewerFormat
        } else {
            ResyncReason::Unavailable
        });
    }

    fn resync(&mut self, reason: ResyncReason) {
        self.ended = true;
        self.road_map.measures.feed_resyncs.inc();
        self.ready.push_back(FeedItem::Resync {
            resume_after: self.position,
            reason,
        });
    }
}

fn quiet_of(road_map: &RoadMap) -> Duration {
    Duration::from_secs(road_map.settings.caught_up_every_s)
}

/// Why followers of a road map are told to resync, once they are.
fn ending(road_map: &RoadMap) -> BoxFuture<'static, ResyncReason> {
    let mut draining = road_map.draining.clone();
    let mut halted = road_map.halt.subscribe();
    Box::pin(async move {
        tokio::select! {
            biased;
            _ = draining.wait_for(|draining| *draining) => ResyncReason::Draining,
            _ = halted.wait_for(Option::is_some) => ResyncReason::NewerFormat,
        }
    })
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.road_map.measures.followers.dec();
    }
}
