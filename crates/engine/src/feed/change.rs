//! A change as its followers hear it.
//!
//! It owns where its parts are found: what is handed on while it is new is one reference to what all who follow share, since
//! each of them counting its references to each part would wait for all others. Invariant: the event is one of its batch.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::renderings::{Rendering, RenderingKey};
use super::topics::Passed;
use crate::published::Published;
use crate::recorded::RecordedEvent;

/// An event, with the state at the end of its batch.
#[derive(Clone, Debug)]
pub struct Change(Found);

#[derive(Clone, Debug)]
enum Found {
    Handed {
        passed: Arc<Passed>,
        index: usize,
    },
    InLog {
        event: Arc<RecordedEvent>,
        published: Arc<Published>,
    },
}

/// A rendering that is there, with the batch that keeps it. Invariant: it is found at its place, from which nothing is taken.
#[derive(Clone, Debug)]
pub struct Rendered {
    passed: Arc<Passed>,
    index: usize,
    place: usize,
}

impl AsRef<[u8]> for Rendered {
    fn as_ref(&self) -> &[u8] {
        let renderings = &self.passed.batch.renderings[self.index];
        renderings.at(self.place).map_or(&[], |made| made)
    }
}

impl Change {
    /// The event at an index of a batch that is handed on.
    pub(super) fn handed(passed: Arc<Passed>, index: usize) -> Self {
        Self(Found::Handed { passed, index })
    }

    /// An event that was read from the log.
    pub(super) fn in_log(event: Arc<RecordedEvent>, published: Arc<Published>) -> Self {
        Self(Found::InLog { event, published })
    }

    /// The event.
    pub fn event(&self) -> &Arc<RecordedEvent> {
        match &self.0 {
            Found::Handed { passed, index } => &passed.batch.committed.events[*index],
            Found::InLog { event, .. } => event,
        }
    }

    /// The state at the end of its batch.
    pub fn published(&self) -> &Arc<Published> {
        match &self.0 {
            Found::Handed { passed, .. } => &passed.batch.committed.published,
            Found::InLog { published, .. } => published,
        }
    }

    /// The rendering under a key, if it is there and found without a lock; else the change as it was.
    pub fn rendered(self, key: RenderingKey) -> Result<Rendered, Self> {
        let place = match &self.0 {
            Found::Handed { passed, index } => passed.batch.renderings[*index].place(key),
            Found::InLog { .. } => None,
        };
        match (self.0, place) {
            (Found::Handed { passed, index }, Some(place)) => Ok(Rendered {
                passed,
                index,
                place,
            }),
            (found, _) => Err(Self(found)),
        }
    }

    /// The rendering under a key, whose making is begun by whoever asks first; none of an event that was read from the log.
    /// It must go on by itself: that one may be held up or go away, and all others wait for it.
    pub fn rendering(
        &self,
        key: RenderingKey,
        begin: impl FnOnce() -> BoxFuture<'static, Option<Bytes>>,
    ) -> Option<Rendering> {
        match &self.0 {
            Found::Handed { passed, index } => Some(passed.batch.renderings[*index].of(key, begin)),
            Found::InLog { .. } => None,
        }
    }
}
