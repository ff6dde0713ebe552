//! Databases: what a database URL names, and the store that is opened there.
//!
//! It owns the ways of opening: to write, which takes the lock of a file or joins the nodes of a server, to read beside
//! whoever writes, and to move what is there. Invariant: only this file knows which backend there is, and no password of a URL is printed.

mod postgres;
mod tuning;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use roadbook_engine::FORMAT_LEVEL;
use roadbook_store::{EventLog, LogName, Progress};
use roadbook_store_sql::{
    OpenError, PostgresSettings, PostgresStore, Restore, RestoreError, Restored, SqliteStore,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::postgres::PostgresUrl;
pub(crate) use self::tuning::StoreSettings;
use crate::failure::Failure;
use crate::settings::Settings;

/// The database of the demonstration, in the folder where it is started.
const DEMONSTRATION_FILE: &str = "roadbook-demo.db";

/// Where the signing secret stands if the database is on a server: in the folder where the program is started.
const SECRET_FILE: &str = "roadbook.secret";

/// How a database is named.
const FORMS: &str =
    "a database is written as sqlite:FILE or postgres://ROLE:PASSWORD@HOST/DATABASE";

/// Why a file is on no bus.
pub(crate) const NO_NODES: &str = "the setting `bus` is for several nodes on one PostgreSQL; a SQLite file is written by \
    one process, which has nobody to tell: leave `bus` out, or name a PostgreSQL database";

/// A database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum DatabaseUrl {
    /// SQLite in one file.
    Sqlite(PathBuf),
    /// PostgreSQL on a server.
    Postgres(PostgresUrl),
}

impl DatabaseUrl {
    /// The database of the demonstration.
    pub(crate) fn demonstration() -> Self {
        Self::Sqlite(PathBuf::from(DEMONSTRATION_FILE))
    }

    /// Whether several processes may write the database at once.
    pub(crate) const fn has_nodes(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Where the secret of a database stands unless it is set: beside the file, under its name and `.secret`.
    pub(crate) fn secret_file(&self) -> PathBuf {
        match self {
            Self::Sqlite(file) => with_ending(file, ".secret"),
            Self::Postgres(_) => PathBuf::from(SECRET_FILE),
        }
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(FORMS.to_owned());
        };
        let file = rest.strip_prefix("//").unwrap_or(rest);
        match scheme {
            // `sqlite::memory:` would be gone with the process, and with it every acknowledged edit.
            "sqlite" if file.starts_with(':') => {
                Err("a log in memory would be lost; name a file".to_owned())
            }
            "sqlite" if !file.is_empty() => Ok(Self::Sqlite(PathBuf::from(file))),
            "postgres" | "postgresql" if rest.starts_with("//") => {
                Ok(Self::Postgres(PostgresUrl::from(text)))
            }
            _ => Err(FORMS.to_owned()),
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
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// The store behind a database URL.
#[derive(Clone)]
pub(crate) enum Store {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl Store {
    /// The log in it.
    pub(crate) fn log(&self) -> Arc<dyn EventLog> {
        match self {
            Self::Sqlite(store) => store.log(),
            Self::Postgres(store) => store.log(),
        }
    }

    /// Lets go of the database.
    pub(crate) async fn close(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(store) => store
                .close()
                .await
                .context("the database could not be closed"),
            Self::Postgres(store) => {
                store.close().await;
                Ok(())
            }
        }
    }

    /// Copies the database to a new file.
    pub(crate) async fn backup(&self, target: &Path) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(store) => Ok(store.backup(target).await?),
            Self::Postgres(_) => {
                let message = "a PostgreSQL database is copied by its own tools, pg_dump or pg_basebackup; \
                    see docs/operations.md";
                Err(Failure::Usage(message.to_owned()).into())
            }
        }
    }

    /// Connects from now on as a URL of the same database says. A file is not connected to.
    pub(crate) fn connect_as(&self, url: &DatabaseUrl) -> anyhow::Result<()> {
        match (self, url) {
            (Self::Postgres(store), DatabaseUrl::Postgres(url)) => {
                Ok(store.connect_as(url.reveal())?)
            }
            (Self::Sqlite(_), DatabaseUrl::Sqlite(_)) => Ok(()),
            _ => {
                let message =
                    "the database URL now names another database; to use that, start again";
                Err(Failure::Usage(message.to_owned()).into())
            }
        }
    }

    /// Lets a role of the database's server run nodes on it.
    pub(crate) async fn grant(&self, role: &str) -> anyhow::Result<()> {
        match self {
            Self::Postgres(store) => Ok(store.grant(role).await?),
            Self::Sqlite(_) => {
                let message = "a SQLite file has no roles; the rights to the file decide";
                Err(Failure::Usage(message.to_owned()).into())
            }
        }
    }
}

/// Opens a database to write: it is made if it is a file that is not there, brought up to this version, and locked until
/// it is closed if it is a file.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Store> {
    let store = open_at(&settings.database(), &settings.store).await?;
    begin_at_newest_level(&store).await?;
    Ok(store)
}

/// A log without any event has no older node to spare: it begins at the newest format level.
async fn begin_at_newest_level(store: &Store) -> anyhow::Result<()> {
    let log = store.log();
    if log.heads(None, 1).await?.is_empty() {
        log.raise_format_level(FORMAT_LEVEL).await?;
    }
    Ok(())
}

/// As [`open`], as a node that hears of the others by a bus; with the name of the log there.
pub(crate) async fn open_on_bus(settings: &Settings) -> anyhow::Result<(Store, LogName)> {
    let database = settings.database();
    let DatabaseUrl::Postgres(url) = &database else {
        return Err(Failure::Usage(NO_NODES.to_owned()).into());
    };
    let on_bus = PostgresSettings {
        notify: false,
        ..settings.store.for_postgres()
    };
    let connected = PostgresStore::connect(url.reveal(), &on_bus).await?;
    let log = connected.name().await?;
    let store = understood(Store::Postgres(Arc::new(connected)), &database).await?;
    begin_at_newest_level(&store).await?;
    Ok((store, log))
}

/// As [`open`], at a database that is named otherwise.
pub(crate) async fn open_at(url: &DatabaseUrl, store: &StoreSettings) -> anyhow::Result<Store> {
    let opened = match url {
        DatabaseUrl::Sqlite(file) => {
            let opened = SqliteStore::open(file, &store.for_sqlite()).await?;
            Store::Sqlite(Arc::new(opened))
        }
        DatabaseUrl::Postgres(url) => {
            let connected = PostgresStore::connect(url.reveal(), &store.for_postgres()).await?;
            Store::Postgres(Arc::new(connected))
        }
    };
    understood(opened, url).await
}

/// As [`open_at`], but a file must be there already.
pub(crate) async fn open_existing(
    url: &DatabaseUrl,
    store: &StoreSettings,
) -> anyhow::Result<Store> {
    match url {
        DatabaseUrl::Sqlite(file) if !file.is_file() => Err(missing(file).into()),
        _ => open_at(url, store).await,
    }
}

/// Opens a database that is there to move its log elsewhere. A file is locked as if to write, so that it stands still; a
/// server is only read from.
pub(crate) async fn open_to_move(
    url: &DatabaseUrl,
    store: &StoreSettings,
) -> anyhow::Result<Store> {
    match url {
        DatabaseUrl::Sqlite(_) => open_existing(url, store).await,
        DatabaseUrl::Postgres(server) => {
            let settings = store.for_postgres();
            let connected = PostgresStore::connect_read_only(server.reveal(), &settings).await?;
            understood(Store::Postgres(Arc::new(connected)), url).await
        }
    }
}

/// Refuses a database that may hold what came after this program.
async fn understood(store: Store, url: &DatabaseUrl) -> anyhow::Result<Store> {
    let level = store.log().format_level().await;
    match level {
        Ok(level) if level <= FORMAT_LEVEL => Ok(store),
        Ok(level) => {
            store.close().await?;
            let message = format!(
                "{url} was brought to format level {level} by a newer version of Roadbook; this version knows the \
                 levels up to {FORMAT_LEVEL}, so use the newer one"
            );
            Err(Failure::Refused(message).into())
        }
        Err(error) => {
            store.close().await?;
            Err(error.into())
        }
    }
}

/// Puts a backup in the place of the database's file.
pub(crate) async fn restore(
    settings: &Settings,
    backup: &Path,
    keep_ending: Option<&str>,
    epoch_min: u64,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> anyhow::Result<Restored> {
    let DatabaseUrl::Sqlite(target) = settings.database() else {
        let message = "a PostgreSQL database is restored by its own tools; run `roadbook restore --raise-epoch` \
            afterwards, and see docs/operations.md";
        return Err(Failure::Usage(message.to_owned()).into());
    };
    let restore = Restore {
        backup,
        target: &target,
        keep_ending,
        epoch_min,
    };
    let sqlite = settings.store.for_sqlite();
    match SqliteStore::restore(&restore, &sqlite, progress).await {
        Err(RestoreError::Exists(file)) if keep_ending.is_none() => {
            let message = format!(
                "{} exists; --replace keeps it under another name and puts the backup in its place",
                file.display()
            );
            Err(Failure::Refused(message).into())
        }
        restored => Ok(restored?),
    }
}

/// Opens a database that is there to read it, also beside a process that writes.
pub(crate) async fn open_read_only(settings: &Settings) -> anyhow::Result<Store> {
    let (url, store) = (settings.database(), &settings.store);
    let opened = match &url {
        DatabaseUrl::Sqlite(file) => {
            match SqliteStore::open_read_only(file, &store.for_sqlite()).await {
                Ok(opened) => Store::Sqlite(Arc::new(opened)),
                Err(OpenError::Missing(file)) => return Err(missing(&file).into()),
                Err(error) => return Err(error.into()),
            }
        }
        DatabaseUrl::Postgres(server) => {
            let connected =
                PostgresStore::connect_read_only(server.reveal(), &store.for_postgres()).await?;
            Store::Postgres(Arc::new(connected))
        }
    };
    understood(opened, &url).await
}

fn missing(file: &Path) -> Failure {
    Failure::NotFound(format!(
        "there is no database at {}; `roadbook demo` makes one, and --database names another",
        file.display()
    ))
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
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
            "postgres:x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_url_is_printed_as_it_is_read() {
        let url = DatabaseUrl::demonstration();
        assert_eq!(read(&url.to_string()), Ok(url));
        let url = read("postgres://host/roadbook").unwrap();
        assert_eq!(read(&url.to_string()), Ok(url));
    }
}
