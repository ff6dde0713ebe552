//! Secrets in files: the one that signs development tokens, and tokens to sign in with.
//!
//! It owns how such a file is made and read. Invariant: a file that is made here can be read by its owner alone.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::Context as _;
use roadbook_engine::Ids;

use crate::failure::Failure;
use crate::terminal;

/// Any longer file is not one of ours.
const SECRET_BYTES_MAX: usize = 4096;

/// Reads a secret; the white space around it does not count.
pub(crate) fn read(file: &Path) -> anyhow::Result<String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let message = format!("there is no secret at {}", file.display());
            return Err(Failure::NotFound(message).into());
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", file.display()));
        }
    };
    if text.len() > SECRET_BYTES_MAX {
        let message = format!("{} is too long to be a secret", file.display());
        return Err(Failure::Usage(message).into());
    }
    if is_open_to_others(file) {
        terminal::say(&format!(
            "warning: others on this machine can read {}",
            file.display()
        ));
    }
    Ok(text.trim().to_owned())
}

/// When a file was last written, in seconds since 1970.
pub(crate) fn changed_at(file: &Path) -> anyhow::Result<u64> {
    let changed = fs::metadata(file).and_then(|metadata| metadata.modified());
    let changed = changed.with_context(|| format!("{} cannot be read", file.display()))?;
    let since_1970 = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since_1970.as_secs())
}

/// Reads the signing secret, and makes one first if there is none.
pub(crate) fn read_or_make(file: &Path, ids: &dyn Ids) -> anyhow::Result<String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    for_owner_alone(&mut options);
    match options.open(file) {
        Ok(mut made) => {
            made.write_all(fresh(ids).as_bytes())
                .and_then(|()| made.sync_all())
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be made", file.display()));
        }
    }
    read(file)
}

/// 244 random bits, in hexadecimal digits.
fn fresh(ids: &dyn Ids) -> String {
    let mut text = String::new();
    for byte in ids.salt().into_iter().chain(ids.salt()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    text
}

/// Lets a file that is made be read and written by its owner alone.
#[cfg(unix)]
pub(crate) fn for_owner_alone(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

/// Lets a file that is made be read and written by its owner alone, as far as that is known here.
#[cfg(not(unix))]
pub(crate) fn for_owner_alone(_options: &mut OpenOptions) {}

#[cfg(unix)]
fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_file: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use roadbook_engine::RandomIds;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.db.secret");
        let made = read_or_make(&file, &RandomIds).unwrap();
        assert_eq!(made.len(), 64);
        assert_eq!(read_or_make(&file, &RandomIds).unwrap(), made);
        assert!(!is_open_to_others(&file));
    }

    #[test]
    fn a_missing_secret_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(&folder.path().join("none")).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Failure::NotFound(_))));
    }
}
