//! Chance: numbers, ids and orders that look random and are the same in every run.
//!
//! It owns the generator (`SplitMix64`, by Steele, Lea and Flood, 2014). Ids need to be unique within one database
//! only, which is made anew for every run. Invariant: the same seed gives the same numbers.

/// A source of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// A source of its own for every seed.
    pub(crate) const fn new(seed: u64) -> Self {
        // Seeds that follow one another must not begin streams that overlap: multiplied by this odd number of
        // the authors' second mixer they lie far apart.
        Self(seed.wrapping_mul(0xbf58_476d_1ce4_e5b9))
    }

    /// The next number.
    pub(crate) const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; 0 if the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let drawn = self.draw().checked_rem(bound as u64).unwrap_or(0);
        // What is below a `usize` fits into one.
        usize::try_from(drawn).unwrap_or(0)
    }

    /// An id in the form of a random UUID (RFC 9562, version 4), as a client would make it for an edit.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.draw(), self.draw());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff,
        )
    }

    /// Brings items into another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_well_formed_and_never_come_twice() {
        let mut ids = BTreeSet::new();
        for seed in 0..64 {
            let mut chance = Chance::new(seed);
            for _ in 0..100 {
                let id = chance.uuid();
                assert_eq!(id.len(), 36);
                assert_eq!(&id[14..15], "4");
                assert!("89ab".contains(&id[19..20]), "{id}");
                assert!(ids.insert(id));
            }
        }
    }

    #[test]
    fn a_shuffle_loses_nothing() {
        let mut items: Vec<u32> = (0..100).collect();
        Chance::new(1).shuffle(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<u32>>());
    }
}
