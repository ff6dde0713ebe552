//! Deadlines as road maps print them: "July 2015", "2014-2016", "On-going", "completed" and their variants.
//!
//! It owns the reading of one line as one term and what the terms mean on a day; it never reads a clock.
//! Invariant: the print is kept whatever is understood of it, and the terms follow from the print alone.

use serde::{Deserialize, Serialize};

use crate::time::Date;

mod read;

/// What kind of time a term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DueKind {
    /// One day.
    Day,
    /// One month, also when a part of it is named: "mid-June 2015".
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    HalfYear,
    /// One year, also when a part of it is named: "end of 2015".
    Year,
    /// From the beginning of one time to the end of another.
    Range,
    /// Work that goes on without a date.
    Ongoing,
    /// Work that is done: the print no longer says when it was due.
    Completed,
}

/// One date or state of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueTerm {
    /// What kind of time it is.
    pub kind: DueKind,
    /// The first day; absent for a state, and for "by …", which has only an end.
    pub from: Option<Date>,
    /// The last day, itself included; absent for a state.
    pub to: Option<Date>,
}

impl DueTerm {
    const fn state(kind: DueKind) -> Self {
        Self {
            kind,
            from: None,
            to: None,
        }
    }

    const fn dated(kind: DueKind, from: Date, to: Date) -> Self {
        Self {
            kind,
            from: Some(from),
            to: Some(to),
        }
    }
}

/// How deadlines sort: dated ones by their last and then their first day, then on-going ones,
/// then those that are not understood, then completed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueOrder {
    group: u8,
    last_day: Option<Date>,
    first_day: Option<Date>,
}

/// A deadline: its print and what is understood of it.
///
/// Only the print is serialised: terms that were stored could come to contradict it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct DueContent {
    printed: String,
    terms: Vec<DueTerm>,
}

impl DueContent {
    /// Reads a deadline, one date or state in a line; a line that is not understood adds no term.
    pub fn read(printed: impl Into<String>) -> Self {
        let printed = printed.into();
        let terms = printed.split('\n').flat_map(read::line).collect();
        Self { printed, terms }
    }

    /// The deadline as printed.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// What is understood of it, in the order of the print.
    pub fn terms(&self) -> &[DueTerm] {
        &self.terms
    }

    /// The last day of the latest dated term.
    pub fn last_day(&self) -> Option<Date> {
        self.terms.iter().filter_map(|term| term.to).max()
    }

    /// Whether the work is said to be done.
    pub fn is_completed(&self) -> bool {
        self.has(DueKind::Completed)
    }

    /// Whether the work is said to go on without a date.
    pub fn is_ongoing(&self) -> bool {
        self.has(DueKind::Ongoing)
    }

    /// Whether a date is named at all.
    pub fn is_dated(&self) -> bool {
        self.last_day().is_some()
    }

    /// Whether every date named has passed before `on`, and the work is neither done nor on-going.
    ///
    /// A deadline is not overdue on its last day.
    pub fn overdue(&self, on: Date) -> bool {
        !self.is_completed()
            && !self.is_ongoing()
            && self.last_day().is_some_and(|last_day| last_day < on)
    }

    /// The place among other deadlines.
    pub fn order(&self) -> DueOrder {
        let last_day = self.last_day();
        let group = if self.is_completed() {
            3
        } else if last_day.is_some() {
            0
        } else if self.is_ongoing() {
            1
        } else {
            2
        };
        DueOrder {
            group,
            last_day,
            first_day: self.terms.iter().filter_map(|term| term.from).min(),
        }
    }

    fn has(&self, kind: DueKind) -> bool {
        self.terms.iter().any(|term| term.kind == kind)
    }
}

impl From<String> for DueContent {
    fn from(printed: String) -> Self {
        Self::read(printed)
    }
}

impl From<DueContent> for String {
    fn from(content: DueContent) -> Self {
        content.printed
    }
}
