//! Instants and Brussels days, the two measures of time that the model speaks of.
//!
//! It owns the conversion between them and nothing else; it never reads a clock.
//! Invariant: an instant is a whole number of microseconds since the Unix epoch, in UTC.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// Where the Council sits: the days that people name are days there.
const COUNCIL_TIME_ZONE: &str = "Europe/Brussels";

static BRUSSELS: LazyLock<TimeZone> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the time zone database is compiled in, and Brussels is in it"
    )]
    TimeZone::get(COUNCIL_TIME_ZONE).expect("the bundled time zone database names Europe/Brussels")
});

/// A point in time: microseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// Before every instant that a road map can speak of.
    pub const MIN: Self = Self(i64::MIN);
    /// After every instant that a road map can speak of: "as of the head".
    pub const MAX: Self = Self(i64::MAX);

    /// The instant so many microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// One microsecond later.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// One microsecond earlier.
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The first instant of a day in Brussels.
    pub fn start_of_day(day: Date) -> Self {
        day.to_zoned_datetime(BRUSSELS.clone())
            .map_or(Self::MAX, |zoned| Self::from(zoned.timestamp()))
    }

    /// The last instant of a day in Brussels: one microsecond before the next day begins.
    pub fn end_of_day(day: Date) -> Self {
        day.tomorrow()
            .map_or(Self::MAX, |next| Self::start_of_day(next).previous())
    }

    /// The day in Brussels on which this instant falls.
    pub fn brussels_day(self) -> Date {
        self.timestamp().to_zoned_datetime(BRUSSELS.clone()).date()
    }

    /// The same instant as a timestamp, clamped to what a calendar can express.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Instant {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_summer_day_in_brussels_ends_at_22_utc() {
        let end = Instant::end_of_day(date(2015, 6, 30));
        assert_eq!(end.to_string(), "2015-06-30T21:59:59.999999Z");
        assert_eq!(end.brussels_day(), date(2015, 6, 30));
        assert_eq!(end.next().brussels_day(), date(2015, 7, 1));
    }

    #[test]
    fn instants_survive_the_way_through_a_timestamp() {
        for micros in [-1_500_001, -1, 0, 1, 1_433_541_599_999_999] {
            let instant = Instant::from_micros(micros);
            assert_eq!(Instant::from(instant.timestamp()), instant);
        }
    }
}
