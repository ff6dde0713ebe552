//! Cursors: an opaque name for a place in a road map's log, and for the state that was read there.
//!
//! It owns the encoding: the log's epoch, a version, and the effective instant of the state.
//! Invariant: a cursor of another epoch is told apart, never followed.

use async_graphql::connection::CursorType;
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roadbook_domain::{Base, Instant, Version};
use roadbook_engine::Moment;

/// Opaque: the log's epoch, a version and an effective instant. Resume after it, edit on top of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The epoch of the log.
    pub epoch: u64,
    /// The version.
    pub version: Version,
    /// The instant as of which the state was read.
    pub effective: Instant,
}

impl Cursor {
    /// The cursor of a moment.
    pub const fn of(epoch: u64, moment: Moment) -> Self {
        Self {
            epoch,
            version: moment.version,
            effective: moment.effective,
        }
    }

    /// The state that was read, as the base of an edit.
    pub const fn base(self) -> Base {
        Base {
            version: self.version,
            effective: self.effective,
        }
    }
}

impl std::fmt::Display for Cursor {
    /// As a client gets it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.encode_cursor())
    }
}

impl CursorType for Cursor {
    type Error = &'static str;

    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        const MALFORMED: &str = "this is no cursor of Roadbook; take one from an earlier answer";
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| MALFORMED)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| MALFORMED)?;
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(MALFORMED);
        let epoch = next()?.parse().map_err(|_| MALFORMED)?;
        let version = next()?.parse().map_err(|_| MALFORMED)?;
        let effective = next()?.parse().map_err(|_| MALFORMED)?;
        if parts.next().is_some() {
            return Err(MALFORMED);
        }
        Ok(Self {
            epoch,
            version: Version(version),
            effective: Instant::from_micros(effective),
        })
    }

    fn encode_cursor(&self) -> String {
        let micros = self.effective.as_micros();
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{micros}", self.epoch, self.version))
    }
}

/// Opaque: the log's epoch, a version and an effective instant. Resume after it, edit on top of it.
#[Scalar]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Self::decode_cursor(&text).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.encode_cursor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_encoding_and_garbage_is_refused() {
        let cursor = Cursor {
            epoch: 3,
            version: Version(17),
            effective: Instant::from_micros(-5),
        };
        assert_eq!(Cursor::decode_cursor(&cursor.encode_cursor()), Ok(cursor));
        for garbage in ["", "17", "MS4y", "MS4yLjMuNA", "ä"] {
            assert!(Cursor::decode_cursor(garbage).is_err(), "{garbage}");
        }
    }
}
