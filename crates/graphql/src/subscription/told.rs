//! What a follower is told, apart from its words: a transport may put the same item into the same words once for many.
//!
//! A transport that gives an [`Offer`] with a request gets the items of its subscription themselves; one that gives what
//! [`Teller::new`] made gets the items that it hands to the [`Teller`], in the words of the request's document. Invariant: an item
//! is only offered to whom it exists for, and words are shared among those alone for whom they would be the same.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use roadbook_domain::Sight;
use roadbook_engine::{Change, Rendered, Rendering, RenderingKey};
use tokio::sync::mpsc;

use super::guard::Guarded;
use super::{ChangeItem, Changed};
use crate::at::At;
use crate::cursor::Cursor;

/// An item of a subscription, by what there is to tell. What it is told with lies with its stream: most items are told in
/// words that were made for another.
pub struct Told {
    pub(super) what: What,
    /// Where to resume after it; none if the road map must be read anew.
    pub(super) cursor: Option<Cursor>,
    /// What of the road map exists for the follower.
    pub(super) sight: Sight,
    /// How often what rights depend on had changed when the item was judged.
    pub(super) standing: u64,
}

/// What there is to tell.
pub(super) enum What {
    Changed(Change),
    Else(ChangeItem),
}

/// An item with all that it takes to put it into words.
#[derive(Clone)]
pub struct InFull(ChangeItem);

/// The items of a subscription, and the road map as its follower sees it.
pub struct Followed {
    at: Arc<At>,
    told: Guarded,
}

impl Told {
    /// Where to resume after it; none if the road map must be read anew.
    pub fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// The item in the words of a cohort, if they are there; else the item as it was.
    pub fn rendered(self, cohort: u64) -> Result<Rendered, Self> {
        let key = self.key(cohort);
        let What::Changed(change) = self.what else {
            return Err(self);
        };
        change.rendered(key).map_err(|change| Self {
            what: What::Changed(change),
            ..self
        })
    }

    /// The item in the words of a cohort, whose making is begun by whoever of it asks first and goes on by itself; `None` if
    /// nobody else is told the same now. Those of a cohort ask the same and have the same visibility.
    pub fn words(
        &self,
        cohort: u64,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Option<Rendering> {
        let What::Changed(change) = &self.what else {
            return None;
        };
        change.rendering(self.key(cohort), begin)
    }

    fn key(&self, cohort: u64) -> RenderingKey {
        RenderingKey {
            cohort,
            sight: self.sight,
            standing: self.standing,
        }
    }

    fn item(&self, followed: &Arc<At>) -> ChangeItem {
        match &self.what {
            What::Changed(change) => ChangeItem::Changed(Changed {
                followed: Arc::clone(followed),
                change: change.clone(),
            }),
            What::Else(item) => item.clone(),
        }
    }
}

impl Followed {
    pub(super) fn new(at: At, told: Guarded) -> Self {
        let at = Arc::new(at);
        Self { at, told }
    }

    /// The items themselves.
    pub(super) fn items(self) -> BoxStream<'static, ChangeItem> {
        let Self { at, told } = self;
        told.map(move |told| told.item(&at)).boxed()
    }

    /// The next item.
    pub fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<Option<Told>> {
        self.told.poll_next_unpin(cx)
    }

    /// An item of it, to be put into words.
    pub fn in_full(&self, told: &Told) -> InFull {
        InFull(told.item(&self.at))
    }
}

/// Given with a request for a subscription: takes the items in place of their words.
#[derive(Clone, Default)]
pub struct Offer(Arc<Mutex<Option<Followed>>>);

impl Offer {
    /// The items, once the subscription has begun: then it ends by itself, without a word.
    pub fn take(&self) -> Option<Followed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn put(&self, items: Followed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(items);
    }
}

/// Hands items to a subscription that was given them for its own.
pub struct Teller(mpsc::Sender<ChangeItem>);

impl Teller {
    /// One who hands items over, and what goes with the request for the subscription that puts them into words.
    pub fn new() -> (Self, Given) {
        let (sender, items) = mpsc::channel(1);
        (Self(sender), Given(Mutex::new(Some(items))))
    }

    /// Hands an item over; false if the last one was not put into words yet, or never will be.
    pub fn tell(&self, item: &InFull) -> bool {
        self.0.try_send(item.0.clone()).is_ok()
    }
}

/// The items of a subscription whose every item comes from a [`Teller`].
pub struct Given(Mutex<Option<mpsc::Receiver<ChangeItem>>>);

impl Given {
    pub(super) fn items(&self) -> Option<BoxStream<'static, ChangeItem>> {
        let items = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let items = stream::unfold(items, async |mut items| {
            let item = items.recv().await?;
            Some((item, items))
        });
        Some(items.boxed())
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}

impl fmt::Debug for InFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFull").finish_non_exhaustive()
    }
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followed").finish_non_exhaustive()
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}
