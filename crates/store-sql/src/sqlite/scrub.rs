//! Cleaning the file of what was deleted: SQLite leaves it where it stood until something else is written there.
//!
//! Owns the rewriting of the file. Pages that are free, and the room between the rows of those that are not, hold what was
//! there before; so the whole file is written anew, and the write-ahead file emptied after it.
//! Invariant: when it is said to be clean, neither file holds a byte that no row has.

use roadbook_store::{Scrubbed, StoreError};
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions as _, Connection as _, Error, Sqlite};

use super::open::SqliteFile;
use crate::call::Call;
use crate::connections::Connections;
use crate::dialect::{Dialect, store_error};

/// Writes the file anew and empties the write-ahead file, while appends wait.
pub(super) async fn scrub(
    place: &SqliteFile,
    writers: &Connections<Sqlite>,
) -> Result<Scrubbed, StoreError> {
    let failed = |error| store_error::<Sqlite>("cleaning the file", error);
    // Nobody else gets the one connection that writes meanwhile. It keeps what is temporary in memory, for which the whole
    // log is too much.
    let held = writers.acquire().await.map_err(failed)?;
    let options = place.settings.cleaner(&place.path);
    let mut connection = options.connect().await.map_err(failed)?;
    let emptied = rewrite(&mut connection).await;
    drop(connection.close().await);
    held.give_back();
    if emptied.map_err(failed)? {
        return Ok(Scrubbed::Clean);
    }
    let detail = "somebody reads the log for so long that the write-ahead file cannot be emptied";
    Err(StoreError::Unavailable {
        detail: detail.to_owned(),
        source: None,
    })
}

/// Whether the write-ahead file could be emptied.
async fn rewrite(connection: &mut SqliteConnection) -> Result<bool, Error> {
    Call::<Sqlite>::new("VACUUM").run(connection).await?;
    let folded = Call::<Sqlite>::new("PRAGMA wal_checkpoint(TRUNCATE)");
    let folded = folded.row(connection).await?;
    let is_busy = folded.map_or(Ok(0), |row| Sqlite::integer(&row, 0))?;
    Ok(is_busy == 0)
}
