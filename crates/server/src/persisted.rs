//! Queries that clients send once and name by their hash from then on.
//!
//! A query is stored under the hash of its own text, so nobody can put a different one in its place.
//! Invariant: neither the number of queries nor their bytes exceed the settings.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Digest;

/// The queries kept, least recently used first out.
pub(crate) struct PersistedQueries {
    queries_max: usize,
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Counts uses; the smallest stamp is the least recent.
    clock: u64,
    bytes: usize,
    by_hash: HashMap<Digest, (Arc<str>, u64)>,
    by_use: BTreeMap<u64, Digest>,
}

impl PersistedQueries {
    pub(crate) fn new(queries_max: usize, bytes_max: usize) -> Self {
        Self {
            queries_max,
            bytes_max,
            kept: Mutex::default(),
        }
    }

    /// The query of that hash, if it is still kept.
    pub(crate) fn find(&self, hash: Digest) -> Option<Arc<str>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.touch(hash)
    }

    /// Keeps a query; what was not used for longest makes room for it.
    pub(crate) fn keep(&self, hash: Digest, query: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if query.len() > self.bytes_max || self.queries_max == 0 || kept.touch(hash).is_some() {
            return;
        }
        while kept.by_hash.len() >= self.queries_max || kept.bytes + query.len() > self.bytes_max {
            kept.drop_oldest();
        }
        kept.clock += 1;
        let stamp = kept.clock;
        kept.bytes += query.len();
        kept.by_hash.insert(hash, (query.into(), stamp));
        kept.by_use.insert(stamp, hash);
    }
}

impl Kept {
    fn touch(&mut self, hash: Digest) -> Option<Arc<str>> {
        let (query, stamp) = self.by_hash.get_mut(&hash)?;
        self.by_use.remove(stamp);
        self.clock += 1;
        *stamp = self.clock;
        self.by_use.insert(self.clock, hash);
        Some(Arc::clone(query))
    }

    fn drop_oldest(&mut self) {
        if let Some((_, hash)) = self.by_use.pop_first()
            && let Some((query, _)) = self.by_hash.remove(&hash)
        {
            self.bytes -= query.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_query_goes_first() {
        let queries = PersistedQueries::new(2, 1000);
        let [a, b, c] = ["{a}", "{b}", "{c}"].map(|query| (Digest::of(query.as_bytes()), query));
        queries.keep(a.0, a.1);
        queries.keep(b.0, b.1);
        assert!(queries.find(a.0).is_some());
        queries.keep(c.0, c.1);
        assert!(queries.find(a.0).is_some());
        assert!(queries.find(b.0).is_none());
        assert!(queries.find(c.0).is_some());
    }

    #[test]
    fn the_bytes_kept_are_bounded() {
        let queries = PersistedQueries::new(100, 10);
        let texts: Vec<String> = (0..20).map(|number| format!("{{a{number:02}}}")).collect();
        for text in &texts {
            queries.keep(Digest::of(text.as_bytes()), text);
        }
        assert_eq!(
            texts
                .iter()
                .filter(|text| queries.find(Digest::of(text.as_bytes())).is_some())
                .count(),
            2
        );
        queries.keep(Digest::of(b"{ longer than all }"), "{ longer than all }");
        assert!(queries.find(Digest::of(b"{ longer than all }")).is_none());
    }
}
