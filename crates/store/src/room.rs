//! The room that a log has left on its disk.
//!
//! Owns the two figures and their comparison; asking the disk is the backend's affair. Invariant: a log with less room
//! than it wants appends nothing, so that it never meets a full disk half-way.

/// How much room there is, and how much there must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that are free.
    pub free_bytes: u64,
    /// Bytes below which nothing more is appended.
    pub min_bytes: u64,
}

impl Room {
    /// Whether nothing is appended for want of room.
    pub const fn is_low(self) -> bool {
        self.free_bytes < self.min_bytes
    }
}
