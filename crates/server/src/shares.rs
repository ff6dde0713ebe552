//! How many places each of many holders has: connections of an address, sockets of a caller.
//!
//! It owns the count; what a place is belongs to who asks for it. Invariant: a holder never has more places than the bound,
//! and one without any is not remembered.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// The places of all holders.
#[derive(Debug)]
pub(crate) struct Shares<K: Eq + Hash> {
    held: Arc<Mutex<HashMap<K, usize>>>,
    /// 0 is no bound.
    most: usize,
}

/// A place, which comes free when it is dropped.
#[derive(Debug)]
pub(crate) struct Share<K: Eq + Hash> {
    held: Arc<Mutex<HashMap<K, usize>>>,
    holder: K,
}

impl<K: Eq + Hash + Clone> Shares<K> {
    /// `most` places for each holder; 0 is no bound.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            held: Arc::default(),
            most,
        }
    }

    /// One more place for a holder, if there is one.
    pub(crate) fn take(&self, holder: &K) -> Option<Share<K>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let places = held.entry(holder.clone()).or_insert(0);
        if self.most > 0 && *places >= self.most {
            return None;
        }
        *places += 1;
        Some(Share {
            held: Arc::clone(&self.held),
            holder: holder.clone(),
        })
    }
}

impl<K: Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = held.get_mut(&self.holder) {
            *places -= 1;
            if *places == 0 {
                held.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_holder_has_so_many_places_and_a_dropped_one_is_free() {
        let shares = Shares::new(2);
        let first = shares.take(&"a");
        let second = shares.take(&"a");
        assert!(first.is_some() && second.is_some());
        assert!(shares.take(&"a").is_none());
        let other = shares.take(&"b");
        assert!(other.is_some());
        drop(first);
        assert!(shares.take(&"a").is_some());
        drop((second, other));
        assert!(shares.held.lock().unwrap().is_empty());
    }

    #[test]
    fn a_bound_of_none_is_no_bound() {
        let shares = Shares::new(0);
        let held: Vec<_> = (0..1000).map(|_| shares.take(&"a")).collect();
        assert!(held.iter().all(Option::is_some));
    }
}
