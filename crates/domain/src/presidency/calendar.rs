//! Who holds the Presidency when, as data: one entry for each decision, since the order was amended once.
//!
//! It owns the facts; amend it by adding a decision, never by changing one, or past answers change.
//! Invariant: the entries stand in the order of their dates, and a later one outweighs an earlier one where both speak.

use jiff::civil::date;

use super::{Half, Term};
use crate::time::Date;

/// One decision on the order of Presidencies.
pub(super) struct Decision {
    /// The day of the decision: before it, nobody could know.
    pub(super) decided_on: Date,
    /// The first term that it settles.
    pub(super) first: Term,
    /// The codes of the holders from that term on, one for each term.
    pub(super) holders: &'static [&'static str],
}

/// The decisions, oldest first.
///
/// Not confirmed from a source: the order after 2017H1 as it stood before Decision (EU) 2016/1316,
/// apart from the turn of the United Kingdom in 2017H2, which that decision dropped.
/// Terms before 2010H1 are left out: no road map reaches back that far.
pub(super) const DECISIONS: &[Decision] = &[
    // Decision 2007/5/EC, Euratom.
    Decision {
        decided_on: date(2007, 1, 1),
        first: Term {
            year: 2010,
            half: Half::First,
        },
        holders: &[
            "ES", "BE", "HU", "PL", "DK", "CY", "IE", "LT", "EL", "IT", "LV", "LU", "NL", "SK",
            "MT", "UK", "EE", "BG", "AT", "RO", "FI",
        ],
    },
    // Decision (EU) 2016/1316.
    Decision {
        decided_on: date(2016, 7, 26),
        first: Term {
            year: 2017,
            half: Half::Second,
        },
        holders: &[
            "EE", "BG", "AT", "RO", "FI", "HR", "DE", "PT", "SI", "FR", "CZ", "SE", "ES", "BE",
            "HU", "PL", "DK", "CY", "IE", "LT", "EL", "IT", "LV", "LU", "NL", "SK", "MT",
        ],
    },
];
