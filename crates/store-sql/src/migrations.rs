//! The migrations of each database, as they are compiled in.
//!
//! Owns the list, which a test compares with the folder; running it belongs to whoever opens a database. Invariant: a
//! migration that was released is never edited, since every file remembers a checksum of it.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number, name, text.
type Source = (i64, &'static str, &'static str);

const SQLITE: [Source; 1] = [(
    1,
    "log",
    include_str!("../../../migrations/sqlite/0001_log.sql"),
)];

/// The number of the newest migration.
pub(crate) const NEWEST: i64 = SQLITE[SQLITE.len() - 1].0;

/// Brings a SQLite file to [`NEWEST`], and finds out files that were migrated by something else.
pub(crate) fn sqlite() -> Migrator {
    let migration = |(number, name, text): Source| {
        Migration::new(
            number,
            Cow::Borrowed(name),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(SQLITE.into_iter().map(migration).collect())
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

    #[test]
    fn every_migration_of_the_folder_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
        let names = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let files: BTreeSet<String> = names.map(|name| name.into_string().unwrap()).collect();
        let listed = SQLITE.map(|(number, name, _)| format!("{number:04}_{name}.sql"));
        assert_eq!(files, BTreeSet::from(listed));
    }

    #[test]
    fn migrations_are_numbered_in_order() {
        let numbers = SQLITE.map(|(number, ..)| number);
        assert!(numbers.into_iter().eq(1..=NEWEST));
    }
}
