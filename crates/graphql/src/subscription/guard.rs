//! The guard of an open stream: rights are judged again whenever they may have changed, and before each item.
//!
//! It owns what a follower is told when they have; the rule is the gate's, and when to judge is told by the engine.
//! Invariant: nothing is handed on that does not exist for its follower at the instant of handing it on.

use std::ops::RangeInclusive;

use futures_util::future::{Either, select};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use roadbook_domain::{Instant, Participation, Sight};

use super::{ChangeItem, Resync, ResyncReason, RightsChanged, Told};
use crate::at::At;
use crate::cursor::Cursor;

/// A stream and what its follower was when it was last judged.
struct Guarded {
    at: At,
    organisation: String,
    items: BoxStream<'static, ChangeItem>,
    /// None once the engine has no more to tell.
    occasions: Option<BoxStream<'static, ()>>,
    sight: Sight,
    participation: Participation,
    judged: Judged,
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

/// The items of a stream for as long as they exist for an organisation.
pub(super) fn guarded(
    at: At,
    organisation: String,
    position: Cursor,
    items: BoxStream<'static, ChangeItem>,
) -> impl Stream<Item = Told> + Send + 'static {
    // Something may have changed since the caller was judged: the first occasion is the beginning itself.
    let begins = stream::once(std::future::ready(()));
    let occasions = begins.chain(at.engine.standing_changes()).boxed();
    // Boxed, since a stream by `unfold` moves what it holds with every item.
    let guarded = Box::new(Guarded {
        judged: Judged::begin(&at),
        sight: at.sight(),
        participation: at.judged(&organisation).1,
        at,
        organisation,
        items,
        occasions: Some(occasions),
        position,
        waiting: None,
        ended: false,
    });
    stream::unfold(guarded, |mut guarded| async move {
        let item = guarded.next().await?;
        let standing = guarded.judged.standing;
        Some((Told { item, standing }, guarded))
    })
}

impl Guarded {
    async fn next(&mut self) -> Option<ChangeItem> {
        while !self.ended {
            let item = match self.waiting.take() {
                Some(item) => Some(item),
                None => self.come().await?,
            };
            if let Some(told) = self.judge() {
                self.waiting = item;
                return Some(told);
            }
            if let Some(item) = item {
                self.position = item.cursor().unwrap_or(self.position);
                return Some(item);
            }
        }
        None
    }

    /// The next item, or nothing if there is an occasion to judge. None at the end of the stream.
    async fn come(&mut self) -> Option<Option<ChangeItem>> {
        let Some(occasions) = &mut self.occasions else {
            return self.items.next().await.map(Some);
        };
        match select(occasions.next(), self.items.next()).await {
            Either::Left((Some(()), _)) => Some(None),
            Either::Left((None, _)) => {
                self.occasions = None;
                Some(None)
            }
            Either::Right((item, _)) => item.map(Some),
        }
    }

    /// What its follower must be told of its rights before anything else.
    fn judge(&mut self) -> Option<ChangeItem> {
        if self.judged.holds(&self.at) {
            return None;
        }
        self.judged = Judged::begin(&self.at);
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
}
