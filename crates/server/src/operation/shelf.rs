//! Words that are kept for those who are behind, counted.
//!
//! Where they are kept is not known here; they count until the last holder has let go of them. Invariant: all of them
//! together are within the bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// The words that are kept now, on one shelf.
#[derive(Debug)]
pub(super) struct Shelf {
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// Counts as long as it lives.
struct Counted {
    words: Bytes,
    shelf: Arc<Shelf>,
}

impl Shelf {
    /// Nothing, of so many bytes at the most.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    /// The same words, counted; none if there is no room.
    pub(super) fn keep(self: &Arc<Self>, words: Bytes) -> Option<Bytes> {
        let before = self.bytes.fetch_add(words.len(), Ordering::Relaxed);
        let counted = Counted {
            words,
            shelf: Arc::clone(self),
        };
        let after = before.saturating_add(counted.words.len());
        (after <= self.bytes_max).then(|| Bytes::from_owner(counted))
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.words
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.shelf
            .bytes
            .fetch_sub(self.words.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_of_makes_room() {
        let shelf = Arc::new(Shelf::new(10));
        let six = || Bytes::from_static(b"123456");
        let first = shelf.keep(six()).unwrap();
        let clone = first.clone();
        assert_eq!(shelf.keep(six()), None);
        drop(first);
        assert_eq!(shelf.keep(six()), None);
        drop(clone);
        assert_eq!(shelf.keep(six()), Some(six()));
    }
}
