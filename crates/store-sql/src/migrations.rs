//! The migrations of the schema, compiled in.
//!
//! It owns their list and the check that a file is one of ours; the SQL stands in the `migrations` folder.
//! Invariant: a file that a newer program migrated, or that is something else, is refused before anything is written.

use std::borrow::Cow;
use std::path::Path;

use sqlx::SqliteConnection;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::error::OpenError;
use sqlx::SqlSafeStr as _;

/// Written into the header of every database file of Roadbook: "RBK1".
pub(crate) const APPLICATION_ID: i64 = 0x5242_4b31;

const SQLITE: &[(i64, &str, &str)] = &[(
    1,
    "log",
    include_str!("../../../migrations/sqlite/0001_log.sql"),
)];

fn migrator() -> Migrator {
    let migrations = SQLITE
        .iter()
        .map(|(version, name, sql)| {
            let kind = MigrationType::Simple;
            Migration::new(
                *version,
                Cow::Borrowed(*name),
                kind,
                sql.into_sql_str(),
                false,
            )
        })
        .collect();
    Migrator {
        migrations: Cow::Owned(migrations),
        ..Migrator::DEFAULT
    }
}

/// Brings a file up to this program's schema.
pub(crate) async fn run(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    check(connection, path).await?;
    migrator()
        .run(&mut *connection)
        .await
        .map_err(|source| OpenError::Migration {
            path: path.to_owned(),
            source,
        })?;
    sqlx::query("PRAGMA application_id = 1380076337")
        .execute(connection)
        .await
        .map_err(|source| OpenError::database(path, source))?;
    Ok(())
}

/// Whether a file has this program's schema; true for one that needs no migration.
pub(crate) async fn check(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<bool, OpenError> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(|source| OpenError::database(path, source))?;
    if tables == 0 {
        return Ok(false);
    }
    let id: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(|source| OpenError::database(path, source))?;
    if id != APPLICATION_ID {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await
        .map_err(|source| OpenError::database(path, source))?;
    let newest = newest.unwrap_or_default();
    let known = SQLITE.last().map_or(0, |(version, ..)| *version);
    if newest > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: newest,
        });
    }
    Ok(newest == known)
}
