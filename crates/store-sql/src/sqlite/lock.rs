//! The lock by which one process writes to a file.
//!
//! Owns `FILE.lock`, whose content means nothing: the operating system lets go of the lock when the process ends,
//! however it ends. SQLite's own locks would let two processes write in turn, each with a current state that knows
//! nothing of the other's. Invariant: while a lock is held, nobody else holds one for the same file.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::OpenError;

/// Held for as long as the value lives.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock of a file, which need not exist yet, though its folder must.
    pub(super) fn acquire(database: &Path) -> Result<Self, OpenError> {
        let unreachable = |source| OpenError::unreachable(database, source);
        let path = lock_path(database).map_err(unreachable)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(unreachable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(database.to_owned())),
            Err(TryLockError::Error(source)) => Err(unreachable(source)),
        }
    }
}

/// Beside the file itself, not beside a symbolic link to it: two names of one file must give one lock.
fn lock_path(database: &Path) -> io::Result<PathBuf> {
    let mut name = match database.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => database.as_os_str().to_owned(),
        canonical => canonical?.into_os_string(),
    };
    name.push(".lock");
    Ok(PathBuf::from(name))
}
