//! Moving a log: every stream of one log is copied to another, and what arrived is proved to be the same.
//!
//! Owns the order of the steps. All of the source is proved and all of the target compared with it before anything is
//! written; then what is missing is copied; then every event is read back from the target. Both are reached through the
//! contract alone, so any log can be moved to any other. Snapshots are a cache and stay behind. Invariant: at every
//! moment each stream of the target is a beginning of the source's, so a move that was stopped can go on.

mod copy;
mod error;
mod proof;
mod survey;

pub use error::TransferError;

use crate::{EventLog, Head, SealedEvent, StoreError, StreamId, Version};

/// Events read and written at once, but for a batch that is longer.
const PAGE_EVENTS: usize = 1000;

/// Command records read and written at once.
const PAGE_COMMANDS: usize = 1000;

/// Streams whose heads are read at once.
const PAGE_HEADS: usize = 256;

/// What a move is doing. Each step goes through all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferStep {
    /// Proving the source, and comparing with it what the target already holds.
    Survey,
    /// Copying what the target lacks.
    Copy,
    /// Reading back and comparing.
    Proof,
}

/// How far a move has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferProgress {
    /// What is being done.
    pub step: TransferStep,
    /// Events that this step is done with.
    pub done: u64,
    /// Events of the source.
    pub all: u64,
}

/// What a log holds after a move, as it was proved to be the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transferred {
    /// Streams.
    pub streams: u64,
    /// Events.
    pub events: u64,
    /// Command records.
    pub commands: u64,
    /// Those of the events that were copied now; the others were there already.
    pub events_copied: u64,
    /// Those of the command records that were copied now.
    pub commands_copied: u64,
    /// The epoch of the target.
    pub epoch: u64,
    /// True if that is the source's epoch too, so that a cursor of the source can be followed in the target.
    pub cursors_stay_good: bool,
}

/// Moves all streams with their command records from one log to another, and raises the other's epoch and format level
/// to the first's.
///
/// The target may hold a beginning of what the source holds, as an earlier move may have left it; anything else is
/// refused, and then nothing was written. Neither log may be written to meanwhile. If one is, that is told, and the move
/// can be made again. The commands of a stream without events are not moved: no log lists such a stream.
pub async fn transfer(
    from: &dyn EventLog,
    to: &dyn EventLog,
    progress: &mut (dyn FnMut(TransferProgress) + Send),
) -> Result<Transferred, TransferError> {
    let heads = all_heads(from).await.map_err(TransferError::Source)?;
    let events = heads.iter().map(|head| head.version.0).sum();
    let mut course = Course {
        from,
        to,
        progress,
        reached: TransferProgress {
            step: TransferStep::Survey,
            done: 0,
            all: events,
        },
    };
    let theirs = course.survey(&heads).await?;
    course.take_over_format_level().await?;
    let (events_copied, commands_copied) = course.copy(&heads, &theirs).await?;
    let commands = course.prove(&heads).await?;
    course.check_that_source_stood_still(&heads).await?;
    let source_epoch = from.epoch().await.map_err(TransferError::Source)?;
    to.raise_epoch(source_epoch)
        .await
        .map_err(TransferError::Target)?;
    let epoch = to.epoch().await.map_err(TransferError::Target)?;
    Ok(Transferred {
        streams: heads.len() as u64,
        events,
        commands,
        events_copied,
        commands_copied,
        epoch,
        cursors_stay_good: epoch == source_epoch,
    })
}

/// A move under way. Each step is in a module of its own.
struct Course<'l> {
    from: &'l dyn EventLog,
    to: &'l dyn EventLog,
    progress: &'l mut (dyn FnMut(TransferProgress) + Send),
    reached: TransferProgress,
}

impl Course<'_> {
    fn begin(&mut self, step: TransferStep) {
        self.reached = TransferProgress {
            step,
            done: 0,
            ..self.reached
        };
    }

    fn advance(&mut self, events: usize) {
        self.reached.done += events as u64;
        (self.progress)(self.reached);
    }

    /// Before the first event is copied: no log may hold what its level does not tell of.
    async fn take_over_format_level(&self) -> Result<(), TransferError> {
        let level = self.from.format_level().await;
        let level = level.map_err(TransferError::Source)?;
        let raised = self.to.raise_format_level(level).await;
        raised.map_err(TransferError::Target)
    }

    /// The version of the first of these events, which follow each other, that the target does not hold just so. All of
    /// an event is compared, and not its digest alone: a digest that stands beside something else proves nothing.
    async fn first_difference(&self, page: &[SealedEvent]) -> Result<Option<Version>, StoreError> {
        let Some(first) = page.first() else {
            return Ok(None);
        };
        let header = &first.event.header;
        let after = Version(header.version.0.saturating_sub(1));
        let found = self.to.read_sealed(header.stream_id, after, page.len());
        let found = found.await?;
        let differs = |(place, sealed): &(usize, &SealedEvent)| found.get(*place) != Some(*sealed);
        let difference = page.iter().enumerate().find(differs);
        Ok(difference.map(|(_, sealed)| sealed.event.header.version))
    }
}

/// The heads of all streams, in order of their ids.
async fn all_heads(log: &dyn EventLog) -> Result<Vec<Head>, StoreError> {
    let mut heads: Vec<Head> = Vec::new();
    loop {
        let after = heads.last().map(|head| head.stream_id);
        let page = log.heads(after, PAGE_HEADS).await?;
        let is_last = page.len() < PAGE_HEADS;
        heads.extend(page);
        if is_last {
            return Ok(heads);
        }
    }
}

/// Of two lists of heads in order, the first stream whose heads differ.
fn first_other_head(left: &[Head], right: &[Head]) -> Option<StreamId> {
    let both = left.iter().zip(right);
    let place = both.take_while(|(left, right)| left == right).count();
    let next = [left.get(place), right.get(place)];
    let streams = next.into_iter().flatten().map(|head| head.stream_id);
    streams.min()
}

#[cfg(test)]
mod tests;
