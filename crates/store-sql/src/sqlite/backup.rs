//! A copy of the log, taken while it is being written.
//!
//! Owns the way from an open log to a second file. The copy is of one moment, with all that was committed before it.
//! Invariant: a file of the name asked for is a whole backup on the disk, or is not there, or was there before.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{ConnectOptions, Connection, Sqlite};
use tokio::task::spawn_blocking;

use super::error::OpenError;
use crate::store::SqlStore;

/// Tells apart the unfinished copies that this process writes at the same time.
static COPIES: AtomicU64 = AtomicU64::new(0);

impl SqlStore<Sqlite> {
    /// Copies the log, as it stands now, to a new file that opens, verifies and has the same epoch. Writers and readers
    /// go on meanwhile. Until it is whole the copy is called `TARGET.PROCESS-NUMBER.partial`.
    pub async fn backup(&self, target: &Path) -> Result<(), OpenError> {
        if target
            .try_exists()
            .map_err(|source| OpenError::unreachable(target, source))?
        {
            return Err(OpenError::Exists(target.to_owned()));
        }
        let partial = partial_name(target);
        let copied = match self.copy(&partial).await {
            Ok(()) => finish(&partial, target).await,
            Err(source) => Err(OpenError::database(target, source)),
        };
        match std::fs::remove_file(&partial) {
            Err(source) if copied.is_ok() => Err(OpenError::unreachable(&partial, source)),
            // Why there is no backup matters more than what is left of it.
            _ => copied,
        }
    }

    /// Reads on a connection of its own: a long copy must not keep one from those who read the log.
    pub(super) async fn copy(&self, partial: &Path) -> Result<(), sqlx::Error> {
        let name = partial
            .to_str()
            .ok_or_else(|| sqlx::Error::Encode("the name is not UTF-8".into()))?;
        let mut connection = self
            .place
            .settings
            .reader(&self.place.path)
            .connect()
            .await?;
        sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(&mut connection)
            .await?;
        connection.close().await
    }
}

/// The name of a copy of this process that is not whole yet.
pub(super) fn partial_name(target: &Path) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(format!(
        ".{}-{}.partial",
        std::process::id(),
        COPIES.fetch_add(1, Ordering::Relaxed)
    ));
    PathBuf::from(name)
}

/// Gives a whole copy its name, under which there must be nothing yet.
pub(super) async fn finish(partial: &Path, target: &Path) -> Result<(), OpenError> {
    let (from, to) = (partial.to_owned(), target.to_owned());
    let named = spawn_blocking(move || give_name(&from, &to))
        .await
        .unwrap_or_else(|stopped| Err(stopped.into()));
    named.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => OpenError::Exists(target.to_owned()),
        _ => OpenError::unreachable(target, source),
    })
}

/// SQLite does not synchronise what it vacuums into. A second name, unlike a renaming, never replaces a file.
fn give_name(partial: &Path, target: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    std::fs::hard_link(partial, target)?;
    sync_folder(target)
}

/// A name is on the disk only when the folder that it stands in is.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
