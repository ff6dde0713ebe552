//! The encoding of snapshots: a cache, so an unknown one is dropped rather than understood.
//!
//! It owns the format's number; when and where snapshots are taken is `snapshot_keeper`'s affair.
//! Invariant: what decodes is exactly what was encoded.

use bytes::Bytes;
use roadbook_domain::State;

use crate::past::Folded;
use crate::usage::Usage;

/// The number of this encoding. Raise it whenever a state's shape changes, and with every format level: a program of the
/// level before must meet the events that it does not know, and not a state that was made of them.
pub(crate) const FORMAT: u16 = 3;

pub(crate) fn encode(state: &State, usage: &Usage) -> Bytes {
    #[expect(
        clippy::expect_used,
        reason = "a snapshot holds strings, numbers and lists only, which the encoding can always express"
    )]
    let bytes = postcard::to_stdvec(&(state, usage)).expect("a snapshot is expressible");
    Bytes::from(bytes)
}

/// None if the bytes are no snapshot of this format.
pub(crate) fn decode(bytes: &[u8]) -> Option<Folded> {
    let (state, usage) = postcard::from_bytes(bytes).ok()?;
    Some(Folded { state, usage })
}
