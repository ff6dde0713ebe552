//! Taking payloads away: by a function of the database, since a role that runs nodes cannot delete one.
//!
//! Owns the call. What the function asks for and what it does stands in the migration that makes it. Invariant: a payload
//! is deleted in no other way.

use roadbook_store::Redaction;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments as _, Error};

/// Stream, version of the redaction, versions, salts and remainders of what it redacts, commands to be forgotten.
pub(super) const REDACT: &str = "SELECT redact_payloads($1, $2, $3, $4, $5, $6)";

/// Takes the payloads of a redaction away, with all that carries them.
pub(super) async fn redact(
    connection: &mut PgConnection,
    redaction: &Redaction,
) -> Result<(), Error> {
    let arguments = arguments(redaction).map_err(Error::Encode)?;
    sqlx::query_with(REDACT, arguments)
        .execute(connection)
        .await?;
    Ok(())
}

fn arguments(redaction: &Redaction) -> Result<PgArguments, BoxDynError> {
    let left = &redaction.remainders;
    let versions: Vec<i64> = left
        .iter()
        .map(|left| left.version.0.cast_signed())
        .collect();
    let salts: Vec<&[u8]> = left.iter().map(|left| &left.salt[..]).collect();
    let remainders: Vec<&[u8]> = left.iter().map(|left| &left.payload[..]).collect();
    let mut arguments = PgArguments::default();
    arguments.add(redaction.append.stream_id.0)?;
    arguments.add(redaction.version().0.cast_signed())?;
    arguments.add(versions)?;
    arguments.add(salts)?;
    arguments.add(remainders)?;
    arguments.add(&redaction.forgotten)?;
    Ok(arguments)
}
