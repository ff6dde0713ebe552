//! Breaking a text into lines of a width, by words.
//!
//! It owns the measure of a text on a terminal, where one character may be two columns wide or none.
//! Invariant: no line is wider than asked for, unless one character alone is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns of a terminal a text takes.
pub(super) fn width_of(text: &str) -> usize {
    text.width()
}

/// The lines of a text; a paragraph begins a new one, and a word that is too long is cut.
///
/// White space between words becomes one space, and an empty text has no lines.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            for piece in pieces(word, width) {
                let joined = width_of(&line) + 1 + width_of(piece);
                if !line.is_empty() && joined > width {
                    lines.push(std::mem::take(&mut line));
                } else if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(piece);
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// A word in pieces that are not too wide; all but the last are as wide as can be.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut taken = 0;
    for (at, c) in word.char_indices() {
        let next = c.width().unwrap_or(0);
        if taken + next > width && at > start {
            pieces.push(&word[start..at]);
            start = at;
            taken = 0;
        }
        taken += next;
    }
    pieces.push(&word[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_paragraphs() {
        let text = "one two  three\nfour";
        assert_eq!(wrap(text, 7), ["one two", "three", "four"]);
        assert_eq!(wrap(text, 40), ["one two three", "four"]);
        assert!(wrap(" \n ", 7).is_empty());
    }

    #[test]
    fn a_word_that_is_too_long_is_cut() {
        assert_eq!(wrap("a universal b", 5), ["a", "unive", "rsal", "b"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(width_of("é"), 1);
    }
}
