//! What a cell says: nothing, a question mark, text, a due date, actors, or that it was redacted.
//!
//! It owns how typed text becomes a content and how a content is printed again.
//! Which cell holds it, who may set it and how two edits are merged are decided elsewhere.
//! Invariant: reading what a content prints, with the same kind, gives that content again.

use serde::{Deserialize, Serialize};

mod actors;
mod check;
mod due;
#[cfg(test)]
mod tests;

pub use actors::{Actor, ActorKind, ActorsContent};
pub use check::{ContentError, Place, check_text};
pub use due::{DueContent, DueKind, DueOrder, DueTerm};

/// The longest text cell, in characters.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// The longest due cell, in characters.
pub const DUE_CHARS_MAX: usize = 500;
/// The longest actors cell, in characters.
pub const ACTORS_CHARS_MAX: usize = 2_000;

/// The print of a cell whose outcome nobody knows yet.
const QUESTION: &str = "?";

/// The kind of a column: how its cells are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// Paragraphs of prose.
    Text,
    /// Dates and states of a deadline.
    Due,
    /// Who leads and who takes part.
    Actors,
}

impl ContentKind {
    /// The longest content of this kind, in characters.
    pub const fn chars_max(self) -> usize {
        match self {
            Self::Text => TEXT_CHARS_MAX,
            Self::Due => DUE_CHARS_MAX,
            Self::Actors => ACTORS_CHARS_MAX,
        }
    }
}

/// What a cell says.
///
/// Blank, a question mark, a text and a redacted text are four different statements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellContent {
    /// Nothing is printed.
    #[default]
    Blank,
    /// A lone question mark is printed.
    Question,
    /// Prose.
    Text(TextContent),
    /// A deadline.
    Due(DueContent),
    /// Actors.
    Actors(ActorsContent),
    /// There was a content, and it was taken out of the log.
    Redacted,
}

impl CellContent {
    /// Reads what somebody typed or what a document prints.
    ///
    /// Line ends become LF, white space at the end of a line and blank lines around the whole are dropped.
    /// Everything else stays as printed, typing errors and double spaces included.
    /// A date or an actor that is not understood is kept as printed and is not an error.
    pub fn read(kind: ContentKind, printed: &str) -> Result<Self, ContentError> {
        let text = tidy(printed);
        check_text(&text, kind.chars_max())?;
        if text.is_empty() {
            return Ok(Self::Blank);
        }
        if text.trim() == QUESTION {
            return Ok(Self::Question);
        }
        Ok(match kind {
            ContentKind::Text => Self::Text(TextContent { printed: text }),
            ContentKind::Due => Self::Due(DueContent::read(text)),
            ContentKind::Actors => Self::Actors(ActorsContent::read(text)),
        })
    }

    /// Words that are no cell, such as a title, as a content, so that they merge and are shown like one.
    ///
    /// They are taken as they are; no words are blank.
    pub fn of_words(words: &str) -> Self {
        if words.is_empty() {
            Self::Blank
        } else {
            Self::Text(TextContent {
                printed: words.to_owned(),
            })
        }
    }

    /// What is printed in the cell: nothing when it is blank or redacted.
    pub fn printed(&self) -> &str {
        match self {
            Self::Blank | Self::Redacted => "",
            Self::Question => QUESTION,
            Self::Text(text) => text.printed(),
            Self::Due(due) => due.printed(),
            Self::Actors(actors) => actors.printed(),
        }
    }

    /// Whether nothing was ever said here: a redacted cell is not blank.
    pub const fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }
}

/// Prose, one paragraph in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextContent {
    printed: String,
}

impl TextContent {
    /// The text as printed.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// The paragraphs in order: every line that is not blank.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.printed
            .split('\n')
            .filter(|line| !line.trim().is_empty())
    }
}

/// LF line ends, no white space at line ends, no blank lines around the whole.
///
/// Doing it twice changes nothing, which the invariant of this file rests on.
fn tidy(printed: &str) -> String {
    let unix = printed.replace("\r\n", "\n");
    let lines: Vec<&str> = unix.split('\n').map(str::trim_end).collect();
    let Some(first) = lines.iter().position(|line| !line.is_empty()) else {
        return String::new();
    };
    let last = lines
        .iter()
        .rposition(|line| !line.is_empty())
        .unwrap_or(first);
    lines[first..=last].join("\n")
}
