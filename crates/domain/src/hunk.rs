//! What changed between two texts, word by word.
//!
//! It owns the words of a text and the hunks that a reader is shown; combining two changes is `merge`'s affair.
//! Invariant: what is kept and deleted spells the text before, what is kept and inserted the text after.

use similar::{Algorithm, DiffOp, capture_diff_slices};

#[cfg(test)]
mod tests;

/// Texts with more words are compared as wholes: the comparison of two texts that share nothing costs
/// the product of their lengths, and a deadline instead would make the answer depend on the machine.
pub const WORDS_MAX: usize = 4_000;

/// What happened to a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HunkKind {
    /// It is in both texts.
    Kept,
    /// It is in the text after only.
    Inserted,
    /// It is in the text before only.
    Deleted,
}

/// A part of a text, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// What happened.
    pub kind: HunkKind,
    /// The words, with the white space after them; never empty.
    pub text: String,
}

/// The way from one text to another, in the order of reading; what was deleted comes before what took its place.
///
/// Texts of more than [`WORDS_MAX`] words are shown as one deletion and one insertion.
pub fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    if before == after {
        let mut hunks = Vec::new();
        push(&mut hunks, HunkKind::Kept, before);
        return hunks;
    }
    let (old, new) = (words(before), words(after));
    let replaced = replacements(&old, &new).unwrap_or_else(|| {
        vec![Replacement {
            old: 0..old.len(),
            new: 0..new.len(),
        }]
    });
    let mut hunks = Vec::new();
    let mut at = 0;
    for replacement in replaced {
        push(
            &mut hunks,
            HunkKind::Kept,
            &old[at..replacement.old.start].concat(),
        );
        at = replacement.old.end;
        push(
            &mut hunks,
            HunkKind::Deleted,
            &old[replacement.old].concat(),
        );
        push(
            &mut hunks,
            HunkKind::Inserted,
            &new[replacement.new].concat(),
        );
    }
    push(&mut hunks, HunkKind::Kept, &old[at..].concat());
    hunks
}

fn push(hunks: &mut Vec<Hunk>, kind: HunkKind, text: &str) {
    if !text.is_empty() {
        hunks.push(Hunk {
            kind,
            text: text.to_owned(),
        });
    }
}

/// The words of a text, each with the white space after it; white space before the first word is a word of its own.
///
/// Taken together they are the text.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut after_space = false;
    for (at, c) in text.char_indices() {
        if after_space && !c.is_whitespace() {
            words.push(&text[start..at]);
            start = at;
        }
        after_space = c.is_whitespace();
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// A stretch of old words and the new words that stand in its place; one of the two may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// Which old words.
    pub(crate) old: std::ops::Range<usize>,
    /// Which new words.
    pub(crate) new: std::ops::Range<usize>,
}

/// The replacements that lead from the old words to the new ones, in order, with words kept between any two.
///
/// `None` if there are more than [`WORDS_MAX`] words on a side.
pub(crate) fn replacements(old: &[&str], new: &[&str]) -> Option<Vec<Replacement>> {
    if old.len() > WORDS_MAX || new.len() > WORDS_MAX {
        return None;
    }
    let mut replaced: Vec<Replacement> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (old_range, new_range) = (op.old_range(), op.new_range());
        match replaced.last_mut() {
            Some(last) if last.old.end == old_range.start && last.new.end == new_range.start => {
                last.old.end = old_range.end;
                last.new.end = new_range.end;
            }
            _ => replaced.push(Replacement {
                old: old_range,
                new: new_range,
            }),
        }
    }
    Some(replaced)
}
