//! The guard of an open stream: rights are judged again whenever they may have changed, and before each item.
//!
//! It owns what a follower is told when they have; the rule is the gate's, and when to judge is told by the engine.
//! Invariant: nothing is handed on that does not exist for its follower at the instant of handing it on.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use roadbook_domain::{Instant, Participation, Sight};
use roadbook_engine::Bell;

use super::{ChangeItem, Resync, ResyncReason, RightsChanged, Told};
use crate::at::At;
use crate::cursor::Cursor;

/// A stream and what its follower was when it was last judged.
pub(super) struct Guarded<S> {
    at: At,
    organisation: String,
    items: S,
    /// Tells when to judge though nothing comes.
    occasions: BoxStream<'static, ()>,
    bell: Bell,
    sight: Sight,
    participation: Participation,
    /// None before the first time: something may have changed since the caller was let in.
    judged: Option<Judged>,
    /// Where to resume after what was handed on so far.
    position: Cursor,
    /// What was come upon while there was something else to tell first.
    waiting: Option<ChangeItem>,
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

impl<S: Stream<Item = ChangeItem> + Unpin> Guarded<S> {
    /// The items of a stream for as long as they exist for an organisation.
    pub(super) fn new(at: At, organisation: String, position: Cursor, items: S) -> Self {
        Self {
            occasions: at.engine.standing_changes().fuse().boxed(),
            bell: Bell::default(),
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
    fn judge(&mut self) -> Option<ChangeItem> {
        if self.judged.as_ref().is_some_and(|it| it.holds(&self.at)) {
            return None;
        }
        self.judged = Some(Judged::begin(&self.at));
        let (sight, participation) = self.at.judged(&self.organisation);
        if sight != self.sight && sight != Sight::Everything {
            self.ended = true;
            return Some(ChangeItem::Resync(Resync {
                resume_after: None,
                reason: ResyncReason::RightsChanged,
            }));
        }
        if sight == self.sight && participation == self.participation {
            return None;
        }
        self.sight = sight;
        self.participation = participation;
        Some(ChangeItem::RightsChanged(RightsChanged {
            cursor: self.position,
        }))
    }

    /// Ready if there may be an occasion to judge. The engine has none to tell any more once it is gone.
    fn poll_occasion(&mut self, cx: &Context<'_>) -> Poll<()> {
        let occasions = &mut self.occasions;
        match self.bell.answer(cx, |cx| occasions.poll_next_unpin(cx)) {
            Poll::Ready(Some(())) => Poll::Ready(()),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn told(&self, item: ChangeItem) -> Poll<Option<Told>> {
        let standing = self.judged.as_ref().map_or(0, |judged| judged.standing);
        Poll::Ready(Some(Told { item, standing }))
    }
}

impl<S: Stream<Item = ChangeItem> + Unpin> Stream for Guarded<S> {
    type Item = Told;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Told>> {
        let this = self.get_mut();
        while !this.ended {
            let is_first = this.judged.is_none();
            let item = match this.waiting.take() {
                Some(item) => Some(item),
                None if is_first || this.poll_occasion(cx).is_ready() => None,
                None => match ready!(this.items.poll_next_unpin(cx)) {
                    Some(item) => Some(item),
                    None => return Poll::Ready(None),
                },
            };
            if let Some(told) = this.judge() {
                this.waiting = item;
                return this.told(told);
            }
            if let Some(item) = item {
                this.position = item.cursor().unwrap_or(this.position);
                return this.told(item);
            }
        }
        Poll::Ready(None)
    }
}
