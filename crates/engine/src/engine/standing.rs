//! What rights depend on besides a road map, as it is asked of the engine: the directory, the day, and when either changes.
//!
//! It owns nothing; the directory is `directory`'s. Invariant: who judges by it can tell whether it is so still.

use std::sync::{Arc, PoisonError};

use futures_util::stream::{self, Stream};
use roadbook_domain::{Directory, Version};

use super::Engine;
use crate::dependency::Dependency;
use crate::directory::{DirectoryDone, DirectoryRequest, RecordedDirectoryEvent, Standing};
use crate::error::EngineError;

impl Engine {
    /// The directory as it is known now.
    pub fn directory(&self) -> Arc<Directory> {
        self.registrar.directory()
    }

    /// What rights depend on besides a road map itself. The day is that of the clock now.
    pub fn standing(&self) -> Standing {
        let mut standing = self.registrar.standing().borrow().clone();
        standing.today = self.clock.now().brussels_day();
        standing
    }

    /// A number that is another one whenever what rights depend on besides the day has changed, the marking of any road map
    /// included. What was judged when it was the same is so still, as long as the day is.
    pub fn standing_count(&self) -> u64 {
        self.registrar.standing_count()
    }

    /// An item whenever rights may have changed: with every change of the directory, at midnight in Brussels, and when a road
    /// map is marked or entrusted otherwise. Several at once may be told as one.
    pub fn standing_changes(&self) -> impl Stream<Item = ()> + Send + use<> {
        stream::unfold(self.registrar.standing(), |mut told| async move {
            told.changed().await.ok()?;
            Some(((), told))
        })
    }

    /// That the directory and the day in Brussels are what they are now, on which all rights depend. Taken before they are
    /// read.
    pub fn same_standing(&self) -> [Dependency; 2] {
        let day = Dependency::on_day(&self.clock);
        [self.registrar.changes.none(), day]
    }

    /// An item whenever something was redacted: whoever keeps what was read must let go of it. Several at once may be told
    /// as one.
    pub fn redactions(&self) -> impl Stream<Item = ()> + Send + use<> {
        stream::unfold(self.redactions.subscribe(), |mut told| async move {
            told.changed().await.ok()?;
            Some(((), told))
        })
    }

    /// Facts of the directory after a version, in the order of recording; none as long as nobody has changed it.
    pub async fn directory_events(
        &self,
        after: Version,
        limit: usize,
    ) -> Result<Vec<RecordedDirectoryEvent>, EngineError> {
        Ok(self.registrar.page(after, limit).await?)
    }

    /// Changes the directory and answers once that is durable.
    pub async fn edit_directory(
        &self,
        request: &DirectoryRequest,
    ) -> Result<DirectoryDone, EngineError> {
        self.condition.check_clock()?;
        let commit = {
            let held = self
                .background
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let background = held.as_ref().ok_or(EngineError::Stopping)?;
            background.commit.clone()
        };
        let level = self.condition.format_level();
        self.registrar.edit(request, &commit, level).await
    }
}
