//! The second step of a move: what the target lacks is copied, events first and then the records of commands.
//!
//! Owns the cut of a stream into appends. Invariant: an append ends where a batch ends, so that no batch is ever half
//! there.

use super::survey::Theirs;
use super::{Course, PAGE_COMMANDS, PAGE_EVENTS, TransferError, TransferStep};
use crate::{
    Append, AppendOutcome, CommandRecord, Head, NewEvent, RedactedEvent, SealedEvent, StreamId,
    Version,
};

impl Course<'_> {
    /// Copies what is missing, and tells how many events and command records that were.
    pub(super) async fn copy(
        &mut self,
        heads: &[Head],
        theirs: &Theirs,
    ) -> Result<(u64, u64), TransferError> {
        self.begin(TransferStep::Copy);
        let (mut events, mut commands) = (0, 0);
        for head in heads {
            let stands = theirs.get(&head.stream_id).copied().unwrap_or_default();
            self.advance(usize::try_from(stands.0).unwrap_or(usize::MAX));
            events += self.copy_events(*head, stands).await?;
            commands += self.copy_commands(*head).await?;
        }
        Ok((events, commands))
    }

    async fn copy_events(&mut self, head: Head, stands: Version) -> Result<u64, TransferError> {
        let mut after = stands;
        while after < head.version {
            let page = self.whole_batches(head, after).await?;
            let length = page.len();
            let (append, redacted) = append_of(head.stream_id, after, page)?;
            after = append.head();
            self.append(append, redacted).await?;
            self.advance(length);
        }
        Ok(head.version.0 - stands.0)
    }

    /// The events after a version, a page of them or one batch that is longer.
    async fn whole_batches(
        &self,
        head: Head,
        after: Version,
    ) -> Result<Vec<SealedEvent>, TransferError> {
        let stream = head.stream_id;
        let left = usize::try_from(head.version.0 - after.0).unwrap_or(usize::MAX);
        let page = self.from.read_sealed(stream, after, left.min(PAGE_EVENTS));
        let mut page = page.await.map_err(TransferError::Source)?;
        let ends_batch = |sealed: &SealedEvent| {
            let header = &sealed.event.header;
            header.batch == header.version
        };
        if let Some(end) = page.iter().rposition(ends_batch) {
            page.truncate(end + 1);
            return Ok(page);
        }
        let first = page.first().map(|sealed| sealed.event.header.batch);
        // What was proved a moment ago cannot be gone, unless somebody else changes it.
        let end = first.filter(|end| (after.next()..=head.version).contains(end));
        let end = end.ok_or(TransferError::SourceChanged { stream })?;
        let length = usize::try_from(end.0 - after.0).unwrap_or(usize::MAX);
        let batch = self.from.read_sealed(stream, after, length).await;
        batch.map_err(TransferError::Source)
    }

    async fn copy_commands(&self, head: Head) -> Result<u64, TransferError> {
        let stream = head.stream_id;
        let (mut after, mut copied) = (None, 0);
        loop {
            let page = self.from.commands_after(stream, after, PAGE_COMMANDS).await;
            let page = page.map_err(TransferError::Source)?;
            let Some(last) = page.last() else {
                return Ok(copied);
            };
            after = Some(last.command_id);
            let ids: Vec<_> = page.iter().map(|command| command.command_id).collect();
            let known = self.to.commands(stream, &ids).await;
            let known = known.map_err(TransferError::Target)?;
            let is_missing = |command: &CommandRecord| !known.contains(command);
            let missing: Vec<CommandRecord> = page.into_iter().filter(is_missing).collect();
            if missing.is_empty() {
                continue;
            }
            copied += missing.len() as u64;
            let append = Append {
                stream_id: stream,
                expected_version: head.version,
                events: Vec::new(),
                commands: missing,
            };
            self.append(append, Vec::new()).await?;
        }
    }

    async fn append(
        &self,
        append: Append,
        redacted: Vec<RedactedEvent>,
    ) -> Result<(), TransferError> {
        let stream = append.stream_id;
        let outcome = if redacted.is_empty() {
            let outcomes = self.to.append_batch(vec![append]).await;
            outcomes.map(|outcomes| outcomes.first().copied())
        } else {
            let outcome = self.to.append_redacted(append, redacted).await;
            outcome.map(Some)
        };
        match outcome.map_err(TransferError::Target)? {
            Some(AppendOutcome::Conflict { head }) => Err(TransferError::TargetChanged {
                stream,
                version: head,
            }),
            _ => Ok(()),
        }
    }
}

/// The events as they were once handed in, or as what is left of them, and which of them are redacted.
fn append_of(
    stream: StreamId,
    after: Version,
    page: Vec<SealedEvent>,
) -> Result<(Append, Vec<RedactedEvent>), TransferError> {
    let mut events = Vec::with_capacity(page.len());
    let mut redacted = Vec::new();
    for sealed in page {
        let header = sealed.event.header;
        let (payload, salt) = match (sealed.event.payload, sealed.salt, sealed.event.remainder) {
            (Some(payload), Some(salt), _) => (payload, salt),
            (_, _, Some(left)) => {
                redacted.push(RedactedEvent {
                    version: header.version,
                    payload_digest: sealed.payload_digest,
                    redaction: left.redaction,
                });
                (left.payload, left.salt)
            }
            // What was proved a moment ago is changed by somebody else.
            _ => return Err(TransferError::SourceChanged { stream }),
        };
        events.push(NewEvent {
            header,
            payload,
            salt,
        });
    }
    let append = Append {
        stream_id: stream,
        expected_version: after,
        events,
        commands: Vec::new(),
    };
    Ok((append, redacted))
}
