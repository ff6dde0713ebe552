//! The escapes that a terminal shows as bold or reversed text.
//!
//! It owns the escapes and what stands in for them without colour; where they are used is the table's affair.
//! Invariant: without colour not a single escape is written.

/// Whether a terminal is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    pub(super) fn bold(self, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A band with `rest` columns to fill after the text.
    pub(super) fn band(self, text: &str, rest: usize) -> String {
        if self.color {
            format!("\u{1b}[1;7m{text}{}\u{1b}[0m", " ".repeat(rest))
        } else if rest > 1 {
            format!("{text} {}", "━".repeat(rest - 1))
        } else {
            text.to_owned()
        }
    }
}
