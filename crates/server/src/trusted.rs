//! The only documents that are executed, where an operator has listed them.
//!
//! It does not read files. Invariant: a document is known by the hash of its own text, and none is taken that breaks a bound.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::digest::Digest;
use crate::document::Document;
use crate::settings::Limits;

/// The documents, parsed and measured.
#[derive(Debug)]
pub struct TrustedDocuments(HashMap<Digest, Arc<Document>>);

/// Why a list of documents cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustedDocumentsError {
    /// It is no list.
    #[error("it is no JSON object of documents by their hashes")]
    Form(#[source] serde_json::Error),
    /// A document stands under another hash than its own.
    #[error("the document under {given} has the SHA-256 {own}")]
    Hash {
        /// Where it stands.
        given: String,
        /// Where it should stand.
        own: String,
    },
    /// A document does not parse, or breaks a bound.
    #[error("the document under {given} is refused: {reason}")]
    Document {
        /// Where it stands.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TrustedDocuments {
    /// Reads a JSON object of documents by the SHA-256 of each.
    pub fn read(json: &[u8], limits: &Limits) -> Result<Self, TrustedDocumentsError> {
        let listed: BTreeMap<String, String> =
            serde_json::from_slice(json).map_err(TrustedDocumentsError::Form)?;
        let mut documents = HashMap::new();
        for (given, text) in listed {
            let own = Digest::of(text.as_bytes());
            if Digest::from_hexadecimal(&given) != Some(own) {
                let own = own.to_string();
                return Err(TrustedDocumentsError::Hash { given, own });
            }
            let document = Document::read(&text, limits).map_err(|failure| {
                let errors = failure.errors.into_iter();
                let reasons: Vec<String> = errors.map(|error| error.message).collect();
                TrustedDocumentsError::Document {
                    given,
                    reason: reasons.join("; "),
                }
            })?;
            documents.insert(own, Arc::new(document));
        }
        Ok(Self(documents))
    }

    pub(crate) fn find(&self, hash: Digest) -> Option<Arc<Document>> {
        self.0.get(&hash).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(hash: &str, text: &str) -> Result<TrustedDocuments, String> {
        let json = json!({ hash: text }).to_string();
        TrustedDocuments::read(json.as_bytes(), &Limits::default())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_document_is_found_by_the_hash_of_its_text() {
        let hash = Digest::of(b"{ a }");
        let documents = read(&hash.to_string().to_uppercase(), "{ a }").unwrap();
        assert!(documents.find(hash).is_some());
        assert!(documents.find(Digest::of(b"{ b }")).is_none());
    }

    #[test]
    fn what_cannot_be_trusted_is_told_by_its_place() {
        let other = Digest::of(b"{ b }").to_string();
        let message = read(&other, "{ a }").unwrap_err();
        assert!(message.contains(&other), "{message}");
        let own = |text: &str| Digest::of(text.as_bytes()).to_string();
        let message = read(&own("{"), "{").unwrap_err();
        assert!(message.contains(&own("{")), "{message}");
        let deep = format!("{}a{}", "{ a ".repeat(30), "}".repeat(30));
        let message = read(&own(&deep), &deep).unwrap_err();
        assert!(message.contains("query_depth_max"), "{message}");
        assert!(TrustedDocuments::read(b"[]", &Limits::default()).is_err());
    }
}
