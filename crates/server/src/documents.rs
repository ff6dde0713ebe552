//! The documents that clients sent before, parsed and measured: the same text is read once.
//!
//! A document is kept under the hash of its own text, so nobody can put a different one in its place. A client may
//! name it by that hash alone from then on: a persisted query. Those used least go first.
//! Invariant: what is kept is within the bounds on documents, and all of it together within its own bound.

use std::sync::Arc;

use moka::sync::Cache;

use crate::digest::Digest;
use crate::document::Document;
use crate::failure::Failure;
use crate::settings::Limits;

/// What a token comes to in memory once it is parsed, estimated from the types of the parser: a field alone is larger,
/// but has brackets and colons around it.
const TOKEN_BYTES: usize = 256;

/// The documents kept.
pub(crate) struct Documents(Cache<Digest, Arc<Document>>);

impl Documents {
    /// Keeps documents of this many bytes in memory, as far as that can be estimated.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let weigh = |_: &Digest, document: &Arc<Document>| {
            u32::try_from(document.tokens.saturating_mul(TOKEN_BYTES)).unwrap_or(u32::MAX)
        };
        let bytes_max = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        let cache = Cache::builder().max_capacity(bytes_max).weigher(weigh);
        Self(cache.build())
    }

    /// The document of a text that was read before, or else read now. One beyond bounds is not kept.
    pub(crate) fn read(&self, query: &str, limits: &Limits) -> Result<Arc<Document>, Failure> {
        let hash = Digest::of(query.as_bytes());
        if let Some(known) = self.find(hash) {
            return Ok(known);
        }
        let document = Arc::new(Document::read(query, limits)?);
        self.0.insert(hash, Arc::clone(&document));
        Ok(document)
    }

    /// The document of that hash, if it is still kept.
    pub(crate) fn find(&self, hash: Digest) -> Option<Arc<Document>> {
        self.0.get(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_read_once() {
        let documents = Documents::new(1_000_000);
        let limits = Limits::default();
        let first = documents.read("{ a }", &limits).unwrap();
        let again = documents.read("{ a }", &limits).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let found = documents.find(Digest::of(b"{ a }")).unwrap();
        assert!(Arc::ptr_eq(&first, &found));
        assert!(documents.find(Digest::of(b"{ b }")).is_none());
    }

    #[test]
    fn a_document_beyond_bounds_is_not_kept() {
        let documents = Documents::new(1_000_000);
        let limits = Limits {
            query_tokens_max: 2,
            ..Limits::default()
        };
        assert!(documents.read("{ a }", &limits).is_err());
        assert!(documents.find(Digest::of(b"{ a }")).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_and_one_that_would_fill_it_is_not_kept() {
        let documents = Documents::new(10 * TOKEN_BYTES);
        let limits = Limits::default();
        let texts: Vec<String> = (0..50).map(|number| format!("{{ a{number} }}")).collect();
        for text in &texts {
            documents.read(text, &limits).unwrap();
        }
        documents.0.run_pending_tasks();
        assert!(documents.0.weighted_size() <= 10 * TOKEN_BYTES as u64);
        let long = format!("{{ {} }}", "a ".repeat(20));
        documents.read(&long, &limits).unwrap();
        documents.0.run_pending_tasks();
        assert!(documents.find(Digest::of(long.as_bytes())).is_none());
    }
}
