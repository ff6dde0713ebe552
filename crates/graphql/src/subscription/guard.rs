//! The guard of an open stream: rights are judged again whenever they may have changed, and before each item.
//!
//! It owns what a follower is told when they have; the rule is the gate's, and of occasions to judge while nothing else comes
//! the engine tells.
//! Invariant: nothing is handed on that does not exist for its follower at the instant of handing it on.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{Stream, StreamExt as _};
use roadbook_domain::{Instant, Participation, Sight};
use roadbook_engine::{FeedItem, Follower};

use super::told::{Told, What};
use super::{CaughtUp, ChangeItem, Resync, ResyncReason, RightsChanged, after, resume_cursor};
use crate::at::At;
use crate::cursor::Cursor;

/// A stream and what its follower was when it was last judged.
pub(super) struct Guarded {
    at: At,
    organisation: String,
    items: Follower,
    sight: Sight,
    participation: Participation,
    /// None before the first time: something may have changed since the caller was let in.
    judged: Option<Judged>,
    /// Where to resume after what was handed on so far.
    position: Cursor,
    /// What was come upon while there was something else to tell first.
    waiting: Option<FeedItem>,
    ended: bool,
}

/// For how long a judgement holds: what it depends on changes with the day in Brussels, and else it is counted.
struct Judged {
    standing: u64,
    day: RangeInclusive<Instant>,
}

impl Judged {
    /// Of a judgement that comes after this.
    fn begin(at: &At) -> Self {
        let standing = at.engine.standing_count();
        let today = at.now().brussels_day();
        Self {
            standing,
            day: Instant::start_of_day(today)..=Instant::end_of_day(today),
        }
    }

    fn holds(&self, at: &At) -> bool {
        at.engine.standing_count() == self.standing && self.day.contains(&at.now())
    }
}

impl Guarded {
    /// The items of a stream for as long as they exist for an organisation.
    pub(super) fn new(at: At, organisation: String, position: Cursor, items: Follower) -> Self {
        Self {
            judged: None,
            sight: at.sight(),
            participation: at.judged(&organisation).1,
            at,
            organisation,
            items,
            position,
            waiting: None,
            ended: false,
        }
    }

    /// What its follower must be told of its rights before anything else.
    fn judge(&mut self) -> Option<Told> {
        if self.judged.as_ref().is_some_and(|it| it.holds(&self.at)) {
            return None;
        }
        self.judged = Some(Judged::begin(&self.at));
        let (sight, participation) = self.at.judged(&self.organisation);
        if sight != self.sight && sight != Sight::Everything {
            self.ended = true;
            return Some(self.tell_resync(None, ResyncReason::RightsChanged));
        }
        if sight == self.sight && participation == self.participation {
            return None;
        }
        self.sight = sight;
        self.participation = participation;
        let cursor = self.position;
        let changed = ChangeItem::RightsChanged(RightsChanged { cursor });
        Some(self.tell(What::Else(changed), Some(cursor)))
    }

    /// An item as it is told; none of an occasion to judge, and of what does not exist for the follower.
    fn told(&mut self, item: FeedItem) -> Option<Told> {
        Some(match item {
            FeedItem::Changed(change) if !self.at.shows_event(change.event()) => return None,
            FeedItem::Changed(change) => {
                self.position = after(&self.at, &change);
                self.tell(What::Changed(change), Some(self.position))
            }
            FeedItem::CaughtUp { moment } => {
                self.position = Cursor::of(self.at.engine.epoch(), moment);
                let cursor = self.position;
                self.tell(
                    What::Else(ChangeItem::CaughtUp(CaughtUp { cursor })),
                    Some(cursor),
                )
            }
            FeedItem::Resync {
                resume_after,
                reason,
            } => {
                self.position = resume_cursor(&self.at, resume_after);
                self.tell_resync(Some(self.position), reason.into())
            }
            FeedItem::StandingChanged => return None,
        })
    }

    fn tell_resync(&self, resume_after: Option<Cursor>, reason: ResyncReason) -> Told {
        let resync = Resync {
            resume_after,
            reason,
        };
        self.tell(What::Else(ChangeItem::Resync(resync)), resume_after)
    }

    fn tell(&self, what: What, cursor: Option<Cursor>) -> Told {
        Told {
            what,
            cursor,
            sight: self.at.sight(),
            standing: self.judged.as_ref().map_or(0, |judged| judged.standing),
        }
    }
}

impl Stream for Guarded {
    type Item = Told;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Told>> {
        let this = self.get_mut();
        while !this.ended {
            let is_first = this.judged.is_none();
            let item = match this.waiting.take() {
                Some(item) => Some(item),
                None if is_first => None,
                None => match ready!(this.items.poll_next_unpin(cx)) {
                    Some(item) => Some(item),
                    None => return Poll::Ready(None),
                },
            };
            if let Some(told) = this.judge() {
                this.waiting = item;
                return Poll::Ready(Some(told));
            }
            if let Some(told) = item.and_then(|item| this.told(item)) {
                return Poll::Ready(Some(told));
            }
        }
        Poll::Ready(None)
    }
}
