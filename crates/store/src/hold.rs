//! A stream that nobody else can append to for a while.
//!
//! Owns the contract of such a hold; what keeps the others out is the backend's affair. Invariant: a hold that is dropped
//! lets the stream go, and nothing was appended through it.

use async_trait::async_trait;

use crate::{Append, AppendOutcome, StoreError, StoredEvent, Version};

/// A stream that other processes wait for. To be used up soon: who holds keeps them waiting. A stream without events cannot be
/// kept from others; who is first to append to it wins.
#[async_trait]
pub trait Hold: Send {
    /// Reads what the stream holds after a version, at most so many events: nothing comes in meanwhile.
    async fn read(&mut self, after: Version, limit: usize) -> Result<Vec<StoredEvent>, StoreError>;

    /// Appends as [`append_batch`](crate::EventLog::append_batch) does, and lets the stream go.
    async fn append(self: Box<Self>, append: Append) -> Result<AppendOutcome, StoreError>;

    /// Lets the stream go without an append.
    async fn release(self: Box<Self>);
}
