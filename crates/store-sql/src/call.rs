//! One call of a statement: its values, and how it is run.
//!
//! Owns the binding of values and the chunks of statements that take many. What a row means is its caller's affair.
//! Invariant: values are bound in the order of their placeholders.

use roadbook_store::{Instant, StreamId, Version};
use sqlx::error::BoxDynError;
use sqlx::{Error, SqlSafeStr, SqlStr};
use uuid::Uuid;

use crate::dialect::{Dialect, Value};
use crate::sql::Repeated;

/// A statement with the values that it is run with.
pub(crate) struct Call<DB: Dialect> {
    sql: SqlStr,
    arguments: DB::Arguments,
    /// The first value that could not be bound.
    unbound: Option<BoxDynError>,
    /// Whether no plan may be kept where plans age.
    anew: bool,
}

impl<DB: Dialect> Call<DB> {
    pub(crate) fn new(sql: impl SqlSafeStr) -> Self {
        Self {
            sql: sql.into_sql_str(),
            arguments: DB::Arguments::default(),
            unbound: None,
            anew: false,
        }
    }

    /// The same call, planned each time that it is run where the right plan depends on what there is.
    pub(crate) fn planned_anew(self) -> Self {
        Self { anew: true, ..self }
    }

    pub(crate) fn integer(self, value: i64) -> Self {
        self.value(Value::Integer(value))
    }

    pub(crate) fn uuid(self, value: Uuid) -> Self {
        self.value(Value::Uuid(value))
    }

    pub(crate) fn bytes(self, value: Vec<u8>) -> Self {
        self.value(Value::Bytes(value))
    }

    pub(crate) fn stream(self, stream: StreamId) -> Self {
        self.uuid(stream.0)
    }

    /// A version beyond what a database can hold is beyond every event too, so it may be brought down to the greatest.
    pub(crate) fn version(self, version: Version) -> Self {
        self.integer(version.min(Version::MAX).0.cast_signed())
    }

    pub(crate) fn instant(self, instant: Instant) -> Self {
        self.integer(instant.0)
    }

    pub(crate) fn limit(self, limit: usize) -> Self {
        self.integer(i64::try_from(limit).unwrap_or(i64::MAX))
    }

    fn value(mut self, value: Value) -> Self {
        if let Err(error) = DB::bind(&mut self.arguments, value) {
            self.unbound.get_or_insert(error);
        }
        self
    }

    pub(crate) async fn rows(self, connection: &mut DB::Connection) -> Result<Vec<DB::Row>, Error> {
        self.query()?.fetch_all(DB::executor(connection)).await
    }

    pub(crate) async fn row(
        self,
        connection: &mut DB::Connection,
    ) -> Result<Option<DB::Row>, Error> {
        self.query()?.fetch_optional(DB::executor(connection)).await
    }

    /// Runs a statement that gives no rows, and tells how many it wrote or deleted.
    pub(crate) async fn run(self, connection: &mut DB::Connection) -> Result<u64, Error> {
        let result = self.query()?.execute(DB::executor(connection)).await?;
        Ok(DB::rows_affected(&result))
    }

    fn query(self) -> Result<sqlx::query::Query<'static, DB, DB::Arguments>, Error> {
        match self.unbound {
            None => {
                let query = sqlx::query_with(self.sql, self.arguments);
                Ok(query.persistent(!(self.anew && DB::PLANS_AGE)))
            }
            Some(error) => Err(Error::Encode(error)),
        }
    }
}

/// Looks for many keys with as few statements as may be. The last key is repeated until there is a statement for their
/// number, which finds nothing more.
pub(crate) async fn find_all<DB: Dialect, T: Copy>(
    connection: &mut DB::Connection,
    statement: &'static Repeated,
    keys: &[T],
    leading: impl Fn(Call<DB>) -> Call<DB>,
    bind: impl Fn(Call<DB>, T) -> Call<DB>,
) -> Result<Vec<DB::Row>, Error> {
    let mut found = Vec::new();
    for chunk in keys.chunks(Repeated::ITEMS_MAX) {
        let count = Repeated::not_below(chunk.len());
        let last = chunk.last().into_iter().cycle();
        let call = leading(Call::new(statement.sql::<DB>(count)));
        let call = chunk
            .iter()
            .chain(last)
            .take(count)
            .fold(call, |call, key| bind(call, *key));
        found.extend(call.rows(connection).await?);
    }
    Ok(found)
}
