//! Renderings of an event: what those who hand a batch on have made of it, so that it is made once for many.
//!
//! It owns bytes under keys that others choose; what they say is not known here. They live as long as somebody has the batch
//! still to receive, and no longer. Invariant: under a key stands what was made first, whole, or that it is for nobody else.

use std::collections::HashMap;
use std::iter::successors;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use roadbook_domain::Sight;

/// Renderings of an event that are found without a lock: more than there are organisations, and few enough to be looked
/// through.
const FOUND_MAX: usize = 64;

/// What a rendering of an event depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenderingKey {
    /// Those who are told it in the same words.
    pub cohort: u64,
    /// What of the road map exists for them.
    pub sight: Sight,
    /// How often what rights depend on had changed.
    pub standing: u64,
}

/// A rendering; none if it turned out to be for nobody else.
#[derive(Clone, Debug)]
pub enum Rendering {
    /// It is there.
    Made(Option<Bytes>),
    /// It will be.
    Making(Making),
}

/// A rendering, once it is made.
pub type Making = Shared<BoxFuture<'static, Option<Bytes>>>;

/// The renderings of one event.
#[derive(Debug, Default)]
pub(crate) struct Renderings {
    /// Those that are there, in the order in which they were asked for again. It only grows, so that nobody who looks waits
    /// for anybody else.
    found: OnceLock<Box<Found>>,
    all: Mutex<HashMap<RenderingKey, Making>>,
}

/// A rendering that is there, and those that came after it.
#[derive(Debug)]
struct Found {
    key: RenderingKey,
    made: Option<Bytes>,
    next: OnceLock<Box<Self>>,
}

impl Renderings {
    pub(super) fn of(
        &self,
        key: RenderingKey,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Rendering {
        if let Some(found) = self.found().find(|found| found.key == key) {
            return Rendering::Made(found.made.clone());
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let making = all.entry(key).or_insert_with(|| begin().shared());
        let Some(made) = making.peek().cloned() else {
            return Rendering::Making(making.clone());
        };
        self.add(key, made.as_ref());
        Rendering::Made(made)
    }

    /// Where a rendering is found from now on, if it is there and for others too.
    pub(super) fn place(&self, key: RenderingKey) -> Option<usize> {
        self.found()
            .position(|found| found.key == key && found.made.is_some())
    }

    /// The rendering at a place.
    pub(super) fn at(&self, place: usize) -> Option<&Bytes> {
        self.found().nth(place)?.made.as_ref()
    }

    fn found(&self) -> impl Iterator<Item = &Found> {
        successors(self.found.get(), |found| found.next.get()).map(|found| &**found)
    }

    /// Lets a rendering be found, under the lock.
    fn add(&self, key: RenderingKey, made: Option<&Bytes>) {
        let (mut end, mut count) = (&self.found, 0);
        while let Some(found) = end.get() {
            if found.key == key {
                return;
            }
            end = &found.next;
            count += 1;
        }
        if count < FOUND_MAX {
            end.get_or_init(|| {
                Box::new(Found {
                    key,
                    made: made.cloned(),
                    next: OnceLock::new(),
                })
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future;
    use tokio::sync::oneshot;

    use super::*;

    fn key(cohort: u64) -> RenderingKey {
        RenderingKey {
            cohort,
            sight: Sight::Everything,
            standing: 0,
        }
    }

    fn never() -> BoxFuture<'static, Option<Bytes>> {
        panic!("it was begun before")
    }

    /// Words of one's own for each key.
    fn words(key: RenderingKey) -> Bytes {
        format!("words of {key:?}").into()
    }

    async fn whole(rendering: Rendering) -> Option<Bytes> {
        match rendering {
            Rendering::Made(made) => made,
            Rendering::Making(making) => making.await,
        }
    }

    /// Has a rendering made, and asks for it again.
    async fn make(renderings: &Renderings, key: RenderingKey) {
        let making = || future::ready(Some(words(key))).boxed();
        whole(renderings.of(key, making)).await;
        renderings.of(key, never);
    }

    #[tokio::test]
    async fn whoever_asked_first_may_go_away() {
        let renderings = Renderings::default();
        let (made, making) = oneshot::channel();
        let first = renderings.of(key(1), || making.map(Result::ok).boxed());
        let second = renderings.of(key(1), never);
        drop(first);
        made.send(Bytes::from_static(b"words")).unwrap();
        assert_eq!(whole(second).await.as_deref(), Some(&b"words"[..]));
        let third = renderings.of(key(1), never);
        assert!(matches!(third, Rendering::Made(Some(words)) if words == "words"));
    }

    #[tokio::test]
    async fn each_key_has_a_rendering_of_its_own() {
        let renderings = Renderings::default();
        // More than are found without a lock.
        let cohorts = 0..FOUND_MAX as u64 + 2;
        let others = [
            RenderingKey {
                standing: 1,
                ..key(1)
            },
            RenderingKey {
                sight: Sight::Nothing,
                ..key(1)
            },
        ];
        let keys: Vec<RenderingKey> = others.into_iter().chain(cohorts.map(key)).collect();
        for key in &keys {
            make(&renderings, *key).await;
        }
        for key in &keys {
            let made = renderings.of(*key, never);
            assert!(matches!(made, Rendering::Made(Some(made)) if made == words(*key)));
        }
        let places: Vec<usize> = keys
            .iter()
            .filter_map(|key| renderings.place(*key))
            .collect();
        assert!(places.iter().copied().eq(0..FOUND_MAX), "{places:?}");
        for (place, key) in places.into_iter().zip(keys) {
            assert_eq!(renderings.at(place), Some(&words(key)));
        }
    }

    #[tokio::test]
    async fn what_is_for_nobody_else_has_no_place() {
        let renderings = Renderings::default();
        assert_eq!(renderings.place(key(1)), None);
        let making = renderings.of(key(1), || future::ready(None).boxed());
        assert_eq!(whole(making).await, None);
        let again = renderings.of(key(1), never);
        assert!(matches!(again, Rendering::Made(None)));
        assert_eq!(renderings.place(key(1)), None);
    }
}
