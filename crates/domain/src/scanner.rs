//! A scanner: reading a text from left to right, where what does not fit is simply not taken.
//!
//! It owns the steps that the readers of document numbers and references share.
//! Invariant: a step that answers "no" leaves the scanner where it was.

/// A place in a text that moves forward as things are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at the byte `at`, which must be a boundary between characters.
    pub(crate) const fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    /// The byte at which it stands.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// What is left of the text.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next character.
    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes these characters if they come next.
    pub(crate) fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Takes white space, line ends included; answers whether there was any.
    pub(crate) fn take_space(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start().len();
        self.at += length;
        length > 0
    }

    /// Takes a run of decimal digits, if it is at most `digits_max` long and not empty.
    pub(crate) fn take_digits(&mut self, digits_max: usize) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 || length > digits_max {
            return None;
        }
        self.at += length;
        Some(&rest[..length])
    }

    /// Takes a hyphen of any width.
    pub(crate) fn take_hyphen(&mut self) -> bool {
        let hyphen = self.peek().filter(|c| is_hyphen(*c));
        self.at += hyphen.map_or(0, char::len_utf8);
        hyphen.is_some()
    }

    /// Whether a word goes on here, so that what was just taken is only its beginning.
    pub(crate) fn is_within_word(&self) -> bool {
        self.peek().is_some_and(char::is_alphanumeric)
    }
}

/// Whether this is a hyphen or a dash of any width.
pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}')
}
