//! Ranks: positions among siblings between which there is always room.
//!
//! It owns their order and how a new one is found; who stands where is the state's affair.
//! Invariant: a new rank lies strictly between its two bounds.

use std::fmt;

use fractional_index::FractionalIndex;
use serde::{Deserialize, Serialize};

/// A position among siblings, ordered; the print is hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rank(#[serde(with = "fractional_index::stringify")] FractionalIndex);

impl Rank {
    /// A rank strictly between two others, each of which may be absent; none if they are not in order.
    pub fn between(left: Option<&Self>, right: Option<&Self>) -> Option<Self> {
        FractionalIndex::new(left.map(|rank| &rank.0), right.map(|rank| &rank.0)).map(Self)
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_between_any_two() {
        let first = Rank::between(None, None).unwrap();
        let mut next = Rank::between(Some(&first), None).unwrap();
        for _ in 0..200 {
            let middle = Rank::between(Some(&first), Some(&next)).unwrap();
            assert!(first < middle && middle < next);
            next = middle;
        }
        assert!(Rank::between(Some(&first), Some(&first)).is_none());
    }
}
