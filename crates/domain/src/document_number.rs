//! Numbers of Council documents: `[SERIES ]NNNNN[/R]/YY [REV R] [ADD n] [COR n]`.
//!
//! It owns the grammar, what a number means and when two numbers are the same document.
//! Invariant: what was printed is kept, and equality, order and hash look at the meaning alone.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::scanner::Scanner;

#[cfg(test)]
mod tests;

/// The series of a number that is printed without one.
pub const DEFAULT_SERIES: &str = "ST";
/// Two digits of a year from here on mean the 1900s, below it the 2000s.
pub const PIVOT_YEAR: u16 = 70;

const NUMBER_DIGITS_MAX: usize = 5;
const PART_DIGITS_MAX: usize = 3;
const SERIES_LETTERS_MAX: usize = 10;

/// The number of a Council document.
///
/// `6183/2/15 REV 2`, `6183/2/15` and `ST 06183/2/15` are equal: one document, printed in three ways.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentNumber {
    printed: String,
    meaning: Meaning,
}

/// What a number says; the fields stand in the order of sorting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Meaning {
    series: String,
    year: u16,
    number: u32,
    revision: u16,
    addendum: Option<u16>,
    corrigendum: Option<u16>,
}

impl DocumentNumber {
    /// The number as printed.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// The series, such as `ST` or `EUCO`.
    pub fn series(&self) -> &str {
        &self.meaning.series
    }

    /// The number within series and year.
    pub const fn number(&self) -> u32 {
        self.meaning.number
    }

    /// The year in full.
    pub const fn year(&self) -> u16 {
        self.meaning.year
    }

    /// The revision; 0 is the first issue (INIT).
    pub const fn revision(&self) -> u16 {
        self.meaning.revision
    }

    /// Which addendum it is, if it is one.
    pub const fn addendum(&self) -> Option<u16> {
        self.meaning.addendum
    }

    /// Which corrigendum it is, if it is one.
    pub const fn corrigendum(&self) -> Option<u16> {
        self.meaning.corrigendum
    }

    /// The one print of this document: no padding, no default series, revisions in full (`6183/2/15 REV 2`).
    pub fn canonical(&self) -> String {
        let meaning = &self.meaning;
        let series = if meaning.series == DEFAULT_SERIES {
            String::new()
        } else {
            format!("{} ", meaning.series)
        };
        let revision = (meaning.revision > 0).then_some(meaning.revision);
        let within = revision.map_or_else(String::new, |revision| format!("/{revision}"));
        let part = |word: &str, part: Option<u16>| {
            part.map_or_else(String::new, |part| format!(" {word} {part}"))
        };
        format!(
            "{series}{}{within}/{:02}{}{}{}",
            meaning.number,
            meaning.year % 100,
            part("REV", revision),
            part("ADD", meaning.addendum),
            part("COR", meaning.corrigendum),
        )
    }

    /// Whether both are issues of one document: the first one, its revisions, addenda and corrigenda.
    pub fn is_same_document(&self, other: &Self) -> bool {
        self.series() == other.series()
            && self.year() == other.year()
            && self.number() == other.number()
    }

    /// The corrigendum, addendum or revision of this document that a text names after a plus sign ("+ COR 1").
    pub(crate) fn with_part(&self, part: &str) -> Option<Self> {
        format!("{} {part}", self.canonical()).parse().ok()
    }

    /// The longest number at the scanner, which moves behind it; white space after the number is not taken.
    pub(crate) fn scan(scanner: &mut Scanner<'_>) -> Result<Self, DocumentNumberError> {
        let start = *scanner;
        let meaning = scan_meaning(scanner)?;
        let printed = &start.rest()[..scanner.at() - start.at()];
        Ok(Self {
            printed: printed.to_owned(),
            meaning,
        })
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printed)
    }
}

impl PartialEq for DocumentNumber {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for DocumentNumber {}

impl PartialOrd for DocumentNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DocumentNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.meaning.cmp(&other.meaning)
    }
}

impl Hash for DocumentNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning.hash(state);
    }
}

impl FromStr for DocumentNumber {
    type Err = DocumentNumberError;

    fn from_str(text: &str) -> Result<Self, DocumentNumberError> {
        let text = text.trim();
        let mut scanner = Scanner::new(text, 0);
        let number = Self::scan(&mut scanner)?;
        scanner.take_space();
        if scanner.rest().is_empty() {
            Ok(number)
        } else {
            Err(DocumentNumberError::Unexpected {
                at: scanner.at(),
                rest: scanner.rest().to_owned(),
            })
        }
    }
}

impl TryFrom<String> for DocumentNumber {
    type Error = DocumentNumberError;

    fn try_from(text: String) -> Result<Self, DocumentNumberError> {
        text.parse()
    }
}

impl From<DocumentNumber> for String {
    fn from(number: DocumentNumber) -> Self {
        number.printed
    }
}

/// Why a text is no document number; every place is a byte, counted from 0 after leading white space.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DocumentNumberError {
    /// There is no number of one to five digits, or it is zero.
    #[error("a document number of one to five digits is missing at {at}")]
    Number {
        /// Where it was expected.
        at: usize,
    },
    /// There is no slash and two-digit year.
    #[error("a slash and a year of two digits are missing at {at}")]
    Year {
        /// Where they were expected.
        at: usize,
    },
    /// A revision, addendum or corrigendum has no number, or it is zero.
    #[error("{word} at {at} lacks a number from 1 to 999")]
    Part {
        /// `REV`, `ADD`, `COR`, or `/` for the revision within the number.
        word: &'static str,
        /// Where the part begins.
        at: usize,
    },
    /// The number names one revision and the word after it another.
    #[error("the number names revision {within}, but REV at {at} says {after}")]
    Revisions {
        /// The revision within the number; 0 for none where INIT and a revision meet.
        within: u16,
        /// The revision after it; 0 for INIT.
        after: u16,
        /// Where the word begins.
        at: usize,
    },
    /// Something follows that is no part of a number.
    #[error("{rest:?} at {at} is no part of a document number")]
    Unexpected {
        /// Where it begins.
        at: usize,
        /// What it is.
        rest: String,
    },
}

fn scan_meaning(scanner: &mut Scanner<'_>) -> Result<Meaning, DocumentNumberError> {
    let series = scan_series(scanner).unwrap_or(DEFAULT_SERIES).to_owned();
    let at = scanner.at();
    let number = scanner
        .take_digits(NUMBER_DIGITS_MAX)
        .and_then(|digits| digits.parse::<u32>().ok())
        .filter(|number| *number > 0)
        .ok_or(DocumentNumberError::Number { at })?;
    let (within, year) = scan_year(scanner)?;
    let revision = scan_revision(scanner, within)?;
    let addendum = scan_part(scanner, "ADD")?;
    let corrigendum = scan_part(scanner, "COR")?;
    Ok(Meaning {
        series,
        year,
        number,
        revision,
        addendum,
        corrigendum,
    })
}

/// Capital letters and hyphens before a space.
fn scan_series<'a>(scanner: &mut Scanner<'a>) -> Option<&'a str> {
    let rest = scanner.rest();
    let length = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_uppercase() || *byte == b'-')
        .count();
    let series = &rest[..length];
    if length == 0 || length > SERIES_LETTERS_MAX {
        return None;
    }
    let mut ahead = *scanner;
    ahead.take(series);
    if !ahead.take_space() {
        return None;
    }
    *scanner = ahead;
    Some(series)
}

/// The revision within the number, if any, and the year: `/2/15` or `/15`.
fn scan_year(scanner: &mut Scanner<'_>) -> Result<(Option<u16>, u16), DocumentNumberError> {
    let at = scanner.at();
    let mut ahead = *scanner;
    if ahead.take("/")
        && let Some(digits) = ahead.take_digits(PART_DIGITS_MAX)
        && ahead.take("/")
    {
        let revision = part_number(digits).ok_or(DocumentNumberError::Part { word: "/", at })?;
        let year = two_digit_year(&mut ahead)?;
        *scanner = ahead;
        return Ok((Some(revision), year));
    }
    if !scanner.take("/") {
        return Err(DocumentNumberError::Year { at });
    }
    let year = two_digit_year(scanner)?;
    Ok((None, year))
}

fn two_digit_year(scanner: &mut Scanner<'_>) -> Result<u16, DocumentNumberError> {
    let at = scanner.at();
    let year = scanner
        .take_digits(2)
        .filter(|digits| digits.len() == 2)
        .and_then(|digits| digits.parse::<u16>().ok())
        .ok_or(DocumentNumberError::Year { at })?;
    if scanner.is_within_word() {
        return Err(DocumentNumberError::Year { at });
    }
    Ok(if year >= PIVOT_YEAR {
        1900 + year
    } else {
        2000 + year
    })
}

/// The revision, told within the number, after it, or in both places alike; 0 for the first issue.
fn scan_revision(
    scanner: &mut Scanner<'_>,
    within: Option<u16>,
) -> Result<u16, DocumentNumberError> {
    let mut ahead = *scanner;
    ahead.take_space();
    let at = ahead.at();
    let after = if take_word(scanner, "INIT") {
        Some(0)
    } else {
        scan_part(scanner, "REV")?
    };
    match (within, after) {
        (Some(within), Some(after)) if within != after => {
            Err(DocumentNumberError::Revisions { within, after, at })
        }
        (Some(revision), _) | (None, Some(revision)) => Ok(revision),
        (None, None) => Ok(0),
    }
}

/// `ADD 1`, with the white space before it.
fn scan_part(
    scanner: &mut Scanner<'_>,
    word: &'static str,
) -> Result<Option<u16>, DocumentNumberError> {
    let mut ahead = *scanner;
    ahead.take_space();
    let at = ahead.at();
    if !ahead.take(word) || ahead.peek().is_some_and(char::is_alphabetic) {
        return Ok(None);
    }
    ahead.take_space();
    let number = ahead
        .take_digits(PART_DIGITS_MAX)
        .and_then(part_number)
        .filter(|_| !ahead.is_within_word())
        .ok_or(DocumentNumberError::Part { word, at })?;
    *scanner = ahead;
    Ok(Some(number))
}

/// A whole word, with the white space before it.
fn take_word(scanner: &mut Scanner<'_>, word: &str) -> bool {
    let mut ahead = *scanner;
    let found = ahead.take_space() && ahead.take(word) && !ahead.is_within_word();
    if found {
        *scanner = ahead;
    }
    found
}

fn part_number(digits: &str) -> Option<u16> {
    digits.parse().ok().filter(|number| *number > 0)
}
