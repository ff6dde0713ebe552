//! Renderings of an event: what those who hand a batch on have made of it, so that it is made once for many.
//!
//! It owns bytes under keys that others choose; what they say is not known here. They live as long as somebody has the batch
//! still to receive, and no longer. Invariant: under a key stands what was made first, whole, or that it is for nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use roadbook_domain::{Sight, Version};

use super::topics::Batch;

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

/// A rendering, once it is made; none if it turned out to be for nobody else.
pub type Rendering = Shared<BoxFuture<'static, Option<Bytes>>>;

/// The renderings of a batch's events.
#[derive(Debug, Default)]
pub(crate) struct Renderings(Mutex<HashMap<RenderingKey, Rendering>>);

/// The batch by which an event came, as long as it is handed on.
#[derive(Clone, Debug)]
pub struct Handed(Arc<Batch>);

impl Handed {
    pub(crate) fn new(batch: &Arc<Batch>) -> Self {
        Self(Arc::clone(batch))
    }

    /// The rendering under a key, whose making is begun by whoever asks first. It must go on by itself: that one may be held up
    /// or go away, and all others wait for it.
    pub fn rendering(
        &self,
        key: RenderingKey,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Rendering {
        self.0.renderings.of(key, begin)
    }
}

impl Renderings {
    fn of(
        &self,
        key: RenderingKey,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Rendering {
        let mut renderings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rendering = renderings.entry(key).or_insert_with(|| begin().shared());
        rendering.clone()
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

    #[tokio::test]
    async fn whoever_asked_first_may_go_away() {
        let renderings = Renderings::default();
        let (made, making) = oneshot::channel();
        let first = renderings.of(key(1), || making.map(Result::ok).boxed());
        let second = renderings.of(key(1), never);
        drop(first);
        made.send(Bytes::from_static(b"words")).unwrap();
        assert_eq!(second.await.as_deref(), Some(&b"words"[..]));
        assert_eq!(
            renderings.of(key(1), never).await.as_deref(),
            Some(&b"words"[..])
        );
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
        let other = renderings.of(other, || async { Some(Bytes::from_static(b"two")) }.boxed());
        assert_ne!(one.await, other.await);
    }
}
