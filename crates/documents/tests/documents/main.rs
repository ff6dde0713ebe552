//! The claims of the formats: the seed is found again cell by cell, what is written is read back, mistakes are placed.
//!
//! It owns nothing but the list of the claims' files; each file makes the claims on one thing.

#[cfg(test)]
mod demonstration;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod opened;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod seed;
#[cfg(test)]
mod tables;
