//! Presidencies of the Council: half-year terms, their keys, and who holds which term.
//!
//! It owns the arithmetic of terms and the questions to the calendar; the calendar itself is data in `calendar`.
//! Invariant: a term begins and ends at midnight in Brussels, and terms follow one another without a gap.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::organisation;
use crate::time::{Date, Instant};

mod calendar;
#[cfg(test)]
mod tests;

use calendar::DECISIONS;

/// A half of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Half {
    /// 1 January to 30 June.
    First,
    /// 1 July to 31 December.
    Second,
}

/// A term of the Presidency: a half-year, printed as `2015H1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Term {
    /// The year.
    pub year: i16,
    /// The half of it.
    pub half: Half,
}

impl Term {
    /// The term in which a day falls.
    pub fn of(day: Date) -> Self {
        let half = if day.month() <= 6 {
            Half::First
        } else {
            Half::Second
        };
        Self {
            year: day.year(),
            half,
        }
    }

    /// The first day, clamped to what a calendar can express.
    pub fn first_day(self) -> Date {
        let month = match self.half {
            Half::First => 1,
            Half::Second => 7,
        };
        Date::new(self.year, month, 1).unwrap_or(Date::MAX)
    }

    /// The last day, clamped to what a calendar can express.
    pub fn last_day(self) -> Date {
        let (month, day) = match self.half {
            Half::First => (6, 30),
            Half::Second => (12, 31),
        };
        Date::new(self.year, month, day).unwrap_or(Date::MAX)
    }

    /// The first instant: midnight in Brussels.
    pub fn start(self) -> Instant {
        Instant::start_of_day(self.first_day())
    }

    /// The last instant: one microsecond before the next term begins.
    pub fn last_instant(self) -> Instant {
        Instant::end_of_day(self.last_day())
    }

    /// The term after this one.
    pub const fn next(self) -> Self {
        match self.half {
            Half::First => Self {
                year: self.year,
                half: Half::Second,
            },
            Half::Second => Self {
                year: self.year.saturating_add(1),
                half: Half::First,
            },
        }
    }

    /// How many terms after `earlier` this one comes; `None` if it comes before.
    fn terms_since(self, earlier: Self) -> Option<usize> {
        usize::try_from(self.ordinal() - earlier.ordinal()).ok()
    }

    fn ordinal(self) -> i32 {
        i32::from(self.year) * 2 + i32::from(self.half == Half::Second)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = match self.half {
            Half::First => "H1",
            Half::Second => "H2",
        };
        write!(f, "{:04}{half}", self.year)
    }
}

impl FromStr for Term {
    type Err = PresidencyError;

    fn from_str(text: &str) -> Result<Self, PresidencyError> {
        let wrong = || PresidencyError::Term(text.to_owned());
        let (year, half) = text.split_once('H').ok_or_else(wrong)?;
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let half = match half {
            "1" => Half::First,
            "2" => Half::Second,
            _ => return Err(wrong()),
        };
        let year = year.parse().map_err(|_| wrong())?;
        Ok(Self { year, half })
    }
}

impl TryFrom<String> for Term {
    type Error = PresidencyError;

    fn try_from(text: String) -> Result<Self, PresidencyError> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.to_string()
    }
}

/// A presidency: a term and the code of the member state that holds it, printed as `2015H1-LV`.
///
/// The state alone would not do, since it comes back: Latvia in 2015 and in 2028.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PresidencyKey {
    term: Term,
    holder: String,
}

impl PresidencyKey {
    /// The key of a term and a holder; whether that state holds that term is for [`is_known`] to say.
    pub fn new(term: Term, holder: impl Into<String>) -> Self {
        Self {
            term,
            holder: holder.into(),
        }
    }

    /// The half-year.
    pub const fn term(&self) -> Term {
        self.term
    }

    /// The EU code of the member state.
    pub fn holder(&self) -> &str {
        &self.holder
    }
}

impl fmt::Display for PresidencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.term, self.holder)
    }
}

impl FromStr for PresidencyKey {
    type Err = PresidencyError;

    /// Reads the form of a key; GR and GB are read as EL and UK.
    fn from_str(text: &str) -> Result<Self, PresidencyError> {
        let (term, code) = text
            .split_once('-')
            .ok_or_else(|| PresidencyError::Key(text.to_owned()))?;
        let term = term.parse()?;
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(PresidencyError::Code(code.to_owned()));
        }
        Ok(Self::new(term, organisation::eu_code(code)))
    }
}

impl TryFrom<String> for PresidencyKey {
    type Error = PresidencyError;

    fn try_from(text: String) -> Result<Self, PresidencyError> {
        text.parse()
    }
}

impl From<PresidencyKey> for String {
    fn from(key: PresidencyKey) -> Self {
        key.to_string()
    }
}

/// Why a presidency was not found.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PresidencyError {
    /// The key has no hyphen between term and code.
    #[error("{0:?} is no presidency; write term and member state, as in 2015H1-LV")]
    Key(String),
    /// The term is not a year and a half of it.
    #[error("{0:?} is no term; write year and half, as in 2015H1")]
    Term(String),
    /// The code is not two capital letters.
    #[error("{0:?} is no code of a member state; write two capital letters, as in LV")]
    Code(String),
    /// No decision says who holds the term.
    #[error("no holder of the Presidency is known for {0}")]
    UnknownTerm(Term),
    /// Another member state holds the term.
    #[error("{wanted} does not hold the Presidency in {}; the presidency of that term is {right}", .right.term())]
    OtherHolder {
        /// The code that was given.
        wanted: String,
        /// The presidency of that term.
        right: PresidencyKey,
    },
}

/// The presidency of a term, by the latest decision that covers it.
pub fn presidency_of(term: Term) -> Option<PresidencyKey> {
    holder_by(DECISIONS.iter().rev(), term).map(|holder| PresidencyKey::new(term, holder))
}

/// The presidency at an instant.
pub fn holder_on(at: Instant) -> Option<PresidencyKey> {
    presidency_of(Term::of(at.brussels_day()))
}

/// The code of the state that was foreseen for a term by what had been decided on a day.
pub fn foreseen(term: Term, on: Date) -> Option<&'static str> {
    let decided = DECISIONS
        .iter()
        .rev()
        .filter(|decision| decision.decided_on <= on);
    holder_by(decided, term)
}

/// The presidency with this key, if that state holds that term; else the error names the one that does.
pub fn find(key: &str) -> Result<PresidencyKey, PresidencyError> {
    let key: PresidencyKey = key.parse()?;
    let right = presidency_of(key.term).ok_or(PresidencyError::UnknownTerm(key.term))?;
    if right == key {
        Ok(key)
    } else {
        Err(PresidencyError::OtherHolder {
            wanted: key.holder,
            right,
        })
    }
}

/// Whether the state of this key holds its term.
pub fn is_known(key: &PresidencyKey) -> bool {
    presidency_of(key.term).as_ref() == Some(key)
}

/// Who holds a term by the first of these decisions that covers it.
fn holder_by<'a>(
    mut decisions: impl Iterator<Item = &'a calendar::Decision>,
    term: Term,
) -> Option<&'static str> {
    decisions.find_map(|decision| {
        let place = term.terms_since(decision.first)?;
        decision.holders.get(place).copied()
    })
}
