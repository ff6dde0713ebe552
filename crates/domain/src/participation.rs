//! Participation: what an organisation is in a road map's working party on a day.
//!
//! It owns the four degrees; how one follows from the directory is `directory`'s affair, what each may do is decided elsewhere.
//! Invariant: a later degree includes the sight that an earlier one has.

use serde::{Deserialize, Serialize};

/// What an organisation is in a working party on a day.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Participation {
    /// It does not take part.
    #[default]
    Outsider,
    /// It attends and reads.
    Observer,
    /// It takes part.
    Member,
    /// It chairs: the Presidency, or the chair that the working party always has.
    Chair,
}
