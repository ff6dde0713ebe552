//! The first step of a move: the source is proved, and the target compared with it.
//!
//! Owns every refusal. An event's digest does not depend on that of its predecessor, so that the heads are the same says
//! nothing of what is before them: all events of the target are compared. Invariant: nothing is written.

use std::collections::BTreeMap;

use super::{Course, PAGE_COMMANDS, TransferError, TransferStep, all_heads};
use crate::verify::Proved;
use crate::{Head, StreamId, Version};

/// Where each stream of the target stands.
pub(super) type Theirs = BTreeMap<StreamId, Version>;

impl Course<'_> {
    /// Tells where the streams of the target stand, if each is a beginning of the source's.
    pub(super) async fn survey(&mut self, heads: &[Head]) -> Result<Theirs, TransferError> {
        self.begin(TransferStep::Survey);
        let theirs = all_heads(self.to).await.map_err(TransferError::Target)?;
        let theirs: Theirs = theirs
            .into_iter()
            .map(|head| (head.stream_id, head.version))
            .collect();
        let is_ours = |stream: &StreamId| heads.binary_search_by_key(stream, |head| head.stream_id);
        if let Some(stream) = theirs.keys().find(|stream| is_ours(stream).is_err()) {
            return Err(TransferError::OtherEvent {
                stream: *stream,
                version: Version(1),
            });
        }
        for head in heads {
            let stands = theirs.get(&head.stream_id).copied().unwrap_or_default();
            self.survey_events(*head, stands).await?;
            self.survey_commands(head.stream_id).await?;
        }
        Ok(theirs)
    }

    async fn survey_events(&mut self, head: Head, stands: Version) -> Result<(), TransferError> {
        let stream = head.stream_id;
        let mut proved = Proved::up_to(self.from, head);
        while let Some(page) = proved.page().await? {
            let known = page.partition_point(|sealed| sealed.event.header.version <= stands);
            let difference = self.first_difference(&page[..known]).await;
            if let Some(version) = difference.map_err(TransferError::Target)? {
                return Err(TransferError::OtherEvent { stream, version });
            }
            self.advance(page.len());
        }
        proved.finish().map_err(TransferError::Damaged)?;
        if stands > head.version {
            let version = head.version.next();
            return Err(TransferError::OtherEvent { stream, version });
        }
        Ok(())
    }

    async fn survey_commands(&self, stream: StreamId) -> Result<(), TransferError> {
        let mut after = None;
        loop {
            let theirs = self.to.commands_after(stream, after, PAGE_COMMANDS).await;
            let theirs = theirs.map_err(TransferError::Target)?;
            let Some(last) = theirs.last() else {
                return Ok(());
            };
            after = Some(last.command_id);
            let ids: Vec<_> = theirs.iter().map(|command| command.command_id).collect();
            let ours = self.from.commands(stream, &ids).await;
            let ours = ours.map_err(TransferError::Source)?;
            if let Some(other) = theirs.iter().find(|command| !ours.contains(command)) {
                return Err(TransferError::OtherCommand {
                    stream,
                    version: other.last_version,
                    command: other.command_id,
                });
            }
        }
    }
}
