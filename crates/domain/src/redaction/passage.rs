//! Passages: words that must go, and when another text carries them.
//!
//! It owns the comparison, which looks at words and not at signs, case or white space. It takes away too much rather than
//! too little: a merge or an edit leaves words of the passage standing beside others.
//! Invariant: a text that holds the passage as it was given carries it.

use std::collections::HashSet;

/// A run of so many words of a long passage in a text means that it was carried on.
const RUN: usize = 8;

/// As [`RUN`], in a register that held the passage before: there less is no accident.
const RUN_NEAR: usize = 4;

/// A whole text of fewer words is looked for as a whole: "On-going" is part of too many others.
const WHOLE_WORDS_MIN: usize = 4;

/// Words that must go.
#[derive(Debug)]
pub(super) struct Passage {
    words: Vec<String>,
    /// Lower case, one space for any white space.
    printed: String,
    /// It is the whole text of an event, and not a passage that somebody has named.
    is_whole: bool,
    runs: HashSet<Vec<String>>,
    runs_near: HashSet<Vec<String>>,
}

impl Passage {
    /// A passage that somebody has named.
    pub(super) fn exact(text: &str) -> Self {
        Self::new(text, false)
    }

    /// All that a text says.
    pub(super) fn whole(text: &str) -> Self {
        Self::new(text, true)
    }

    fn new(text: &str, is_whole: bool) -> Self {
        let words = words(text);
        let runs = |length: usize| words.windows(length).map(<[String]>::to_vec).collect();
        Self {
            runs: runs(RUN),
            runs_near: runs(RUN_NEAR),
            printed: squeezed(text),
            words,
            is_whole,
        }
    }

    /// Whether a text carries it; `near` if the text stands where the passage stood before.
    pub(super) fn is_in(&self, text: &str, near: bool) -> bool {
        if !self.is_whole && squeezed(text).contains(&self.printed) {
            return true;
        }
        let found = words(text);
        if self.words.is_empty() {
            return self.is_whole && squeezed(text) == self.printed;
        }
        if self.is_whole && !near && self.words.len() < WHOLE_WORDS_MIN {
            return found == self.words;
        }
        let (length, runs) = if near {
            (RUN_NEAR, &self.runs_near)
        } else {
            (RUN, &self.runs)
        };
        if self.words.len() > length {
            return found.windows(length).any(|run| runs.contains(run));
        }
        if near {
            // A merge may have put words in between.
            let mut found = found.iter();
            return self
                .words
                .iter()
                .all(|word| found.any(|other| other == word));
        }
        has_run(&found, &self.words)
    }

    /// Whether a text that can never be redacted repeats it, be it as short as a name.
    pub(super) fn is_repeated_by(&self, text: &str) -> bool {
        if self.is_in(text, false) {
            return true;
        }
        let found = words(text);
        if self.words.len() > RUN_NEAR {
            let mut runs = found.windows(RUN_NEAR);
            return runs.any(|run| self.runs_near.contains(run));
        }
        has_run(&found, &self.words)
    }
}

/// Whether words stand in a text one after the other.
fn has_run(found: &[String], words: &[String]) -> bool {
    !words.is_empty() && found.windows(words.len()).any(|run| run == words)
}

/// Lower case, one space for any white space, without what nobody sees.
fn squeezed(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Letters and digits that hang together, in lower case.
fn words(text: &str) -> Vec<String> {
    let squeezed = squeezed(text);
    let words = squeezed.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Soft hyphens and zero-width characters would otherwise keep a word from being found.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
    )
}
