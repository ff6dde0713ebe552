//! Instants and days as GraphQL scalars.
//!
//! It owns their print: RFC 3339 in UTC, and ISO 8601 calendar dates as days in Brussels.
//! Invariant: what is printed is read back as the same value.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use roadbook_domain::{Date, Instant};

/// An instant in UTC, RFC 3339 with up to six decimals: `2015-06-30T21:59:59.999999Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) Instant);

/// A day in Brussels, ISO 8601: `2015-06-30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) Date);

/// An instant in UTC, RFC 3339 with up to six decimals: `2015-06-30T21:59:59.999999Z`.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let timestamp: roadbook_domain::time::Timestamp = text
            .parse()
            .map_err(|_| InputValueError::custom("write an instant as 2015-06-30T21:59:59Z"))?;
        Ok(Self(Instant::from(timestamp)))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A day in Brussels, ISO 8601: `2015-06-30`.
#[Scalar(name = "Date")]
impl ScalarType for Day {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // Only the plain date form: a calendar would accept a whole timestamp too, and drop its time unseen.
        let plain = text.len() == "2015-06-30".len();
        let day = text.parse().ok().filter(|_| plain);
        day.map(Self)
            .ok_or_else(|| InputValueError::custom("write a day as 2015-06-30"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
