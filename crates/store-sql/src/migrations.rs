//! The migrations of each database, as they are compiled in.
//!
//! Owns the lists, which a test compares with the folders; running them belongs to whoever opens a database. A database
//! may have had later ones than these: a migration leaves the program of the version before able to read and write, or
//! raises the format level, by which that program knows to keep away. Invariant: a migration that was released is never
//! edited, since every database remembers a checksum of it.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number, name, text.
type Source = (i64, &'static str, &'static str);

const SQLITE: [Source; 3] = [
    (
        1,
        "log",
        include_str!("../../../migrations/sqlite/0001_log.sql"),
    ),
    (
        2,
        "format_level",
        include_str!("../../../migrations/sqlite/0002_format_level.sql"),
    ),
    (
        3,
        "redactions",
        include_str!("../../../migrations/sqlite/0003_redactions.sql"),
    ),
];

const POSTGRES: [Source; 3] = [
    (
        1,
        "log",
        include_str!("../../../migrations/postgres/0001_log.sql"),
    ),
    (
        2,
        "format_level",
        include_str!("../../../migrations/postgres/0002_format_level.sql"),
    ),
    (
        3,
        "redactions",
        include_str!("../../../migrations/postgres/0003_redactions.sql"),
    ),
];

/// The number of the newest migration, which is the same for every database.
pub(crate) const NEWEST: i64 = SQLITE[SQLITE.len() - 1].0;

/// Brings a SQLite file to [`NEWEST`] or leaves it beyond, and finds out files that were migrated by something else.
pub(crate) fn sqlite() -> Migrator {
    migrator(SQLITE)
}

/// Brings a PostgreSQL database to [`NEWEST`] or leaves it beyond, one node at a time.
pub(crate) fn postgres() -> Migrator {
    migrator(POSTGRES)
}

fn migrator<const N: usize>(sources: [Source; N]) -> Migrator {
    let migration = |(number, name, text): Source| {
        Migration::new(
            number,
            Cow::Borrowed(name),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    };
    let mut migrator = Migrator::with_migrations(sources.into_iter().map(migration).collect());
    migrator.set_ignore_missing(true);
    migrator
}

/// The text of the first migration.
#[cfg(test)]
pub(crate) fn first_text() -> &'static str {
    SQLITE[0].2
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn names_in(folder: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../migrations")
            .join(folder);
        let names = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn every_migration_of_the_folders_is_compiled_in() {
        for (folder, sources) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let listed = sources.map(|(number, name, _)| format!("{number:04}_{name}.sql"));
            assert_eq!(names_in(folder), BTreeSet::from(listed), "{folder}");
        }
    }

    #[test]
    fn migrations_are_numbered_in_order() {
        for sources in [SQLITE, POSTGRES] {
            let numbers = sources.map(|(number, ..)| number);
            assert!(numbers.into_iter().eq(1..=NEWEST));
        }
    }
}
