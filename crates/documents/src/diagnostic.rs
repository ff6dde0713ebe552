//! Diagnostics: what is wrong with a file, and where.
//!
//! It owns their shape, their order and how many are kept; which rules a file must keep is told by its readers.
//! Invariant: diagnostics come in the order of the file.

use std::fmt;

/// How many diagnostics of one file are kept; one more tells how many were left out.
pub const DIAGNOSTICS_MAX: usize = 1_000;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The line, counted from 1.
    pub line: usize,
    /// The character within the line, counted from 1.
    pub column: usize,
    /// What it is about, as in `fields[1].strands[4].actions[0].due`, counted from 0; empty for the file as a whole.
    pub path: String,
    /// What is wrong, and where it helps, what would be right.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// A place in a file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// Where every file begins.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// The diagnostics found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Diagnostic>,
    left_out: usize,
}

impl Problems {
    pub(crate) fn note(&mut self, place: Place, path: &str, message: impl Into<String>) {
        if self.found.len() >= DIAGNOSTICS_MAX {
            self.left_out += 1;
            return;
        }
        self.found.push(Diagnostic {
            line: place.line,
            column: place.column,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them, in the order of the file.
    pub(crate) fn into_list(mut self) -> Vec<Diagnostic> {
        self.found.sort();
        if self.left_out > 0
            && let Some(last) = self.found.last()
        {
            let rest = Diagnostic {
                path: String::new(),
                message: format!("{} more problems were left out", self.left_out),
                ..last.clone()
            };
            self.found.push(rest);
        }
        self.found
    }
}
