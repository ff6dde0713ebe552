//! Digests: by which an event proves that it is what was appended, in the place where it was appended.
//!
//! Owns what is hashed and in which order; the bytes of a header come from `encoding`. Invariant: the digest of an
//! event needs the digest of its payload and never the payload, so it can still be checked when the payload is gone.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::Salt;

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of a payload: SHA-256 over its salt and its bytes.
    pub fn of_payload(salt: &Salt, payload: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(salt)
                .chain_update(payload)
                .finalize()
                .into(),
        )
    }

    /// The digest of an event: SHA-256 over the canonical bytes of its header and the digest of its payload.
    pub fn of_event(header: &[u8], payload: Self) -> Self {
        Self(
            Sha256::new()
                .chain_update(header)
                .chain_update(payload.0)
                .finalize()
                .into(),
        )
    }
}

/// Sixty-four hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_hashing_never_changes() {
        let payload = Digest::of_payload(&[7; 16], b"{\"text\":\"on-going\"}");
        let event = Digest::of_event(b"header", payload);
        assert_eq!(
            payload.to_string(),
            "a290a008ece1ff975bc9e5956160cbc96259b3096b55f3d3a0cf20c31be7c30c"
        );
        assert_eq!(
            event.to_string(),
            "618ba264b7568b5863c3ce6c73cca25e05050bea7246b3fe1c3c592fff006312"
        );
    }
}
