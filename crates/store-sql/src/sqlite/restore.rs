//! Putting a backup in the place of the log.
//!
//! Owns the way from a backup to the file that is served, and what becomes of the file that was there. What is put there
//! is a copy, with an epoch that no cursor has seen. Invariant: at every moment the former file is there whole, under its
//! own name or the one it is kept under, and a copy gets the log's name only after it was verified.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use roadbook_store::{EventLog, Fault, Progress, StoreError, Verified, VerifyError, verify_log};
use sqlx::Sqlite;

use super::backup::{finish, partial_name, sync_folder};
use super::error::OpenError;
use super::lock::WriterLock;
use super::settings::Settings;
use crate::store::SqlStore;

/// What follows the name of a file in those of the files that belong to it. The write-ahead file holds commits.
const WRITE_AHEAD: &str = "-wal";
const SHARED_MEMORY: &str = "-shm";
const LOCK: &str = ".lock";

/// What is to be restored, and where.
#[derive(Debug, Clone, Copy)]
pub struct Restore<'a> {
    /// The backup, which stays as it is.
    pub backup: &'a Path,
    /// The file of the log.
    pub target: &'a Path,
    /// What is added to the name of a file that is there, so that it is kept beside the new one. Without it, none may be
    /// there.
    pub keep_ending: Option<&'a str>,
    /// The epoch is raised to this at least, and in any case beyond those of the backup and of the former file.
    pub epoch_min: u64,
}

/// What a restored log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was found good in it.
    pub verified: Verified,
    /// Its epoch.
    pub epoch: u64,
    /// Where the file that was there is kept; `None` if there was none.
    pub kept: Option<PathBuf>,
}

/// Why a backup was not restored. The file of the log is as it was, unless its folder failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup or the log cannot be opened; somebody writes to the log, for example.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is a file that was not to be replaced, or one with the name to keep it under.
    #[error("{} exists, and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// The backup is not what was appended.
    #[error("the backup is damaged: {0}")]
    Damaged(Fault),
    /// The backup or its copy fails.
    #[error("the backup cannot be copied")]
    Store(#[source] StoreError),
}

impl From<VerifyError> for RestoreError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Fault(fault) => Self::Damaged(fault),
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}

impl SqlStore<Sqlite> {
    /// Verifies a backup and puts a copy of it, which is verified too, in the place of the log, with a new epoch.
    pub async fn restore(
        restore: &Restore<'_>,
        settings: &Settings,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Restored, RestoreError> {
        let target = behind_links(restore.target);
        let _lock = WriterLock::acquire(&target)?;
        let keep_as = restore
            .keep_ending
            .map(|ending| with_ending(&target, ending));
        let is_kept = check_places(&target, keep_as.as_deref())?;
        let backup = Self::open_read_only(restore.backup, settings).await?;
        verify_log(&backup, progress).await?;
        let mut epoch = backup.epoch().await.map_err(RestoreError::Store)?;
        if let Some(former) = former_epoch(&target, settings).await {
            epoch = epoch.max(former);
        }
        let epoch = restore.epoch_min.max(epoch + 1);
        let partial = partial_name(&target);
        let copied = backup.copy_as_log(&partial, settings, epoch).await;
        let verified = match copied {
            Ok(verified) => match put_in_place(&partial, &target, keep_as.as_deref()).await {
                Ok(()) => Ok(verified),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error),
        };
        // What is left of an unfinished copy matters less than why it is unfinished.
        drop(backup.close().await);
        for ending in ["", WRITE_AHEAD, SHARED_MEMORY, LOCK] {
            drop(remove(&with_ending(&partial, ending)));
        }
        Ok(Restored {
            verified: verified?,
            epoch,
            kept: keep_as.filter(|_| is_kept),
        })
    }

    /// A copy that can be served: with the epoch, verified, and closed.
    async fn copy_as_log(
        &self,
        partial: &Path,
        settings: &Settings,
        epoch: u64,
    ) -> Result<Verified, RestoreError> {
        self.copy(partial)
            .await
            .map_err(|source| OpenError::database(partial, source))?;
        let copy = Self::open(partial, settings).await?;
        let checked = async {
            copy.raise_epoch(epoch).await?;
            verify_log(&copy, &mut |_| {}).await
        };
        let checked = checked.await;
        copy.close().await.map_err(RestoreError::Store)?;
        Ok(checked?)
    }
}

/// A link stays: the file that it leads to is replaced, and kept where it is.
fn behind_links(target: &Path) -> PathBuf {
    let target = target.to_owned();
    if target.is_symlink() {
        target.canonicalize().unwrap_or(target)
    } else {
        target
    }
}

/// Whether there is a file to keep. A write-ahead file alone counts too: it would be taken for that of the copy.
fn check_places(target: &Path, keep_as: Option<&Path>) -> Result<bool, RestoreError> {
    let is_there = |path: &Path| {
        let files = files_of(path).map_err(|source| OpenError::unreachable(path, source))?;
        Ok::<bool, OpenError>(!files.is_empty())
    };
    if !is_there(target)? {
        return Ok(false);
    }
    match keep_as {
        None => Err(RestoreError::Exists(target.to_owned())),
        Some(kept) if is_there(kept)? => Err(RestoreError::Exists(kept.to_owned())),
        Some(_) => Ok(true),
    }
}

/// What the names end with of those files that hold what a log holds. An empty write-ahead file is left behind by
/// whoever only read.
fn files_of(log: &Path) -> io::Result<Vec<&'static str>> {
    let mut found = Vec::new();
    if log.try_exists()? {
        found.push("");
    }
    match std::fs::metadata(with_ending(log, WRITE_AHEAD)) {
        Ok(file) if file.len() > 0 => found.push(WRITE_AHEAD),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Ok(found)
}

/// The epoch of the file that gives way. One that cannot be read any more has none that could be asked for.
async fn former_epoch(target: &Path, settings: &Settings) -> Option<u64> {
    let former = SqlStore::<Sqlite>::open_read_only(target, settings)
        .await
        .ok()?;
    let epoch = former.epoch().await.ok();
    drop(former.close().await);
    epoch
}

/// Everything that was committed to the former file has its second name on the disk before it loses the first.
async fn put_in_place(
    partial: &Path,
    target: &Path,
    keep_as: Option<&Path>,
) -> Result<(), OpenError> {
    if let Some(kept) = keep_as {
        let moved = keep(target, kept);
        moved.map_err(|source| OpenError::unreachable(target, source))?;
    }
    finish(partial, target).await
}

fn keep(target: &Path, kept: &Path) -> io::Result<()> {
    for ending in files_of(target)? {
        std::fs::hard_link(with_ending(target, ending), with_ending(kept, ending))?;
    }
    sync_folder(kept)?;
    // The file goes first: without its write-ahead file it would open, and be silently older than it is.
    for ending in ["", SHARED_MEMORY, WRITE_AHEAD] {
        remove(&with_ending(target, ending))?;
    }
    Ok(())
}

fn remove(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}
