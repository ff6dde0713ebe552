//! Chance that can be repeated: every choice of a test follows from one seed.
//!
//! Owns the seed and the generator, `SplitMix64`. Invariant: the seed is printed before anything is chosen.

use std::hash::{BuildHasher as _, RandomState};

/// A sequence of numbers.
#[derive(Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The chance of a test, from the seed in `FAULTS_SEED` or a fresh one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a seed is repeated by whoever calls the test, not by a setting of the program"
    )]
    pub(crate) fn of_test() -> Self {
        let given = std::env::var("FAULTS_SEED");
        let seed = given.map_or_else(
            |_| RandomState::new().hash_one(0),
            |seed| seed.parse().expect("FAULTS_SEED is a number"),
        );
        println!("FAULTS_SEED={seed}");
        Self(seed)
    }

    /// Another sequence, for a thread of its own.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
