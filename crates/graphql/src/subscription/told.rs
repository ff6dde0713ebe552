//! What a follower is told, apart from its words: a transport may put the same item into the same words once for many.
//!
//! A transport that gives an [`Offer`] with a request gets the items of its subscription themselves; one that gives what
//! [`Teller::new`] made gets the items that it hands to the [`Teller`], in the words of the request's document. Invariant: an item
//! is only offered to whom it exists for, and words are shared among those alone for whom they would be the same.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use roadbook_engine::{Rendering, RenderingKey};
use tokio::sync::mpsc;

use super::{ChangeItem, Changed};
use crate::cursor::Cursor;

/// An item of a subscription.
#[derive(Clone)]
pub struct Told {
    pub(super) item: ChangeItem,
    /// How often what rights depend on had changed when the item was judged.
    pub(super) standing: u64,
}

impl Told {
    /// Where to resume after it; none if the road map must be read anew.
    pub fn cursor(&self) -> Option<Cursor> {
        self.item.cursor()
    }

    /// The item in the words of a cohort, whose making is begun by whoever of it asks first and goes on by itself; `None` if
    /// nobody else is told the same now. Those of a cohort ask the same and have the same visibility.
    pub fn words(
        &self,
        cohort: u64,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Option<Rendering> {
        let ChangeItem::Changed(Changed {
            followed,
            event,
            handed: Some(handed),
            ..
        }) = &self.item
        else {
            return None;
        };
        let key = RenderingKey {
            cohort,
            sight: followed.sight(),
            standing: self.standing,
            version: event.version,
        };
        Some(handed.rendering(key, begin))
    }
}

/// Given with a request for a subscription: takes the items in place of their words.
#[derive(Clone, Default)]
pub struct Offer(Arc<Mutex<Option<BoxStream<'static, Told>>>>);

impl Offer {
    /// The items, once the subscription has begun: then it ends by itself, without a word.
    pub fn take(&self) -> Option<BoxStream<'static, Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn put(&self, items: BoxStream<'static, Told>) {
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
    pub fn tell(&self, told: &Told) -> bool {
        self.0.try_send(told.item.clone()).is_ok()
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

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}
