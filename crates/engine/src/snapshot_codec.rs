//! The encoding of snapshots, postcard under LZ4: a cache, so an unknown one is dropped rather than understood.
//!
//! It owns the format's number; when and where snapshots are taken is `snapshot_keeper`'s affair.
//! Invariant: what decodes is exactly what was encoded.

use bytes::Bytes;
use roadbook_domain::State;

use crate::past::Folded;
use crate::usage::Usage;

/// The number of this encoding. Raise it whenever a state's shape changes, and with every format level: a program of the
/// level before must meet the events that it does not know, and not a state that was made of them.
pub(crate) const FORMAT: u16 = 4;

/// How many times longer than its compressed form a state can be: of LZ4 one byte stands for at most 255. A damaged length
/// must not reserve gigabytes.
const EXPANSION_MAX: usize = 255;

pub(crate) fn encode(state: &State, usage: &Usage) -> Bytes {
    #[expect(
        clippy::expect_used,
        reason = "a snapshot holds strings, numbers and lists only, which the encoding can always express"
    )]
    let bytes = postcard::to_stdvec(&(state, usage)).expect("a snapshot is expressible");
    Bytes::from(lz4_flex::compress_prepend_size(&bytes))
}

/// None if the bytes are no snapshot of this format.
pub(crate) fn decode(bytes: &[u8]) -> Option<Folded> {
    let (length, compressed) = lz4_flex::block::uncompressed_size(bytes).ok()?;
    if length > compressed.len().saturating_mul(EXPANSION_MAX) {
        return None;
    }
    let bytes = lz4_flex::decompress(compressed, length).ok()?;
    let (state, usage) = postcard::from_bytes(&bytes).ok()?;
    Some(Folded { state, usage })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use roadbook_domain::{Event, Instant, Stamp, Version};

    use super::*;

    fn folded() -> Folded {
        let mut state = State::default();
        let stamp = Stamp {
            effective: Instant::MIN,
            version: Version(1),
        };
        let title = "on-going, on-going, on-going".to_owned();
        state.evolve(stamp, &Event::RoadMapRetitled { title });
        let usage = Usage {
            bytes: 100,
            by_organisation: BTreeMap::from([(Arc::from("LV"), 40), (Arc::from("GSC"), 60)]),
        };
        Folded { state, usage }
    }

    #[test]
    fn what_decodes_is_what_was_encoded() {
        let folded = folded();
        let bytes = encode(&folded.state, &folded.usage);
        assert_eq!(decode(&bytes), Some(folded));
    }

    #[test]
    fn one_that_is_cut_short_is_none() {
        let folded = folded();
        let bytes = encode(&folded.state, &folded.usage);
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "cut at {length}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_reserves_nothing() {
        let folded = folded();
        let bytes = encode(&folded.state, &folded.usage);
        let compressed = &bytes[size_of::<u32>()..];
        let damaged = [&u32::MAX.to_le_bytes()[..], compressed].concat();
        assert_eq!(decode(&damaged), None);
    }
}
