//! The measurements, each in a file of its own: they drive the server and give rows of the report.
//!
//! Invariant: a raw limit is measured in the same run as what stands beside it, and never at the same time.

pub(crate) mod as_of;
pub(crate) mod console;
pub(crate) mod edits;
pub(crate) mod fan_out;
pub(crate) mod feed;
pub(crate) mod fold;
pub(crate) mod many;
pub(crate) mod open;
pub(crate) mod postgres;
pub(crate) mod reads;
