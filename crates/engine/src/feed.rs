//! The live feed: history from a cursor, then the live tail, joined by version.
//!
//! It owns the join, the fall back to history, and when a follower is told to resync; which batch concerns whom is found by
//! its topics.
//! Invariant: a follower sees every matching event once and in order, or is told from where to resume; it is never silently skipped.

mod change;
mod history;
mod renderings;
mod topics;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::Stream;
use roadbook_domain::Version;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::error::EngineError;
use crate::published::Moment;
use crate::recorded::RecordedEvent;
use crate::road_map::RoadMap;

use history::{History, Page, Rest};
use topics::{Listening, Passed, Signal};

pub use change::{Change, Rendered};
pub use renderings::{Making, Rendering, RenderingKey};
pub(crate) use topics::{Occasion, Topics};

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

    /// Whether everything is wanted.
    fn is_open(&self) -> bool {
        self.narrowest().is_empty()
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
    Changed(Change),
    /// Everything up to this moment was looked through.
    CaughtUp {
        /// The moment.
        moment: Moment,
    },
    /// Rights may have changed, and nothing else may come for long: what depends on them is judged anew. Whoever reads history
    /// is not told, since it judges each item as it comes.
    StandingChanged,
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
    ) -> Result<Follower, EngineError> {
        Follower::new(Arc::clone(self), after, filter)
    }

    /// Why its followers are told to resync, once they are.
    fn ending(&self) -> Option<ResyncReason> {
        if *self.draining.borrow() {
            Some(ResyncReason::Draining)
        } else {
            let halted = self.halt.reason();
            halted.map(|_| ResyncReason::NewerFormat)
        }
    }
}

/// One who follows a road map. A stream by itself, and not put together of others: each of those would lie somewhere else
/// in memory, and an item of every follower would be brought from all of them. (The channel that it waits for still does.)
pub struct Follower {
    road_map: Arc<RoadMap>,
    live: Listening,
    filter: Arc<Filter>,
    /// Whether the filter lets everything pass, so that it need not be looked at.
    is_open: bool,
    /// Everything up to here was looked through.
    position: Version,
    /// The page of history that is being read before the live tail; none while live.
    history: Option<BoxFuture<'static, Page>>,
    ready: VecDeque<FeedItem>,
    fallbacks: u32,
    /// Whether anything was heard since it was last told that time has passed.
    heard: bool,
    ended: bool,
}

impl Follower {
    fn new(road_map: Arc<RoadMap>, after: Version, filter: Filter) -> Result<Self, EngineError> {
        let filter = Arc::new(filter);
        // The receiver comes before the head: what is committed in between is in both, and skipped once.
        let live = road_map.topics.listen(&filter);
        let head = road_map.current().moment.version;
        if after > head {
            return Err(EngineError::BadMoment(
                "the cursor lies ahead of the road map",
            ));
        }
        let history = History::new(&road_map, &filter, (after, head));
        road_map.measures.followers.inc();
        Ok(Self {
            road_map,
            live,
            is_open: filter.is_open(),
            filter,
            position: after,
            history: Some(history.page().boxed()),
            ready: VecDeque::new(),
            fallbacks: 0,
            heard: false,
            ended: false,
        })
    }

    /// Goes on with what was read of the history.
    fn turn(&mut self, page: Page) {
        self.ready.extend(page.items);
        self.position = page.position;
        self.history = None;
        match page.rest {
            Rest::More(history) => self.history = Some(history.page().boxed()),
            Rest::Failed(error) => self.fail(&error),
            Rest::Live => self.go_live(),
        }
    }

    fn go_live(&mut self) {
        self.heard = true;
        let moment = Moment {
            version: self.position,
            ..self.road_map.current().moment
        };
        self.ready.push_back(FeedItem::CaughtUp { moment });
        // It may have been told while it did not listen.
        if let Some(reason) = self.road_map.ending() {
            self.resync(reason);
        }
    }

    /// What comes first of that which was heard, if it is a change; all else is made ready.
    fn hear(&mut self, heard: Result<Signal, RecvError>) -> Option<Change> {
        match heard {
            Ok(Signal::Passed(passed)) => {
                self.heard = true;
                return self.take(passed);
            }
            Ok(Signal::Occasion(occasion)) => self.look_up(occasion),
            Err(RecvError::Lagged(_)) => self.fall_back(),
            Err(RecvError::Closed) => self.resync(ResyncReason::Draining),
        }
        None
    }

    fn look_up(&mut self, occasion: Occasion) {
        match occasion {
            Occasion::Ending => {
                let reason = self.road_map.ending();
                self.resync(reason.unwrap_or(ResyncReason::Draining));
            }
            Occasion::Standing => self.ready.push_back(FeedItem::StandingChanged),
            Occasion::TimePassed => {
                if !std::mem::take(&mut self.heard) {
                    self.be_quiet();
                }
            }
        }
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

    fn take(&mut self, passed: Arc<Passed>) -> Option<Change> {
        let committed = &passed.batch.committed;
        let last = committed.events.last()?.version;
        if last <= self.position {
            return None;
        }
        if committed.published.redaction < self.road_map.current.load().redaction {
            // It waited here since before a redaction, and may hold what is gone.
            self.fall_back();
            return None;
        }
        if passed.since > self.position {
            // Another node's events came in between, or a batch was missed: history knows them all.
            self.fall_back();
            return None;
        }
        let events = committed.events.iter().enumerate();
        let is_wanted = |event: &RecordedEvent| self.is_open || self.filter.matches(event);
        let mut wanted = events
            .filter(|(_, event)| event.version > self.position && is_wanted(event))
            .map(|(index, _)| index);
        let first = wanted.next();
        for index in wanted {
            let change = Change::handed(Arc::clone(&passed), index);
            self.ready.push_back(FeedItem::Changed(change));
        }
        self.position = last;
        Some(Change::handed(passed, first?))
    }

    fn fall_back(&mut self) {
        self.fallbacks += 1;
        self.road_map.measures.feed_fallbacks.inc();
        if self.fallbacks > self.road_map.settings.feed_fallbacks_max {
            return self.resync(ResyncReason::Overflow);
        }
        self.live.skip();
        let range = (self.position, self.road_map.current().moment.version);
        let history = History::new(&self.road_map, &self.filter, range);
        self.history = Some(history.page().boxed());
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

impl Stream for Follower {
    type Item = FeedItem;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<FeedItem>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            if let Some(history) = &mut this.history {
                let page = ready!(history.as_mut().poll(cx));
                this.turn(page);
            } else {
                let heard = ready!(this.live.poll_next(cx));
                if let Some(change) = this.hear(heard) {
                    return Poll::Ready(Some(FeedItem::Changed(change)));
                }
            }
        }
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.road_map.measures.followers.dec();
    }
}
