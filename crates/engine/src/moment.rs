//! Moments: what a caller may ask for, and the `(effective, version)` that it comes to.
//!
//! It owns the selectors; resolving one needs a road map, and loading its state needs the past.
//! Invariant: a resolved version is the end of a batch, so that nobody ever sees half of one.

use roadbook_domain::document_number::DocumentNumber;
use roadbook_domain::{Date, Instant, PresidencyKey, Version};

/// Which moment of a road map is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MomentSelector {
    /// The current state.
    Live,
    /// The state once this version was recorded, its whole batch included.
    Version(Version),
    /// What was known at this instant.
    Recorded(Instant),
    /// What was so at the end of a day in Brussels.
    Effective {
        /// The day.
        on: Date,
        /// As it was known at this instant; as it is known now if absent.
        known: Option<Instant>,
    },
    /// The state that went out under a document number.
    Revision(DocumentNumber),
    /// The state at the end of a presidency's term.
    Presidency {
        /// Whose term.
        key: PresidencyKey,
        /// As it was sealed, whatever was corrected since; as it is known now if not.
        sealed: bool,
    },
    /// Exactly this moment, as a cursor or the id of a past object names it.
    At {
        /// The version.
        version: Version,
        /// The effective instant.
        effective: Instant,
    },
}
