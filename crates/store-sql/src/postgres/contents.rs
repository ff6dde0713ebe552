//! What a database holds before anything in it is changed.
//!
//! Owns the questions that are asked of a server at first: how old it is, whether it takes writes, whose tables these
//! are, and which migrations they have had. Invariant: asking changes nothing.

use sqlx::postgres::PgConnection;
use sqlx::{Error, Row};

use super::error::ConnectError;
use super::server::Server;
use crate::migrations;

/// The oldest version that is tested, as a server tells it: 15.0.
const OLDEST: i32 = 150_000;

/// How far a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing of ours is there yet, or not all of it.
    Behind,
    /// It has the tables of this version, and maybe of a later one besides.
    UpToDate,
}

/// Refuses a server that is too old.
pub(super) async fn check_version(
    connection: &mut PgConnection,
    server: &Server,
) -> Result<(), ConnectError> {
    let question =
        "SELECT current_setting('server_version_num')::int, current_setting('server_version')";
    let asked = async {
        let row = sqlx::query(question).fetch_one(connection).await?;
        Ok((row.try_get::<i32, _>(0)?, row.try_get::<String, _>(1)?))
    };
    let (number, found) = asked
        .await
        .map_err(|source| ConnectError::using(&server.place, source))?;
    if number < OLDEST {
        let place = server.place.clone();
        return Err(ConnectError::TooOld { place, found });
    }
    Ok(())
}

/// Refuses a server on which this session cannot write.
pub(super) async fn check_writable(
    connection: &mut PgConnection,
    server: &Server,
) -> Result<(), ConnectError> {
    let question = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool";
    let read_only: bool = sqlx::query_scalar(question)
        .fetch_one(connection)
        .await
        .map_err(|source| ConnectError::using(&server.place, source))?;
    if read_only {
        return Err(ConnectError::ReadOnly(server.place.clone()));
    }
    Ok(())
}

/// Looks at the tables. One that is somebody else's is refused.
pub(super) async fn look(
    connection: &mut PgConnection,
    server: &Server,
) -> Result<Standing, ConnectError> {
    let place = || server.place.clone();
    let failed = |source| ConnectError::using(&server.place, source);
    let (ours, others) = tables(connection).await.map_err(failed)?;
    if !ours {
        return match others {
            None => Ok(Standing::Behind),
            Some(table) => Err(ConnectError::Foreign {
                place: place(),
                table,
            }),
        };
    }
    let applied = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(applied)
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    let known = migrations::postgres();
    let mut lacking = known.iter().count();
    for (number, checksum) in &applied {
        match known.iter().find(|known| known.version == *number) {
            Some(known) if *known.checksum != **checksum => {
                let source = sqlx::migrate::MigrateError::VersionMismatch(*number);
                return Err(ConnectError::migrating(&server.place, source));
            }
            Some(_) => lacking -= 1,
            // Of a later version, which left the tables as this one needs them.
            None => {}
        }
    }
    Ok(if lacking == 0 {
        Standing::UpToDate
    } else {
        Standing::Behind
    })
}

/// Whether the tables of the schema are a Roadbook's, and the first that bears one of our names. Migrations are listed
/// under a name that others use too, so an empty list of them says nothing.
async fn tables(connection: &mut PgConnection) -> Result<(bool, Option<String>), Error> {
    let question = "SELECT c.relname::text, obj_description(c.oid, 'pg_class') = 'Roadbook' \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND c.relname IN ('log', 'streams', 'events', 'payloads', 'backdated', \
         'subjects', 'commands', 'snapshots', 'snapshot_states', 'redactions') ORDER BY c.relname";
    let found: Vec<(String, Option<bool>)> = sqlx::query_as(question).fetch_all(connection).await?;
    let ours = found
        .iter()
        .any(|(name, marked)| name == "log" && *marked == Some(true));
    Ok((ours, found.into_iter().next().map(|(name, _)| name)))
}
