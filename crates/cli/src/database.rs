//! Databases: what a database URL names, and the store that is opened there.
//!
//! It owns the two ways of opening: to write, which takes the lock of the file, and to read beside a writer.
//! Invariant: only this file knows which backend there is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roadbook_store_sql::{OpenError, SqlStore};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::settings::Settings;

/// The database of the demonstration, in the folder where it is started.
const DEMONSTRATION_FILE: &str = "roadbook-demo.db";

/// The store behind every database URL.
pub(crate) type Store = SqlStore;

/// How much the database caches and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    /// Connections that read at once. Beyond it readers wait.
    pub(crate) read_connections_max: u32,
    /// Milliseconds that a reader waits for a connection, or a connection for a lock; then it is told "unavailable".
    pub(crate) busy_timeout_ms: u64,
    /// Page cache of each connection, in KiB.
    pub(crate) cache_kib: u32,
    /// Pages in the write-ahead file after which it is folded into the main file.
    pub(crate) checkpoint_pages: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        let roadbook_store_sql::Settings {
            read_connections_max,
            busy_timeout_ms,
            cache_kib,
            checkpoint_pages,
        } = roadbook_store_sql::Settings::default();
        Self {
            read_connections_max,
            busy_timeout_ms,
            cache_kib,
            checkpoint_pages,
        }
    }
}

impl StoreSettings {
    fn for_sqlite(&self) -> roadbook_store_sql::Settings {
        roadbook_store_sql::Settings {
            read_connections_max: self.read_connections_max,
            busy_timeout_ms: self.busy_timeout_ms,
            cache_kib: self.cache_kib,
            checkpoint_pages: self.checkpoint_pages,
        }
    }
}

/// A database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum DatabaseUrl {
    /// SQLite in one file.
    Sqlite(PathBuf),
}

impl DatabaseUrl {
    /// The database of the demonstration.
    pub(crate) fn demonstration() -> Self {
        Self::Sqlite(PathBuf::from(DEMONSTRATION_FILE))
    }

    /// Where the secret of a database stands unless it is set: beside the file, under its name and `.secret`.
    pub(crate) fn secret_file(&self) -> PathBuf {
        let Self::Sqlite(file) = self;
        let mut name = file.clone().into_os_string();
        name.push(".secret");
        PathBuf::from(name)
    }

    fn file(&self) -> &Path {
        let Self::Sqlite(file) = self;
        file
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err("a database is written as sqlite:FILE".to_owned());
        };
        let file = rest.strip_prefix("//").unwrap_or(rest);
        match scheme {
            // `sqlite::memory:` would be gone with the process, and with it every acknowledged edit.
            "sqlite" if file.starts_with(':') => {
                Err("a log in memory would be lost; name a file".to_owned())
            }
            "sqlite" if !file.is_empty() => Ok(Self::Sqlite(PathBuf::from(file))),
            "postgres" | "postgresql" => {
                Err("PostgreSQL is not supported yet; write sqlite:FILE".to_owned())
            }
            _ => Err("a database is written as sqlite:FILE".to_owned()),
        }
    }
}

impl From<DatabaseUrl> for String {
    fn from(url: DatabaseUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.file().display())
    }
}

/// Opens a database to write: it is made if it is not there, brought up to this version, and locked until it is closed.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Arc<Store>> {
    let url = settings.database();
    Ok(Arc::new(
        Store::open(url.file(), &settings.store.for_sqlite()).await?,
    ))
}

/// Opens a database that is there to read it, also beside a process that writes.
pub(crate) async fn open_read_only(settings: &Settings) -> anyhow::Result<Arc<Store>> {
    let url = settings.database();
    match Store::open_read_only(url.file(), &settings.store.for_sqlite()).await {
        Ok(store) => Ok(Arc::new(store)),
        Err(OpenError::Missing(file)) => {
            let message = format!(
                "there is no database at {}; `roadbook demo` makes one, and --database names another",
                file.display()
            );
            Err(Failure::NotFound(message).into())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DatabaseUrl, String> {
        DatabaseUrl::try_from(text.to_owned())
    }

    #[test]
    fn a_file_is_named_with_or_without_slashes() {
        let file = |name: &str| Ok(DatabaseUrl::Sqlite(PathBuf::from(name)));
        assert_eq!(read("sqlite:a b.db"), file("a b.db"));
        assert_eq!(read("sqlite:///var/lib/a.db"), file("/var/lib/a.db"));
        assert_eq!(read("sqlite:/var/lib/a.db"), file("/var/lib/a.db"));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for text in [
            "",
            "a.db",
            "sqlite:",
            "sqlite::memory:",
            "mysql://x",
            "postgres://x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_url_is_printed_as_it_is_read() {
        let url = DatabaseUrl::demonstration();
        assert_eq!(read(&url.to_string()), Ok(url));
    }
}
