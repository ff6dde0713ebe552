//! The last step of a move: everything is read from both logs and compared.
//!
//! Owns the proof; it takes nothing from the steps before it but the heads of the source. Invariant: a move ends well
//! only if every event, every command record and every head is the same on both sides.

use super::{
    Course, PAGE_COMMANDS, PAGE_EVENTS, TransferError, TransferStep, all_heads, first_other_head,
};
use crate::{Head, StreamId, Version};

impl Course<'_> {
    /// Proves that the target holds what the source holds, and tells how many command records that are.
    pub(super) async fn prove(&mut self, heads: &[Head]) -> Result<u64, TransferError> {
        self.begin(TransferStep::Proof);
        let mut commands = 0;
        for head in heads {
            self.prove_events(*head).await?;
            commands += self.prove_commands(head.stream_id).await?;
        }
        let theirs = all_heads(self.to).await.map_err(TransferError::Target)?;
        match first_other_head(heads, &theirs) {
            None => Ok(commands),
            Some(stream) => {
                let head = theirs.iter().find(|head| head.stream_id == stream);
                let version = head.map_or(Version::NONE, |head| head.version);
                Err(TransferError::TargetChanged { stream, version })
            }
        }
    }

    /// Tells if somebody appended to the source since its heads were read.
    pub(super) async fn check_that_source_stood_still(
        &self,
        heads: &[Head],
    ) -> Result<(), TransferError> {
        let now = all_heads(self.from).await.map_err(TransferError::Source)?;
        match first_other_head(heads, &now) {
            None => Ok(()),
            Some(stream) => Err(TransferError::SourceChanged { stream }),
        }
    }

    async fn prove_events(&mut self, head: Head) -> Result<(), TransferError> {
        let stream = head.stream_id;
        let mut after = Version::NONE;
        while after < head.version {
            let left = usize::try_from(head.version.0 - after.0).unwrap_or(usize::MAX);
            let page = self.from.read_sealed(stream, after, left.min(PAGE_EVENTS));
            let page = page.await.map_err(TransferError::Source)?;
            let last = page.last().map(|sealed| sealed.event.header.version);
            after = last.ok_or(TransferError::SourceChanged { stream })?;
            let difference = self.first_difference(&page).await;
            if let Some(version) = difference.map_err(TransferError::Target)? {
                return Err(TransferError::NotKept { stream, version });
            }
            self.advance(page.len());
        }
        Ok(())
    }

    async fn prove_commands(&self, stream: StreamId) -> Result<u64, TransferError> {
        let (mut after, mut count) = (None, 0);
        loop {
            let ours = self.from.commands_after(stream, after, PAGE_COMMANDS).await;
            let ours = ours.map_err(TransferError::Source)?;
            let theirs = self.to.commands_after(stream, after, PAGE_COMMANDS).await;
            let theirs = theirs.map_err(TransferError::Target)?;
            if ours != theirs {
                let same = ours
                    .iter()
                    .zip(&theirs)
                    .take_while(|(ours, theirs)| ours == theirs);
                let place = same.count();
                let other = ours.get(place).or(theirs.get(place));
                let version = other.map_or(Version::NONE, |command| command.last_version);
                return Err(TransferError::NotKept { stream, version });
            }
            let Some(last) = ours.last() else {
                return Ok(count);
            };
            after = Some(last.command_id);
            count += ours.len() as u64;
        }
    }
}
