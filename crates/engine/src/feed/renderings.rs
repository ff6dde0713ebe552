//! Renderings of an event: what those who hand a batch on have made of it, so that it is made once for many.
//!
//! It owns bytes under keys that others choose; what they say is not known here. They live as long as somebody has the batch
//! still to receive, and no longer. Invariant: under a key stands what was made first, whole, or that it is for nobody else.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use roadbook_domain::{Sight, Version};

/// What a rendering of an event depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenderingKey {
    /// Those who are told it in the same words.
    pub cohort: u64,
    /// What of the road map exists for them.
    pub sight: Sight,
    /// How often what rights depend on had changed.
    pub standing: u64,
    /// The event.
    pub version: Version,
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

/// The renderings of a batch's events.
#[derive(Debug, Default)]
pub(crate) struct Renderings {
    /// The first that was made. Most batches are told in the same words to all, who then need not wait for one another.
    first: OnceLock<(RenderingKey, Option<Bytes>)>,
    all: Mutex<HashMap<RenderingKey, Making>>,
}

impl Renderings {
    pub(super) fn of(
        &self,
        key: RenderingKey,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Rendering {
        if let Some((known, made)) = self.first.get()
            && *known == key
        {
            return Rendering::Made(made.clone());
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let making = all.entry(key).or_insert_with(|| begin().shared());
        let Some(made) = making.peek().cloned() else {
            return Rendering::Making(making.clone());
        };
        self.first.get_or_init(|| (key, made.clone()));
        Rendering::Made(made)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn key(cohort: u64) -> RenderingKey {
        RenderingKey {
            cohort,
            sight: Sight::Everything,
            standing: 0,
            version: Version(1),
        }
    }

    fn never() -> BoxFuture<'static, Option<Bytes>> {
        panic!("it was begun before")
    }

    async fn whole(rendering: Rendering) -> Option<Bytes> {
        match rendering {
            Rendering::Made(made) => made,
            Rendering::Making(making) => making.await,
        }
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
        let one = renderings.of(key(1), || {
            async { Some(Bytes::from_static(b"one")) }.boxed()
        });
        let other = RenderingKey {
            standing: 1,
            ..key(1)
        };
        let second = renderings.of(other, || async { Some(Bytes::from_static(b"two")) }.boxed());
        assert_ne!(whole(one).await, whole(second).await);
        // Also once they are made, whichever was the first.
        for (key, words) in [(key(1), "one"), (other, "two"), (key(1), "one")] {
            let made = renderings.of(key, never);
            assert!(matches!(made, Rendering::Made(Some(made)) if made == words));
        }
    }
}
