//! Moments as they are written on the command line.
//!
//! It owns the one grammar that every command shares; what a moment comes to is the engine's affair.
//! Invariant: each form can be told from the others by how it begins.

use std::fmt;
use std::str::FromStr;

use roadbook_domain::document_number::DocumentNumber;
use roadbook_domain::time::Timestamp;
use roadbook_domain::{Date, Instant, Version, presidency};
use roadbook_engine::{MomentSelector, Published};
use thiserror::Error;

/// A plain day is written in so many characters, as in `2015-06-30`.
const DAY_CHARS: usize = 10;

/// A moment as it was written, and what it selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MomentArgument {
    written: String,
    selector: MomentSelector,
}

/// Why a text is no moment.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum MomentError {
    /// None of the forms begins like this.
    #[error(
        "write now, v17, 2015-06-30, \"2015-06-30 known 2015-07-15T10:00:00Z\", \"recorded 2015-07-15T10:00:00Z\", \"6183/2/15 REV 2\", 2015H1-LV or \"sealed 2015H1-LV\""
    )]
    Form,
    /// A version that is no number.
    #[error("\"{0}\" is no version; write v and a number from 1, as in v17")]
    Version(String),
    /// An instant that is none.
    #[error("\"{0}\" is no instant; write it in UTC, as in 2015-07-15T10:00:00Z")]
    Instant(String),
    /// A day that does not exist.
    #[error("\"{0}\" is no day; write it as 2015-06-30")]
    Day(String),
    /// An instant by itself, which could mean two things.
    #[error(
        "an instant alone could mean two things; write \"recorded {0}\" for what was known then, or a day for what was so then"
    )]
    BareInstant(String),
    /// A presidency that never was.
    #[error(transparent)]
    Presidency(#[from] presidency::PresidencyError),
}

impl MomentArgument {
    /// What it selects.
    pub(crate) const fn selector(&self) -> &MomentSelector {
        &self.selector
    }

    /// The moment as it was asked for and as it was found, for whoever reads the result.
    pub(crate) fn describe(&self, found: &Published) -> String {
        let moment = found.moment;
        let Self { written, .. } = self;
        format!(
            "{written}: as of {}, version {}",
            moment.effective, moment.version
        )
    }
}

impl fmt::Display for MomentArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl FromStr for MomentArgument {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let written = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let selector = select(&written)?;
        Ok(Self { written, selector })
    }
}

fn select(text: &str) -> Result<MomentSelector, MomentError> {
    if text == "now" {
        return Ok(MomentSelector::Live);
    }
    if let Some(number) = text.strip_prefix('v') {
        return version(number);
    }
    if let Some(instant_text) = text.strip_prefix("recorded ") {
        return instant(instant_text).map(MomentSelector::Recorded);
    }
    if let Some(key) = text.strip_prefix("sealed ") {
        let key = presidency::find(key)?;
        return Ok(MomentSelector::Presidency { key, sealed: true });
    }
    if let Some((on, known)) = text.split_once(" known ") {
        let (on, known) = (day(on)?, Some(instant(known)?));
        return Ok(MomentSelector::Effective { on, known });
    }
    if begins_like_a_day(text) {
        if text.len() > DAY_CHARS && instant(text).is_ok() {
            return Err(MomentError::BareInstant(text.to_owned()));
        }
        return Ok(MomentSelector::Effective {
            on: day(text)?,
            known: None,
        });
    }
    if text.as_bytes().get(4) == Some(&b'H') {
        let key = presidency::find(text)?;
        return Ok(MomentSelector::Presidency { key, sealed: false });
    }
    let number: Result<DocumentNumber, _> = text.parse();
    number
        .map(MomentSelector::Revision)
        .map_err(|_| MomentError::Form)
}

fn version(number: &str) -> Result<MomentSelector, MomentError> {
    let version = number.parse::<u64>().ok().filter(|version| *version > 0);
    let version = version.ok_or_else(|| MomentError::Version(format!("v{number}")))?;
    Ok(MomentSelector::Version(Version(version)))
}

fn instant(text: &str) -> Result<Instant, MomentError> {
    let timestamp: Result<Timestamp, _> = text.parse();
    timestamp
        .map(Instant::from)
        .map_err(|_| MomentError::Instant(text.to_owned()))
}

/// Only the plain form: a calendar would take a whole timestamp too, and drop its time unseen.
fn day(text: &str) -> Result<Date, MomentError> {
    let day = text.parse().ok().filter(|_| text.len() == DAY_CHARS);
    day.ok_or_else(|| MomentError::Day(text.to_owned()))
}

/// Four digits and a hyphen, which begin no document number.
fn begins_like_a_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(text: &str) -> MomentSelector {
        text.parse::<MomentArgument>().unwrap().selector
    }

    fn refused(text: &str) -> MomentError {
        text.parse::<MomentArgument>().unwrap_err()
    }

    fn the_day() -> Date {
        "2015-06-30".parse().unwrap()
    }

    #[test]
    fn each_form_selects_its_kind_of_moment() {
        assert_eq!(selected("now"), MomentSelector::Live);
        assert_eq!(selected("v17"), MomentSelector::Version(Version(17)));
        let at = instant("2015-07-15T10:00:00Z").unwrap();
        assert_eq!(
            selected("recorded 2015-07-15T10:00:00Z"),
            MomentSelector::Recorded(at)
        );
        assert_eq!(
            selected("2015-06-30"),
            MomentSelector::Effective {
                on: the_day(),
                known: None
            }
        );
        let known = MomentSelector::Effective {
            on: the_day(),
            known: Some(at),
        };
        assert_eq!(selected("2015-06-30 known 2015-07-15T10:00:00Z"), known);
        let key = presidency::find("2015H1-LV").unwrap();
        assert_eq!(
            selected("2015H1-LV"),
            MomentSelector::Presidency {
                key: key.clone(),
                sealed: false
            }
        );
        assert_eq!(
            selected("sealed 2015H1-LV"),
            MomentSelector::Presidency { key, sealed: true }
        );
    }

    #[test]
    fn a_revision_is_found_in_every_print_of_its_number() {
        let number = MomentSelector::Revision("6183/2/15 REV 2".parse().unwrap());
        assert_eq!(selected("6183/2/15 REV 2"), number);
        assert_eq!(selected("ST 06183/2/15"), number);
    }

    #[test]
    fn what_is_no_moment_is_refused_with_the_reason() {
        assert_eq!(refused("soon"), MomentError::Form);
        assert_eq!(refused("v0"), MomentError::Version("v0".to_owned()));
        assert_eq!(
            refused("2015-02-30"),
            MomentError::Day("2015-02-30".to_owned())
        );
        assert!(matches!(
            refused("2015-06-30T10:00:00Z"),
            MomentError::BareInstant(_)
        ));
        assert!(matches!(refused("2015H1-LU"), MomentError::Presidency(_)));
        assert!(matches!(
            refused("recorded yesterday"),
            MomentError::Instant(_)
        ));
    }
}
